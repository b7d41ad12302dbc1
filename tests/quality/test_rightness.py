"""Votes, scores and coverage against the enumeration of all choices of k answers."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.quality.rightness import best_by_score, coverage, majority, pass_at, passing

READINGS = st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=1, max_size=8)


def over_all_choices(n: int, k: int, credit: Callable[[Sequence[int]], float]) -> float:
    """Return the mean credit over all choices of k of n answers."""
    return float(np.mean([credit(places) for places in combinations(range(n), k)]))


def voted(readings: Sequence[str | None], truths: Sequence[float], places: Sequence[int]) -> float:
    """Count one vote; every answer of a reading has that reading's truth."""
    votes = Counter(reading for place in places if (reading := readings[place]) is not None)
    winners = {reading for reading, count in votes.items() if count == max(votes.values())}
    return float(np.mean([truths[readings.index(winner)] for winner in sorted(winners)])) if winners else 0.0


@given(READINGS, st.data())
def test_the_vote_of_k_is_that_of_all_choices(readings: list[str | None], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(readings)))
    worth = {"a": 1.0, "b": 0.0, "c": 1.0, "d": 0.25, None: 0.0}
    truths = [worth[reading] for reading in readings]
    expected = over_all_choices(len(readings), k, lambda places: voted(readings, truths, places))
    assert majority(readings, truths, k) == pytest.approx(expected, abs=1e-12)
    if k == len(readings):
        assert majority(readings, truths) == pytest.approx(expected, abs=1e-12)


def test_votes_by_hand() -> None:
    assert majority(["7", "7", "8"], [1, 1, 0]) == 1
    assert majority(["7", "8"], [1, 0]) == 0.5  # ties share, whichever came first
    assert majority(["8", "7"], [0, 1]) == 0.5
    assert majority([None, None, None, "7"], [0, 0, 0, 1]) == 1  # what cannot be read never wins
    assert majority([None, None], [0, 0]) == 0
    assert majority([None, None], [0, 0], 1) == 0
    assert majority(["7", None], [1, 0], 1) == 0.5  # and stays in the denominator


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0, 0.5, 1])), min_size=1, max_size=8), st.data())
def test_the_best_by_score_is_that_of_all_choices(answers: list[tuple[int, float]], data: st.DataObject) -> None:
    scores, truths = [score for score, _ in answers], [truth for _, truth in answers]
    k = data.draw(st.integers(1, len(answers)))

    def best(places: Sequence[int]) -> float:
        most = max(scores[place] for place in places)
        return float(np.mean([truths[place] for place in places if scores[place] == most]))

    assert best_by_score(scores, truths, k) == pytest.approx(over_all_choices(len(answers), k, best), abs=1e-12)


@given(st.lists(st.booleans(), min_size=1, max_size=9), st.data())
def test_pass_at_k_is_coverage_is_that_of_all_choices(right: list[bool], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(right)))
    expected = over_all_choices(len(right), k, lambda places: float(any(right[place] for place in places)))
    assert pass_at(k, len(right), sum(right)) == pytest.approx(expected, abs=1e-12)
    assert coverage([float(one) for one in right], k) == pytest.approx(expected, abs=1e-12)
    assert passing([float(one) for one in right], len(right))[f"pass@{k}"] == pytest.approx(expected, abs=1e-12)


def test_a_judge_that_knows_the_truth_covers_and_one_that_knows_nothing_takes_the_mean() -> None:
    truths = [1.0, 0.0, 0.0, 1.0, 0.0]
    assert best_by_score(truths, truths, 3) == pytest.approx(pass_at(3, 5, 2))
    assert best_by_score([0.3] * 5, truths, 3) == pytest.approx(0.4)
    assert best_by_score([-truth for truth in truths], truths, 3) == 0  # of any three one is wrong


@pytest.mark.parametrize("n", [16, 32])
def test_votes_of_many_different_answers_are_counted_in_time(n: int) -> None:
    readings = [str(at) for at in range(n)]
    assert majority(readings, [1.0] + [0.0] * (n - 1), n // 2) == pytest.approx(1 / n)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: majority(["a"], [1], 2), "k is between 1 and the number of answers, 1; got 2"),
        (lambda: majority([], []), "got 0"),
        (lambda: majority(["a"], [1, 0]), "got 1 answers and 2 truths"),
        (lambda: best_by_score([float("nan"), 1], [1, 0], 1), "finite numbers"),
        (lambda: best_by_score([1.0], [1], 0), "got 0"),
    ],
)
def test_what_cannot_be_counted_is_refused(call: Callable[[], float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
