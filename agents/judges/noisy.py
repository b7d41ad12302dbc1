"""The teacher-noise dial: another judge whose verdicts are turned round at known rates.

Source: Angluin & Laird (1988), Learning from noisy examples, Machine Learning 2, where each label is turned round with
one probability; Natarajan et al. (2013), Learning with noisy labels, NIPS, have one for each class. We add what a
student is told instead: who marks wrongly corrects wrongly.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from agents.judges.inner_judge import JudgedBy
from agents.reading.wording import worded_like
from simulation.core.registry import judge
from simulation.core.seeding import generator
from simulation.core.types import Answer, Feedback, Outcome, Question

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


@judge("noisy")
class NoisyTeacher:
    """Another judge that errs on purpose: each verdict is turned round with a given probability.

    The score s becomes 1 - s. Turned wrong, the correction is an option drawn from those that are neither the reference
    nor the student's, or none where there is no such option; turned right, it is the student's own text. Where the
    other judge corrects nothing, neither does this one. An answer's seed alone decides, and a higher dial turns round
    all that a lower one does. Explanation and outcome are made from score, correction and answer only, so that they do
    not tell; the metric `flipped` does.
    """

    judged_by: JudgedBy = "answer_key"  # type: ignore[assignment]  # pydantic reads it, as it reads what is written
    """The judge whose verdicts are turned round."""
    flip: Share = 0.1
    """The probability that a verdict is turned round, whatever it is."""
    false_right: Share | None = None
    """The probability for an answer that was found wrong; null is `flip`."""
    false_wrong: Share | None = None
    """The probability for an answer that was found right; null is `flip`."""

    def elsewhere(self) -> Sequence[str]:
        """Name what the other judge rests on elsewhere."""
        return self.judged_by.elsewhere()

    def check(self) -> None:
        """Refuse files of the other judge that are not there."""
        self.judged_by.check()

    def fingerprint(self) -> Mapping[str, str]:
        """Return what the other judge's verdicts rest on."""
        return self.judged_by.fingerprint()

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Have each answer evaluated, and turn the verdict round where its seed says so."""
        inner_feedback = self.judged_by.judge(questions, answers, seeds=seeds)
        return [
            self._say(question, answer, feedback, seed)
            for question, answer, feedback, seed in zip(questions, answers, inner_feedback, seeds, strict=True)
        ]

    def _say(self, question: Question, answer: Answer, feedback: Feedback, seed: int) -> Feedback:
        right = feedback.score >= 0.5
        flip_for_verdict = self.false_wrong if right else self.false_right
        stream = generator(seed, 0, 0, "teacher noise")
        # drawn before anything else, so that every dial compares the same number
        flipped = float(stream.random()) < (self.flip if flip_for_verdict is None else flip_for_verdict)
        score, correction = feedback.score, feedback.correction
        if flipped:
            score = 1.0 - score
            if correction is not None and right:
                wrong_options = others(question, answer)
                place = int(stream.integers(len(wrong_options))) if wrong_options else 0
                correction = (
                    worded_like(answer.text, answer.choice, question, wrong_options[place]) if wrong_options else None
                )
            elif correction is not None:
                correction = answer.text or None
        return Feedback(
            score=score,
            judge="noisy",
            explanation=explain(answer, score, correction),
            correction=correction,
            metrics={**feedback.metrics, "flipped": float(flipped)},
            # those of the other judge would tell
            outcomes=(Outcome(part="answer", score=score, reason="right" if score >= 0.5 else "wrong"),),
        )


def others(question: Question, answer: Answer) -> list[int]:
    """Return the options that are neither the reference nor what was answered."""
    from agents.reading.options import chosen, reference_index  # the rules take long to compile

    alternatives = question.form.alternatives
    option = chosen(answer.text, alternatives) if answer.choice is None else answer.choice
    return [index for index in range(len(alternatives)) if index not in (reference_index(question), option)]


def explain(answer: Answer, score: float, correction: str | None) -> str:
    """Say a verdict in plain words, the same whether it was turned round or not."""
    if score >= 0.5:
        return "Right."
    if correction is None:
        return "Wrong."
    return f"The right answer is {correction}, not {answer.text!r}."[:500]
