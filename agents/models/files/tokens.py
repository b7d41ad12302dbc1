"""The tokenizer of a folder: whether it can be read, knows its own special tokens, and has no more than the model."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from agents.models.files.json_object import FETCH, POINTER, read_if_there, read_json
from simulation.core.errors import DataError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FILES = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "vocab.txt")
CONFIG, SPECIAL, TEMPLATE = "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"
_PLAIN = ("PreTrainedTokenizerFast", "TokenizersBackend", "PreTrainedTokenizer")
"""Classes that have no special tokens but those that the folder names."""


def check_tokenizer(folder: Path, vocabulary: int | None, *, pads: bool) -> None:
    """Refuse a tokenizer that cannot be read or does not fit; raises DataError. `pads` where a pad token is needed."""
    if not any((folder / name).is_file() for name in FILES):
        raise DataError(f"{folder} holds no tokenizer (looked for {', '.join(FILES)}); copy its files there")
    settings = read_if_there(folder / CONFIG)
    special = {**read_if_there(folder / SPECIAL), **settings}
    for key, needed in {"eos_token": True, "pad_token": pads}.items():
        if needed and _absent(special, key):
            raise DataError(f"{folder / CONFIG} names no {key}, by which a text {_WHY[key]}; add it")
    tokenizer = folder / "tokenizer.json"
    if tokenizer.is_file():
        _check_fast(tokenizer, special, vocabulary)
        return
    for name in FILES:
        if (folder / name).is_file():
            _check_other(folder / name)
    if (folder / "vocab.json").is_file() and not (folder / "merges.txt").is_file():
        raise DataError(f"{folder} holds vocab.json but no merges.txt, which belongs to it; copy it there")


_WHY = {"eos_token": "ends", "pad_token": "is made as long as its neighbours"}


def _absent(special: Mapping[str, object], key: str) -> bool:
    """Tell whether a special token is said to be none, or is named nowhere though its class knows none."""
    if key in special:
        return _text(special[key]) is None
    return special.get("tokenizer_class") in _PLAIN


def _text(token: object) -> str | None:
    """Return the text of a special token, which is written as a text or as an object with it."""
    content = token.get("content") if isinstance(token, dict) else token
    return content if isinstance(content, str) and content else None


def _check_fast(file: Path, special: Mapping[str, object], vocabulary: int | None) -> None:
    from tokenizers import Tokenizer  # reads in Rust what no rule here could hold it to

    read_json(file, "download it again")
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises no narrower class
        raise DataError(f"{file} is no tokenizer that can be read ({error}); download it again") from error
    if not tokenizer.get_vocab_size():
        raise DataError(f"{file} has an empty vocabulary; download it again")
    for key in ("eos_token", "pad_token", "bos_token", "unk_token"):
        text = _text(special.get(key))
        if text is not None and tokenizer.token_to_id(text) is None:
            raise DataError(f"{file} lacks {text!r}, which {CONFIG} or {SPECIAL} names as {key}; correct one of them")
    highest = max(_read(file, special, tokenizer).items(), key=lambda pair: pair[1], default=("", 0))
    if vocabulary is not None and highest[1] >= vocabulary:
        raise DataError(
            f"{file} numbers its token {highest[0]!r} {highest[1]}, but config.json says vocab_size: {vocabulary}; "
            "replace the one that is wrong"
        )


def _read(file: Path, special: Mapping[str, object], tokenizer: "Tokenizer") -> dict[str, int]:
    """Return the tokens that texts may hold: an added one that neither settings nor template name is a relic."""
    own = tokenizer.get_vocab(with_added_tokens=False)
    template = file.parent / TEMPLATE
    file_text = template.read_bytes().decode(errors="replace") if template.is_file() else ""
    layout = f"{special.get('chat_template')}{file_text}"
    named = {_text(value) for value in special.values()}
    return {
        text: number for text, number in tokenizer.get_vocab().items() if text in own or text in named or text in layout
    }


def _check_other(file: Path) -> None:
    """Refuse a vocabulary in another format that is empty or stands for another file."""
    with file.open("rb") as stream:
        beginning = stream.read(len(POINTER))
    if beginning == POINTER:
        raise DataError(f"{file}: {FETCH}")
    if not beginning:
        raise DataError(f"{file} is empty; download it again")
    if file.suffix == ".json":
        read_json(file, "download it again")
