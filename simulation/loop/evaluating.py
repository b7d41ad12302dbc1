"""The last stage of a turn: the students that are due are measured on the held-out and the probe set."""

from simulation.core.types import Evaluation
from simulation.loop.answering import answer, themselves
from simulation.loop.asking import Failures
from simulation.loop.judging import judge
from simulation.loop.results import evaluation
from simulation.loop.world import World


def evaluate(world: World, turn: int, failures: Failures) -> list[dict[str, Evaluation]]:
    """Measure every student that is due on the held-out set, and on the probe set where its policy needs it."""
    evaluations: list[dict[str, Evaluation]] = [{} for _ in world.students]
    due = [
        (turn % student.settings.evaluate_every == 0 or turn == world.turns) and student.seat.name not in failures
        for student in world.students
    ]
    for name, questions in (("held_out", world.held_out), ("probe", world.probe)):
        measured = [
            ready and (name == "held_out" or "probe" in student.settings.ask.needs)
            for ready, student in zip(due, world.students, strict=True)
        ]
        asked = [
            student.settings.exam.put(questions) if ready else []
            for ready, student in zip(measured, world.students, strict=True)
        ]
        if not any(asked):
            continue
        respondents = themselves(world.students, world.model)
        answers = answer(world, respondents, asked, turn, f"evaluate {name}", failures)
        truths = judge(world, [world.exact_judge] * len(asked), asked, answers, turn, failures, world.measures)
        for index, student in enumerate(world.students):
            if measured[index] and student.seat.name not in failures:
                evaluations[index][name] = evaluation(
                    answers[index], truths[index], world.measures, student.settings.exam.samples
                )
    return evaluations
