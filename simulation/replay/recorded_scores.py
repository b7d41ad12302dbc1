"""A scorer that reads the record."""

from collections.abc import Sequence
from dataclasses import replace

from simulation.core.types import Answer, Feedback, Question
from simulation.loop.results import SCORE
from simulation.replay.recorded import RECORDED, Script, check_recorded


class RecordedScores:
    """Gives the recorded scores of what one student answered last."""

    name = RECORDED

    def __init__(self, script: Script, student: str) -> None:
        self._script = script
        self._student = student

    def judge(
        self,
        questions: Sequence[Question],
        answers: Sequence[Answer],
        *,
        seeds: Sequence[int],
    ) -> list[Feedback]:
        """Return a verdict of the recorded score for each answer; nothing is drawn, so the seeds are not used."""
        del questions, seeds
        answered = self._script.answered[self._student]
        check_recorded(answers, answered.answers)
        return [replace(truth, score=truth.metrics[SCORE]) for truth in answered.truths]
