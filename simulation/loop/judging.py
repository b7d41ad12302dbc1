"""The third stage of a turn: every answer is evaluated, in one call for each judge; and what a trainer samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from simulation.contracts.boundary import named
from simulation.contracts.judge import guarded_feedback
from simulation.contracts.students import guarded_answers
from simulation.core.calls import Completion
from simulation.core.distinct import distinct
from simulation.core.questions import Measure
from simulation.core.roles import Judge
from simulation.core.seeding import draw_seeds
from simulation.core.types import Answer, Feedback, Question
from simulation.loop.asking import Failures, for_student, seen
from simulation.loop.world import World


def judge(
    world: World,
    judges: Sequence[Judge],
    asked: Sequence[Sequence[Question]],
    answers: Sequence[Sequence[Answer]],
    turn: int,
    failures: Failures,
    measures: Sequence[Measure] = (),
    purpose: str = "judge",
) -> list[list[Feedback]]:
    """Have every student's answers evaluated by its judge, in one call for each judge.

    Students whose judge fails have no answers any more. `measures` are what an evaluation measures; `purpose` names
    the streams of the seeds.
    """
    feedback: list[list[Feedback]] = [[] for _ in world.students]
    for single in distinct(judges):
        indexes = [index for index, own in enumerate(judges) if own == single and answers[index]]
        seeds = []
        for index in indexes:
            seeds += draw_seeds(world.students[index].stream(turn, purpose), len(answers[index]))
        questions = [question for index in indexes for question in asked[index]]
        judged = [answer for index in indexes for answer in answers[index]]
        asked_of = measures or (world.measures[:1] if single is world.exact_judge else ())
        evaluate = partial(guarded_feedback, named(single), single, questions, judged, seeds=seeds, measures=asked_of)
        if len(indexes) == 1:
            (index,) = indexes
            feedback[index] = for_student(world.students[index], evaluate, failures) or []
            continue
        verdicts = iter(evaluate() if indexes else ())
        for index in indexes:
            feedback[index] = [next(verdicts) for _ in answers[index]]
    return feedback


def judge_twice(
    world: World,
    asked: Sequence[Sequence[Question]],
    answers: Sequence[Sequence[Answer]],
    turn: int,
    failures: Failures,
    purpose: str = "judge",
) -> tuple[list[list[Feedback]], list[list[Feedback]]]:
    """Have every student's answers evaluated by its own judge and by the exact one; the same where they are one."""
    teachers = [student.settings.judge for student in world.students]
    exact = [world.exact_judge] * len(teachers)
    feedback = judge(world, teachers, asked, answers, turn, failures, purpose=purpose)
    if teachers == exact:
        return feedback, feedback
    return feedback, judge(world, exact, asked, answers, turn, failures, purpose=purpose)


@dataclass(frozen=True, slots=True)
class StudentSampleJudge:
    """Reads and judges what a trainer samples, with the student's own answerer and judge."""

    world: World

    def __call__(
        self, slot: str, questions: Sequence[Question], completions: Sequence[Completion], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        student = next(student for student in self.world.students if student.seat.name == slot)
        answerer, judge = student.answerer, student.settings.judge
        shown = seen(answerer, questions)
        answers = guarded_answers(named(answerer), answerer, shown, completions, model_version="")
        return guarded_feedback(named(judge), judge, questions, answers, seeds=seeds)
