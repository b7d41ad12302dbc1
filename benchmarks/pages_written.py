"""Claim: keeping sums and indexes makes the writing of a turn at most a fifth dearer.

The same turns of simulated students are written into new studies with sums and indexes, and into such as have neither
(`pages_study.without_sums`), by turns of one and the other. Seconds are of the processor, without what plays the turns.
About 1 minute on one quiet core.
"""

import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console

from benchmarks import pages_study, record
from benchmarks.surrogate import play
from simulation.core.questions import Measure
from simulation.core.types import Seat, Turn
from simulation.store import DATABASE, Study

GOAL = 1.2
"""The most that writing may take with sums, as a share of what it takes without."""


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Play turns, and write them again and again."""
    with console.status("the turns"):
        rounds = list(play(arguments.seats, arguments.turns))
    seconds: dict[str, list[float]] = {"with": [], "without": []}
    sizes: dict[str, int] = {}
    for number in range(arguments.repeats):
        for name in sorted(seconds, reverse=number % 2 == 1):
            with console.status(f"{name} sums, {number + 1} of {arguments.repeats}"), TemporaryDirectory() as folder:
                taken_seconds, sizes[name] = written(Path(folder) / "study", rounds, sums=name == "with")
                seconds[name].append(taken_seconds)
    answers = sum(len(turn.experiences) for turns in rounds for turn in turns)
    median = {name: float(np.median(own)) for name, own in seconds.items()}
    result = {
        "goal": GOAL,
        "answers": answers,
        "evaluations": sum(len(turn.evaluations) for turns in rounds for turn in turns),
        "processor_seconds": seconds,
        "ratio_of_medians": median["with"] / median["without"],
        "bytes": sizes,
    }
    console.print(
        f"{answers:,} answers: {median['with']:.2f} s of processor time with sums and indexes, {median['without']:.2f} "
        f"without: {result['ratio_of_medians']:.2f} times (goal: at most {GOAL}); "
        f"{sizes['with'] / 1e6:.1f} and {sizes['without'] / 1e6:.1f} MB"
    )
    return result


def written(folder: Path, rounds: Sequence[tuple[Turn, ...]], *, sums: bool) -> tuple[float, int]:
    """Write turns into a new study and return the processor seconds that it takes, and the bytes of its database."""
    seats = [Seat(name=turn.student, number=0, seed=seed) for seed, turn in enumerate(rounds[0])]
    measures = (Measure(name="accuracy"),)
    Study.create(folder, scenario={"name": "written"}, seats=seats, measures=measures, fingerprint={}).close()
    if not sums:
        pages_study.without_sums(folder)
    with Study.open(folder, write=True) as study:
        began = time.process_time()
        for turns in rounds:
            study.append(turns, {}, seconds={})
        seconds = time.process_time() - began
    return seconds, (folder / DATABASE).stat().st_size


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--seats", type=int, default=20)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=5)
    record.run("pages_written", parser, measure)
