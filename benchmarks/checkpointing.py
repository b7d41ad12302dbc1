"""Claim: with checkpointing a step takes under a third of the memory, at most 1.6 times the time, and ends the same.

Forward and backward of batches of 1,024 tokens, one student with a LoRA adapter, float32, one thread. Memory is the
peak over what is held before a step; time is CPU seconds. The ways take turns.
"""

import os
import sys
import time
from argparse import Namespace
from contextlib import AbstractContextManager, nullcontext
from statistics import median
from typing import Any

from rich.console import Console

from benchmarks import record
from simulation.core.packing import Tree
from simulation.core.registry import build
from simulation.core.types import Seat

GOAL_SHARE, GOAL_TIMES = 1 / 3, 1.6
ALONE = {"MALLOC_MMAP_THRESHOLD_": "65536", "OMP_NUM_THREADS": "1"}
"""With arrays in maps of their own, what is held is what is used."""


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Take steps of both ways in turns."""
    import torch

    torch.set_num_threads(1)
    fields = {"model": arguments.model, "lora": {"rank": 8}}
    model: Any = build("students", "language_model", fields).learner([Seat(name="student", number=0, seed=0)])
    with torch.no_grad():
        model.adapters_SP.add_(0.01)
    draws = torch.Generator().manual_seed(1)
    size = len(model.tokenizer)
    tokens_NL = torch.randint(3, size, (arguments.rows, arguments.tokens // arguments.rows + 1), generator=draws)
    trees = [Tree(prompt=tuple(tokens[:1]), branches=(tuple(tokens[1:]),)) for tokens in tokens_NL.tolist()]
    costs: dict[str, list[record.Result]] = {"kept": [], "computed again": []}
    for _ in range(arguments.repeats + 1):
        for way, taken_steps in costs.items():
            taken_steps.append(step(model, trees, model.recomputing() if way != "kept" else nullcontext()))
    kept_P, again_P = (taken_steps[-1]["gradient"] for taken_steps in costs.values())
    result = {
        "tokens": arguments.tokens,
        "goals": {"share": GOAL_SHARE, "times": GOAL_TIMES},
        "gradients_differ_by": float((kept_P - again_P).abs().max()),
        **{
            way: {name: median(cost[name] for cost in taken_steps[1:]) for name in ("peak_bytes", "seconds")}
            for way, taken_steps in costs.items()
        },
    }
    show(console, result)
    return result


def step(model: Any, trees: list[Tree], keeping: AbstractContextManager[None]) -> record.Result:
    """Add the gradients of a batch and return what that took (Any: a learner that is trained)."""
    from benchmarks.objective_ways import settle, status

    model.adapters_SP.grad = None
    held, began = settle(), time.process_time()
    with keeping:
        logprobs_SBKT, _ = model.branch_logprobs(model.slots, [trees])
        (-logprobs_SBKT.mean()).backward()
    seconds = time.process_time() - began
    return {"peak_bytes": status("VmHWM") - held, "seconds": seconds, "gradient": model.adapters_SP.grad}


def show(console: Console, result: record.Result) -> None:
    """Print what both ways take."""
    rows = [
        [way, f"{result[way]['peak_bytes'] / 1e6:,.0f}", f"{result[way]['seconds']:.1f}"]
        for way in ("kept", "computed again")
    ]
    console.print(
        record.table(f"A step on {result['tokens']:,} tokens", ("insides of blocks", "peak MB", "CPU s"), rows)
    )
    console.print(f"gradients differ by {result['gradients_differ_by']:.1e}")


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.set_defaults(model="smollm2")
    parser.add_argument("--tokens", type=int, default=1024, help="of a batch")
    parser.add_argument("--rows", type=int, default=8, help="texts of a batch")
    parser.add_argument("--repeats", type=int, default=3)
    parser.parse_args()
    if any(os.environ.get(name) != value for name, value in ALONE.items()):
        again = [sys.executable, "-m", "benchmarks.checkpointing", *sys.argv[1:]]
        os.execve(sys.executable, again, {**os.environ, **ALONE})
    record.run("checkpointing", parser, measure)
