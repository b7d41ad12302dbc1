"""The last stage of a turn: the students that are due are measured on the held-out and the probe set."""

from collections.abc import Mapping

from simulation.core.types import Evaluation
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
        for index, student in enumerate(world.students):
            if asked[index] and student.seat.name not in failures:
                evaluations[index][name] = evaluation(
                    answers[index], truths[index], world.measures, samplings[index].samples
                )
    return evaluations


def exams(student: Student) -> Mapping[str, Sampling]:
    """Return what a student that is due is measured by; the probe set is put as the held-out set is."""
    own_exams = student.settings.exams
    return {**own_exams, PROBE: own_exams[HELD_OUT]} if PROBE in student.settings.ask.needs else own_exams
