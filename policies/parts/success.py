"""How likely a student is to answer right: p, which most curricula for learning with a judge are built on.

p is the normalised probability of the reference option: the share of right answers that infinitely many samples, judged
by the answer key, would have. The papers estimate it from a few samples of each question.
"""

from collections.abc import Sequence

from policies.parts.confidence import probabilities
from simulation.core.errors import ScenarioError
from simulation.core.roles import Context
from simulation.core.types import Question


def success(question: Question, context: Context) -> float:
    """Return p of one question, from the predictions of its options."""
    reference, choices = question.key.reference, question.form.alternatives
    if reference is None or reference not in choices:
        raise ScenarioError(
            f"question {question.id!r} has no reference among its choices (reference {reference!r}): this "
            "policy asks by the probability of the right choice; take questions with choices, or another policy, such "
            "as random"
        )
    return min(1.0, probabilities(question, context)[choices.index(reference)])


def successes(candidates: Sequence[Question], context: Context) -> list[float]:
    """Return p of each candidate."""
    return [success(question, context) for question in candidates]


def learnability(chance: float) -> float:
    """Return p(1 - p), the variance of one answer's score: 1/4 at the most, 0 where nothing can be learned."""
    return chance * (1 - chance)
