"""Rows of one's own need no sizes: what is held out, probed and asked fits them, and what cannot be is told."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from environments.code_tasks import CodeTasks
from environments.instructions import Instructions
from environments.math_word_problems import MathWordProblems
from simulation.core.errors import DataError, ScenarioError
from simulation.core.registry import build
from simulation.scenario.prepare import Prepared, prepare
from simulation.scenario.scenario import load_scenario

SCENARIO = """\
name: own_rows
turns: 1
environment: %s
students: irt_learner
teacher: answer_key
ask: {policy: %s}
learn: {}
"""
PROBING = ("category", "log_probability_category")
PLAIN = ("random", "round_robin", "{name: category, source: evaluation}", "exp3s", "thompson", "bkt", "fsrs")


def problem(number: int) -> dict[str, Any]:
    options = " , ".join(f"{letter} ) {number + place}" for place, letter in enumerate("abcde"))
    return {"Problem": f"what is {number} plus 2 ?", "options": options, "correct": "c", "category": "gain"}


def worked(number: int) -> dict[str, Any]:
    return {"question": f"What is {number} plus 2?", "answer": f"{number} + 2 = {number + 2}\n#### {number + 2}"}


def task(number: int) -> dict[str, Any]:
    return {
        "task_id": f"t/{number}",
        "entry_point": "f",
        "prompt": f'def f(x):\n    """Add {number} to x."""\n',
        "canonical_solution": f"    return x + {number}\n",
        "test": f"def check(f):\n    assert f(1) == {number + 1}\n    assert f(2) == {number + 2}",
    }


def prompt(number: int) -> dict[str, Any]:
    return {"prompt": f"Write about {number} seas."}


def written(path: Path, row: Callable[[int], object], numbers: Sequence[int]) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{json.dumps(row(number))}\n" for number in numbers), encoding="utf-8")
    return path


def prepared(folder: Path, environment: str, policy: str = "random") -> Prepared:
    (folder / "own.yaml").write_text(SCENARIO % (environment, policy), encoding="utf-8")
    return prepare(load_scenario(folder / "own.yaml"))


@pytest.mark.parametrize(
    ("asked", "held_out", "probe"),
    [(20, 20, 4), (1, 1, 0), (2, 5, 0), (5, 40, 1), (299, 10, 59), (300, 1, 60), (301, 1, 300), (400, 400, 300)],
)
@pytest.mark.parametrize("row", [problem, worked])
def test_as_many_rows_as_there_are_need_no_override(
    row: Callable[[int], object], asked: int, held_out: int, probe: int, tmp_path: Path
) -> None:
    written(tmp_path / "rows" / "dev.jsonl", row, range(asked))
    written(tmp_path / "rows" / "challenge_test.jsonl", row, range(1000, 1000 + held_out))
    ready = prepared(tmp_path, "{name: math_word_problems, rows: ./rows}")
    assert len(ready.probe) == probe and len(ready.held_out) == min(600, held_out)
    fits = asked > 300
    assert len(ready.pool) == (asked - probe if fits else asked), "who probes nothing may be asked the probe set too"
    told = f"{tmp_path}/rows: a probe set of 300 leaves nothing to ask, so it is {probe}"
    assert ready.notices == [] if fits else ready.notices == [told]


@pytest.mark.parametrize(
    ("environment", "row", "sizes"),
    [
        ("{name: math_word_problems, rows: ./rows.jsonl}", problem, (36, 7, 6)),
        ("{name: math_word_problems, rows: ./rows.jsonl, probe_size: 5}", worked, (31, 5, 6)),
        ("{name: math_word_problems, rows: ./rows.jsonl, probe_size: 0}", worked, (36, 0, 6)),
        ("{name: questions, rows: ./rows.jsonl}", worked, (32, 6, 10)),
    ],
)
def test_one_file_is_enough(
    environment: str, row: Callable[[int], object], sizes: tuple[int, int, int], tmp_path: Path
) -> None:
    written(tmp_path / "rows.jsonl", row, range(42))
    ready = prepared(tmp_path, environment)
    assert (len(ready.pool), len(ready.probe), len(ready.held_out)) == sizes


@pytest.mark.parametrize(("kind", "row"), [(CodeTasks, task), (Instructions, prompt)])
def test_programs_and_prompts_fit_too(
    kind: type[CodeTasks | Instructions], row: Callable[[int], object], tmp_path: Path
) -> None:
    rows = str(written(tmp_path / "rows.jsonl", row, range(40)))
    splits = kind(rows=rows).questions(0)
    assert [len(part) for part in (splits.pool, splits.probe, splits.held_out)] == [28, 6, 6] and splits.spare_probe
    splits = kind(rows=rows, probe_size=5).questions(0)
    assert [len(part) for part in (splits.pool, splits.probe, splits.held_out)] == [29, 5, 6]
    assert not splits.spare_probe and splits.notices == ()


@pytest.mark.parametrize(
    "environment", ["math_word_problems", "code_tasks", "instructions", "recommendation", "recommender_users"]
)
def test_a_probe_set_may_be_left_out(environment: str) -> None:
    splits = build("environment", environment, {"probe_size": 0, "held_out_size": 5}).questions(0)
    assert (len(splits.probe), len(splits.held_out)) == (0, 5) and len(splits.pool) > 5


@pytest.mark.parametrize("policy", PLAIN)
def test_a_policy_that_needs_no_probe_set_plays_without_one(policy: str, tmp_path: Path) -> None:
    assert prepared(tmp_path, "{name: math_word_problems, probe_size: 0}", policy).probe == ()


@pytest.mark.parametrize("policy", PROBING)
def test_a_policy_that_measures_on_a_probe_set_is_refused_without_one(policy: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=rf"own.yaml:6: ask.policy: {policy} measures on a probe set, and math_w"):
        prepared(tmp_path, "{name: math_word_problems, probe_size: 0}", policy)
    assert len(prepared(tmp_path, "{name: math_word_problems, probe_size: 1}", policy).probe) == 1


def test_rows_that_are_asked_and_held_out_at_once_are_told_as_that(tmp_path: Path) -> None:
    problems = written(tmp_path / "rows" / "dev.jsonl", problem, range(40))
    shutil.copy(problems, tmp_path / "rows" / "challenge_test.jsonl")
    tasks, prompts = (str(written(tmp_path / f"{row.__name__}.jsonl", row, range(9))) for row in (task, prompt))
    shutil.copy(prompts, tmp_path / "again.jsonl")
    for environment in (
        MathWordProblems(rows=str(tmp_path / "rows")),
        MathWordProblems(rows=str(tmp_path / "rows"), pool_split="dev", held_out_split="dev"),
        MathWordProblems(rows=str(tmp_path / "rows"), pool_split="challenge_test", probe_size=0),
        CodeTasks(rows=tasks, held_out_rows=tasks),
        Instructions(rows=prompts, held_out_rows=prompts),
        Instructions(rows=prompts, held_out_rows=str(tmp_path / "again.jsonl"), probe_size=1),
    ):
        says = r"nothing may be asked, because all of its \d+ question\(s\) are held out .*; name other rows"
        with pytest.raises(DataError, match=says) as told:
            environment.questions(0)
        assert "probe" not in str(told.value)


@pytest.mark.parametrize("count", [1, 3, 6])
def test_rows_too_few_to_hold_any_out_are_told_how_many_it_takes(count: int, tmp_path: Path) -> None:
    rows = str(written(tmp_path / "rows.jsonl", problem, range(count)))
    with pytest.raises(DataError, match=rf"holds {count} question\(s\), too few to hold any out; give 7 at least"):
        MathWordProblems(rows=rows).questions(0)
    written(tmp_path / "rows.jsonl", problem, range(7))
    assert len(MathWordProblems(rows=rows).questions(0).held_out) == 1
