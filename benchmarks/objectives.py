"""Claim: the loss of a text and its gradient take less than half of the memory of its logits, in the time of before.

Each way has a process of its own and one thread: ours under the three objectives, the one before (each target's
log-probability taken out of the logits of all tokens) and torch's cross-entropy on them. Memory is the peak over what
was held before the loss was asked for; time is CPU seconds, in rounds that go through all ways in turn. Where memory
may grow by 1.5 times the logits alone, the way before has to fail. About 3 minutes on two quiet cores.
"""

import json
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Mapping

import numpy as np
from rich.console import Console

from benchmarks import record
from simulation.core.errors import SimulationError

OBJECTIVES = ("cross_entropy", "gem_linear", "gem_logsigmoid")
BEFORE, TORCH = "before", "torch"
WAYS = (*OBJECTIVES, BEFORE, TORCH)
GOAL_SHARE, ROOM = 0.5, 1.5
"""Shares of the logits: the most memory that ours may take, and what memory may grow by where it is limited."""
GOAL_TIMES = {"cross_entropy": 1.1, "gem_linear": 1.1, "gem_logsigmoid": 2.0}


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Measure every size of vocabulary."""
    sizes = {}
    for vocabulary in arguments.vocabularies:
        for features in arguments.features:
            with console.status(f"{vocabulary:,} words, {features} features"):
                sizes[f"{vocabulary} x {features}"] = measured(arguments, vocabulary, features)
    show(console, sizes, arguments.tokens)
    return {"tokens": arguments.tokens, "goal_share": GOAL_SHARE, "goal_times": GOAL_TIMES, "sizes": sizes}


def measured(arguments: Namespace, vocabulary: int, features: int) -> record.Result:
    """Return what each way costs for a vocabulary and a number of features of a token."""
    logits = 4.0 * arguments.tokens * vocabulary
    size = {"vocabulary": vocabulary, "features": features, "tokens": arguments.tokens}
    memory = {way: child(way, size) for way in WAYS}
    limited = {way: child(way, {**size, "room": ROOM * logits}) for way in WAYS}
    rounds = [
        {way: child(way, {**size, "repeats": arguments.repeats}) for way in WAYS} for _ in range(arguments.rounds)
    ]
    before = np.array([np.median(costs[BEFORE]["seconds"]) for costs in rounds])
    ways = {}
    for way in WAYS:
        seconds = np.array([np.median(costs[way]["seconds"]) for costs in rounds])
        ways[way] = {
            "loss": memory[way]["loss"],
            "share_of_logits": memory[way]["bytes"] / logits,
            "seconds": float(np.median(seconds)),
            "times_before": float(np.median(seconds / before)),
            "fits_in_room": not limited[way].get("out_of_memory", False),
        }
    return {"vocabulary": vocabulary, "features": features, "logits_bytes": logits, "ways": ways}


def child(way: str, options: Mapping[str, float]) -> record.Result:
    """Run one way in a process of its own."""
    flags = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    # with arrays in maps of their own, what is held is what is used; that costs time, so times are taken without
    alone = {} if options.get("repeats", 1) > 1 else {"MALLOC_MMAP_THRESHOLD_": "65536"}
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.objective_ways", way, *flags],
        cwd=record.ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", **alone},
    )
    if ended.returncode:
        raise SimulationError(f"{way} with {dict(options)} ended with {ended.returncode}: {ended.stderr[-2000:]}")
    cost: record.Result = json.loads(ended.stdout.splitlines()[-1])
    return cost


def show(console: Console, sizes: Mapping[str, record.Result], tokens: int) -> None:
    """Print what each way costs."""
    rows = []
    for size in sizes.values():
        for way, cost in size["ways"].items():
            head = f"{size['vocabulary']:,} x {size['features']}"
            times = f"{cost['times_before']:.2f}"
            fits = "fits" if cost["fits_in_room"] else "fails"
            rows.append(
                [f"{head}: {way}", f"{cost['share_of_logits']:.2f}", f"{1000 * cost['seconds']:.0f}", times, fits]
            )
    columns = ("words x features: way", "memory, x logits", "CPU ms", "x before", f"room for {ROOM} x logits")
    console.print(record.table(f"Loss and gradient of {tokens} tokens", columns, rows))


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--vocabularies", type=int, nargs="+", default=[8192, 32_000, 152_000])
    parser.add_argument("--features", type=int, nargs="+", default=[64], help="of a token, before the head")
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3, help="in every process that is timed")
    record.run("objectives", parser, measure)
