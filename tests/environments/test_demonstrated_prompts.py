"""Prompts that come with a response are demonstrated by it, whatever the row calls it."""

import json
from pathlib import Path

import numpy as np
import pytest

from agents.students.demonstrator import DemonstratorStudents
from environments.lines.published import load_prompts
from simulation.core.types import Question, Seat
from tests.support.contexts import question

CHOSEN = [{"role": "user", "content": "Say hello."}, {"role": "assistant", "content": "Hello!"}]


def read(tmp_path: Path, *rows: object) -> tuple[tuple[Question, ...], list[str]]:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    questions, refused = load_prompts(str(path))
    return tuple(questions), [str(one) for one in refused]


@pytest.mark.parametrize("column", [{"response": "Hello!"}, {"completion": "Hello!"}, {"chosen": CHOSEN}])
def test_a_response_is_what_the_demonstrator_says(tmp_path: Path, column: dict[str, object]) -> None:
    (only,), refused = read(tmp_path, {"prompt": "Say hello.", **column})
    assert not refused and only.key.references == ("Hello!",)
    seat = Seat(name="ada", number=0, seed=0)
    (request,) = DemonstratorStudents().answerer(seat).requests([only], generator=np.random.default_rng(0))
    (completion,) = DemonstratorStudents().learner([seat]).generate([request])
    assert completion.text == "Hello!"


def test_a_prompt_alone_has_nothing_to_demonstrate(tmp_path: Path) -> None:
    (only,), _ = read(tmp_path, {"prompt": "Say hello."})
    assert only.key.references == () and question("q").id != only.id


@pytest.mark.parametrize("value", ["", 5, [], [{"role": "user", "content": "Say hello."}], [{"role": "assistant"}]])
def test_a_response_that_is_none_is_refused_by_row(tmp_path: Path, value: object) -> None:
    _, (refused,) = read(tmp_path, {"prompt": "Say hi.", "response": "Hi."}, {"prompt": "Say no.", "chosen": value})
    assert refused.startswith("rows.jsonl:2") and "chosen must be a text, or messages" in refused
