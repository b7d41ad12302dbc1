"""How hard a question is for its student, in [0, 1]: by the running error rate of its tag, or by its predictions."""

from collections.abc import Sequence
from typing import Literal

from policies.parts.arms import By, arm_of
from policies.parts.success import success
from simulation.core.roles import Context
from simulation.core.types import Question

Source = Literal["error_rate", "prediction"]
"""`error_rate` costs nothing; `prediction` is 1 - p of the question itself, for which all candidates are scored."""


def needed(source: Source) -> frozenset[str]:
    """Return what a policy needs that measures difficulty by `source`."""
    return frozenset({"predictions"} if source == "prediction" else ())


def difficulties(candidates: Sequence[Question], context: Context, source: Source, by: By) -> list[float]:
    """Return the difficulty of each candidate.

    An error rate is (lost score + 1) / (answers + 2) over the judged answers under its tag so far (Laplace's rule): 1/2
    for a tag that has none.
    """
    if source == "prediction":
        return [1 - success(question, context) for question in candidates]
    rates = []
    for question in candidates:
        tally = context.memory.tags.get(arm_of(question, by))
        rates.append(0.5 if tally is None else (tally.judged - tally.score + 1) / (tally.judged + 2))
    return rates
