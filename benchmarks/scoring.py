"""Claim: five-option questions are scored 3.5 times as fast as by lm-evaluation-harness, at the same dtype.

Same model, same questions, one after the other on the same threads: ours (`Learner.score` as a turn calls it), the
harness's Hugging Face model at the best of several batch sizes, and five plain padded sequences a question. Every set
of questions is fresh, so nobody scores what he has tokenised before. An answer ends with the end-of-text token; the
harness gets it written out, so that all score the same tokens and their log-probabilities are compared; as a second
figure it scores without (its usual way, where options of one token can share a forward pass). The bf16 rows say how
many answers differ from the same way's in fp32. About 2 minutes on two quiet cores.

The harness wants older versions of what we use, so it lives in an environment of its own that sees ours:
    make build/lm-eval/.installed
"""

import json
import subprocess
import time
from argparse import Namespace
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.console import Console

from benchmarks import record
from benchmarks.plain import PlainScorer
from simulation.core.calls import Request
from simulation.core.errors import MissingExtra
from simulation.core.registry import build
from simulation.core.roles import Environment, Lendable, Students, lendable
from simulation.core.types import Question, Seat

SEAT = Seat(name="student-0", number=0, seed=0)
GOAL, TOLERANCE = 3.5, 1e-4
DTYPES = ("float32", "bfloat16")
WAYS = {
    "ours": "ours, one tree-masked sequence",
    "plain": "five full sequences",
    "harness": "lm-eval, the same tokens",
    "harness_without_end": "lm-eval, without end of text",
}
Logprobs = list[list[float]]


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Score the same sets of questions in every way and dtype."""
    sets = question_sets(arguments.sets + 2, arguments.questions)
    seconds: dict[str, list[float]] = {}
    logprobs: dict[str, Logprobs] = {}
    sizes = {}
    for dtype in DTYPES:
        with console.status(f"ours, {dtype}"):
            learner, requests = ours(arguments.model, dtype, sets)
            keep(f"ours {dtype}", timed(learner.score, requests), seconds, logprobs)
        with console.status(f"plain, {dtype}"):
            plain = PlainScorer(learner, dtype)
            sizes[f"plain {dtype}"] = plain.choose(requests[0], requests[1], arguments.batch_sizes)
            keep(f"plain {dtype}", timed(plain.score, requests), seconds, logprobs)
        with console.status(f"lm-eval, {dtype}"):
            reply = harness(arguments, dtype, requests, learner)
            for way, found in reply.items():
                sizes[f"{way} {dtype}"] = found["batch_size"]
                keep(f"{way} {dtype}", found["measured"], seconds, logprobs)
    result = conclude(seconds, logprobs, arguments.questions)
    show(console, result)
    return {**result, "batch_sizes": sizes, "set_seconds": seconds, "questions_a_set": arguments.questions}


def question_sets(count: int, size: int) -> list[list[Question]]:
    """Return disjoint sets of questions of the pool."""
    environment: Environment = build("environment", "math_word_problems", {})
    pool = environment.questions(0).pool
    drawn = np.random.default_rng(0).permutation(len(pool))[: count * size]
    questions = iter(pool[int(index)] for index in drawn)
    return [list(islice(questions, size)) for _ in range(count)]


def ours(model: str, dtype: str, sets: Sequence[Sequence[Question]]) -> tuple[Lendable, list[list[Request]]]:
    """Return a learner that scores in `dtype` and its requests for every set."""
    students: Students = build("students", "language_model", {"model": model, "score_dtype": dtype})
    student = students.answerer(SEAT)
    learner = lendable(students.learner([SEAT]), "this benchmark")
    return learner, [student.options([question.shown() for question in row]) for row in sets]


def timed(score: Any, requests: Sequence[Sequence[Request]]) -> list[tuple[float, Logprobs]]:
    """Warm up on two sets, then return seconds and log-probabilities of the others (Any: a scorer's method)."""
    found = []
    for row in requests:
        began = time.perf_counter()
        logprobs = [list(values) for values in score(row)]
        found.append((time.perf_counter() - began, logprobs))
    return found[2:]


def keep(
    name: str,
    rows: Sequence[tuple[float, Logprobs]],
    seconds: dict[str, list[float]],
    logprobs: dict[str, Logprobs],
) -> None:
    """File what was measured under a name."""
    seconds[name] = [taken for taken, _ in rows]
    logprobs[name] = [values for _, found in rows for values in found]


def harness(arguments: Namespace, dtype: str, requests: Sequence[Sequence[Request]], learner: Lendable) -> Any:
    """Have lm-evaluation-harness score the sets in a process of its own (Any: its JSON reply)."""
    if not arguments.harness.exists():
        raise MissingExtra(f"{arguments.harness} is not there; see the docstring of {__file__} for how to make it")
    with TemporaryDirectory(prefix="harness-") as name:
        job, reply = Path(name) / "job.json", Path(name) / "reply.json"
        document = {
            "model": learner.source,
            "dtype": dtype,
            "batch_sizes": arguments.batch_sizes,
            "ways": {
                way: {
                    "warm_up": written(requests[0], ending),
                    "trial": written(requests[1], ending),
                    "sets": [written(row, ending) for row in requests[2:]],
                }
                for way, ending in (("harness", learner.tokenizer.eos_token), ("harness_without_end", ""))
            },
        }
        job.write_text(json.dumps(document), encoding="utf-8")
        command = [str(arguments.harness), "-m", "benchmarks.harness", str(job), str(reply)]
        ended = subprocess.run(command, cwd=record.ROOT, capture_output=True, text=True)
        if ended.returncode:
            raise RuntimeError(f"{' '.join(command)} ended with {ended.returncode}: {ended.stderr[-2000:]}")
        return json.loads(reply.read_text(encoding="utf-8"))


def written(requests: Sequence[Request], end: str) -> list[tuple[str, list[str]]]:
    """Return contexts with their continuations as the harness takes them."""
    return [(each.prompt, [f" {text}{end}" for text in each.continuations]) for each in requests]


def conclude(seconds: dict[str, list[float]], logprobs: dict[str, Logprobs], questions: int) -> record.Result:
    """Return questions per second, ratios, differences of log-probabilities and rates of changed answers."""
    rates = {name: questions / float(np.median(taken)) for name, taken in seconds.items()}
    ratios = {name: rates[f"ours {name.split()[1]}"] / rate for name, rate in rates.items()}
    apart = {way: max_difference(logprobs["ours float32"], logprobs[f"{way} float32"]) for way in ("plain", "harness")}
    changed = {way: changes(logprobs[f"{way} float32"], logprobs[f"{way} bfloat16"]) for way in WAYS}
    return {
        "questions_per_second": rates,
        "ours_is_faster_by": ratios,
        "goal": GOAL,
        "largest_logprob_difference_to_ours_float32": apart,
        "logprobs_agree": all(difference <= TOLERANCE for difference in apart.values()),
        "answers_changed_by_bfloat16": changed,
        "answers_compared": len(logprobs["ours float32"]),
    }


def max_difference(first: Logprobs, second: Logprobs) -> float:
    """Return the largest difference between log-probabilities, nats."""
    return max(abs(a - b) for pair in zip(first, second, strict=True) for a, b in zip(*pair, strict=True))


def changes(first: Logprobs, second: Logprobs) -> float:
    """Return the share of questions whose likeliest option differs."""
    return float(np.mean([int(np.argmax(a)) != int(np.argmax(b)) for a, b in zip(first, second, strict=True)]))


def show(console: Console, result: record.Result) -> None:
    """Print a line for every way and dtype."""
    rows = []
    for dtype in DTYPES:
        for way, title in WAYS.items():
            name = f"{way} {dtype}"
            changed = "" if dtype == "float32" else f"{100 * result['answers_changed_by_bfloat16'][way]:.2f} %"
            rate, ratio = result["questions_per_second"][name], result["ours_is_faster_by"][name]
            rows.append([title, dtype, f"{rate:.0f}", f"{ratio:.2f}", changed])
    columns = ("way", "dtype", "questions/s", "ours is faster by", "answers changed")
    console.print(record.table("Scoring five options", columns, rows))
    for way, difference in result["largest_logprob_difference_to_ours_float32"].items():
        verdict = "agrees" if difference <= TOLERANCE else "DIFFERS"
        console.print(f"{way}, float32: {verdict} with ours; largest difference {difference:.1e} nats")


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--questions", type=int, default=600, help="in each set")
    parser.add_argument(
        "--sets", type=int, default=5, help="measured sets, besides one to warm up and one to choose by"
    )
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[8, 16, 32, 64, 128], help="tried by the others")
    parser.add_argument("--harness", type=Path, default=record.ROOT / "build" / "lm-eval" / "bin" / "python")
    record.run("scoring", parser, measure)
