"""A small question about a program, and what the judges say of answers to it."""

from dataclasses import replace
from typing import Any

import msgspec

from simulation.core.kinds.program_tests import Test, Tests
from simulation.core.types import Answer, Feedback, Question

GOOD = "def f(x):\n    return x + 1"

QUESTION = Question(
    id="q",
    prompt="add one",
    key=Tests(
        tests=(
            Test(code="assert f(1) == 2"),
            Test(code="assert f(41) == 42", hidden=True),
            Test(code="assert f(2) == 3"),
        ),
        reference=GOOD,
    ),
)


def keyed(**changes: Any) -> Question:
    """The question with fields of its key changed, and the id where that is among them (Any: each field's own)."""
    name = changes.pop("id", QUESTION.id)
    return replace(QUESTION, id=name, key=msgspec.structs.replace(QUESTION.key, **changes))


def judged(judge: Any, *texts: str, question: Question = QUESTION) -> list[Feedback]:  # either judge
    answers = [Answer(question_id="q", prompt="p", text=text, answerer="ada", model_version="0") for text in texts]
    found: list[Feedback] = judge.judge([question] * len(texts), answers, seeds=range(len(texts)))
    return found
