"""Ways to break a model folder, each a function of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from tests.support.broken_files import Edit, put

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n"
NORM, GATE = "model.layers.1.input_layernorm.weight", "model.layers.0.mlp.gate_proj.weight"
EMBEDDING = "model.embed_tokens.weight"
Header = dict[str, Any]


def change(name: str, **values: object) -> Edit:
    """Set keys of a JSON file; what is set to `...` is removed."""

    def edit(folder: Path) -> None:
        file = folder / name
        content = {**(json.loads(file.read_text()) if file.is_file() else {}), **values}
        file.write_text(json.dumps({key: value for key, value in content.items() if value is not ...}))

    return edit


def config(**values: object) -> Edit:
    return change("config.json", **values)


def weights(alter: Callable[[dict[str, np.ndarray]], object]) -> Edit:
    """Write the tensors anew after an alteration."""

    def edit(folder: Path) -> None:
        stored = load_file(folder / WEIGHTS)
        alter(stored)
        save_file(stored, folder / WEIGHTS)

    return edit


def header(alter: Callable[[Header], object]) -> Edit:
    """Rewrite the header of the weights alone."""

    def edit(folder: Path) -> None:
        whole = (folder / WEIGHTS).read_bytes()
        length = int.from_bytes(whole[:8], "little")
        described = json.loads(whole[8 : 8 + length])
        alter(described)
        text = json.dumps(described).encode()
        (folder / WEIGHTS).write_bytes(len(text).to_bytes(8, "little") + text + whole[8 + length :])

    return edit


def keep(count: int) -> Edit:
    return lambda folder: (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:count])


def begin(content: bytes) -> Edit:
    return lambda folder: (folder / WEIGHTS).write_bytes(content + (folder / WEIGHTS).read_bytes()[len(content) :])


def split(*, named: Mapping[str, object] | None = None, lost: Sequence[str] = ()) -> Edit:
    """Write the weights as two shards with their index, to which `named` is added; some shards are lost."""

    def edit(folder: Path) -> None:
        stored = load_file(folder / WEIGHTS)
        (folder / WEIGHTS).unlink()
        names = sorted(stored)
        parts = {"one.safetensors": names[::2], "two.safetensors": names[1::2]}
        for part, own in parts.items():
            if part not in lost:
                save_file({name: stored[name] for name in own}, folder / part)
        places: dict[str, object] = {name: part for part, own in parts.items() for name in own}
        (folder / INDEX).write_text(json.dumps({"weight_map": {**places, **(named or {})}}))

    return edit


def token(**values: object) -> Edit:
    return change("tokenizer_config.json", **values)


def template(text: str) -> Edit:
    return put("chat_template.jinja", text)


def poison(name: str, value: float) -> Edit:
    def alter(stored: dict[str, np.ndarray]) -> None:
        stored[name].reshape(-1)[3] = value

    return weights(alter)


def drop(name: str) -> Edit:
    return weights(lambda stored: stored.pop(name))


def reshape(name: str, *shape: int) -> Edit:
    return weights(lambda stored: stored.update({name: np.zeros(shape, np.float32)}))


def emptied(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


def shifted(described: Header) -> None:
    """Let the second tensor begin inside the first."""
    first, second = sorted(
        (name for name in described if name != "__metadata__"), key=lambda name: described[name]["data_offsets"]
    )[:2]
    size = np.diff(described[second]["data_offsets"])[0]
    begins = described[first]["data_offsets"][1] - 4
    described[second]["data_offsets"] = [begins, begins + int(size)]


def tokenizer(alter: Callable[[Any], object]) -> Edit:
    """Change tokenizer.json (Any: JSON)."""

    def edit(folder: Path) -> None:
        file = folder / "tokenizer.json"
        content = json.loads(file.read_text())
        alter(content)
        file.write_text(json.dumps(content))

    return edit
