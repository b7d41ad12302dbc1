"""How often one of k answers is right, and the answer that is taken from them by vote, by score or by coverage.

Each is the expectation over all choices of k of the n answers at hand, exact and so free of the order they came in. An
answer that cannot be read is wrong and stays in the denominator.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import comb, isfinite

import numpy as np


def passing(truths: Sequence[float], samples: int) -> Mapping[str, float]:
    """Return pass@k in [0, 1] for every k up to `samples`, unbiased, mean over questions."""
    counts = [sum(truth >= 1 for truth in truths[at : at + samples]) for at in range(0, len(truths), samples)]
    return {
        f"pass@{k}": float(np.mean([pass_at(k, samples, right) for right in counts])) for k in range(1, samples + 1)
    }


def pass_at(k: int, samples: int, right: int) -> float:
    """Return the probability that one of `k` answers is right, of `samples` of which `right` are.

    Source: Chen et al. (2021), Evaluating large language models trained on code, arXiv 2107.03374, equation 1.
    """
    return (comb(samples, k) - comb(samples - right, k)) / comb(samples, k)


def coverage(truths: Sequence[float], k: int) -> float:
    """Return the expected truth of the best of `k` answers, as one who knew the truths would take it.

    Of truths that are 0 or 1 it is pass@k.
    """
    return best_by_score(truths, truths, k)


def best_by_score(scores: Sequence[float], truths: Sequence[float], k: int) -> float:
    """Return the expected truth of that one of `k` answers to which a judge gives the greatest score; ties share.

    The greatest of k lies among the answers of one score with the share of choices that reach up to that score and no
    further, and is there any of them as likely as another. Raises ValueError where a score is no number.
    """
    n = checked(k, scores, truths)
    if not all(isfinite(score) for score in scores):
        raise ValueError(f"scores must be finite numbers to tell the best answer, got {list(scores)}")
    tied: defaultdict[float, list[float]] = defaultdict(list)
    for score, truth in zip(scores, truths, strict=True):
        tied[score].append(truth)
    below, expected = 0, 0.0
    for score in sorted(tied):
        reached = below + len(tied[score])
        expected += (comb(reached, k) - comb(below, k)) / comb(n, k) * float(np.mean(tied[score]))
        below = reached
    return expected


def majority(readings: Sequence[str | None], right: Sequence[float], k: int | None = None) -> float:
    """Return maj@k, the expected truth of the answer most often read among `k` of the answers, by default among all.

    A reading of None could not be read: it is a class of its own that never wins, so that k unreadable answers give 0.
    Classes that are read equally often share. Source: Wang et al. (2022), Self-consistency improves chain of thought
    reasoning, arXiv 2203.11171; the expectation over choices and the sharing of ties are ours.
    """
    n = checked(len(readings) if k is None else k, readings, right)
    drawn = n if k is None else k
    members: defaultdict[str, list[float]] = defaultdict(list)
    for reading, truth in zip(readings, right, strict=True):
        if reading is not None:
            members[reading].append(truth)
    truth_by_size: defaultdict[int, float] = defaultdict(float)
    for truths in members.values():
        truth_by_size[len(truths)] += float(np.mean(truths))
    if drawn == n:
        most = max(truth_by_size, default=0)
        return truth_by_size[most] / sum(len(truths) == most for truths in members.values()) if most else 0.0
    sizes = Counter(len(truths) for truths in members.values())
    unread = n - sum(size * number for size, number in sizes.items())
    return sum(truth * winning(size, sizes, unread, drawn, n) for size, truth in truth_by_size.items())


def winning(size: int, sizes: Mapping[int, int], unread: int, k: int, n: int) -> float:
    """Return the share of the vote that one class of `size` answers wins, mean over all choices of k of n answers.

    `sizes` counts all classes by their number of answers, that class among them. With m of its answers chosen it wins
    where no other class has more, and shares with those that have as many.
    """
    others = [other for other, number in sizes.items() for _ in range(number - (other == size))]
    share = Fraction(0)
    for votes in range(1, min(size, k) + 1):
        choices = others_chosen(others, unread, votes, k - votes)
        share += comb(size, votes) * sum(Fraction(ways, ties + 1) for ties, ways in choices.items())
    return float(share / comb(n, k))


def others_chosen(others: Sequence[int], unread: int, votes: int, chosen: int) -> Mapping[int, int]:
    """Return in how many ways `chosen` answers come from the other classes, none more than `votes`, by ties at it."""
    ways: Mapping[tuple[int, int], int] = {(0, 0): 1}  # by answers chosen so far and classes that tie
    for size in others:
        extended: defaultdict[tuple[int, int], int] = defaultdict(int)
        for (used, ties), number in ways.items():
            for taken_votes in range(min(size, votes, chosen - used) + 1):
                extended[used + taken_votes, ties + (taken_votes == votes)] += number * comb(size, taken_votes)
        ways = extended
    by_ties: defaultdict[int, int] = defaultdict(int)
    for (used, ties), number in ways.items():
        by_ties[ties] += number * comb(unread, chosen - used)
    return by_ties


def checked(k: int, first: Sequence[object], second: Sequence[object]) -> int:
    """Return how many answers there are; raises ValueError where the lists differ or have no k answers."""
    if len(first) != len(second):
        raise ValueError(f"every answer has a truth, got {len(first)} answers and {len(second)} truths")
    if not 1 <= k <= len(first):
        raise ValueError(f"k is between 1 and the number of answers, {len(first)}; got {k}")
    return len(first)
