"""The third stage of a turn: every answer is evaluated, in one call for each judge; and what a trainer samples."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulation.core.distinct import distinct
from simulation.core.roles import Judge
from simulation.core.seeding import draw_seeds
from simulation.core.types import Answer, Completion, Feedback, Question
from simulation.loop.asking import seen
from simulation.loop.world import World


def judge(
    world: World,
    judges: Sequence[Judge],
    asked: Sequence[Sequence[Question]],
    answers: Sequence[Sequence[Answer]],
    turn: int,
) -> list[list[Feedback]]:
    """Have every student's answers evaluated by its judge, in one call for each judge."""
    feedback: list[list[Feedback]] = [[] for _ in world.students]
    for single in distinct(judges):
        indexes = [index for index, own in enumerate(judges) if own == single and answers[index]]
        seeds = []
        for index in indexes:
            seeds += draw_seeds(world.students[index].stream(turn, "judge"), len(answers[index]))
        questions = [question for index in indexes for question in asked[index]]
        judged = [answer for index in indexes for answer in answers[index]]
        verdicts = iter(single.judge(questions, judged, seeds=seeds))
        for index in indexes:
            feedback[index] = [next(verdicts) for _ in answers[index]]
    return feedback


@dataclass(frozen=True, slots=True)
class StudentSampleJudge:
    """Reads and judges what a trainer samples, with the student's own answerer and judge."""

    world: World

    def __call__(
        self, slot: str, questions: Sequence[Question], completions: Sequence[Completion], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        student = next(student for student in self.world.students if student.seat.name == slot)
        answers = student.answerer.read(seen(student, questions), completions, model_version="")
        return student.settings.judge.judge(questions, answers, seeds=seeds)
