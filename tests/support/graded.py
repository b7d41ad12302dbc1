"""The tiny environment with a graded truth: how close an answer comes, and beside it whether it is right."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic.dataclasses import dataclass as component

from simulation.core.questions import Measure
from simulation.core.types import Answer, Feedback, Outcome, Question
from tests.support.sums import STRICT, TinyEnvironment

CLOSENESS = Measure(name="closeness", graded=True)
EXACT = Measure(name="exact")


@component(frozen=True, kw_only=True, config=STRICT)
class ClosenessJudge:
    """Scores how close an answer comes to the reference."""

    name: ClassVar[str] = "closeness"

    def judge(
        self,
        questions: Sequence[Question],
        answers: Sequence[Answer],
        *,
        seeds: Sequence[int],  # noqa: ARG002
    ) -> list[Feedback]:
        return [closely(question, answer) for question, answer in zip(questions, answers, strict=True)]


def closely(question: Question, answer: Answer) -> Feedback:
    """Return 1 for the reference, and the less the farther an answer is from it."""
    distance = abs(int(answer.text or 0) - int(question.key.reference or 0))
    score = 1 / (1 + distance)
    reason = "there" if not distance else "near" if distance < 10 else "far"
    return Feedback(
        score=score,
        judge="closeness",
        metrics={"exact": float(not distance), "digits": len(answer.text) / 10},
        outcomes=(Outcome(part="answer", score=score, reason=reason),),
    )


@component(frozen=True, kw_only=True, config=STRICT)
class GradedEnvironment(TinyEnvironment):
    """Sums whose answers are graded."""

    name: ClassVar[str] = "graded"
    exact_judge: ClassVar[str] = "tests.support.graded:ClosenessJudge"
    measures: ClassVar[tuple[Measure, ...]] = (CLOSENESS, EXACT)


GRADED = ("environment={name: tests.support.graded:GradedEnvironment, held: 30}",)
"""What plays a scripted scenario there."""
