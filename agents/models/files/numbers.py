"""Looks for numbers in weights that are none: all of a small model, of a large one what a moment allows."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.models.files.headers import StoredTensor
from simulation.core.errors import DataError

MOST_BYTES = 256 << 20
"""Bytes of a folder that are looked at: .3 s. Of a larger one, as much of each tensor's beginning as that leaves."""
_LEAST_BYTES = 4096
_EXPONENTS = {"F16": (np.uint16, 0x7C00), "BF16": (np.uint16, 0x7F80), "F32": (np.uint32, 0x7F800000)}
"""By dtype, as what its bits are read and which of them are all set in what is infinite or no number."""


def check_numbers(stored: Mapping[str, StoredTensor]) -> None:
    """Refuse weights that hold what is infinite or no number; raises DataError naming the tensor."""
    floating = {name: tensor for name, tensor in stored.items() if tensor.dtype in _EXPONENTS}
    whole = sum(tensor.end - tensor.begin for tensor in floating.values()) <= MOST_BYTES
    share = MOST_BYTES if whole else max(_LEAST_BYTES, MOST_BYTES // len(floating) // 8 * 8)
    by_file: dict[Path, list[str]] = {}
    for name, tensor in floating.items():
        by_file.setdefault(tensor.file, []).append(name)
    for file, names in by_file.items():
        with file.open("rb") as stream:
            for name in names:
                tensor = floating[name]
                stream.seek(tensor.begin)
                if not finite(stream.read(min(tensor.end - tensor.begin, share)), tensor.dtype):
                    raise DataError(f"{file}: the tensor {name} holds NaN or infinite numbers; replace it")


def finite(numbers: bytes, dtype: str) -> bool:
    """Tell whether all numbers of a dtype are finite, by their exponents."""
    kind, mask = _EXPONENTS[dtype]
    bits: NDArray[np.unsignedinteger] = np.frombuffer(numbers, kind)
    return not bool(((bits & mask) == mask).any())
