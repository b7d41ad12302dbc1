"""A replay without a model comes out as recorded, byte for byte, and names the first thing that does not."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from pydantic.dataclasses import dataclass as component

from simulation.core.errors import ReplayDiffers
from simulation.core.roles import Context
from simulation.core.types import Answer, Experience, Feedback, Question, Selection, Transition
from simulation.loop.world import World
from simulation.replay.replay import replay
from simulation.store import Study
from tests.support.counting import Counting, Tally
from tests.support.played_worlds import TURNS, recorded, world
from tests.support.scripted import (
    AnyQuestion,
    ExactJudge,
    LeastSure,
    Mistakes,
    ScriptedStudents,
    ScriptedTrainer,
    stepper,
)
from tests.support.studies import MEASURES


@pytest.mark.parametrize("mode", ["choices", "generate"])
@pytest.mark.parametrize("ask", [AnyQuestion(), LeastSure()], ids=["any", "least sure"])
@pytest.mark.parametrize("judge", [None, ExactJudge()], ids=["model judge", "exact judge"])
def test_a_replay_comes_out_as_recorded(mode: Any, ask: Any, judge: Any, disk: Path) -> None:
    options = {"students": ScriptedStudents(mode=mode), "ask": ask, "judge": judge, "learn_every": 2}
    with recorded(disk / "s", world(**options)) as study:
        found = replay(study, world(**options))
        assert (found.trace_hash, found.turns, found.students) == (study.trace_hash, TURNS + 1, 2)
        assert study.trace_hash in str(found)


def test_a_study_that_is_not_whole_is_replayed_so_far(disk: Path) -> None:
    with recorded(disk / "s", world(), turns=2) as study:
        assert "so far" in str(replay(study, world()))


def test_nothing_of_the_model_the_trainer_or_a_model_judge_is_asked(disk: Path) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a replay asked what computes")

    with recorded(disk / "s", world(ask=LeastSure())) as study:
        again = world(ask=LeastSure())
        for name in ("score", "generate", "version", "dump"):
            setattr(again.model, name, refuse)
        object.__setattr__(again.students[0].settings.judge, "judge", refuse)
        for student in again.students:
            object.__setattr__(student.settings.trainer, "update", refuse)
            object.__setattr__(student.answerer, "read", refuse)
        replay(study, again)


@component(frozen=True, kw_only=True)
class Second:
    """Picks what it should not."""

    name: ClassVar[str] = "second"
    needs: ClassVar[frozenset[str]] = frozenset()
    late: int = 3
    score: float | None = None

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        picks = AnyQuestion().select(candidates, k, context)
        if context.turn < self.late:
            return picks
        if self.score is not None:
            return [replace(pick, score=self.score) for pick in picks]
        return picks[1:] + picks[:1]


class OtherWorld(Counting):
    """Rewards what it should not."""

    def step(self, state: Tally, experience: Experience, generator: np.random.Generator) -> tuple[Tally, Transition]:
        state, transition = super().step(state, experience, generator)
        other = experience.turn == 2 and experience.position == 1
        return state, replace(transition, reward=0.25) if other else transition


@component(frozen=True, kw_only=True)
class KinderJudge:
    """Finds everything right."""

    name: ClassVar[str] = "exact"

    def judge(self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Any) -> list[Feedback]:
        return [replace(each, score=1.0) for each in ExactJudge().judge(questions, answers, seeds=seeds)]


@component(frozen=True, kw_only=True)
class NoMistakes:
    """Learns from one lesson fewer."""

    name: ClassVar[str] = "fewer"
    needs: ClassVar[frozenset[str]] = frozenset()

    def select(self, candidates: Sequence[Experience], k: int, context: Context) -> list[Selection[Experience]]:
        return Mistakes().select(candidates, k, context)[:-1]


def learning(made: World, policy: Any) -> World:
    return replace(
        made,
        students=tuple(replace(student, settings=replace(student.settings, learn=policy)) for student in made.students),
    )


class Failing:
    """A role that raises in the n-th call of one of its methods."""

    def __init__(self, role: Any, method: str, call: int) -> None:
        self._role, self._method, self._left = role, method, call

    def __getattr__(self, name: str) -> Any:
        if name == self._method:
            self._left -= 1
            if self._left == 0:
                raise RuntimeError(f"no {name} any more")
        return getattr(self._role, name)


@pytest.mark.parametrize(
    ("role", "method", "call"),
    [
        ("answerer", "requests", 3),
        ("answerer", "read", 3),
        ("answerer", "read", 5),
        ("answerer", "read", 6),
        ("answerer", "options", 2),
        ("judge", "judge", 2),
        ("trainer", "update", 2),
    ],
)
def test_what_failed_for_one_student_fails_again(role: str, method: str, call: int, disk: Path) -> None:
    whole = world(ask=LeastSure())
    first, second = whole.students
    if role == "answerer":
        second = replace(second, answerer=Failing(second.answerer, method, call))
    else:
        failing: Any = {role: Failing(getattr(second.settings, role), method, call)}
        second = replace(second, settings=replace(second.settings, **failing))
    with recorded(disk / "s", replace(whole, students=(first, second))) as study:
        failures = [turn.failure for turn in study.turns("student-1")]
        assert failures[-1] and not failures[0] and f"no {method} any more" in failures[-1]
        other = world(ask=LeastSure())
        if role == "trainer":
            first, second = other.students
            own_trainer = replace(second.settings, trainer=ScriptedTrainer(learning_rate=0.25))
            other = replace(other, students=(first, replace(second, settings=own_trainer)))
        assert replay(study, other).trace_hash == study.trace_hash


def smaller(made: World) -> World:
    return replace(made, students=tuple(replace(student, pool=student.pool[5:]) for student in made.students))


def test_a_world_that_changes_is_really_run_again(disk: Path) -> None:
    with recorded(disk / "s", world(environment=Counting())) as study:
        assert replay(study, world(environment=Counting())).trace_hash == study.trace_hash
        with pytest.raises(ReplayDiffers, match=r"turn 2, 'student-0', transitions\[1\]\.reward: 0\.25 is not"):
            replay(study, world(environment=OtherWorld()))


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (lambda: world(ask=Second()), r"turn 3, 'student-0', picks\[0\]: question "),
        (lambda: world(ask=Second(score=1.5)), r"turn 3, 'student-0', picks\[0\]\.score: 1\.5 is not null"),
        (lambda: world(questions=6), r"turn 1, 'student-0', picks"),
        (
            lambda: replace(world(), exact_judge=KinderJudge()),
            r"turn 0, 'student-0', evaluations\.held_out\.metrics\.accuracy: 1\.0 is not",
        ),
        (lambda: world(evaluate_every=1), r"turn 1, 'student-0', picks: 30 questions are put, but none are recorded"),
        (lambda: learning(world(), NoMistakes()), r"turn 1, 'student-0', lessons"),
        (lambda: smaller(world()), r"turn 1, 'student-0', picks\[\d\]: question"),
    ],
    ids=["pick", "score", "count", "truth", "evaluation", "lessons", "pool"],
)
def test_the_first_difference_is_named(other: Any, told: str, disk: Path) -> None:
    with recorded(disk / "s", world()) as study, pytest.raises(ReplayDiffers, match=told):
        replay(study, other())


def test_candidates_without_a_recorded_prediction_are_named(disk: Path) -> None:
    other = world(ask=LeastSure())
    with (
        recorded(disk / "s", world(ask=LeastSure())) as study,
        pytest.raises(ReplayDiffers, match=r"turn 1, 'student-0', candidates"),
    ):
        replay(study, smaller(other))


WITHOUT_TORCH = """
import sys
for name in ("torch", "transformers", "peft", "trl", "mesa", "datasets"):
    sys.modules[name] = None  # an import of it fails
