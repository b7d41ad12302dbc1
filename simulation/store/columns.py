"""What one column of a row holds: numbers as SQLite keeps them, JSON that reads back as it was, and what is derived."""

import json
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import add
from typing import Any

import msgspec

from simulation.core.types import Question

_ENCODER = msgspec.json.Encoder(order="sorted")


def stored_real(value: float | None) -> float | int | None:
    """Return a float as a row holds it: whole numbers as integers, which take fewer bytes."""
    return value if value is None or value % 1 or abs(value) >= 2**53 else int(value)


def real(stored: float | int | None) -> float | None:
    """Return the float that a row holds."""
    return None if stored is None else float(stored)


def json_text(value: Any) -> str:
    """Return the JSON of a value (Any: whatever msgspec writes), from which `json.loads` reads the same again."""
    try:
        return _ENCODER.encode(value).decode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair, which UTF-8 cannot hold, but an escape can
        return json.dumps(msgspec.to_builtins(value), sort_keys=True, separators=(",", ":"))


def stored_metrics(values: Mapping[str, float]) -> str | None:
    """Return metrics as JSON, or None where there are none."""
    return json_text(dict(values)) if values else None


def metrics(stored: str | None) -> dict[str, float]:
    """Return the metrics that a row holds."""
    return {name: float(value) for name, value in json.loads(stored).items()} if stored else {}


def revealed(question: Question, place: int | None) -> str | None:
    """Return what the alternative at this place reveals of who takes it, where anybody wrote that down."""
    reveals = question.key.reveals
    return reveals[place] if place is not None and 0 <= place < len(reveals) else None


def in_order(values: Iterable[float]) -> float:
    """Return the sum from first to last, to the bit the same under every Python: since 3.12 `sum` rounds less."""
    return reduce(add, values, 0.0)
