"""The last stage of a turn: the students that are due are measured on the held-out and the probe set."""

from simulation.core.types import Evaluation
from simulation.loop.answering import answer, own
from simulation.loop.asking import Failures
from simulation.loop.judging import judge
from simulation.loop.results import evaluation
from simulation.loop.world import World


def evaluate(world: World, turn: int, failures: Failures) -> list[dict[str, Evaluation]]:
    """Measure every student that is due on the held-out set, and on the probe set where its policy needs it."""
    found: list[dict[str, Evaluation]] = [{} for _ in world.desks]
    due = [
        (turn % desk.plan.evaluate_every == 0 or turn == world.turns) and desk.seat.name not in failures
        for desk in world.desks
    ]
    for name, questions in (("held_out", world.held_out), ("probe", world.probe)):
        wanted = [
            ready and (name == "held_out" or "probe" in desk.plan.ask.needs)
            for ready, desk in zip(due, world.desks, strict=True)
        ]
        asked = [desk.plan.exam.put(questions) if want else [] for want, desk in zip(wanted, world.desks, strict=True)]
        if not any(asked):
            continue
        answers = answer(world, own(world.desks, world.model), asked, turn, f"evaluate {name}")
        truths = judge(world, [world.exact_judge] * len(asked), asked, answers, turn)
        for evaluations, want, row, truth, desk in zip(found, wanted, answers, truths, world.desks, strict=True):
            if want:
                evaluations[name] = evaluation(row, truth, desk.plan.exam.samples)
    return found
