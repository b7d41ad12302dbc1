"""How a question is put again to a student whose answer was called wrong: behind what it answered and was told."""

from collections.abc import Sequence
from dataclasses import replace

from simulation.core.types import Answer, Feedback, Question

ANSWERED, TOLD, AGAIN = "Your answer was:", "You were told:", "Now answer again."


def put_again(question: Question, earlier: Sequence[tuple[Answer, Feedback]]) -> Question:
    """Return a question that says before its own text what was answered, in order, and the judge's words on it.

    The question's own text stands last, so that a student continues it as ever; where that is code, what stands before
    it is a comment. The judge's correction is not shown, unless its explanation says it.
    """
    lines = [f"{ANSWERED} {answer.text}\n{TOLD} {words(feedback)}" for answer, feedback in earlier]
    preface = "\n".join([*lines, AGAIN])
    if question.form.opening:
        preface = "\n".join(f"# {line}" for line in preface.split("\n"))
    return replace(question, prompt=f"{preface}\n\n{question.prompt}")


def words(feedback: Feedback) -> str:
    """Return what a judge said: its verdict and, where it gave one, its explanation."""
    verdict = "right." if feedback.score >= 1 else "wrong." if feedback.score <= 0 else "not wholly right."
    return f"{verdict} {feedback.explanation}".strip()
