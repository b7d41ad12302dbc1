"""Many values in one column: floats bit for bit (four bytes each where all are float32 values), and names."""

import json
import zlib
from collections.abc import Sequence

import numpy as np

NARROW, WIDE = b"f", b"d"


def pack(values: Sequence[float]) -> bytes:
    """Return the values with a leading byte that says how wide they are."""
    wide = np.asarray(values, dtype="<f8")
    with np.errstate(over="ignore", invalid="ignore"):
        narrow = wide.astype("<f4")
    same = narrow.astype("<f8").tobytes() == wide.tobytes()
    return NARROW + narrow.tobytes() if same else WIDE + wide.tobytes()


def unpack(data: bytes) -> tuple[float, ...]:
    """Return what `pack` packed."""
    kinds = {NARROW: "<f4", WIDE: "<f8"}
    return tuple(np.frombuffer(data, dtype=kinds[data[:1]], offset=1).astype("<f8").tolist())


def pack_rows(rows: Sequence[Sequence[float]]) -> bytes:
    """Return rows of floats; their lengths stand in front, once where all are equal."""
    lengths = [len(row) for row in rows]
    told = lengths[:1] if len(set(lengths)) == 1 else lengths
    head = np.array([len(rows), len(told), *told], dtype="<u4").tobytes()
    return head + pack([value for row in rows for value in row])


def unpack_rows(data: bytes) -> tuple[tuple[float, ...], ...]:
    """Return what `pack_rows` packed."""
    count, told = np.frombuffer(data, dtype="<u4", count=2).tolist()
    lengths = np.frombuffer(data, dtype="<u4", count=told, offset=8).tolist()
    values = unpack(data[8 + 4 * told :])
    ends = np.cumsum(lengths * count if told == 1 else lengths).tolist()
    if (ends[-1] if ends else 0) != len(values) or len(ends) != count:
        raise ValueError(f"{count} rows of floats do not add up to {len(values)}")
    return tuple(values[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)) if count else ()


def pack_names(names: Sequence[str]) -> bytes:
    """Return short texts as compressed JSON."""
    return zlib.compress(json.dumps(names, separators=(",", ":")).encode("ascii"), 6)


def unpack_names(data: bytes) -> tuple[str, ...]:
    """Return what `pack_names` packed."""
    return tuple(json.loads(zlib.decompress(data)))
