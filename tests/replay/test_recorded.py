"""The recorded roles give what is on record, of an answer that is there, and leave the rest of the world whole."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic.dataclasses import dataclass as component

from simulation.core.calls import Completion
from simulation.core.errors import ReplayDiffers
from simulation.core.types import Answer, Question, Turn
from simulation.loop.world import World
from simulation.replay.recorded import RecordedJudge, RecordedLearner, RecordedStudent, Script, answer_sets
from simulation.replay.replay import recast, replay
from tests.support.played_worlds import recorded, world
from tests.support.scripted import (
    AnyQuestion,
    ExactJudge,
    TinyEnvironment,
)


class CopyingStudent(RecordedStudent):
    """Gives copies of the recorded answers, as a loop that fills in a field of theirs would."""

    def read(
        self, questions: Sequence[Question], completions: Sequence[Completion], *, model_version: str
    ) -> list[Answer]:
        answers = super().read(questions, completions, model_version=model_version)
        return [replace(answer) for answer in answers]


@component(frozen=True, kw_only=True)
class ProbeReader(AnyQuestion):
    """Has its student measured on the probe set too."""

    needs: ClassVar[frozenset[str]] = frozenset({"probe"})


@component(frozen=True, kw_only=True)
class RunningJudge(ExactJudge):
    """An exact judge whose verdicts a replay takes from the record."""

    executes: ClassVar[bool] = True


@pytest.mark.parametrize("exact_judge", [ExactJudge(), RunningJudge()], ids=["computed truth", "recorded truth"])
def test_a_copied_answer_is_still_found(exact_judge: Any, disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mixed() -> World:
        whole = replace(world(), exact_judge=exact_judge)
        first, *others = whole.students
        return replace(whole, students=(replace(first, settings=replace(first.settings, ask=ProbeReader())), *others))

    monkeypatch.setattr("simulation.replay.replay.RecordedStudent", CopyingStudent)
    with recorded(disk / "s", mixed()) as study:
        assert {name for turn in list(study.rounds())[2] for name in turn.evaluations} == {"held_out", "probe"}
        assert replay(study, mixed()).trace_hash == study.trace_hash


def test_an_answer_that_is_not_on_record_is_not_judged(disk: Path) -> None:
    with recorded(disk / "s", world()) as study:
        turns = list(study.rounds())[2]
    script = Script([turn.student for turn in turns])
    script.turn_to(turns)
    for student in script.students:
        experiences = script.turns[student].experiences
        questions, answers = (
            [experience.question for experience in experiences],
            [experience.answer for experience in experiences],
        )
        script.answered[student], *_ = answer_sets(script.turns[student])
        judge = RecordedJudge(script, student)
        assert judge.judge(questions, answers, seeds=[]) == [experience.feedback for experience in experiences]
        with pytest.raises(ReplayDiffers, match="an answer is to be judged that the record does not hold"):
            judge.judge(questions, [replace(answers[0], text="another"), *answers[1:]], seeds=[])


def test_recorded_roles_keep_the_world_whole() -> None:
    script = Script(["student-0", "student-1"])
    cast = recast(world(), script)
    assert isinstance(cast.model, RecordedLearner)
    assert all(isinstance(student.answerer, RecordedStudent) for student in cast.students)
    assert cast.environment == TinyEnvironment()
    assert len({id(student.settings.trainer) for student in cast.students}) == 1
    script.turn_to([Turn(turn=0, student="student-0", model_version="v")])
    assert cast.model.version("student-0") == "v"
