"""Questions of five options and the answers of a class to them, for tests of judges."""

from collections.abc import Mapping, Sequence

from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.types import Answer, Question
from tests.support.contexts import ranked

CHOICES = ("1", "2", "3", "4", "5")


def question(name: str = "q", *, reference: str = "1") -> Question:
    return Question(id=name, prompt=f"what is {name}?", form=Options(choices=CHOICES), key=Reference(answer=reference))


def answer(
    asked: Question,
    text: str,
    answerer: str = "student-0",
    *,
    confidence: float | None = None,
    logprob: float | None = None,
) -> Answer:
    """An answer by an option's text, or by its letter."""
    choice = CHOICES.index(text) if text in CHOICES else "abcde".find(text) if len(text) == 1 else -1
    return Answer(
        question_id=asked.id,
        prompt=asked.prompt,
        text=text,
        answerer=answerer,
        model_version="0",
        ranking=None if choice < 0 else ranked(choice, len(CHOICES), confidence),
        logprob=logprob,
    )


def in_class(
    asked: Sequence[Question], said: Mapping[int, Sequence[str]], group: str = "student"
) -> tuple[list[Question], list[Answer]]:
    """What the students of a class answer, by number: all questions and all answers, student by student."""
    questions = [each for _ in said for each in asked]
    answers = [
        answer(each, text, f"{group}-{number}")
        for number, row in said.items()
        for each, text in zip(asked, row, strict=True)
    ]
    return questions, answers
