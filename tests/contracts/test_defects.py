"""A component that breaks its role is refused in one line that names it: by `check`, by the guards, and in a run."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulation.commands.main import main
from simulation.contracts.boundary import named
from simulation.contracts.cases import PAST, AskCase, LearnCase
from simulation.contracts.environment import (
    guarded_begin,
    guarded_exact_judge,
    guarded_measures,
    guarded_pool,
    guarded_splits,
    guarded_step,
)
from simulation.contracts.judge import guarded_feedback
from simulation.contracts.models import guarded_completions
from simulation.contracts.policies import guarded_picks, known_needs
from simulation.contracts.scripted import ScriptedMark, ScriptedModel, answers_to, experience, questions, streams
from simulation.contracts.students import (
    guarded_answerer,
    guarded_answers,
    guarded_learner,
    guarded_options,
    guarded_requests,
)
from simulation.contracts.trainer import guarded_updates
from simulation.core.errors import SimulationError
from simulation.core.optional_roles import Changing
from simulation.core.registry import build
from simulation.core.types import Seat
from tests.contracts.defects import GOOD, IMPORTS, Defect
from tests.contracts.defects_choices import JUDGES, POLICIES
from tests.contracts.defects_environments import ENVIRONMENTS
from tests.contracts.defects_learning import STUDENTS, TRAINERS

DEFECTS = [*ENVIRONMENTS, *JUDGES, *POLICIES, *STUDENTS, *TRAINERS]
SEAT = Seat(name="student-0", number=0, seed=0)


def of(defects: Iterator[Defect] | list[Defect]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("defect", [pytest.param(defect, id=defect.name) for defect in defects])


def test_there_are_sixty_of_all_roles() -> None:
    assert len(DEFECTS) >= 60
    assert {defect.kind for defect in DEFECTS} == set(GOOD)


@pytest.mark.parametrize("kind", GOOD)
def test_what_is_made_worse_below_was_good(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "good.py"
    path.write_text(IMPORTS + GOOD[kind], encoding="utf-8")
    for name in ("Good", *(["Moving"] if kind == "environment" else [])):
        assert main(["check", f"{path}:{name}"]) == 0, capsys.readouterr().err
        assert through_guards(kind, build(kind, f"{path}:{name}", {})) > 0


@of([defect for defect in DEFECTS if defect.in_check])
def test_check_finds_it(defect: Defect, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = defect.write(tmp_path)
    assert main(["check", f"{path}:Bad", "--kind", defect.kind]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert re.search(defect.complaint, told.err), told.err
    assert all("bad:Bad" in line or "bad.py:Bad" in line or "answer_key" in line for line in told.err.splitlines())
    assert "Traceback" not in told.err


@of([defect for defect in DEFECTS if defect.in_run])
def test_the_guards_find_it(defect: Defect, tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match=defect.complaint) as raised:
        through_guards(defect.kind, build(defect.kind, f"{defect.write(tmp_path)}:Bad", {}))
    assert "\n" not in str(raised.value)


def through_guards(kind: str, component: Any) -> int:
    """Call a component once through the guards, as a turn does; return how much came back."""
    name = named(component)
    if kind == "environment":
        return environment_guards(name, component)
    if kind == "students":
        return student_guards(name, component)
    if kind == "judge":
        asked, answers = answers_to(questions(6))
        return len(guarded_feedback(name, component, asked, answers, seeds=[0] * len(answers)))
    if kind == "trainer":
        model = ScriptedModel({"student-0": b"0", "student-1": b"1"})
        batches = {slot: [experience(one) for one in questions(3)] for slot in model.slots}
        generators = streams(model.slots)
        return len(guarded_updates(name, component, model, batches, ScriptedMark(), turn=1, generators=generators))
    known_needs(name, component, kind)
    case = AskCase() if kind == "question_policy" else LearnCase()
    view = case.context(component, PAST)
    view.predictions.clear() if "predictions" not in component.needs else None  # type: ignore[attr-defined]
    return len(guarded_picks(kind, name, component, case.candidates(12, view), 5, view))


def environment_guards(name: str, environment: Any) -> int:
    guarded_measures(name, environment)
    guarded_exact_judge(name, environment)
    splits = guarded_splits(name, environment, 0)
    looked_at = len([question for question in splits.pool if question.id])
    if isinstance(environment, Changing):
        measuring = frozenset(question.id for question in (*splits.held_out, *splits.probe))
        state = guarded_begin(name, environment, np.random.default_rng(0))
        asked = guarded_pool(name, environment, state, measuring)[0]
        guarded_step(name, environment, state, experience(asked), np.random.default_rng(0))
    return looked_at


def student_guards(name: str, students: Any) -> int:
    answerer = guarded_answerer(name, students, SEAT)
    asked = questions(5)
    requests = guarded_requests(name, answerer, asked, generator=np.random.default_rng(0))
    guarded_options(name, answerer, asked)
    model = guarded_learner(name, students, [SEAT])
    completions = guarded_completions(name, model, requests)
    return len(guarded_answers(name, answerer, asked, completions, model_version="0"))


SCENARIO = {
    "environment": "{name: math_word_problems, pool_size: 40, probe_size: 10, held_out_size: 10}",
    "students": "{name: irt_learner}",
    "judge": "answer_key",
    "question_policy": "random",
    "experience_policy": "uniform_replay",
    "trainer": "null",
}
"""Components that need no model, by kind."""


def scenario(**parts: str) -> str:
    """Return a tiny scenario, with some of its components named otherwise."""
    part = {**SCENARIO, **parts}
    return f"""\
# A tiny scenario.
name: tiny
turns: 2
environment: {part["environment"]}
students: {part["students"]}
teacher: {part["judge"]}
ask: {{policy: {part["question_policy"]}, questions: 4, candidates: 8}}
learn: {{trainer: {part["trainer"]}, policy: {part["experience_policy"]}}}
evaluate: {{every: 1, questions: 5}}
"""


def run(folder: Path, kind: str, name: str) -> int:
    """Play a tiny scenario with one component of one's own."""
    path = folder / "tiny.yaml"
    named_part = f'{{name: "{name}"}}' if kind == "students" else f'"{name}"'
    path.write_text(scenario(**{kind: named_part}), encoding="utf-8")
    return main(["run", str(path), "--quiet", "--out", str(folder / "runs")])


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_one_plays(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.py").write_text(IMPORTS + GOOD[kind], encoding="utf-8")
    for name in ("Good", *(["Moving"] if kind == "environment" else [])):
        assert run(tmp_path, kind, f"good:{name}") == 0, capsys.readouterr().err


@of([defect for defect in DEFECTS if defect.in_run])
def test_a_run_is_refused_in_one_line(defect: Defect, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    defect.write(tmp_path)
    code = run(tmp_path, defect.kind, "bad:Bad")
    told = capsys.readouterr().err
    assert code == 2, told
    (line,) = told.splitlines()
    assert re.search(defect.complaint, line)
    assert "bad" in line