from pathlib import Path
from simulation.replay.replay import replay
from simulation.store import Study
with Study.open(Path(sys.argv[1])) as study:
    print(replay(study))
"""


def test_a_scenario_is_replayed_from_its_folder_without_torch(disk: Path) -> None:
    from simulation.scenario.scenario import load_scenario
    from simulation.scenario.seating import build_world

    path = disk / "tiny.yaml"
    path.write_text(
        """
name: tiny
turns: 3
environment: {name: "tests.support.scripted:TinyEnvironment", held: 20}
students: {name: "tests.support.scripted:ScriptedStudents", count: 2}
teacher: {name: "tests.support.scripted:ScriptedJudge"}
ask: {policy: {name: "tests.support.scripted:LeastSure"}, questions: 4, candidates: 12}
learn: {trainer: {name: "tests.support.scripted:ScriptedTrainer"}, policy: {name: "tests.support.scripted:Mistakes"}}
evaluate: {every: 2, questions: 20}
"""
    )
    scenario = load_scenario(path, [])
    played = build_world(scenario)
    seated = [student.seat for student in played.students]
    step = stepper(played)
    with Study.create(
        disk / "s", scenario=scenario.resolved(), seats=seated, measures=MEASURES, fingerprint={}
    ) as study:
        for number in range(4):
            study.append(step(number), {}, seconds={})
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, str(disk / "s")],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert "replayed byte for byte" in done.stdout
