"""Asks what the student is least likely to get right, knowing the answers: a control that no real policy can be."""

from collections.abc import Sequence
from typing import ClassVar

from policies.confidence import probabilities
from simulation.core.errors import ScenarioError
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("oracle")
class Oracle:
    """A control that reads the references: asks the questions with the lowest probability of the right option."""

    needs: ClassVar[frozenset[str]] = frozenset({"predictions"})

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick the `k` candidates with the lowest p(right), equal ones in the order they came."""
        right = [_right(question, context) for question in candidates]
        ranked = sorted(range(len(candidates)), key=lambda index: right[index])
        return [
            Selection(
                item=candidates[index],
                score=right[index],
                propensity=1.0,
                reason=f"probability of the right option {right[index]:.3f}",
            )
            for index in ranked[:k]
        ]


def _right(question: Question, context: Context) -> float:
    if question.reference is None or question.reference not in question.choices:
        raise ScenarioError(
            f"question {question.id!r} has no reference among its choices (reference {question.reference!r}): the "
            "oracle asks by the probability of the right choice; take questions with choices, or another policy"
        )
    return probabilities(question, context)[question.choices.index(question.reference)]
