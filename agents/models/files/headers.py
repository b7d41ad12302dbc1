"""The headers of safetensors files: which tensors lie where, of which shape and numbers; no tensor is read.

The format: https://github.com/huggingface/safetensors#format, with the rules that its reader holds a file to.
"""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from agents.models.files.json_object import FETCH, POINTER, read_json
from simulation.core.errors import DataError

WHOLE, INDEX = "model.safetensors", "model.safetensors.index.json"
_BITS = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E5M2FNUZ", "F8_E4M3FNUZ"), 8),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}
FLOATING = ("F64", "F32", "F16", "BF16")
"""The numbers that a base may be held in without a library for quantized ones."""
_LENGTH_BYTES, _LONGEST = 8, 100_000_000
_AGAIN = "download it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTensor:
    """Where a tensor lies in its file."""

    file: Path
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int
    """Bytes from the beginning of the file."""


def weights(folder: Path) -> list[str]:
    """Return the names of the weight files a folder should hold."""
    index = folder / INDEX
    if (folder / WHOLE).is_file() or not index.is_file():
        return [WHOLE]
    return sorted(set(shards(index).values()))


def shards(index: Path) -> dict[str, str]:
    """Return which file holds each tensor, as an index says; raises DataError where it does not say so."""
    parts = read_json(index, _AGAIN).get("weight_map")
    if not isinstance(parts, dict) or not parts:
        raise DataError(f"{index} has no weight_map; {_AGAIN}")
    for tensor, name in parts.items():
        if not isinstance(name, str) or name != Path(name).name:
            raise DataError(f"{index} says that {tensor} lies in {name!r}, which is no file's name; {_AGAIN}")
    return parts


def tensors(folder: Path) -> dict[str, StoredTensor]:
    """Return every tensor of a folder's weight files by its name; raises DataError where one is broken."""
    stored = {name: tensor for file in weights(folder) for name, tensor in header(folder / file).items()}
    index = folder / INDEX
    if not (folder / WHOLE).is_file() and index.is_file():
        for name, file in shards(index).items():
            if name not in stored or stored[name].file.name != file:
                raise DataError(f"{folder / file} lacks the tensor {name}, which {INDEX} says it holds; {_AGAIN}")
    return stored


def header(file: Path) -> dict[str, StoredTensor]:
    """Return what a file says it holds; raises DataError where that cannot be."""
    try:
        with file.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            beginning = stream.read(len(POINTER))
            if beginning == POINTER:
                raise DataError(f"{file}: {FETCH}")
            length = int.from_bytes(beginning[:_LENGTH_BYTES], "little")
            if size < _LENGTH_BYTES or length > min(_LONGEST, size - _LENGTH_BYTES):
                what = "is empty" if not size else f"is cut off or no safetensors file: {size:,} bytes hold no header"
                raise DataError(f"{file} {what}; {_AGAIN}")
            stream.seek(_LENGTH_BYTES)
            content = json.loads(stream.read(length).decode())
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}; correct its permissions") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{file} has a broken header ({error}); {_AGAIN}") from error
    if not isinstance(content, dict):
        raise DataError(f"{file} has a header that is no object; {_AGAIN}")
    content.pop("__metadata__", None)
    return _placed(file, content, _LENGTH_BYTES + length, size)


def _placed(file: Path, content: Mapping[str, Any], start: int, size: int) -> dict[str, StoredTensor]:
    """Return the tensors by name; they must fill the file one after the other (Any: read from JSON)."""
    stored = {name: _tensor(file, name, entry, start) for name, entry in content.items()}
    position = start
    for name, tensor in sorted(stored.items(), key=lambda pair: (pair[1].begin, pair[1].end)):
        if tensor.begin != position:
            clash = "overlaps the tensor before it" if tensor.begin < position else "leaves a gap before it"
            raise DataError(f"{file}: the tensor {name} {clash}; {_AGAIN}")
        position = tensor.end
        if position > size:
            raise DataError(f"{file} is cut off: {name} would end at byte {position:,} of {size:,}; {_AGAIN}")
    if position != size:
        raise DataError(f"{file} holds {size - position:,} bytes behind its last tensor; {_AGAIN}")
    return stored


def _tensor(file: Path, name: str, entry: Any, start: int) -> StoredTensor:
    """Return one tensor of a header (Any: read from JSON)."""
    fields = entry if isinstance(entry, dict) else {}
    dtype, shape, offsets = fields.get("dtype"), fields.get("shape"), fields.get("data_offsets")
    if not isinstance(dtype, str) or dtype not in _BITS:
        raise DataError(f"{file}: the tensor {name} has the unknown dtype {dtype!r}; {_AGAIN}")
    if not _counts(shape) or not _counts(offsets) or len(offsets) != 2:
        raise DataError(f"{file}: the tensor {name} has the shape {shape!r} at {offsets!r}; {_AGAIN}")
    begin, end = offsets
    needed = math.prod(shape) * _BITS[dtype] / 8
    if end - begin != needed:
        text = f"{end - begin:,} bytes, but {dtype} of the shape {shape} takes {needed:,.0f}"
        raise DataError(f"{file}: the tensor {name} has {text}; {_AGAIN}")
    return StoredTensor(file=file, dtype=dtype, shape=tuple(shape), begin=start + begin, end=start + end)


def _counts(value: Any) -> TypeGuard[list[int]]:
    """Tell whether a value is a list of natural numbers (Any: read from JSON)."""
    return isinstance(value, list) and all(type(number) is int and number >= 0 for number in value)
