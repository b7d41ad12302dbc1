"""Problems with worked solutions are questions whose reference is the solution, judged by what it comes to."""

import gzip
import json
from pathlib import Path

import pytest

from agents.judges.answer_key import mark
from environments.math_word_problems import MathWordProblems
from environments.mathqa import load_rows
from environments.worked_problems import boxed

GSM8K = {"question": "How many?", "answer": "2 + 3 = <<2+3=5>>5 eggs.\n#### 5"}
MATH = {"problem": "Simplify.", "solution": r"We get $\boxed{\frac{1}{2}}$.", "type": "Algebra", "level": "Level 1"}


def rows(path: Path, *values: object) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


def test_a_row_of_gsm8k_is_judged_by_its_last_line(tmp_path: Path) -> None:
    ((question,), refused) = load_rows(rows(tmp_path / "a.jsonl", GSM8K))
    assert not refused and question.form.alternatives == () and question.prompt == "How many?"
    assert question.key.references == (GSM8K["answer"],)
    scores = [mark(question, text, None).score for text in ("So the answer is 5.", "#### 5", "The answer is 6.", "")]
    assert scores == [1.0, 1.0, 0.0, 0.0]


def test_a_row_of_math_is_judged_by_what_is_boxed(tmp_path: Path) -> None:
    ((question,), _) = load_rows(rows(tmp_path / "a.jsonl", MATH))
    assert question.tags == ("Algebra",)
    assert str(question.key.reference).endswith("\n#### \\frac{1}{2}")
    assert mark(question, r"Thus \boxed{\frac{1}{2}}", None).score == 1.0
    assert mark(question, "The answer is 0.5.", None).score == 1.0
    assert mark(question, r"Thus \boxed{2}", None).score == 0.0


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (r"\boxed{3} or \boxed{\frac{1}{2}} .", r"\frac{1}{2}"),
        (r"\boxed{\text{(A)}}", r"\text{(A)}"),
        (r"\boxed{}", None),
        (r"\boxed{3", None),
        ("none", None),
    ],
)
def test_the_last_box_is_read_with_its_braces_matched(text: str, content: str | None) -> None:
    assert boxed(text) == content


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"question": "q", "answer": "five"}, "answer says neither #### nor"),
        ({"question": "q", "answer": "5 ####  "}, "nothing stands behind ####"),
        ({"question": "", "answer": "#### 5"}, "question must be a text, got ''"),
        ({"problem": "p", "solution": 5}, "solution must be a text, got 5"),
        ({"problem": "p", "solution": r"\boxed{3"}, "solution says neither"),
        ({"problem": "\ud800", "solution": "#### 3"}, "half a surrogate pair"),
        ({"question": "q"}, "lacks the column Problem, options, correct, category"),
    ],
)
def test_a_row_that_is_none_is_refused_by_name(tmp_path: Path, row: dict[str, object], reason: str) -> None:
    _, refused = load_rows(rows(tmp_path / "a.jsonl", GSM8K, row))
    (only,) = refused
    assert (only.line, reason in str(only)) == (2, True), str(only)


def test_gsm8k_is_an_environment_of_free_answers() -> None:
    source = Path(__file__).resolve().parents[3] / "shared" / "data" / "gsm8k" / "test.jsonl.gz"
    if not source.is_file():
        pytest.skip("shared/data is not beside this checkout")
    splits = MathWordProblems(rows=str(source)).questions(0)
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        count = sum(1 for _ in lines)
    assert len(splits.pool) + len(splits.held_out) + len(splits.probe) == count == 1319
    assert all(mark(question, str(question.key.reference), None).score == 1.0 for question in splits.held_out)
