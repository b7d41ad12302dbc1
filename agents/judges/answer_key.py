"""The judge that knows the answers: exact rules, no model."""

from collections.abc import Sequence
from functools import lru_cache

from agents.reading.wording import chosen, reference_index, same, worded_like
from simulation.core.errors import DataError
from simulation.core.registry import judge
from simulation.core.types import Answer, Feedback, Question


@judge("answer_key")
class AnswerKey:
    """Compares with the reference: the option taken, or the text up to spelling and number format."""

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Evaluate each answer; exact, so the seeds are not used."""
        del seeds
        return [mark(question, answer.text, answer.choice) for question, answer in zip(questions, answers, strict=True)]


@lru_cache(maxsize=1 << 15)
def mark(question: Question, text: str, choice: int | None) -> Feedback:
    """Return 1 for the reference and 0 for anything else, with the reference as correction and why.

    A class answers the same questions again and again, so a verdict once made is kept.
    """
    if question.reference is None:
        raise DataError(
            f"question {question.id!r} has no reference, so answer_key cannot judge it; use another teacher or add one"
        )
    right_option = reference_index(question)
    option = chosen(text, question.choices) if choice is None and question.choices else choice
    if right_option is None or option is None:
        score = float(same(text, question.reference))
    else:
        # two options may read the same
        score = float(option == right_option or same(question.choices[option], question.choices[right_option]))
    correction = question.reference if right_option is None else worded_like(text, choice, question, right_option)
    return Feedback(
        score=score,
        judge="answer_key",
        explanation=explain(question, text, option, score),
        correction=correction,
    )


def explain(question: Question, text: str, option: int | None, score: float) -> str:
    """Say in plain words what is right or wrong, naming the misconception where one is known."""
    if score == 1:
        return "Right."
    gold = question.reference
    if not text:
        return f"No answer; the right one is {gold}."
    if option is None:
        return (
            f"{text!r} takes none of the options; the right one is {gold}."[:500]
            if question.choices
            else (f"The right answer is {gold}, not {text!r}."[:500])
        )
    diagnosis = question.diagnoses[option] if question.diagnoses else ""
    because = f", which shows this misconception: {diagnosis}" if diagnosis not in ("", "filler", "right") else ""
    return f"The right answer is {gold}, not {question.choices[option]}{because}."
