"""Pairs of which one text is preferred are questions with two options, which a student weighs and DPO learns from."""

import json
from pathlib import Path
from typing import Any

import pytest

from environments.questions import OwnQuestions
from simulation.commands.main import main
from simulation.core.errors import DataError
from simulation.core.types import Question
from simulation.store import Study
from tests.support import tiny_models

SAID = ("Rain is water.", "No idea.")


def messages(text: str, *, role: str = "assistant", before: str = "") -> list[dict[str, str]]:
    first = [{"role": "user", "content": before}] if before else []
    return [*first, {"role": role, "content": text}]


def pair(number: int, **changes: object) -> dict[str, Any]:
    return {"prompt": f"What is rain {number}?", "chosen": SAID[0], "rejected": SAID[1], **changes}


def read(path: Path, *rows: object, **parameters: Any) -> tuple[list[Question], tuple[str, ...]]:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    splits = OwnQuestions(rows=str(path), **parameters).questions(0)
    return [*splits.pool, *splits.probe, *splits.held_out], splits.notices


@pytest.mark.parametrize(
    ("changes", "chosen"),
    [
        ({}, SAID[0]),
        ({"chosen": messages(SAID[0], before="What is rain?"), "rejected": messages(SAID[1])}, SAID[0]),
        ({"chosen": "b", "rejected": "a"}, "b"),
        ({"chosen": "2", "rejected": "1"}, "2"),
        ({"chosen": "1", "rejected": "2", "margin": 0.5}, "1"),
        ({"chosen": "text", "rejected": "b", "category": "weather"}, "text"),
    ],
)
def test_the_chosen_text_is_right_wherever_it_stands(changes: dict[str, Any], chosen: str, tmp_path: Path) -> None:
    questions, notices = read(tmp_path / "pairs.jsonl", *(pair(number, **changes) for number in range(20)))
    assert notices == () and len(questions) == 20
    places = {question.form.alternatives.index(chosen) for question in questions}
    assert places == {0, 1} and {question.key.reference for question in questions} == {chosen}
    assert {question.prompt for question in questions} == {f"What is rain {number}?" for number in range(20)}
    assert {question.category for question in questions} == {changes.get("category", "no category")}


def test_prompts_may_be_messages_and_columns_called_otherwise(tmp_path: Path) -> None:
    rows = [pair(number, prompt=messages(f"Rain {number}?", role="user")) for number in range(4)]
    questions, _ = read(tmp_path / "talk.jsonl", *rows)
    assert {question.prompt for question in questions} == {f"Rain {number}?" for number in range(4)}
    rows = [{"frage": f"{number}?", "gut": "yes", "schlecht": "no"} for number in range(4)]
    columns: dict[str, str | list[str]] = {"question": "frage", "chosen": "gut", "rejected": "schlecht"}
    questions, _ = read(tmp_path / "deutsch.jsonl", *rows, columns=columns)
    assert {question.key.reference for question in questions} == {"yes"}
    table = "question,preferred,dispreferred\n" + "".join(f"{number}?,yes,no\n" for number in range(4))
    (tmp_path / "table.csv").write_text(table, encoding="utf-8")
    assert len(OwnQuestions(rows=str(tmp_path / "table.csv")).questions(0).pool) == 2
    rows = [{"question": f"{number}?", "answer": "yes", "chosen": True} for number in range(4)]
    read(tmp_path / "plain.jsonl", *rows)
    assert "not read: chosen" in OwnQuestions(rows=str(tmp_path / "plain.jsonl")).described()[1]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"chosen": SAID[1]}, "options a and b are equal"),
        ({"chosen": ""}, "chosen must be a text, or messages of which the assistant has the last: ''"),
        ({"rejected": None}, "rejected must be a text, or messages of which the assistant has the last: None"),
        ({"rejected": messages("Hm.", role="user")}, "rejected must be a text, or messages of which the assistant"),
        ({"chosen": []}, "chosen must be a text"),
        ({"chosen": 5}, "chosen must be a text"),
        ({"prompt": messages("Hm.")}, "prompt must be a text, or messages of which the user has the last"),
        ({"chosen": "half \ud800"}, "holds half a surrogate pair"),
    ],
)
def test_a_pair_that_is_none_is_refused_by_its_row(changes: dict[str, Any], says: str, tmp_path: Path) -> None:
    questions, notices = read(tmp_path / "pairs.jsonl", *map(pair, range(3)), pair(3, **changes))
    assert len(questions) == 3 and notices[1].startswith(f"pairs.jsonl:4: {says}")


@pytest.mark.parametrize("lacking", ["chosen", "rejected", "prompt"])
def test_half_a_table_of_pairs_says_what_it_lacks(lacking: str, tmp_path: Path) -> None:
    rows = [{key: text for key, text in pair(number).items() if key != lacking} for number in range(3)]
    name = "question" if lacking == "prompt" else lacking
    with pytest.raises(DataError, match=f"pairs.jsonl: no column is named {name}; the columns are"):
        read(tmp_path / "pairs.jsonl", *rows)


@pytest.mark.usefixtures("one_thread")
def test_dpo_learns_from_pairs_that_a_student_weighs_wrongly(tmp_path: Path) -> None:
    read(tmp_path / "pairs.jsonl", *map(pair, range(24)))
    tiny_models.save("llama", tmp_path / "tiny")
    scenario = """\
name: pairs
turns: 2
environment: {name: questions, rows: pairs.jsonl}
students: {model: ./tiny, prompt: {layout: "{{ question }}"}}
teacher: answer_key
ask: {policy: random, questions: 12}
learn: {trainer: {name: dpo, learning_rate: 0.01}, policy: mistakes}
"""
    (tmp_path / "pairs.yaml").write_text(scenario, encoding="utf-8")
    assert main(["run", str(tmp_path / "pairs.yaml"), "--quiet", "--out", str(tmp_path / "runs")]) == 0
    (folder,) = (tmp_path / "runs").iterdir()
    with Study.open(folder) as study:
        turns = list(study.turns())
    learned = [experience for turn in turns for experience in turn.experiences]
    assert {experience.answer.text for experience in learned} <= set(SAID)
    assert all(text not in experience.answer.prompt for experience in learned for text in SAID)
    wrong = sum(experience.feedback.score < 1 for experience in learned)
    assert wrong and sum(turn.update.metrics["pairs"] for turn in turns if turn.update) == wrong
