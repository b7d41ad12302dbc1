"""Rows in the formats of the published recommenders, of a dozen users and items, and tiny models of their kind."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, GenerationConfig, LlamaConfig, Qwen2Config

from tests.support import tiny_models as tiny

USERS, ITEMS, LENGTH = 12, 14, 14
TITLES = [f"Part {chr(65 + item)}, {item}" for item in range(ITEMS)]
TAKEN = [[(3 * user + 5 * place + place * place) % ITEMS for place in range(LENGTH)] for user in range(USERS)]
"""Of each user the items, oldest first."""
SHORTEST = 3
"""How many items stand before the first that is a row's target."""
NOISY = {"top_k": 20, "top_p": 0.8, "repetition_penalty": 1.1, "do_sample": True, "temperature": 0.7}
"""What the generation_config.json of a chat model asks for."""
FEW = (
    "environment.ranked=10", "environment.count=5", "ask.questions=12", "ask.candidates=12", "evaluate.questions=5",
)  # fmt: skip
PLAIN = ("students.quantization=null", "students.dtype=float32")
SMALL = {
    "minionerec": FEW,
    "minionerec_published": (*FEW, *PLAIN, "students.codes={levels: 3, size: 6}", "learn.trainer.warmup=1"),
    "bigrec_published_game": (*FEW, *PLAIN, "students.max_tokens=12"),
    "bigrec_published_movie": (*FEW, *PLAIN, "students.max_tokens=12"),
}
"""What makes scenarios small enough for these rows."""
SIZE: dict[str, Any] = {
    "initializer_range": 0.2,
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "intermediate_size": 48, "max_position_embeddings": 2048, "pad_token_id": 0, "eos_token_id": 1,
    "bos_token_id": None,
}  # fmt: skip


def model(kind: str, folder: Path, *, chat: bool = False, settings: dict[str, Any] | None = None) -> Path:
    """Write a tiny Qwen2 (tied ends) or Llama (a head of its own) whose tokenizer has no codes."""
    size = {"vocab_size": len(tiny.PIECES), **SIZE}
    config = LlamaConfig(**size) if kind == "llama" else Qwen2Config(tie_word_embeddings=True, **size)
    torch.manual_seed(4)
    made = AutoModelForCausalLM.from_config(config)
    if settings is not None:
        made.generation_config = GenerationConfig(**settings)
    made.save_pretrained(folder)
    tiny.tokenizer(chat=chat).save_pretrained(folder)
    return folder


def codes(item: int) -> tuple[str, str, str]:
    """The codes of an item; the last two items share theirs."""
    number = min(item, ITEMS - 2)
    return f"<a_{number % 4}>", f"<b_{number // 4}>", f"<c_{number % 3}>"


def minionerec(folder: Path, category: str = "Parts") -> Path:
    """Write what MiniOneRec's scripts do: windows in three files, of each user the later the newer."""
    windows = [
        (user, TAKEN[user][:place], TAKEN[user][place]) for user in range(USERS) for place in range(SHORTEST, 14)
    ]
    windows.sort(key=lambda window: len(window[1]))  # as if all users took their items at the same times
    bounds = {"train": windows[:-36], "valid": windows[-36:-24], "test": windows[-24:]}
    folder.mkdir(parents=True, exist_ok=True)
    index = {str(item): list(codes(item)) for item in range(ITEMS)}
    (folder / f"{category}.index.json").write_text(json.dumps(index), encoding="utf-8")
    info = [f"{''.join(codes(item))}\t{TITLES[item]}\t{item}\n" for item in range(ITEMS)]
    (folder / f"{category}.info.tsv").write_text("".join(info), encoding="utf-8")
    for split, part in bounds.items():
        header = "user_id,history_item_title,item_title,history_item_id,item_id,history_item_sid,item_sid\n"
        rows = [_row(user, history[-10:], target) for user, history, target in part]
        (folder / f"{category}.{split}.csv").write_text(header + "".join(rows), encoding="utf-8")
    return folder


def _row(user: int, history: Sequence[int], target: int) -> str:
    ids = ["".join(codes(item)) for item in history]
    lists = [f'"{part}"' for part in ([TITLES[item] for item in history], list(history), ids)]
    titles, items, texts = lists
    return f'U{user},{titles},"{TITLES[target]}",{items},{target},{texts},{"".join(codes(target))}\n'


def histories(file: Path) -> Path:
    """Write what the users took before anything is held out, a list of item names a line."""
    lines = [json.dumps([str(item) for item in row[: LENGTH - 3]]) for row in TAKEN]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _events() -> list[tuple[str, int, int]]:
    return [(f"U{user}", item, 1000 * place + user) for user, row in enumerate(TAKEN) for place, item in enumerate(row)]


def amazon(folder: Path, category: str = "Video_Games") -> Path:
    """Write reviews as JSON and metadata as the Python literals of 2014."""
    folder.mkdir(parents=True, exist_ok=True)
    reviews = [
        {"reviewerID": user, "asin": f"B{item}", "unixReviewTime": time, "overall": 5.0}
        for user, item, time in _events()
    ]
    metadata = [{"asin": f"B{item}", "title": TITLES[item], "categories": [["Games"]]} for item in range(ITEMS)]
    (folder / f"{category}_5.json").write_text("".join(f"{json.dumps(row)}\n" for row in reviews), encoding="utf-8")
    (folder / f"meta_{category}.json").write_text("".join(f"{row!r}\n" for row in metadata), encoding="utf-8")
    return folder


def movielens(folder: Path) -> Path:
    """Write ratings.dat and movies.dat."""
    folder.mkdir(parents=True, exist_ok=True)
    ratings = [f"{user}::{item + 1}::4::{time}\n" for user, item, time in _events()]
    movies = [f"{item + 1}::{title} (1990)::Comedy\n" for item, title in enumerate(TITLES)]
    (folder / "ratings.dat").write_text("".join(ratings), encoding="utf-8")
    (folder / "movies.dat").write_text("".join(movies), encoding="utf-8")
    return folder
