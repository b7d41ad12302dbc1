"""Claim: SmolLM2 learns from its own passes to meet two conditions and a topic that it was never asked for together.

`scenarios/smollm2_instructions.yaml` over seeds, a process each. The goals: the share of 100 unseen prompts (topics and
pairs of conditions that are never asked) of which the greedy answer meets everything rises from at most .10 to at least
.40, by .30 or more, with the lower end of its interval above .20, in at most 10 minutes a seed and 3 GiB. Beside it
stands what is no reward: the perplexity of plain prose, written for this (`benchmarks/plain_text.txt`), before and
after. Studies in `--studies` that are whole are measured as they are and not played again; they have no
figures of memory then. Needs `make setup-smollm2`.
"""

import math
from argparse import Namespace
from pathlib import Path

import numpy as np
import torch
from rich.console import Console

from agents.models.causal import CausalLearner
from agents.models.folder import resolve
from agents.students.language_model import LanguageModelStudents
from benchmarks import process, record
from simulation.core.packing import Tree
from simulation.core.types import Seat
from simulation.measures.change_of_mean import difference
from simulation.store import Study

SCENARIO = "smollm2_instructions"
TEXT = record.ROOT / "benchmarks" / "plain_text.txt"
GOALS = {"before": 0.10, "after": 0.40, "gain": 0.30, "low": 0.20, "seconds": 600.0, "bytes": 3 * 2.0**30}


def played(folder: Path, seed: int, settings: list[str]) -> tuple[Path, process.Ended | None]:
    """Return the study of a seed, played now unless it lies there, and what it cost."""
    for place in sorted(folder.glob(f"{SCENARIO}*")):
        with Study.open(place) as study:
            if study.status == "finished" and study.seats[0].seed == seed:
                return place, None
    folder.mkdir(parents=True, exist_ok=True)
    before = {*folder.iterdir()}
    scenario = f"scenarios/{SCENARIO}.yaml"
    command = process.simulation("run", scenario, "--quiet", "--out", str(folder), f"seed={seed}", *settings)
    ended = process.run(command, folder / f"seed-{seed}.log")
    (place,) = {path for path in folder.iterdir() if path.is_dir()} - before
    return place, ended


def perplexity(model: CausalLearner) -> float:
    """Return exp of the mean nats a token of the paragraphs, each read from its first token."""
    sums, count = 0.0, 0
    for paragraph in TEXT.read_text(encoding="utf-8").strip().split("\n\n"):
        ids = model.tokenizer(paragraph, add_special_tokens=False)["input_ids"]
        tree = Tree(prompt=tuple(ids[:1]), branches=(tuple(ids[1:]),))
        with torch.no_grad():
            logprobs, valid = model.branch_logprobs(["student"], [[tree]])
        sums, count = sums + float((logprobs * valid).sum()), count + int(valid.sum())
    return math.exp(-sums / count)


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Play, and measure both."""
    model = LanguageModelStudents(model=arguments.model).learner([Seat(name="student", number=0, seed=0)])
    base, rows, seeds = perplexity(model), [], {}
    for seed in range(arguments.seeds):
        folder, ended = played(arguments.studies, seed, arguments.settings)
        with Study.open(folder) as study:
            trace = study.trace(study.seats[0].name)
            exams = {turn.turn: turn.evaluations["held_out"] for turn in trace.turns if turn.evaluations}
            truths = {turn: np.array([result.truth for result in exam.results]) for turn, exam in exams.items()}
            first, last = truths[0], truths[study.last_turn]
            model.restore("student", study.adapter(study.seats[0].name))
            after = perplexity(model)
            seconds = sum(sum(parts.values()) for parts in study.timings.stages().values())
        rows.append(last - first)
        seeds[seed] = {
            "course": {turn: float(values.mean()) for turn, values in truths.items()},
            "lessons": [turn.update.experiences if turn.update else 0 for turn in trace.turns[1:]],
            "perplexity": after,
            "seconds": seconds if ended is None else ended.seconds,
            "processor_seconds": None if ended is None else ended.processor_seconds,
            "peak_bytes": None if ended is None else ended.peak_bytes,
        }
        console.print(f"seed {seed}: {seeds[seed]}")
    gain = difference(rows, True, graded=False)
    console.print(f"perplexity of plain prose before: {base:.2f}")
    console.print(
        f"gain {gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f}) over {len(rows)} seeds; goals: {GOALS}"
    )
    return {
        "goals": GOALS,
        "gain": [gain.value, gain.low, gain.high],
        "perplexity_before": base,
        "seeds": seeds,
    }


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.set_defaults(model=resolve("smollm2", embedded="student"))
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--studies", type=Path, default=record.ROOT / "build" / "real_model", help="where they lie")
    parser.add_argument("--settings", nargs="*", default=[], metavar="KEY=VALUE", help="overrides of the scenario")
    record.run("real_model", parser, measure)
