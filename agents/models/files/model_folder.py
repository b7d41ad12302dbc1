"""Whether a folder holds a model that can be loaded, by its files alone and in a moment."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from agents.models.files.configuration import configuration
from agents.models.files.conversation import check_template
from agents.models.files.headers import INDEX, WHOLE, tensors, weights
from agents.models.files.numbers import check_numbers
from agents.models.files.tensors import check_tensors
from agents.models.files.tokens import check_tokenizer
from simulation.core.errors import DataError

State = tuple[tuple[str, int, int], ...]
"""The files of a folder, with their bytes and when they were written."""


def check_folder(folder: Path, architectures: Sequence[str], *, chats: bool = True) -> None:
    """Refuse a folder that is not a safetensors model with its tokenizer; the same files are looked at once.

    Its chat template is looked at where the model `chats` by it.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file())
        state = tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files)
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror or error}; correct its permissions") from error
    if not state and not any(folder.iterdir()):
        raise DataError(f"{folder} is empty; download the model there")
    try:
        _check(folder, tuple(architectures), chats, state)
    except OSError as error:
        place = error.filename or folder
        raise DataError(f"{place} cannot be read: {error.strerror or error}; correct its permissions") from error


@lru_cache(maxsize=64)
def _check(folder: Path, architectures: Sequence[str], chats: bool, state: State) -> None:
    """Look at everything; `state` is there to look again when a file has changed."""
    del state
    described = configuration(folder, architectures)
    _check_present(folder)
    stored = tensors(folder)
    purpose = architectures[0] if architectures else "ForCausalLM"
    check_tensors(stored, described, purpose)
    check_numbers(stored)
    check_tokenizer(folder, described.vocabulary, pads=purpose == "ForConditionalGeneration")
    if chats:
        check_template(folder, answers=purpose == "ForCausalLM")


def _check_present(folder: Path) -> None:
    """Refuse a folder that lacks a weight file."""
    missing = [name for name in weights(folder) if not (folder / name).is_file()]
    if not missing:
        return
    pickled = sorted(folder.glob("*.bin")) + sorted(folder.glob("*.pt")) + sorted(folder.glob("*.pth"))
    others = sorted(folder.glob("*.gguf")) or sorted(folder.glob("*.safetensors"))
    remedy = "download the folder completely"
    if pickled and missing == [WHOLE]:
        remedy = (
            f"{pickled[0].name} holds pickled weights, which are not loaded: convert it with "
            "`model.save_pretrained(folder)` in a recent transformers"
        )
    elif missing == [WHOLE] and others:
        remedy = (
            f"name its file: {others[0]}"
            if others[0].suffix == ".gguf"
            else f"call {others[0].name} so, or bring the {INDEX} that belongs to it"
        )
    elif missing != [WHOLE]:
        remedy = f"{INDEX} says that it belongs to the model: {remedy}"
    raise DataError(f"{folder} lacks {missing[0]}; {remedy}")
