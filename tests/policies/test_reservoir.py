"""What reservoirs keep and what counts as forgotten, against frequencies and worked histories."""

from collections import Counter

from scipy import stats  # type: ignore[import-untyped]

from policies.learning.forgetting_replay import ForgettingReplay
from policies.learning.reservoir import Reservoir
from simulation.core.types import Experience
from tests.support.contexts import experience, folded, memory, pool, question
from tests.support.replayed import lessons


def named(name: int, turns: int, each: int) -> list[Experience]:
    """Turns of questions that no other name has."""
    return [
        experience(question(f"{name}.{turn}.{place}"), turn=turn, position=place)
        for turn in range(1, turns + 1)
        for place in range(each)
    ]


def test_a_reservoir_is_a_uniform_sample_of_the_past() -> None:
    """Every pair of the 12 experiences is kept equally often by algorithm R, not just every one."""
    rounds = 4000
    pairs: Counter[tuple[str, ...]] = Counter()
    for name in range(rounds):
        kept = folded(Reservoir(capacity=2), named(name, 4, 3)).experiences
        pairs[tuple(sorted(each.id for each in kept))] += 1
    assert len(pairs) == 66
    assert stats.chisquare(list(pairs.values())).pvalue > 0.001


def test_a_reservoir_learns_from_this_turn_as_it_will_remember_it() -> None:
    held = named(7, 6, 10)
    policy = Reservoir(capacity=15)
    before, after = folded(policy, held[:50]), folded(policy, held)
    picks = lessons(policy, memory(held), 99, turn=6, state=before)
    assert sorted(pick.item.id for pick in picks) == sorted(each.id for each in after.experiences)
    assert {pick.propensity for pick in picks} == {1.0}
    assert {pick.reason for pick in picks} == {"uniform over the 15 kept of 60 experiences"}
    assert {pick.propensity for pick in lessons(policy, memory(held), 5, turn=6, state=before)} == {5 / 15}
    assert (after.seen, after.turn, len(after.experiences)) == (60, 6, 15)


def test_a_reservoir_that_is_not_full_keeps_everything() -> None:
    held = named(1, 2, 3)
    assert folded(Reservoir(), held).experiences == held


def test_forgetting_is_a_wrong_answer_after_a_right_one() -> None:
    rows = {"lost": (1, 0, 1, 0), "learned": (0, 0, 1, 1), "never": (0, 0, 0, 0), "half": (1, 0.5, 0.5, 0.5)}
    held = [
        experience(question(f"{skill} {turn}", skill), turn=turn, position=place, score=float(row[turn - 1]))
        for turn in range(1, 5)
        for place, (skill, row) in enumerate(rows.items())
    ]
    policy = ForgettingReplay()
    state = folded(policy, held)
    assert state.units == {"lost": (False, 2), "learned": (True, 0), "never": (False, 0), "half": (False, 1)}
    picks = lessons(ForgettingReplay(fill=False), memory(held), 99, state=state)
    assert Counter(pick.item.question.category for pick in picks) == {"lost": 4, "half": 4}
    assert {pick.reason for pick in picks} == {"lost: forgotten 2 times", "half: forgotten 1 times"}
    filled = lessons(policy, memory(held), 11, state=state)
    assert {pick.item.question.category for pick in filled[:8]} == {"lost", "half"}
    assert {pick.propensity for pick in filled[:8]} == {1.0}
    assert {pick.propensity for pick in filled[8:]} == {3 / 8}
    assert {pick.item.question.category for pick in filled[8:]} <= {"learned", "never"}


def test_what_was_forgotten_this_turn_counts_at_once() -> None:
    asked = question("q", "sums")
    right, wrong = experience(asked, turn=1, score=1.0), experience(asked, turn=2, score=0.0)
    policy = ForgettingReplay(by="question", fill=False)
    state = folded(policy, [right])
    assert len(lessons(policy, memory([right, wrong]), 9, turn=2, state=state)) == 2
    assert state.units == {"q": (True, 0)}
    assert lessons(policy, memory([right]), 9, turn=1, state=folded(policy, [right])) == []


def test_forgetting_counts_every_answer_once_however_the_state_was_folded() -> None:
    held = [
        experience(each, turn=turn, position=place, score=float((turn + place) % 3 == 0))
        for turn in range(1, 8)
        for place, each in enumerate(pool(6, ("a", "b")))
    ]
    policy = ForgettingReplay()
    late = lessons(policy, memory(held), 20, state=policy.begin())
    assert late == lessons(policy, memory(held), 20, state=folded(policy, held))
