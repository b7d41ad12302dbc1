"""Quotas by category: how many questions each category gets, and uniform picks within them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from simulation.core.memory import UNDECIDED
from simulation.core.roles import Context
from simulation.core.types import Question, Selection

T = TypeVar("T")

MATHQA_ORDER = ("general", "physics", "gain", "geometry", "other", "probability")
"""MathQA's categories in the order of the published logs; the first takes what rounding leaves."""


def wrong_counts(context: Context, source: str) -> dict[str, int]:
    """Count by category the questions that the last evaluation of `source` ("probe", "held_out") found wrong.

    A category without a wrong answer has a count of 0; without an evaluation there is nothing to count. What no judge
    can decide of any answer is not wrong.
    """
    counts: Counter[str] = Counter()
    evaluation = context.evaluations.get(source)
    for result in evaluation.results if evaluation is not None else ():
        tags = context.tags.get(result.question_id, ())
        counts[tags[0] if tags else ""] += int(result.truth < 1.0 and result.reason != UNDECIDED)
    return dict(counts)


def in_order(categories: Iterable[str], first: Sequence[str]) -> list[str]:
    """Sort categories: those of `first` as they stand there, the others after them by name."""
    rank = {category: place for place, category in enumerate(first)}
    return sorted(set(categories), key=lambda category: (rank.get(category, len(rank)), category))


def allocate(k: int, weights: Sequence[int]) -> list[int]:
    """Share `k` places by weight: n_i = floor(k * w_i / sum w), and what rounding leaves goes to the first."""
    total = sum(weights)
    quotas = [k * weight // total for weight in weights]
    quotas[0] += k - sum(quotas)
    return quotas


def by_category(candidates: Iterable[Question]) -> dict[str, list[Question]]:
    """Group candidates, each group in their order."""
    groups: dict[str, list[Question]] = {}
    for question in candidates:
        groups.setdefault(question.category, []).append(question)
    return groups


def uniform(candidates: Sequence[T], k: int, context: Context) -> tuple[list[T], float]:
    """Draw at most `k` distinct candidates in random order; return them with the propensity that each one had."""
    share = min(k, len(candidates))
    if not share:
        return [], 0.0
    drawn = context.generator.choice(len(candidates), size=share, replace=False)
    return [candidates[int(index)] for index in drawn], share / len(candidates)


def pick_by_quota(
    candidates: Sequence[Question], k: int, weights: Mapping[str, int], context: Context, order: Sequence[str]
) -> list[Selection[Question]]:
    """Pick `k` questions: each category's quota uniformly from its own candidates, what is short from the rest.

    The propensity is exact: with quota q of n candidates and r places filled from the l left over, a question is
    picked with probability 1 - (1 - q/n) * (1 - r/l). Without any weight all candidates are equally likely.
    """
    total = sum(weights.values())
    if not total:
        drawn, propensity = uniform(candidates, k, context)
        reason = "no wrong answers counted yet: uniform over all candidates"
        return [Selection(item=question, propensity=propensity, reason=reason) for question in drawn]
    groups = by_category(candidates)
    categories = in_order([*weights, *groups], order)
    quotas = dict(zip(categories, allocate(k, [weights.get(name, 0) for name in categories]), strict=True))
    picks_with_reasons: list[tuple[Question, str]] = []
    left: list[Question] = []
    for name in categories:
        shuffled, _ = uniform(groups.get(name, []), len(candidates), context)
        why = f"{name}: {weights.get(name, 0)} of {total} wrong, quota {quotas[name]}"
        picks_with_reasons += [(question, why) for question in shuffled[: quotas[name]]]
        left += shuffled[quotas[name] :]
    filling, share = uniform(left, k - len(picks_with_reasons), context)
    lacking = ", ".join(name for name in categories if quotas[name] > len(groups.get(name, [])))
    picks_with_reasons += [
        (question, f"fills a place of {lacking}, which had too few candidates") for question in filling
    ]
    missed = {name: max(0.0, 1 - quotas[name] / len(group)) * (1 - share) for name, group in groups.items()}
    return [
        Selection(
            item=question,
            score=float(weights.get(question.category, 0)),
            propensity=1 - missed[question.category],
            reason=why,
        )
        for question, why in picks_with_reasons
    ]
