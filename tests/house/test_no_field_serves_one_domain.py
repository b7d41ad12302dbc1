"""No field of the core's types serves one environment alone: each holds a value of its own in two of them at least."""

from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from simulation.commands.main import main
from simulation.core import types
from simulation.store import Study
from tests.documents.pages import ROOT

pytestmark = pytest.mark.usefixtures("one_thread")
FEW = ("turns=2", "ask.questions=6", "evaluate.every=1", "evaluate.questions=20", "learn.experiences=4", "keep=newest")
NOISY = "teacher={name: noisy, judged_by: {name: executor}}"
PLAYS = {
    "math_word_problems": (
        ("log_probability_selection", "teacher={name: noisy}"),
        ("random_selection", "ask.policy=vote_disagreement", "students.count=3", "teacher=answer_key"),
        ("category_selection", "teacher.name=answer_key", "students.mode=generate", "students.max_tokens=1"),
        ("second_attempts", "teacher=answer_key"),
    ),
    "code_tasks": (
        ("btp_code", "learn.trainer={name: dpo}", "learn.policy=mistakes", "teacher.correct=true"),
        ("btp_local", "learn.trainer={name: sft}", "ask.beams=3", "ask.samples=3", "students.max_tokens=24", NOISY),
        ("btp_local", "learn.trainer={name: sft}", "ask.beams=0", "ask.samples=1", "ask.attempts=2"),
    ),
}
"""What is played of each shipped environment."""
OF_ONE = {
    ("Turn", "predictions"): "alternatives that are scored before they are asked",
    ("Turn", "committee"): "alternatives that are scored before they are asked",
    ("Result", "ranking"): "alternatives that are scored",
    ("Result", "metrics"): "measures beside the truth",
}
"""Fields that rest on what one of the two shipped environments alone has, as any other might."""


def values(record: Any) -> Iterator[tuple[str, str, bool]]:
    """Yield class, field and whether it holds another value than its default (Any: whatever a turn holds)."""
    if is_dataclass(record) and not isinstance(record, type):
        for field in fields(record):
            value = getattr(record, field.name)
            default = field.default if field.default is not MISSING else None
            if field.default_factory is not MISSING:
                default = field.default_factory()
            yield type(record).__name__, field.name, value != default
            yield from values(value)
    elif isinstance(record, dict):
        for value in record.values():
            yield from values(value)
    elif isinstance(record, tuple):
        for value in record:
            yield from values(value)


@cache
def held(environment: str, folder: Path) -> frozenset[tuple[str, str]]:
    """The fields that hold a value of their own somewhere in what is played of an environment."""
    fields_held: set[tuple[str, str]] = set()
    for number, (scenario, *overrides) in enumerate(PLAYS[environment]):
        out = folder / f"{environment}-{number}"
        command = ["run", str(ROOT / "scenarios" / f"{scenario}.yaml"), *FEW, *overrides, "--quiet", "--out", str(out)]
        assert main(command) == 0
        (study_folder,) = out.iterdir()
        with Study.open(study_folder) as study:
            for turn in study.turns():
                fields_held |= {(kind, name) for kind, name, own in values(turn) if own}
    return frozenset(fields_held)


def test_each_field_of_the_trace_holds_a_value_in_two_environments(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("plays")
    everywhere = [held(environment, folder) for environment in PLAYS]
    names = "Question Answer Outcome Feedback Experience Attempt Transition Selection Update LessonEffect Result"
    kinds = [*names.split(), "Evaluation", "Turn"]
    lacking = []
    for kind in kinds:
        for field in fields(getattr(types, kind)):
            place = (kind, field.name)
            counts = sum(place in fields_held for fields_held in everywhere)
            if place in ELSEWHERE:
                continue
            if counts < (1 if place in OF_ONE else 2):
                lacking.append(place)
    assert not lacking


ELSEWHERE = {
    ("Transition", "truncated"): "tests/loop/test_worlds.py, as environments that change have it",
    ("Transition", "next_observation"): "tests/loop/test_worlds.py",
    ("Turn", "failure"): "tests/loop/test_worlds.py",
    ("Outcome", "evidence"): "tests/judges/test_executor.py, as the shipped coder's programs print nothing",
}
"""Fields that no shipped scenario fills, and where they are filled."""
