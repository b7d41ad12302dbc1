"""Students whose users click and change: together they show, are clicked and learn as each would alone."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from simulation.core.roles import Trainable
from simulation.core.types import Experience, Seat, Turn
from simulation.loop.world import World
from tests.loop.test_failures import Breaks, planned, played
from tests.loop.test_worlds import own
from tests.support.online import PRESETS, SEEDS, TURNS, cohort, lineup, seated

pytestmark = pytest.mark.usefixtures("one_thread")
SEATS = lineup().seats
BROKEN = 2
"""The turn in which a policy breaks."""


@cache
def together(broken: str) -> tuple[World, list[tuple[Turn, ...]]]:
    """Play the eight students; those of one label break midway, where one is named."""
    world = breaking(cohort(), broken)
    return world, played(world, TURNS)


def breaking(world: World, label: str) -> World:
    """Let the policy of a label's students break midway; the others' is as it was."""
    plans = {student.seat.name: Breaks(BROKEN) for student in world.students if student.seat.label == label}
    return planned(world, plans, "ask")


def shown(experience: Experience) -> tuple[object, ...]:
    """Return what was shown to whom and what came of it, without the log-probabilities, which round."""
    answer, feedback = experience.answer, experience.feedback
    texts = answer.ranking.alternatives if answer.ranking else ()
    return (experience.question, answer.text, texts, answer.stop, feedback, experience.truth)


def logprobs(turns: Sequence[Turn]) -> list[float]:
    """Return the log-probabilities of everything that was shown."""
    rankings = [experience.answer.ranking for turn in turns for experience in turn.experiences]
    return [value for ranking in rankings if ranking for value in ranking.logprobs]


def slot(world: World, seat: Seat) -> Tensor:
    """Return a student's weights."""
    assert isinstance(world.model, Trainable)
    row: Tensor = world.model.adapters_SP.detach()[world.model.slots.index(seat.name)]
    return row


@pytest.mark.parametrize("broken", ["", "grpo_kl"], ids=["all play", "two fail midway"])
@pytest.mark.parametrize("seat", SEATS, ids=[seat.name for seat in SEATS])
def test_each_of_eight_students_plays_as_alone(seat: Seat, broken: str) -> None:
    world, rounds = together(broken)
    ours = own(rounds, seat.name)
    if seat.label == broken:
        assert ours[BROKEN].failure and ours[TURNS].failure and not ours[BROKEN - 1].failure
        ours = ours[:BROKEN]  # alone, the run ends with the failure
    single = breaking(seated([seat]), broken)
    alone = own(played(single, len(ours) - 1), seat.name)
    for mine, theirs in zip(ours, alone, strict=True):
        assert [*map(shown, mine.experiences)] == [*map(shown, theirs.experiences)]
        assert (mine.candidates, mine.picks, mine.transitions) == (theirs.candidates, theirs.picks, theirs.transitions)
        assert mine.evaluations.keys() == theirs.evaluations.keys()
        for name, evaluation in mine.evaluations.items():
            assert evaluation.metrics == pytest.approx(theirs.evaluations[name].metrics, abs=1e-8)
    assert logprobs(ours) == pytest.approx(logprobs(alone), abs=1e-8)
    torch.testing.assert_close(slot(world, seat), slot(single, seat), rtol=0, atol=1e-8)


def test_three_of_the_four_learn_and_no_two_the_same() -> None:
    world, _ = together("")
    rows = {seat.name: slot(world, seat) for seat in SEATS}
    for seed in SEEDS:
        moved = {label: rows[f"{label}-{seed}"] - rows[f"frozen-{seed}"] for label in PRESETS if label != "frozen"}
        assert all(float(change.abs().max()) > 1e-5 for change in moved.values())
        assert not torch.equal(moved["grpo"], moved["reinforce"])
        assert not torch.equal(moved["grpo"], moved["grpo_kl"])


def test_two_seeds_get_two_worlds_and_the_ways_to_learn_of_a_seed_begin_in_one() -> None:
    _, rounds = together("")
    first = {turn.student: turn for turn in rounds[1]}
    met = {name: tuple(experience.question for experience in turn.experiences) for name, turn in first.items()}
    for label in PRESETS:
        assert met[f"{label}-0"] == met["grpo-0"] != met[f"{label}-1"] == met["grpo-1"]
        slates = [[each.answer.text for each in first[f"{label}-{seed}"].experiences] for seed in SEEDS]
        assert slates[0] != slates[1]


def test_what_a_world_becomes_is_what_its_own_student_was_clicked() -> None:
    _, rounds = together("")
    clicks = 0
    for seat in SEATS:
        turns = own(rounds, seat.name)[1:]
        for turn in turns:
            for experience, transition in zip(turn.experiences, turn.transitions, strict=True):
                clicked = [outcome.part for outcome in experience.feedback.outcomes if outcome.score == 1.0]
                clicks += len(clicked)
                if not transition.terminated:
                    after = [*experience.question.prompt.split(), *clicked][-10:]
                    assert transition.next_observation.split() == after
        for turn, following in pairwise(turns):
            later = {experience.question.prompt for experience in following.experiences}
            assert any(step.next_observation in later for step in turn.transitions)
    assert clicks > 0
    ends = [step.terminated for seat in SEATS for turn in own(rounds, seat.name)[1:] for step in turn.transitions]
    assert any(ends) and not all(ends)
