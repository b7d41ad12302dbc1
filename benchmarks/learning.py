"""Claim: with questions drawn at random, held-out accuracy rises by 15 points or more, whatever the checkpoint.

`--models` names the pretrained checkpoints (the shipped student and others of its pretraining script); each is played
over 5 seeds, 20 turns, measured on 600 held-out questions. About 50 s a checkpoint on two quiet cores: 3 take 2.5 min.
"""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from benchmarks import classroom, record
from benchmarks.curves import draw
from simulation.measures.statistics import Estimate, bootstrap, mean_interval


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Play every checkpoint and say how much its students gained."""
    labels = names(arguments.models)
    entry = classroom.Entry(label="random", scenario=arguments.scenario)
    played = {}
    for label, model in zip(labels, arguments.models, strict=True):
        settings = [f"students.model={model}", f"turns={arguments.turns}", f"evaluate.questions={arguments.questions}"]
        teacher = [] if arguments.teacher is None else [f"teacher={arguments.teacher}"]
        console.print(f"[dim]{label}[/dim]")
        played[label] = classroom.play([entry], range(arguments.seeds), [*settings, *teacher], console)
    curves = {label: each.accuracies("random") for label, each in played.items()}
    truths = {label: [course.truths for course in each.of("random")] for label, each in played.items()}
    rows = [row(label, curve) for label, curve in curves.items()]
    console.print(
        record.table(title(arguments), ("checkpoint", "turn 0", f"turn {arguments.turns}", "gain", "sd"), rows)
    )
    found = gains(curves, [value[arguments.turns] - value[0] for row in truths.values() for value in row])
    for name, estimate in found.items():
        console.print(f"mean gain over {name}: {points(estimate)}")
    if arguments.write:
        turns = played[labels[0]].of("random")[0].turns
        draw(curves, turns, arguments.results / arguments.picture, title=title(arguments), chance=arguments.chance)
    return {
        "checkpoints": {label: summary(curve) for label, curve in curves.items()},
        "gain": {name: finite(estimate) for name, estimate in found.items()},
        "seconds": {label: each.seconds for label, each in played.items()},
        "courses": {label: each.raw() for label, each in played.items()},
    }


def names(models: Sequence[str]) -> list[str]:
    """Return a short, unique label for each model."""
    short = [Path(model).name or model for model in models]
    return short if len(set(short)) == len(short) else list(models)


def title(arguments: Namespace) -> str:
    """Say what is shown."""
    return f"{arguments.scenario}: {arguments.seeds} seeds a checkpoint, {arguments.questions} held-out questions"


def summary(curve: NDArray[np.float64]) -> dict[str, float]:
    """Return a checkpoint's start, end, gain and the spread of the gain over seeds, in [0, 1]."""
    gain = curve[:, -1] - curve[:, 0]
    spread = float(gain.std(ddof=1)) if len(gain) > 1 else 0.0
    return {
        "start": float(curve[:, 0].mean()),
        "end": float(curve[:, -1].mean()),
        "gain": float(gain.mean()),
        "sd": spread,
    }


def row(label: str, curve: NDArray[np.float64]) -> list[str]:
    """Return a checkpoint's line."""
    found = summary(curve)
    start, end, gain, spread = (100 * found[key] for key in ("start", "end", "gain", "sd"))
    return [label, f"{start:.1f} %", f"{end:.1f} %", f"{gain:+.1f}", f"{spread:.1f}"]


def gains(curves: dict[str, NDArray[np.float64]], changes: Sequence[NDArray[np.float64]]) -> dict[str, Estimate]:
    """Return the mean gain with its interval over runs, over checkpoints, and over runs and questions."""
    by_checkpoint = [curve[:, -1] - curve[:, 0] for curve in curves.values()]
    runs = np.concatenate(by_checkpoint)
    both = bootstrap(changes, generator=np.random.default_rng(0), shared_questions=True)
    return {
        f"{len(runs)} runs (t interval)": mean_interval(runs),
        f"{len(curves)} checkpoints as the units (t interval)": mean_interval([gain.mean() for gain in by_checkpoint]),
        f"{len(runs)} runs and the questions (bootstrap)": both,
    }


def points(estimate: Estimate) -> str:
    """Return a difference of accuracies in points with its 95 % interval."""
    return f"{100 * estimate.value:+.1f} points (95 %: {100 * estimate.low:+.1f} to {100 * estimate.high:+.1f})"


def finite(estimate: Estimate) -> list[float | None]:
    """Return value, low and high; null where one observation leaves the interval unbounded."""
    return [float(number) if np.isfinite(number) else None for number in estimate]


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--models", nargs="+", default=["embedded"], help="checkpoints (in place of --model)")
    parser.set_defaults(scenario="random_selection", picture="learning.png", chance=0.2)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--questions", type=int, default=600)
    record.run("learning", parser, measure)
