"""Where a model lies and whether it can be loaded: checked by looking at its files, before any library is imported."""

import hashlib
import json
import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

from pydantic import Field

from agents.models.files.configuration import architectures_of
from agents.models.files.headers import weights
from agents.models.files.json_object import read_json
from agents.models.files.model_folder import check_folder
from agents.models.gguf_header import check_file
from agents.models.hub import check_hub
from simulation.core.allowed import InWords
from simulation.core.errors import DataError, ModelError, nearest
from simulation.core.paths import Located

AGENTS = Path(__file__).resolve().parents[1]
PROJECT = AGENTS.parent
FETCHED = {"smollm2": "`make setup-smollm2` downloads it once (93 MB)"}
"""Models that lie in build/ once a command has fetched them, with that command."""
DEVICE = InWords("auto, cpu, mps, cuda, or of several GPUs one such as cuda:1", "auto")
Device = Annotated[str, DEVICE, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")]
"""Where a model is held and computes."""
_PAGE = re.compile(r"(?:https?://(?:www\.)?huggingface\.co/|hf:(?://)?)?([\w.-]+/[\w.-]+)(?=/|$)")
"""The address of a model's page on the Hub, or of a part of it."""
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+|[a-z0-9][\w.-]*")
GGUF = ".gguf"
DIALECT = "embedded"
"""What the tokenizer_config.json of a model that was made here holds as `dialect`."""


def resolve(model: str, *, embedded: str) -> str:
    """Return the folder or hub name that `model` means.

    "embedded" is the shipped `agents/embedded/<embedded>`, "embedded/<name>" another shipped model, such as the coder.
    A GGUF file is its path.
    """
    if model in FETCHED:
        return str(PROJECT / "build" / model)
    if shipped(model):
        return str(AGENTS / "embedded" / (model.removeprefix("embedded").removeprefix("/") or embedded))
    path = Path(model).expanduser()
    return str(path.resolve()) if is_gguf(model) or (written_as_path(model) and path.is_dir()) else model


def is_gguf(model: str) -> bool:
    """Tell whether `model` names a GGUF file."""
    return model.endswith(GGUF)


def named_by_project(model: str) -> bool:
    """Tell whether `model` is a name of the project's own, which no path stands in for."""
    return shipped(model) or model in FETCHED


def written_as_path(model: str) -> bool:
    """Tell whether `model` is written as a path: one that a scenario names is made absolute when it is read."""
    return model.startswith((".", "/", "~"))


def shipped(model: str) -> bool:
    """Tell whether `model` names one that comes with the project."""
    return model.split("/")[0] == "embedded" and model.count("/") <= 1


def speaks_dialect(model: str, *, embedded: str) -> bool:
    """Tell whether a model's own tokenizer_config.json says that it was taught the dialect of the shipped students."""
    file = Path(resolve(model, embedded=embedded)) / "tokenizer_config.json"
    return file.is_file() and read_json(file, "replace the model's folder").get("dialect") == DIALECT


def embedded(architecture: str) -> list[str]:
    """Return the shipped models of which config.json names a class that ends so, as a scenario names them."""
    configs = {
        path.parent.name: read_json(path, "check it out again") for path in AGENTS.glob("embedded/*/config.json")
    }
    return [
        f"embedded/{name}"
        for name, config in sorted(configs.items())
        if any(class_name.endswith(architecture) for class_name in architectures_of(config))
    ]


def labels(source: str) -> list[str] | None:
    """Return the labels that a classifier in a local folder tells apart, None where its config.json names none."""
    config_file = Path(source) / "config.json"
    named = read_json(config_file, "name a model folder").get("id2label") if config_file.is_file() else None
    return [str(name) for name in named.values()] if isinstance(named, dict) else None


ModelName = Annotated[str, Field(min_length=1), Located(elsewhere=named_by_project, endings=("/", GGUF))]
"""The type of a field that names a model: a folder, a GGUF file, a shipped one or a name on the Hub."""


def comes_with_project(source: str) -> bool:
    """Tell whether the folder of a model is one of the shipped ones."""
    return Path(source).parent == AGENTS / "embedded"


def validate(model: str, *, embedded: str, architectures: Sequence[str] = (), chats: bool = True) -> str:
    """Return what `resolve` returns if it can be loaded as far as files tell; raises DataError saying what to do.

    `architectures` are endings of class names of which config.json must name one. A name on the Hub is asked for there,
    unless it lies in the cache. The chat template is looked at where the model `chats` by it.
    """
    source = resolve(model, embedded=embedded)
    folder = Path(source)
    if folder.is_dir():
        check_folder(folder, architectures, chats=chats)
    elif folder.is_file() and not is_gguf(source):
        raise DataError(f"{source} is a file, not the folder of a model; name the folder that it lies in")
    elif is_gguf(source):
        check_gguf(folder, architectures)
    elif model in FETCHED:
        raise DataError(f"the model {model!r} is not here yet (no folder {folder}); {FETCHED[model]}")
    elif model == "embedded":
        raise DataError(f"the shipped model is missing: no folder {folder}; restore it, or name another model")
    elif shipped(model):
        shipped_models = {f"embedded/{config_file.parent.name}" for config_file in folder.parent.glob("*/config.json")}
        raise DataError(f"no model {model!r} comes with the project; {nearest(model, shipped_models)}")
    elif model[:1] in "./~" or not _HUB_NAME.fullmatch(model):
        what = f"model {model!r}: no such folder, nor a hub name (owner/name)"
        raise DataError(f"{what}; {meant(model) or 'correct the path'}")
    else:
        _check_hub(model, architectures)
    return source


def _check_hub(model: str, architectures: Sequence[str]) -> None:
    """Refuse a name on the Hub that cannot be had; say too what else may be meant by it."""
    try:
        check_hub(model, architectures)
    except ModelError as error:
        hint = meant(model)
        if not hint and "/" in model:
            raise
        lying = f"no folder {model!r} lies here, and no such model comes with the project"
        raise ModelError(f"{lying}; {f'{hint} ' if hint else ''}{error}") from error


def meant(model: str) -> str:
    """Return the clause that names the model of the project's own that may be meant, nothing where none is."""
    names = ["embedded", *FETCHED, *(f"embedded/{file.parent.name}" for file in AGENTS.glob("embedded/*/config.json"))]
    same = [name for name in names if name.rpartition("/")[2] == model.lower()]
    close = same or get_close_matches(model.lower(), names, n=1, cutoff=0.75)
    page = _PAGE.match(model)
    if not close and page and page[1] != model and _HUB_NAME.fullmatch(page[1]) and not shipped(model):
        close = [page[1]]
    return f"did you mean {close[0]!r}?" if close else ""


def elsewhere(model: str) -> list[str]:
    """Name a model that is on the Hub, or that was not fetched yet."""
    if model in FETCHED:
        return [] if Path(resolve(model, embedded=model)).is_dir() else [f"model {model}, {FETCHED[model]}"]
    here = named_by_project(model) or is_gguf(model) or written_as_path(model) or not _HUB_NAME.fullmatch(model)
    hint = meant(model)
    return [] if here else [f"model {model} on the Hub{f': {hint}' if hint else ''}"]


def check_gguf(file: Path, architectures: Sequence[str]) -> None:
    """Refuse a GGUF file of which no causal language model can be made, or where another kind of model is needed."""
    if architectures and "ForCausalLM" not in architectures:
        raise DataError(f"{file} is a GGUF file, but a folder of a model for {' or '.join(architectures)} is needed")
    check_file(file)


def fingerprint(source: str) -> str:
    """Return the sha256 of a local folder's weights or of a GGUF file, else the hub name."""
    folder = Path(source)
    if is_gguf(source):
        with folder.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    if not folder.is_dir():
        return source
    digest = hashlib.sha256()
    for name in ("config.json", "tokenizer.json", *weights(folder)):
        file = folder / name
        if file.is_file():
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def chat_template(source: str) -> str | None:
    """Return the chat template that a local folder holds, as its files have it; None where there is none."""
    texts = [file.read_text(encoding="utf-8") for file in sorted(Path(source).glob("*chat_template*.jinja"))]
    for name in ("tokenizer_config.json", "chat_template.json"):
        if (Path(source) / name).is_file():
            templates = read_json(Path(source) / name, "download it again").get("chat_template")
            texts += [] if not templates else [templates if isinstance(templates, str) else json.dumps(templates)]
    return "\n".join(texts) or None
