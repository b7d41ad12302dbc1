"""What an environment offers: its questions in disjoint sets, and what is measured on them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from msgspec import to_builtins

from simulation.core.kinds.formula import Formula, Values
from simulation.core.kinds.kind import read
from simulation.core.types import Question


@dataclass(frozen=True, slots=True)
class Splits:
    """The questions of an environment: disjoint sets, and what was noticed while making them."""

    pool: Sequence[Question]
    """What may be asked; large pools are lazy sequences."""
    held_out: Sequence[Question]
    """What only the evaluation sees."""
    probe: Sequence[Question] = ()
    """What policies may measure the student on."""
    spare_probe: bool = False
    """Whether the probe set may be asked too of a student whose policy does not measure on it."""
    notices: tuple[str, ...] = ()
    """What a user should know before a study begins, such as rows that could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A named number of an evaluation, the mean of its questions' values in [0, 1]."""

    name: str
    """Such as "accuracy", "pass@1", "ndcg@10"."""
    graded: bool = False
    """Whether a single answer's value may lie between 0 and 1."""
    formula: Formula | None = None
    """Computes it from numbers that the exact judge tells of every answer among its metrics; None where the judge tells
    the value itself: as its score where the measure is the first, else under the measure's name."""


def as_record(measure: Measure) -> dict[str, Any]:
    """Return what is stored of a measure (Any: JSON values): its formula only where it has one."""
    plain: dict[str, Any] = {"name": measure.name, "graded": measure.graded}
    return plain if measure.formula is None else {**plain, "formula": to_builtins(measure.formula)}


def recorded(record: Mapping[str, Any]) -> Measure:
    """Return the measure that a record holds (Any: JSON values)."""
    formula = record.get("formula")
    return Measure(
        name=record["name"], graded=record["graded"], formula=None if formula is None else read(Formula, formula)
    )


def sources(measures: Iterable[Measure]) -> frozenset[str]:
    """Return the names of the numbers that measures are computed from."""
    formulas = [measure.formula for measure in measures if measure.formula is not None]
    return frozenset(name for formula in formulas for name in formula.sources)


def computed(measures: Iterable[Measure], columns: Mapping[str, Sequence[float | None]]) -> dict[str, Values]:
    """Return by name the values of the measures that have a formula, from numbers by name, an entry an answer.

    One that rests on a number that not every answer has is left out.
    """
    complete = {name: np.array(column, dtype=np.float64) for name, column in columns.items() if None not in column}
    return {
        measure.name: measure.formula.values(complete)
        for measure in measures
        if measure.formula is not None and complete.keys() >= {*measure.formula.sources}
    }
