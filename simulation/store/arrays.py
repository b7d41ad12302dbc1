"""Many values in one column, in as few bytes as they need: floats bit for bit, whole numbers, and names."""

import json
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T", float, int)

FLOATS = {b"b": "<u1", b"f": "<f4", b"d": "<f8"}
"""How floats are held: in one byte where all are small whole numbers, in four where all are float32 values."""
WHOLE = {b"1": "<i1", b"2": "<i2", b"4": "<i4", b"8": "<i8"}


def pack(values: Sequence[float]) -> bytes:
    """Return the values with a leading byte that says how wide they are."""
    if len(values) < FEW:
        return _pack_few(values)
    wide = np.asarray(values, dtype="<f8")
    exact = wide.tobytes()
    with np.errstate(over="ignore", invalid="ignore"):
        for kind in (b"b", b"f"):
            narrow = wide.astype(FLOATS[kind])
            if narrow.astype("<f8").tobytes() == exact:
                return kind + narrow.tobytes()
    return b"d" + exact


FEW = 10
"""Up to here NumPy takes longer than it saves."""


def _pack_few(values: Sequence[float]) -> bytes:
    exact = struct.pack(f"<{len(values)}d", *values)
    try:
        narrow = struct.pack(f"<{len(values)}f", *values)
    except OverflowError:
        return b"d" + exact
    same = struct.pack(f"<{len(values)}d", *struct.unpack(f"<{len(values)}f", narrow)) == exact
    return b"f" + narrow if same else b"d" + exact


def unpack(data: bytes) -> tuple[float, ...]:
    """Return what `pack` packed."""
    return tuple(np.frombuffer(data, dtype=FLOATS[data[:1]], offset=1).astype("<f8").tolist())


def pack_whole(values: Sequence[int]) -> bytes:
    """Return whole numbers of up to 64 bits; their count stands in front, and once a number that all of them are."""
    wide = np.asarray(values[:1] if len({*values}) == 1 else values, dtype="<i8")
    head = np.array([len(values)], dtype="<u4").tobytes()
    for kind, width in WHOLE.items():
        narrow = wide.astype(width)
        if np.array_equal(narrow, wide):
            return head + kind + narrow.tobytes()
    raise ValueError("no whole number of 64 bits is wider than 64 bits")


def unpack_whole(data: bytes) -> tuple[int, ...]:
    """Return what `pack_whole` packed."""
    count = int.from_bytes(data[:4], "little")
    values = np.frombuffer(data, dtype=WHOLE[data[4:5]], offset=5).tolist()
    if len(values) not in (1, count) or count > MOST:
        raise ValueError(f"{len(values)} whole numbers do not stand for {count}")
    return tuple(values * count if len(values) == 1 else values)


MOST = 10_000_000
"""More values than this in one column mean that its count was damaged."""


def pack_some(values: Sequence[T | None], packed: Callable[[Sequence[T]], bytes]) -> bytes:
    """Return values of which some may be missing: how many are, their places, and the others `packed`."""
    missing: list[int] = [place for place, value in enumerate(values) if value is None]
    head = np.array([len(missing), *missing], dtype="<u4").tobytes()
    return head + packed([value for value in values if value is not None])


def unpack_some(data: bytes, unpacked: Callable[[bytes], Sequence[T]]) -> tuple[T | None, ...]:
    """Return what `pack_some` packed."""
    missing_count = int.from_bytes(data[:4], "little")
    values: list[T | None] = list(unpacked(data[4 + 4 * missing_count :]))
    for place in np.frombuffer(data, dtype="<u4", count=missing_count, offset=4).tolist():
        values.insert(place, None)
    return tuple(values)


def pack_rows(rows: Sequence[Sequence[float]]) -> bytes:
    """Return rows of floats; their lengths stand in front, once where all are equal."""
    lengths = [len(row) for row in rows]
    lengths_in_front = lengths[:1] if len(set(lengths)) == 1 else lengths
    head = np.array([len(rows), len(lengths_in_front), *lengths_in_front], dtype="<u4").tobytes()
    return head + pack([value for row in rows for value in row])


def unpack_rows(data: bytes) -> tuple[tuple[float, ...], ...]:
    """Return what `pack_rows` packed."""
    row_count, length_count = np.frombuffer(data, dtype="<u4", count=2).tolist()
    lengths = np.frombuffer(data, dtype="<u4", count=length_count, offset=8).tolist()
    values = unpack(data[8 + 4 * length_count :])
    ends = np.cumsum(lengths * row_count if length_count == 1 else lengths).tolist()
    if (ends[-1] if ends else 0) != len(values) or len(ends) != row_count:
        raise ValueError(f"{row_count} rows of floats do not add up to {len(values)}")
    return tuple(values[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)) if row_count else ()


def pack_names(names: Sequence[str]) -> bytes:
    """Return short texts as compressed JSON."""
    return zlib.compress(json.dumps(names, separators=(",", ":")).encode("ascii"), 6)


def unpack_names(data: bytes) -> tuple[str, ...]:
    """Return what `pack_names` packed."""
    return tuple(json.loads(zlib.decompress(data)))
