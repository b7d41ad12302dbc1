"""The last stage of a turn: the students that are due are measured on the held-out and the probe set."""

from collections.abc import Mapping, Sequence

from simulation.contracts.boundary import calling, named
from simulation.core.optional_roles import Understanding
from simulation.core.roles import Judge
from simulation.core.types import Answer, Evaluation, Feedback, Question
from simulation.loop.answering import answer, themselves
from simulation.loop.asking import Failures
from simulation.loop.judging import judge
from simulation.loop.results import evaluation
from simulation.loop.world import HELD_OUT, PROBE, Sampling, Student, World, exam_order

NOT_PUT = Sampling()
"""Of a student that an evaluation does not concern."""


def evaluate(world: World, turn: int, failures: Failures) -> list[dict[str, Evaluation]]:
    """Measure every student that is due on the held-out set, in all its exams, and on the probe set where its policy
    needs it."""
    evaluations: list[dict[str, Evaluation]] = [{} for _ in world.students]
    due = [
        (turn % student.settings.evaluate_every == 0 or turn == world.turns) and student.seat.name not in failures
        for student in world.students
    ]
    due_exams = [exams(student) if ready else {} for ready, student in zip(due, world.students, strict=True)]
    for name in sorted({name for row in due_exams for name in row}, key=exam_order):
        questions = world.probe if name == PROBE else world.held_out
        samplings = [row.get(name, NOT_PUT) for row in due_exams]
        asked = [
            sampling.put(questions) if name in row else [] for sampling, row in zip(samplings, due_exams, strict=True)
        ]
        if not any(asked):
            continue
        respondents = themselves(world.students, world.model)
        answers = answer(world, respondents, samplings, asked, turn, f"evaluate {name}", failures)
        truths = judge(world, [world.exact_judge] * len(asked), asked, answers, turn, failures, world.measures)
        scores = scored(world, asked, answers, turn, failures)
        for index, student in enumerate(world.students):
            if asked[index] and student.seat.name not in failures:
                evaluations[index][name] = evaluation(
                    answers[index],
                    truths[index],
                    world.measures,
                    samplings[index].samples,
                    meanings=meanings(world.exact_judge, truths[index]),
                    scores=scores[index],
                )
    return evaluations


def scored(
    world: World,
    asked: Sequence[Sequence[Question]],
    answers: Sequence[Sequence[Answer]],
    turn: int,
    failures: Failures,
) -> list[list[float]]:
    """Return what each student's scorer gives its answers, nothing where it has none."""
    scorers = [student.settings.scorer for student in world.students]
    put = [[*row] if scorer else [] for scorer, row in zip(scorers, answers, strict=True)]
    verdicts = judge(world, [scorer or world.exact_judge for scorer in scorers], asked, put, turn, failures)
    return [[verdict.score for verdict in row] for row in verdicts]


def meanings(exact_judge: Judge, truths: Sequence[Feedback]) -> list[str | None] | None:
    """Return what each answer means, as far as the judge of the truth knows; None where it knows of no meaning."""
    if not isinstance(exact_judge, Understanding):
        return None
    with calling("judge", named(exact_judge)):
        return [exact_judge.meaning(truth) for truth in truths]


def exams(student: Student) -> Mapping[str, Sampling]:
    """Return what a student that is due is measured by; the probe set is put as the held-out set is."""
    own_exams = student.settings.exams
    return {**own_exams, PROBE: own_exams[HELD_OUT]} if PROBE in student.settings.ask.needs else own_exams
