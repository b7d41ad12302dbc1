"""A small question about a program, and what the judges say of answers to it."""

from typing import Any

from simulation.core.types import Answer, Feedback, Question, Test

GOOD = "def f(x):\n    return x + 1"

QUESTION = Question(
    id="q",
    prompt="add one",
    reference=GOOD,
    tests=(Test(code="assert f(1) == 2"), Test(code="assert f(41) == 42", hidden=True), Test(code="assert f(2) == 3")),
)


def judged(judge: Any, *texts: str, question: Question = QUESTION) -> list[Feedback]:  # either judge
    answers = [Answer(question_id="q", prompt="p", text=text, answerer="ada", model_version="0") for text in texts]
    found: list[Feedback] = judge.judge([question] * len(texts), answers, seeds=range(len(texts)))
    return found
