"""How spread a student's answer is over the options, and how much a committee of students disagrees."""

import math
from collections.abc import Sequence

from policies.parts.confidence import normalized
from simulation.core.errors import ScenarioError
from simulation.core.roles import Context
from simulation.core.types import Question


def entropy(probabilities: Sequence[float]) -> float:
    """Return the Shannon entropy, nats."""
    return -math.fsum(probability * math.log(probability) for probability in probabilities if probability > 0)


def margin(probabilities: Sequence[float]) -> float:
    """Return by how much the most probable option leads the next; a single option leads nothing by 1."""
    first, second = sorted((*probabilities, 0.0), reverse=True)[:2]
    return first - second


def votes(rows: Sequence[Sequence[float]]) -> list[float]:
    """Return the share of the rows in which each option is the most probable, the first of equal ones."""
    counts = [0] * len(rows[0])
    for row in rows:
        counts[row.index(max(row))] += 1
    return [count / len(rows) for count in counts]


def mean(rows: Sequence[Sequence[float]]) -> list[float]:
    """Return the mean probability of each option over the rows."""
    return [math.fsum(column) / len(rows) for column in zip(*rows, strict=True)]


def committee(question: Question, context: Context) -> list[list[float]]:
    """Return the option probabilities of every member, a row each; a single student has nobody to disagree with."""
    rows = context.committee.get(question.id, ())
    if len(rows) < 2:
        raise ScenarioError(
            f"question {question.id!r} was predicted by {len(rows)} students: this policy asks where a committee "
            "disagrees, and the committee is the class; set students.count to 2 or more, or take another policy, such "
            "as entropy, which needs one student"
        )
    choices = question.form.alternatives
    if any(len(row) != len(choices) or not row for row in rows):
        raise ScenarioError(
            f"question {question.id!r} has {len(choices)} choices and predictions of "
            f"{[len(row) for row in rows]}: this policy asks by the probabilities of the choices, so it needs one "
            "each; take questions with choices, or another policy, such as random"
        )
    return [normalized(row) for row in rows]
