"""JSON lines of one's own: keys in many words, options by index or label, answers that are worked out."""

import json
from pathlib import Path

import pytest

from agents.judges.answer_key import mark
from tests.support.own_questions import read, table


def test_an_index_counts_from_nought_as_data_sets_of_the_hub_do(tmp_path: Path) -> None:
    rows = [json.dumps({"question": "xyz"[place], "choices": ["0", "1", "2"], "answer": place}) for place in range(3)]
    questions = read(table(tmp_path, *rows, name="own.jsonl"), correct_is="index")
    assert [questions[name].key.reference for name in "xyz"] == ["0", "1", "2"]


def test_choices_with_labels_and_answers_worked_out_are_read(tmp_path: Path) -> None:
    labelled = {"question": "x", "choices": {"text": ["p", "q"], "label": ["A", "B"]}, "answer": "B"}
    worked = {"question": "y", "answer": "3 + 4 = 7\n#### 7"}
    boxed = {"question": "z", "answer": "so $\\boxed{8}$"}
    questions = read(table(tmp_path, *map(json.dumps, (labelled, worked, boxed)), name="own.jsonl"))
    assert questions["x"].key.reference == "q" and questions["z"].key.reference == "so $\\boxed{8}$\n#### 8"
    assert str(questions["y"].key.reference).endswith("#### 7") and not questions["y"].form.alternatives


@pytest.mark.parametrize(
    "names",
    [
        ("prompt", "choices", "answer"), ("question", "options", "correct"), ("problem", "choices", "solution"),
        ("Question text", "Options", "Right answer"), ("PROMPT", "choices", "answerKey"),
        ("question_text", "options", "correct_option"), ("prompt", "options", "right-option"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_keys_of_json_lines_are_recognised(names: tuple[str, ...], tmp_path: Path) -> None:
    rows = [dict(zip(names, (f"{number}?", ["no", "yes", "maybe"], "b"), strict=True)) for number in range(3)]
    questions = read(table(tmp_path, *map(json.dumps, rows), name="own.jsonl"))
    assert {question.key.reference for question in questions.values()} == {"yes"} and len(questions) == 3


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("#### 42", "42"), ("She has 6 * 7 = <<6*7=42>>42 eggs.\n#### 42", "42"), ("x\n#### 1,000", "1,000"),
        ("x\n#### -5", "-5"), ("x\n####7", "7"), ("x\n#### $18.50", "$18.50"), ("#### 3\nno:\n#### 4 ", "4"),
    ],
)  # fmt: skip
def test_an_answer_that_is_worked_out_is_what_stands_behind_its_mark(
    answer: str, reference: str, tmp_path: Path
) -> None:
    rows = [json.dumps({"question": f"{number}?", "answer": answer}) for number in range(3)]
    questions = read(table(tmp_path, *rows, name="own.jsonl"))
    for question in questions.values():
        assert str(question.key.reference).rpartition("####")[2].strip() == reference
        assert [mark(question, text, None).score for text in (reference, "It is 41.")] == [1.0, 0.0]
