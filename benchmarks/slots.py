"""Claim: a step of a slot of every weight takes at most 1.3 times what the plain model takes without any slots.

Forward and backward of one batch of 64 histories of 40 tokens, one thread, float32, on the shipped recommender: the
plain transformers model trained whole, and a cohort of one and of several students as a trainer calls it (one slot at a
time, as a batch of this size fills a pass). The kinds of slot take turns; processor time is compared, by its median
over the repeats, so that what else the machine does counts little.
"""

import time
from argparse import Namespace
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from rich.console import Console

from benchmarks import record
from simulation.core.packing import Tree
from simulation.core.registry import build
from simulation.core.roles import Lendable, lendable
from simulation.core.types import Seat

GOAL = 1.3
KINDS = ("every_weight", "lora_and_rows", "lora")


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Take steps of every kind in turns."""
    import numpy as np
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(1)
    steps: dict[str, Callable[[], None]] = {}
    for kind in KINDS:
        for count in (1, arguments.students):
            model = lendable(learner(arguments.model, kind, count), "benchmark")
            tokens_NL = np.random.default_rng(0).integers(3, len(model.tokenizer), size=(arguments.rows, 41))
            steps[f"{kind}, {count}"] = partial(step, model, tokens_NL.tolist())
    plain: Any = AutoModelForCausalLM.from_pretrained(model.source)
    steps["plain model"] = partial(plain_step, plain, torch.from_numpy(tokens_NL[:, :40]))
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(arguments.repeats + 2):
        for name, take in steps.items():
            began = time.process_time()
            take()
            if turn > 1:
                seconds[name].append(time.process_time() - began)
    medians = {name: median(taken) for name, taken in seconds.items()}
    result = {
        "goal": GOAL,
        "milliseconds": {name: 1e3 * value for name, value in medians.items()},
        "ratio_to_plain_a_student": {
            name: value / medians["plain model"] / int(name.rpartition(", ")[2])
            for name, value in medians.items()
            if name != "plain model"
        },
    }
    show(console, result)
    return result


def learner(model: str, kind: str, count: int) -> Any:
    """Return students with slots of a kind (Any: components are built by name)."""
    fields = {"model": model, "slot": kind, "start": "drawn" if kind == "every_weight" else "base"}
    seats = [Seat(name=str(number), number=number, seed=0) for number in range(count)]
    return build("students", "language_model", fields).learner(seats)


def step(model: Lendable, tokens_NL: list[list[int]]) -> None:
    """Add the gradients of a batch to every slot; the last 5 tokens are answers."""
    trees = [Tree(prompt=tuple(tokens[:36]), branches=(tuple(tokens[36:]),)) for tokens in tokens_NL]
    model.adapters_SP.grad = None
    for slot in model.slots:
        logprobs_SBKT, _ = model.branch_logprobs([slot], [trees])
        (-logprobs_SBKT.mean()).backward()


def plain_step(module: Any, tokens_NL: Any) -> None:
    """Add the gradients of a batch to a model's own weights (Any: torch is loaded only here)."""
    module.zero_grad()
    module(input_ids=tokens_NL, labels=tokens_NL, use_cache=False).loss.backward()


def show(console: Console, result: record.Result) -> None:
    """Print a table of what a student costs."""
    rows = [
        [name, f"{result['milliseconds'][name]:.0f}", f"{ratio:.2f}"]
        for name, ratio in result["ratio_to_plain_a_student"].items()
    ]
    rows.append(["plain model", f"{result['milliseconds']['plain model']:.0f}", "1"])
    console.print(record.table(f"A step (goal {GOAL})", ("slot, students", "ms", "times plain, a student"), rows))


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.set_defaults(model="embedded/recommender")
    parser.add_argument("--rows", type=int, default=64, help="histories of a batch")
    parser.add_argument("--students", type=int, default=5, help="of the larger cohort")
    parser.add_argument("--repeats", type=int, default=15)
    record.run("slots", parser, measure)
