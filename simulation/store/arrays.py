"""Many values in one column, in as few bytes as they need: floats bit for bit, whole numbers, and names."""

import json
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", float, int)

FLOATS = {b"b": "<u1", b"f": "<f4", b"d": "<f8"}
"""How floats are held: in one byte where all are small whole numbers, in four where all are float32 values."""
WHOLE = {b"1": "<i1", b"2": "<i2", b"4": "<i4", b"8": "<i8"}
MOST = 10_000_000
"""More values than this in one column mean that its count was damaged."""


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
    return tuple(unpack_array(data).tolist())


def unpack_array(data: bytes) -> NDArray[np.float64]:
    """Return what `pack` packed as an array."""
    return np.frombuffer(data, dtype=FLOATS[data[:1]], offset=1).astype(np.float64)


def pack_whole(values: Sequence[int]) -> bytes:
    """Return whole numbers of up to 64 bits; their count stands in front, and once a number that all of them are."""
    wide = np.asarray(values[:1] if len({*values}) == 1 else values, dtype="<i8")
    head = _count(len(values))
    for kind, width in WHOLE.items():
        narrow = wide.astype(width)
        if np.array_equal(narrow, wide):
            return head + kind + narrow.tobytes()
    raise ValueError("no whole number of 64 bits is wider than 64 bits")


def unpack_whole(data: bytes) -> tuple[int, ...]:
    """Return what `pack_whole` packed."""
    count = _counted(data)
    values = np.frombuffer(data, dtype=WHOLE[data[4:5]], offset=5).tolist()
    if len(values) not in (1, count):
        raise ValueError(f"{len(values)} whole numbers do not stand for {count}")
    return tuple(values * count if len(values) == 1 else values)


def pack_some(values: Sequence[T | None], packed: Callable[[Sequence[T]], bytes]) -> bytes:
    """Return values of which some may be missing: where some are, a bit each says which; the others are `packed`."""
    present = [value for value in values if value is not None]
    if len(present) == len(values):
        return b"a" + packed(present)
    bits = np.packbits([value is not None for value in values])
    return b"s" + _count(len(values)) + bits.tobytes() + packed(present)


def unpack_some(data: bytes, unpacked: Callable[[bytes], Sequence[T]]) -> tuple[T | None, ...]:
    """Return what `pack_some` packed."""
    if data[:1] == b"a":
        return tuple(unpacked(data[1:]))
    count = _counted(data[1:])
    end = 5 + (count + 7) // 8
    bits = np.unpackbits(np.frombuffer(data[5:end], dtype="u1"), count=count)
    present = unpacked(data[end:])
    if int(bits.sum()) != len(present):
        raise ValueError(f"{len(present)} values do not fill {int(bits.sum())} places")
    values = iter(present)
    return tuple(next(values) if bit else None for bit in bits.tolist())


def pack_columns(columns: Sequence[bytes]) -> bytes:
    """Return packed columns as one, the length of each in front of it."""
    return b"".join(_count(len(column)) + column for column in columns)


def unpack_columns(data: bytes) -> list[bytes]:
    """Return what `pack_columns` packed."""
    columns, start = [], 0
    while start < len(data):
        end = start + 4 + int.from_bytes(data[start : start + 4], "little")
        if end > len(data):
            raise ValueError(f"a column reaches to byte {end} of {len(data)}")
        columns.append(data[start + 4 : end])
        start = end
    return columns


ROW_COUNT = (5, 4)
"""Where `pack_rows` says how many rows there are: the first byte, counted from 1 as SQL does, and how many bytes."""


def pack_rows(rows: Sequence[Sequence[float]]) -> bytes:
    """Return rows of floats; their lengths stand in front."""
    return pack_columns([pack_whole([len(row) for row in rows]), pack([value for row in rows for value in row])])


def unpack_rows(data: bytes) -> tuple[tuple[float, ...], ...]:
    """Return what `pack_rows` packed."""
    packed_lengths, packed_values = unpack_columns(data)
    lengths, values = unpack_whole(packed_lengths), unpack(packed_values)
    ends = np.cumsum(lengths, dtype=np.int64).tolist()
    if sum(lengths) != len(values) or min(lengths, default=0) < 0:
        raise ValueError(f"{len(lengths)} rows of floats do not add up to {len(values)}")
    return tuple(values[end - length : end] for length, end in zip(lengths, ends, strict=True))


def pack_names(names: Sequence[str]) -> bytes:
    """Return short texts as compressed JSON."""
    return zlib.compress(json.dumps(names, separators=(",", ":")).encode("ascii"), 6)


def unpack_names(data: bytes) -> tuple[str, ...]:
    """Return what `pack_names` packed."""
    return tuple(json.loads(zlib.decompress(data)))


def _count(number: int) -> bytes:
    return number.to_bytes(4, "little")


def _counted(data: bytes) -> int:
    count = int.from_bytes(data[:4], "little")
    if count > MOST:
        raise ValueError(f"{count} values are more than a column holds")
    return count
