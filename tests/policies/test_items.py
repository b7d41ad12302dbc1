"""Policies that keep a belief of items: Beta posteriors, streaks, and a regression on tags."""

import math
from collections import Counter

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from policies.asking.greso import Greso, kind_of
from policies.asking.mopps import Mopps
from policies.asking.pcl import Pcl
from tests.support.contexts import answered, chosen_from, context, experience, played, pool, question


def test_posteriors_are_discounted_counts() -> None:
    policy = Mopps(discount=0.5, prior=2.0)
    state = policy.observe(policy.begin(), answered(1, {"gain": [1, 1, 0.5], "physics": [0]}))
    assert state == {"gain": (4.5, 2.5), "physics": (2.0, 3.0)}
    state = policy.observe(state, answered(2, {"gain": [0, 0]}))
    assert state == {"gain": (0.5 * 4.5 + 1.0, 0.5 * 2.5 + 1.0 + 2), "physics": (2.0, 3.0)}


def test_without_a_discount_the_posterior_is_the_conjugate_one() -> None:
    policy = Mopps(discount=1.0)
    state = policy.begin()
    for number, row in enumerate([[1, 0, 1], [1, 1], [0]], start=1):
        state = policy.observe(state, answered(number, {"gain": row}))
    assert state["gain"] == (1 + 4, 1 + 2)


def test_by_question_each_question_has_its_own_posterior() -> None:
    policy = Mopps(by="question")
    first, second = pool(2, ("gain",))
    state = policy.observe(policy.begin(), played(1, [experience(first, score=1.0), experience(second, score=0.0)]))
    assert state == {"q0": (2.0, 1.0), "q1": (1.0, 2.0)}


def test_mopps_asks_a_candidate_as_often_as_its_draw_is_nearest_to_one_half() -> None:
    """Of two candidates, integrated by SciPy over the squared distances of the two Beta variables."""
    even, easy = stats.beta(6, 6), stats.beta(9, 3)

    def farther(distance: float) -> float:
        return float(1 - (easy.cdf(0.5 + distance) - easy.cdf(0.5 - distance)))

    exact = even.expect(lambda rate: farther(abs(rate - 0.5)))
    candidates = [question("a", "even"), question("b", "easy")]
    rounds = 3000
    seen = context(state={"even": (6.0, 6.0), "easy": (9.0, 3.0)})
    times = Counter(Mopps().select(candidates, 1, seen)[0].item.id for _ in range(rounds))
    assert times["a"] / rounds == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / rounds))


def test_streaks_count_groups_alike() -> None:
    policy = Greso(samples=2)
    state = policy.begin()
    lengths = []
    for number, row in enumerate([[1], [1, 1, 1], [0], [0, 0], [0, 1]], start=1):
        state = policy.observe(state, answered(number, {"gain": row}))
        lengths.append((state.streaks["gain"].kind, state.streaks["gain"].length))
    # Groups of two as they fill: 11 11 00 00, then 1 waits.
    assert lengths == [("mixed", 0), ("easy", 2), ("easy", 2), ("hard", 1), ("hard", 2)]
    assert state.streaks["gain"].group == [1]
    assert [kind_of(row) for row in ([1, 1], [0, 0], [1, 0], [0.5, 0.5])] == ["easy", "hard", "mixed", "mixed"]


def test_the_bases_move_towards_the_wanted_shares() -> None:
    policy = Greso(samples=1)
    state = policy.observe(policy.begin(), answered(1, {}))
    assert state.bases == {"easy": 0.5, "hard": 0.5}
    state = policy.observe(state, answered(1, {"gain": [1, 1], "physics": [1, 0.5]}))
    assert state.bases == pytest.approx({"easy": 0.49, "hard": 0.51})
    for number in range(2, 120):
        state = policy.observe(state, answered(number, {"gain": [1]}))
    assert state.bases == pytest.approx({"easy": 0.05, "hard": 0.95})


def test_a_candidate_is_skipped_with_the_published_probability() -> None:
    """One place, two candidates: the one with streak z is kept with p^z, and only then may it come first."""
    policy = Greso(samples=1, step=0.0)
    streaky, fresh = question("a", "gain"), question("b", "physics")
    for length in (1, 2, 3):
        state = policy.observe(policy.begin(), answered(1, {"gain": [1.0] * length}))
        rounds = 2500
        seen = context(state=state)
        times = Counter(policy.select([streaky, fresh], 1, seen)[0].item.id for _ in range(rounds))
        exact = 0.5**length / 2
        assert times["a"] / rounds == pytest.approx(exact, abs=4 * math.sqrt(exact / rounds))
    state = policy.observe(policy.begin(), answered(1, {"gain": [0.0] * 50}))
    pick = next(each for each in policy.select([streaky, fresh], 2, context(state=state)) if each.item is streaky)
    assert pick.score == 0.01
    assert "50 groups in a row all wrong" in pick.reason


def test_the_value_is_the_discounted_ridge_regression() -> None:
    """Solved anew by least squares over all answers, weighted by their age."""
    policy = Pcl(discount=0.8, ridge=0.5)
    stream = np.random.default_rng(0)
    tags = ["gain", "physics", "ratio", "speed"]
    state, rows, scores, ages = policy.begin(), [], [], []
    for turn in range(1, 7):
        asked = []
        for position in range(5):
            own = (tags[stream.integers(2)], tags[2 + stream.integers(2)])
            each = chosen_from(f"{turn}/{position}", *own)
            score = float(stream.random() < 0.3 + 0.5 * (own[0] == "gain"))
            asked.append(experience(each, turn=turn, position=position, score=score))
            rows.append([1.0, *(float(tag in own) for tag in tags)])
            scores.append(score - 0.5)
            ages.append(6 - turn)
        state = policy.observe(state, played(turn, asked))
    root = np.sqrt(0.8 ** np.array(ages))[:, None]
    stacked = np.vstack([np.array(rows) * root, math.sqrt(0.5) * np.eye(5)])
    weights = np.linalg.lstsq(stacked, np.append(np.array(scores) * root[:, 0], np.zeros(5)), rcond=None)[0]
    candidates = [
        chosen_from(f"{first}{second}", first, second)
        for first in ("gain", "physics", "new")
        for second in ("ratio", "speed")
    ]
    for pick in policy.select(candidates, 6, context(state=state)):
        x = np.array([1.0, *(float(tag in pick.item.tags) for tag in tags)])
        assert pick.score == pytest.approx(0.5 + x @ weights)


def test_pcl_asks_what_is_predicted_nearest_to_its_target() -> None:
    state = Pcl().observe(Pcl().begin(), answered(1, {"gain": [1] * 9, "physics": [0, 1] * 5, "general": [0] * 9}))
    candidates = pool(30, ("gain", "physics", "general"))
    for target, expected in ((0.5, "physics"), (1.0, "gain"), (0.0, "general")):
        picks = Pcl(target=target).select(candidates, 5, context(state=state))
        assert {pick.item.category for pick in picks} == {expected}
        assert {pick.propensity for pick in picks} == {0.5}
