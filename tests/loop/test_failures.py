"""A student whose policy or training fails is told so on its trace, and the others play on as they would have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from simulation.core.errors import ContractError, ModelError, ScenarioError
from simulation.core.roles import Context
from simulation.core.types import Question, Seat, Selection, Turn, Update
from simulation.loop.turn import first_look, play_turn
from simulation.loop.world import Student, World
from simulation.replay.replay import replay
from simulation.store import Study
from tests.support.scripted import AnyQuestion, ScriptedTrainer, scripted_world, seats

MISTAKE = ZeroDivisionError("a policy's own\nmistake")
MISTAKEN = "question policy 'tests.loop.test_failures:Breaks' raised ZeroDivisionError: a policy's own mistake"


@dataclass(frozen=True)
class Breaks:
    """Picks the first candidates, and breaks in one turn."""

    turn: int
    error: Exception = MISTAKE
    needs: ClassVar[frozenset[str]] = frozenset()

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        if context.turn == self.turn:
            raise self.error
        return [Selection(item=each, reason="first") for each in candidates[:k]]


@dataclass(frozen=True)
class Diverges(ScriptedTrainer):
    """Reports a loss that is no number."""

    name: ClassVar[str] = "diverges"

    def update(self, model, batches, mark, *, turn, generators) -> dict[str, Update]:
        found = super().update(model, batches, mark, turn=turn, generators=generators)
        return {slot: replace(each, metrics={"loss_last": float("nan")}) for slot, each in found.items()}


@dataclass(frozen=True)
class WithTheClass:
    """Picks where the class agrees least on the first option."""

    needs: ClassVar[frozenset[str]] = frozenset({"committee"})

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        spread = {name: float(np.std([row[0] for row in rows])) for name, rows in context.committee.items()}
        ranked = sorted(candidates, key=lambda each: -spread[each.id])
        return [Selection(item=each, score=spread[each.id], reason="spread") for each in ranked[:k]]


def planned(world: World, plans: Mapping[str, Any], field: str) -> World:
    """Give some students another part of their plan (Any: each part has its role)."""

    def changed(student: Student) -> Student:
        if student.seat.name not in plans:
            return student
        return replace(student, settings=replace(student.settings, **{field: plans[student.seat.name]}))

    return replace(world, students=tuple(changed(student) for student in world.students))


def played(world: World, turns: int = 4) -> list[tuple[Turn, ...]]:
    """Play some turns."""
    return [play_turn(world, number) if number else first_look(world) for number in range(turns + 1)]


def recorded(folder: Path, world: World, turns: int = 4) -> Study:
    """Play and store some turns."""
    study = Study.create(
        folder,
        scenario={"name": "failing"},
        seats=[student.seat for student in world.students],
        fingerprint={},
        measures=world.measures,
        sets={"held_out": world.held_out},
    )
    for each in played(world, turns):
        study.append(each, {turn.student: world.model.dump(turn.student) for turn in each}, seconds={})
    return study


def test_a_policy_that_breaks_stops_its_own_student_only() -> None:
    world = planned(scripted_world(seats(3)), {"student-1": Breaks(2)}, "ask")
    alone = played(scripted_world(seats(3)))
    together = played(world)
    assert [each[1].failure for each in together] == [
        "",
        "",
        *[f"turn 2: {MISTAKEN}"] * 3,
    ]
    assert together[2][1].picks == () and together[2][1].update is None and not together[2][1].evaluations
    assert together[3][1] == Turn(
        turn=3, student="student-1", model_version=together[2][1].model_version, failure=together[2][1].failure
    )
    for theirs, ours in zip(alone, together, strict=True):
        assert (theirs[0], theirs[2]) == (ours[0], ours[2])


def test_a_training_that_diverges_stops_its_own_student_only() -> None:
    together = played(planned(scripted_world(seats(2)), {"student-0": Diverges()}, "trainer"))
    assert together[1][0].update is not None
    told = "diverges diverged: its loss is not a finite number; lower learn.trainer.learning_rate"
    assert told in together[1][0].failure
    assert all(not each[1].failure and each[1].evaluations for each in together[::2])


def test_where_every_student_fails_the_first_error_is_raised() -> None:
    world = scripted_world(seats(2), ask=Breaks(1))
    first_look(world)
    with pytest.raises(ContractError, match="Breaks' raised ZeroDivisionError"):
        play_turn(world, 1)
    alone = planned(scripted_world(seats(1)), {"student-0": Diverges()}, "trainer")
    first_look(alone)
    with pytest.raises(ModelError, match="diverged"):
        play_turn(alone, 1)


def test_a_failure_is_stored_recalled_and_replayed(tmp_path: Path) -> None:
    def world() -> World:
        return planned(scripted_world(seats(2)), {"student-1": Breaks(2)}, "ask")

    with recorded(tmp_path / "s", world()) as study:
        study.verify()
        assert replay(study, world()).turns == 5
        again = world()
        for turns in study.rounds():
            for student, turn in zip(again.students, turns, strict=True):
                student.recall(turn, again.environment)
        assert [bool(student.failure) for student in again.students] == [False, True]
        assert play_turn(again, 5)[1].failure == f"turn 2: {MISTAKEN}"


def test_a_committee_is_the_class_and_is_replayed(tmp_path: Path) -> None:
    mixed = (*seats(3), Seat(name="other", number=0, seed=9))
    world = scripted_world(mixed, ask=WithTheClass())
    turns = played(world)
    assert [sorted(each.committee) for each in turns[1]] == [["student-0", "student-1", "student-2"]] * 3 + [["other"]]
    assert all(len(rows) == len(turns[1][0].candidates) for rows in turns[1][0].committee.values())
    with recorded(tmp_path / "s", scripted_world(mixed, ask=WithTheClass())) as study:
        study.verify()
        assert replay(study, scripted_world(mixed, ask=WithTheClass())).students == 4


def test_a_whole_class_is_asked_what_is_chosen_for_its_first_student() -> None:
    world = scripted_world((*seats(3), Seat(name="other", number=0, seed=9)), ask=AnyQuestion())
    plan = replace(world.students[0].settings, whole_class=True)
    world = replace(world, students=tuple(replace(student, settings=plan) for student in world.students))
    alone = played(scripted_world(seats(1)))[1:]
    for theirs, ours in zip(alone, played(world)[1:], strict=True):
        assert ours[0].picks == ours[1].picks == ours[2].picks == theirs[0].picks
        assert ours[0].candidates == ours[1].candidates != ours[3].candidates
        assert ours[0].experiences[0].answer.answerer != ours[1].experiences[0].answer.answerer


def test_user_errors_of_a_lone_student_keep_their_class() -> None:
    world = scripted_world(seats(1), ask=Breaks(1, ScenarioError("no choices here")))
    first_look(world)
    with pytest.raises(ScenarioError, match="no choices here"):
        play_turn(world, 1)
