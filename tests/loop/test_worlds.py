"""Every student has a world of its own: what it meets there is what it would meet alone."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from simulation.core.types import Seat, Turn
from simulation.loop.world import World
from simulation.play.runner import recall
from simulation.replay.replay import replay
from simulation.store import Study
from tests.loop.test_failures import Breaks, planned, played
from tests.support.counting import Counting
from tests.support.scripted import AnyQuestion, LeastSure, scripted_world, stepper

POLICIES = {"any": AnyQuestion(), "sure": LeastSure(), "breaks": Breaks(3), "again": AnyQuestion()}
SEATS = tuple(Seat(name=f"{label}-{seed}", number=0, seed=seed, label=label) for label in POLICIES for seed in (0, 1))
TURNS = 5


def seated(seats: Sequence[Seat], *, breaking: bool = True) -> World:
    """Students of four policies and two seeds in the environment that counts."""
    policies = {
        seat.name: AnyQuestion() if seat.label == "breaks" and not breaking else POLICIES[seat.label] for seat in seats
    }
    return planned(scripted_world(seats, environment=Counting(), turns=TURNS), policies, "ask")


def played_on(study: Study, world: World, last: int) -> None:
    """Play a study to a turn from where it stands."""
    recall(study, world)
    step = stepper(world)
    for number in range(study.last_turn + 1, last + 1):
        turns = step(number)
        study.append(turns, {turn.student: world.model.dump(turn.student) for turn in turns}, seconds={})


def begun(folder: Path, world: World) -> Study:
    """A study of a world in which nothing was played yet."""
    seats = [student.seat for student in world.students]
    return Study.create(folder, scenario={}, seats=seats, fingerprint={}, measures=world.measures)


def own(rounds: Sequence[tuple[Turn, ...]], name: str) -> list[Turn]:
    """The turns of one student."""
    return [turn for turns in rounds for turn in turns if turn.student == name]


@pytest.mark.parametrize("breaking", [False, True], ids=["all play", "one label fails midway"])
def test_eight_students_equal_eight_single_runs(breaking: bool) -> None:
    together = played(seated(SEATS, breaking=breaking), TURNS)
    for seat in SEATS:
        ours = own(together, seat.name)
        if seat.label == "breaks" and breaking:
            assert ours[3].failure and ours[4].failure and not ours[2].failure
            ours = ours[:3]  # alone, the run ends with the failure
        alone = played(seated([seat], breaking=breaking), len(ours) - 1)
        assert ours == own(alone, seat.name)


def test_two_seeds_get_two_worlds_and_two_policies_of_a_seed_begin_in_one() -> None:
    first = {turn.student: turn for turn in played(seated(SEATS), 1)[1]}
    begun = {name: turn.transitions[0].observation for name, turn in first.items()}
    assert begun["any-0"] == begun["sure-0"] != begun["any-1"] == begun["sure-1"]
    assert first["any-0"].candidates == first["again-0"].candidates != first["any-1"].candidates


def test_a_world_counts_its_own_students_answers_alone() -> None:
    rounds = played(seated(SEATS, breaking=False), TURNS)
    for seat in SEATS:
        transitions = [transition for turn in own(rounds, seat.name) for transition in turn.transitions]
        counts = [int(transition.next_observation.split(",")[1]) for transition in transitions]
        assert counts == list(range(1, len(counts) + 1))
        links = pairwise(transitions)
        assert all(before.next_observation == after.observation for before, after in links)


@pytest.mark.parametrize("stop", range(TURNS))
def test_stopped_at_any_commit_and_resumed_the_trace_is_the_same(stop: int, tmp_path: Path) -> None:
    with begun(tmp_path / "whole", seated(SEATS)) as whole:
        played_on(whole, seated(SEATS), TURNS)
        assert replay(whole, seated(SEATS)).turns == TURNS + 1
        hashed = whole.trace_hash
    with begun(tmp_path / "part", seated(SEATS)) as part:
        played_on(part, seated(SEATS), stop)
    with Study.open(tmp_path / "part", write=True) as part:
        played_on(part, seated(SEATS), TURNS)
        assert part.trace_hash == hashed
        assert replay(part, seated(SEATS)).trace_hash == hashed


def test_what_a_world_raises_for_one_student_ends_that_student_only() -> None:
    class Collapses(Counting):
        def step(self, state, experience, generator):
            if state.answers == 7 and generator.random() < 1 and state.right == collapsing:
                raise ArithmeticError("no world left")
            return super().step(state, experience, generator)

    seats = SEATS[:2]
    rights = [
        int(turn.transitions[1].next_observation.split(",")[2].strip(" )")) for turn in played(seated(seats), 2)[2]
    ]
    collapsing = rights[0]
    if rights[0] == rights[1]:
        pytest.skip("both students were right equally often")
    world = replace(seated(seats), environment=Collapses())
    rounds = played(world, 3)
    assert "no world left" in rounds[2][0].failure and not rounds[2][1].failure
    assert rounds[3][1] == own(played(seated(seats[1:]), 3), seats[1].name)[3]
