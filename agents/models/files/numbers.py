"""Looks for numbers in weights that are none: all of a small model, of a large one a sample that a moment allows.

The sample is blocks that lie evenly over every tensor, its first and last bytes among them: a row or a shard that is
broken is found where it is longer than what lies between two blocks, a single number where it lies in one.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.models.files.headers import StoredTensor
from simulation.core.errors import DataError

MOST_BYTES = 1 << 30
"""Bytes of a folder that are looked at: .3 s of processor time. Of a larger one, that share of every tensor."""
BLOCK_BYTES = 1 << 16
_READ_BYTES = 1 << 18
_ALIGNED = 8
_EXPONENTS = {
    "F16": (np.uint16, 0x7C00),
    "BF16": (np.uint16, 0x7F80),
    "F32": (np.uint32, 0x7F800000),
    "F64": (np.uint64, 0x7FF << 52),
}
"""By dtype, as what its bits are read and which of them are all set in what is infinite or no number."""


def check_numbers(stored: Mapping[str, StoredTensor], *, all_of_it: bool = False) -> None:
    """Refuse weights that hold what is infinite or no number; raises DataError naming the tensor."""
    floating = {name: tensor for name, tensor in stored.items() if tensor.dtype in _EXPONENTS}
    size = sum(tensor.end - tensor.begin for tensor in floating.values())
    share = 1.0 if all_of_it else min(1.0, MOST_BYTES / max(1, size))
    by_file: dict[Path, list[str]] = {}
    for name, tensor in floating.items():
        by_file.setdefault(tensor.file, []).append(name)
    for file, names in by_file.items():
        with file.open("rb") as stream:
            for name in names:
                tensor = floating[name]
                for begin, size in blocks(tensor.end - tensor.begin, share):
                    stream.seek(tensor.begin + begin)
                    if not finite(stream.read(size), tensor.dtype):
                        raise DataError(f"{file}: the tensor {name} holds NaN or infinite numbers; replace it")


def blocks(size: int, share: float) -> Iterator[tuple[int, int]]:
    """Yield the beginnings and lengths of what is looked at of so many bytes, evenly over all of them."""
    if share >= 1:
        yield from ((begin, min(_READ_BYTES, size - begin)) for begin in range(0, size, _READ_BYTES))
        return
    block = min(BLOCK_BYTES, size)
    count = min(max(2, int(size * share / BLOCK_BYTES)), -(-size // BLOCK_BYTES))
    last = size - block
    for place in range(count):
        yield last * place // max(1, count - 1) // _ALIGNED * _ALIGNED if place < count - 1 else last, block


def finite(numbers: bytes, dtype: str) -> bool:
    """Tell whether all numbers of a dtype are finite, by their exponents."""
    kind, mask = _EXPONENTS[dtype]
    bits: NDArray[np.unsignedinteger] = np.frombuffer(numbers, kind)
    return not bool(((bits & mask) == mask).any())
