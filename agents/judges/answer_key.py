"""The judge that knows the answers: exact rules, no model."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from agents.reading.misconceptions import misconception
from agents.reading.reading import Reading
from agents.reading.wording import worded_like
from simulation.core.errors import DataError
from simulation.core.registry import judge
from simulation.core.types import Answer, Feedback, Outcome, Question


@judge("answer_key")
class AnswerKey:
    """Compares with the reference: the option taken, or the final claim of a text, by words or by value and unit."""

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Evaluate each answer; exact, so the seeds are not used."""
        del seeds
        return [mark(question, answer.text, answer.choice) for question, answer in zip(questions, answers, strict=True)]

    def meaning(self, verdict: Feedback) -> str | None:
        """Return what was read as the answer, by value and unit where it is a number; all right ones mean the same."""
        if verdict.score == 1:
            return "right"
        (outcome,) = verdict.outcomes
        return None if outcome.reason == "unparsed" else spelled(outcome.evidence)


def spelled(claim: str) -> str:
    """Return a claim in a spelling that equal ones share, as far as they are numbers or the same words."""
    from agents.reading.equality import bare, short  # the rules take long to compile
    from agents.reading.numbers import quantity

    number = quantity(short(claim))
    return bare(claim) if number is None or number.value is None else f"{number.value} {' '.join(number.unit)}"


@lru_cache(maxsize=1 << 15)
def mark(question: Question, text: str, choice: int | None) -> Feedback:
    """Return 1 for the reference and 0 for anything else, with the reference as correction and why.

    A class answers the same questions again and again, so a verdict once made is kept.
    """
    from agents.reading.options import reference_index  # the rules take long to compile

    reference, alternatives = question.key.reference, question.form.alternatives
    if reference is None:
        raise DataError(
            f"question {question.id!r} has no reference, so answer_key cannot judge it; use another judge or add one"
        )
    right_option = reference_index(question)
    score, read = compared(question, text, choice, right_option)
    option = read.choice
    outcome = Outcome(
        part="answer",
        score=score,
        reason=reason(question, text, option, score),
        detail=read.how if option is None and not read.claim else "",
        evidence=alternatives[option] if option is not None else read.claim or text,
    )
    return Feedback(
        score=score,
        judge="answer_key",
        explanation=explain(question, text, option, score),
        correction=reference if right_option is None else worded_like(text, choice, question, right_option),
        outcomes=(outcome,),
    )


def compared(question: Question, text: str, choice: int | None, right_option: int | None) -> tuple[float, Reading]:
    """Return the score of an answer and how it was read; `right_option` is the reference, where it is an option."""
    from agents.reading.equality import same  # the rules take long to compile
    from agents.reading.marking import marked_by_any
    from agents.reading.options import read_option

    alternatives = question.form.alternatives
    read = Reading()
    if alternatives:
        read = read_option(text, alternatives) if choice is None else Reading(choice=choice)
    if right_option is None:
        is_right, claimed = marked_by_any(text, question.key)
        return float(is_right), replace(claimed, choice=read.choice)
    if read.choice is None:
        return 0.0, read
    # two options may read the same
    is_right = read.choice == right_option or same(alternatives[read.choice], alternatives[right_option])
    return float(is_right), read


def reason(question: Question, text: str, option: int | None, score: float) -> str:
    """Say in a word why an answer has its score."""
    if score == 1:
        return "right"
    if not text or (option is None and question.form.alternatives):
        return "unparsed"
    return misconception(question, option) or "wrong"


def explain(question: Question, text: str, option: int | None, score: float) -> str:
    """Say in plain words what is right or wrong, naming the misconception where one is known."""
    if score == 1:
        return "Right."
    reference, alternatives = question.key.reference, question.form.alternatives
    if not text:
        return f"No answer; the right one is {reference}."
    if option is None:
        return (
            f"{text!r} takes none of the options; the right one is {reference}."[:500]
            if alternatives
            else f"The right answer is {reference}, not {text!r}."[:500]
        )
    diagnosis = misconception(question, option)
    because = f", which shows this misconception: {diagnosis}" if diagnosis else ""
    return f"The right answer is {reference}, not {alternatives[option]}{because}."
