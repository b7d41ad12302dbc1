"""How sure a student is of its options, and the rule that asks where it is not."""

import math
from collections.abc import Sequence

from policies.parts.ranking import pick_ranked
from simulation.core.errors import ScenarioError
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


def probabilities(question: Question, context: Context, *, normalize: bool = True) -> list[float]:
    """Return the probability of each option; unnormalised it is exp(sum of the option's token log-probabilities)."""
    logprobs, choices = context.predictions.get(question.id, ()), question.form.alternatives
    if not logprobs or len(logprobs) != len(choices):
        raise ScenarioError(
            f"question {question.id!r} has {len(choices)} choices and {len(logprobs)} predictions: this "
            "policy asks by the probabilities of the choices, so it needs one each; take questions with choices, "
            "or another policy, such as random"
        )
    if not normalize:
        return [math.exp(logprob) for logprob in logprobs]
    return normalized(logprobs)


def normalized(logprobs: Sequence[float]) -> list[float]:
    """Return the probabilities that log-probabilities (nats) have among themselves."""
    top = max(logprobs)
    odds = [math.exp(logprob - top) for logprob in logprobs]
    total = sum(odds)
    return [ratio / total for ratio in odds]


def highest(candidates: Sequence[Question], context: Context, *, normalize: bool) -> list[float]:
    """Return each candidate's largest option probability."""
    return [max(probabilities(question, context, normalize=normalize)) for question in candidates]


def least_confident(
    candidates: Sequence[Question], confidences: Sequence[float], k: int, reason: str
) -> list[Selection[Question]]:
    """Pick the `k` candidates with the lowest confidence, equal ones in the order they came: no chance is involved."""
    reasons = [f"{reason}: highest option probability {confidence:.3f}" for confidence in confidences]
    return pick_ranked(candidates, k, confidences, reasons, lowest=True)


def least_confident_of_rest(
    candidates: Sequence[Question], confidences: Sequence[float], k: int, threshold: float
) -> list[Selection[Question]]:
    """Pick the `k` least confident of the candidates that do not pass a threshold of confidence."""
    others = [index for index, confidence in enumerate(confidences) if not confidence < threshold]
    passing = f"only {len(candidates) - len(others)} of {len(candidates)} candidates pass {threshold:g}"
    return least_confident(
        [candidates[index] for index in others],
        [confidences[index] for index in others],
        k,
        f"{passing}; least confident of the rest",
    )
