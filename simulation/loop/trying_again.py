"""Between judging and learning: answers that the teacher called wrong are given again, with its words in the prompt.

The first answers alone are experiences: by them students learn, policies choose and worlds move on. What is answered
again shows what a student makes of feedback, and is on the trace beside them.
"""

from collections.abc import Sequence

from simulation.core.memory import decided
from simulation.core.second_prompt import put_again
from simulation.core.types import Answer, Attempt, Experience, Feedback
from simulation.loop.answering import answer, themselves
from simulation.loop.asking import Failures
from simulation.loop.judging import judge_twice
from simulation.loop.world import World


def try_again(
    world: World, experiences: Sequence[Sequence[Experience]], turn: int, failures: Failures
) -> list[tuple[Attempt, ...]]:
    """Let every student answer again what its teacher called wrong, as often as it may; all are empty where none may.

    A student whose further answers fail has none.
    """
    attempts: list[tuple[Attempt, ...]] = [() for _ in world.students]
    verdicts = [
        {experience.position: [(experience.answer, experience.feedback)] for experience in row} for row in experiences
    ]
    for number in range(2, max((student.settings.attempts for student in world.students), default=1) + 1):
        wrong = [
            [experience for experience in row if is_due(own_verdicts[experience.position], number)]
            if number <= student.settings.attempts and student.seat.name not in failures
            else []
            for student, row, own_verdicts in zip(world.students, experiences, verdicts, strict=True)
        ]
        for index, row in enumerate(answered_again(world, wrong, verdicts, turn, number, failures)):
            attempts[index] += row
            for attempt in row:
                verdicts[index][attempt.position].append((attempt.answer, attempt.feedback))
    return [() if student.seat.name in failures else row for student, row in zip(world.students, attempts, strict=True)]


def is_due(verdicts: Sequence[tuple[Answer, Feedback]], number: int) -> bool:
    """Tell whether an answer of this number is to follow: the one before was given, and called less than wholly right.

    An answer that failed, such as a refused call, was not given, and one that nothing could be decided of is not wrong.
    """
    if len(verdicts) != number - 1:
        return False
    before, feedback = verdicts[-1]
    return feedback.score < 1.0 and decided(feedback) and not before.stop.startswith("error")


def answered_again(
    world: World,
    wrong: Sequence[Sequence[Experience]],
    verdicts: Sequence[dict[int, list[tuple[Answer, Feedback]]]],
    turn: int,
    number: int,
    failures: Failures,
) -> list[tuple[Attempt, ...]]:
    """Have the answers of this number given and judged, of all students at once, from random streams of their own."""
    if not any(wrong):
        return [() for _ in wrong]
    asked = [
        [put_again(experience.question, own_verdicts[experience.position]) for experience in row]
        for row, own_verdicts in zip(wrong, verdicts, strict=True)
    ]
    samplings = [student.settings.practice for student in world.students]
    respondents = themselves(world.students, world.model)
    answers = answer(world, respondents, samplings, asked, turn, f"answer {number}", failures)
    questions = [[experience.question for experience in row] for row in wrong]
    feedback, truths = judge_twice(world, questions, answers, turn, failures, f"judge {number}")
    return [
        ()
        if student.seat.name in failures
        else tuple(
            Attempt(position=experience.position, number=number, answer=again, feedback=verdict, truth=truth.score)
            for experience, again, verdict, truth in zip(*rows, strict=True)
        )
        for student, *rows in zip(world.students, wrong, answers, feedback, truths, strict=True)
    ]
