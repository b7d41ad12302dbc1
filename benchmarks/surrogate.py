"""Goal: simulated students play a thousand turns a second in the same loop, and learn as the shipped student does.

A student-turn is one student's turn of the loop: 40 questions asked, answered, judged, remembered and learned from, and
its share of the evaluations. The settings differ in what each turn puts besides. Seconds are of the processor (a busy
machine stretches the clock, and less so these) and of the clock; turn 0 and the building of the world are left out,
questions made and judged for the first time are not. The store is left out too: `command` is a whole run with it.
About 90 seconds on one quiet core.
"""

import cProfile
import pstats
import sys
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console

import simulation.__main__  # noqa: F401  # sets what the command line sets, such as how often cycles are looked for
from benchmarks import process, record
from simulation.core.types import Seat, Turn
from simulation.loop.turn import first_look, play_turn
from simulation.scenario.scenario import load_scenario
from simulation.scenario.seating import build_world

SCENARIO = record.ROOT / "scenarios" / "surrogate.yaml"
GOAL = 1000.0
SETTINGS = {
    "as the scenario says": (),
    "200 questions every 5 turns": ("evaluate.questions=200", "evaluate.every=5"),
    "evaluated at the end": ("evaluate.questions=200", "evaluate.every=1000"),
    "evaluated at the end, 80 candidates": ("evaluate.questions=200", "evaluate.every=1000", "ask.candidates=80"),
    "log_probability, evaluated at the end": (
        "ask.policy=log_probability",
        "evaluate.questions=200",
        "evaluate.every=1000",
    ),
}
PLACES = {
    "the surrogate's arrays": ("agents/surrogate/learner", "agents/surrogate/abilities", "agents/surrogate/items"),
    "requests and answers": ("agents/surrogate/student", "simulation/core/templates"),
    "the exact judge": ("agents/judges/answer_key", "agents/reading/"),
    "questions made": ("environments",),
    "policies": ("policies",),
    "random streams": ("simulation/core/seeding", "numpy/_core/_ufunc_config"),
    "the loop": ("simulation",),
    "objects made, hashed and listed": ("<string>", "~"),
}


def play(seats: int, turns: int, overrides: Sequence[str] = ()) -> Iterator[tuple[Turn, ...]]:
    """Play students of as many seeds together, turn by turn."""
    scenario = load_scenario(SCENARIO, [f"turns={turns}", *overrides])
    world = build_world(scenario, [Seat(name=f"student-{seed}", number=0, seed=seed) for seed in range(seats)])
    yield first_look(world)
    for number in range(1, turns + 1):
        yield play_turn(world, number)


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Time every setting, profile the heaviest, and draw the learning curve from the same seeds."""
    found = {}
    for name, overrides in SETTINGS.items():
        with console.status(name):
            found[name] = speed(arguments, overrides)
    with console.status("profile"):
        shares = dominating(arguments)
    with console.status("learning curve"):
        curve = learning(arguments.seeds)
    with TemporaryDirectory(prefix="surrogate-") as folder, console.status("a whole run"):
        command = process.simulation("run", str(SCENARIO), "--quiet", "--out", folder)
        ended = process.run(command, Path(folder) / "log")
    result = {
        "goal_student_turns_per_second": GOAL,
        "seats": arguments.seats,
        "turns": arguments.turns,
        "settings": found,
        "profile_shares": shares,
        "learning": curve,
        "command": {
            "seconds": ended.seconds,
            "processor_seconds": ended.processor_seconds,
            "peak_bytes": ended.peak_bytes,
        },
        "torch_imported": "torch" in sys.modules,
    }
    show(console, result)
    return result


def speed(arguments: Namespace, overrides: Sequence[str]) -> record.Result:
    """Return student-turns a second."""
    rounds = play(arguments.seats, arguments.turns, overrides)
    next(rounds)
    clock, processor = time.perf_counter(), time.process_time()
    for _ in rounds:
        pass
    played = arguments.seats * arguments.turns
    return {
        "overrides": list(overrides),
        "per_processor_second": played / (time.process_time() - processor),
        "per_second": played / (time.perf_counter() - clock),
    }


def dominating(arguments: Namespace) -> dict[str, float]:
    """Return what share of the scenario's own setting goes where, as a profile tells."""
    rounds = play(arguments.seats, arguments.turns)
    next(rounds)
    profile = cProfile.Profile()
    profile.enable()
    for _ in rounds:
        pass
    profile.disable()
    seconds: Counter[str] = Counter()
    for (file, _, _), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        place = file.removeprefix(f"{record.ROOT}/")
        named = (name for name, parts in PLACES.items() if any(part in place for part in parts))
        seconds[next(named, "other")] += own
    total = sum(seconds.values())
    return {name: each / total for name, each in seconds.most_common()}


def learning(seeds: int) -> record.Result:
    """Return the mean and the standard deviation over seeds of the accuracy, by turn, and the lessons learned."""
    curve: dict[int, tuple[float, float]] = {}
    lessons = 0
    for turns in play(seeds, 20):
        lessons += sum(len(turn.lessons) for turn in turns)
        measured = [turn.evaluations["held_out"].metrics["accuracy"] for turn in turns if turn.evaluations]
        if measured:
            curve[turns[0].turn] = float(np.mean(measured)), float(np.std(measured, ddof=1))
    return {"seeds": seeds, "accuracy_mean_and_sd": curve, "lessons_per_student": lessons / seeds}


def show(console: Console, result: record.Result) -> None:
    """Print the speeds, what they are spent on, and the learning curve."""
    rows = [
        [name, f"{each['per_processor_second']:,.0f}", f"{each['per_second']:,.0f}"]
        for name, each in result["settings"].items()
    ]
    title = f"Student-turns a second, {result['seats']} students together (goal: {GOAL:,.0f})"
    console.print(record.table(title, ("setting", "of the processor", "of the clock"), rows))
    shares = ", ".join(f"{name} {share:.0%}" for name, share in result["profile_shares"].items())
    console.print(f"where the time goes, as the scenario says: {shares}")
    curve = result["learning"]["accuracy_mean_and_sd"]
    told = ", ".join(f"{turn}: {100 * mean:.1f} ({100 * sd:.1f})" for turn, (mean, sd) in curve.items())
    lessons = result["learning"]["lessons_per_student"]
    console.print(f"accuracy by turn, % (sd over {result['learning']['seeds']} seeds): {told}; {lessons:.0f} lessons")
    seconds = result["command"]["seconds"]
    console.print(f"`run scenarios/surrogate.yaml`: {seconds:.1f} s with imports, store and report")


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--seats", type=int, default=200)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=200, help="of the learning curve")
    record.run("surrogate", parser, measure)
