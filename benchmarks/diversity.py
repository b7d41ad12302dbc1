"""Claim: all measures of 16 texts of each of 10,000 prompts take at most 60 s of one core, and memory stays flat.

Those of `simulation.quality.sets`: distinct-n, BLEU among all siblings, Vendi score, distance, different right answers,
utility and vote. The texts are lines of 8 to 40 words of a seeded vocabulary that are as rare as Zipf's; half of each
prompt's lines share their beginning with another. They are made outside the clock. Memory is what the process has after
a tenth of the prompts and at the end. Of the first prompts sacrebleu computes the same self-BLEU, every sibling a
stream of references. The clock is that of the processor, so that others on the machine count little; one thread: set
OMP_NUM_THREADS=1.
"""

import os
import time
from argparse import Namespace
from collections.abc import Iterator

import numpy as np
from rich.console import Console

from benchmarks import process, record
from simulation.quality.difference import self_bleu
from simulation.quality.sets import set_metrics
from simulation.quality.tokens import grams

GOAL_SECONDS = 60.0
GOAL_GROWTH = 0.05
"""Of the memory after a tenth of the prompts."""
VOCABULARY = 5000
WORDS = (8, 40)


def prompts(count: int, samples: int, seed: int = 0) -> Iterator[list[str]]:
    """Yield the lines of one prompt after another."""
    generator = np.random.default_rng(seed)
    vocabulary = np.array([f"word{number}" for number in range(VOCABULARY)])
    rarity = 1 / np.arange(1, VOCABULARY + 1)
    chances = rarity / rarity.sum()
    for _ in range(count):
        lengths = generator.integers(WORDS[0], WORDS[1] + 1, samples)
        drawn = generator.choice(vocabulary, (samples, WORDS[1]), p=chances)
        drawn[samples // 2 :, : WORDS[0] // 2] = drawn[: samples - samples // 2, : WORDS[0] // 2]
        yield [" ".join(line[:length]) + "." for line, length in zip(drawn.tolist(), lengths.tolist(), strict=True)]


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Measure every prompt, then the first ones by sacrebleu."""
    seconds, processor_seconds, early_bytes = 0.0, 0.0, 0
    totals: dict[str, float] = {}
    truths = [float(at % 2) for at in range(arguments.samples)]
    for number, texts in enumerate(prompts(arguments.prompts, arguments.samples)):
        began, processor_began = time.perf_counter(), time.process_time()
        metrics = set_metrics(texts, truths, readings=[text.split()[-1] for text in texts])
        seconds += time.perf_counter() - began
        processor_seconds += time.process_time() - processor_began
        totals = {name: totals.get(name, 0.0) + value for name, value in metrics.items()}
        if number == arguments.prompts // 10:
            early_bytes = process.resident(os.getpid())["now"]
    end_bytes = process.resident(os.getpid())["now"]
    means = {name: total / arguments.prompts for name, total in totals.items()}
    growth = end_bytes / early_bytes - 1
    oracle = by_sacrebleu(arguments.oracle, arguments.samples)
    show(console, arguments, (processor_seconds, seconds), growth, oracle)
    return {
        "prompts": arguments.prompts,
        "samples": arguments.samples,
        "seconds": seconds,
        "processor_seconds": processor_seconds,
        "goal_seconds": GOAL_SECONDS,
        "bytes_after_a_tenth": early_bytes,
        "bytes_at_the_end": end_bytes,
        "growth": growth,
        "goal_growth": GOAL_GROWTH,
        "means": means,
        "sacrebleu": oracle,
    }


def by_sacrebleu(count: int, samples: int) -> record.Result:
    """Return the seconds a prompt of self-BLEU by sacrebleu and by ours, and by how much they differ at most."""
    from sacrebleu import sentence_bleu

    ours, theirs, differences = 0.0, 0.0, [0.0]
    for texts in prompts(count, samples):
        began = time.perf_counter()
        difference = self_bleu(grams(texts))
        ours += time.perf_counter() - began
        began = time.perf_counter()
        scores = [sentence_bleu(text, [*texts[:at], *texts[at + 1 :]]).score for at, text in enumerate(texts)]
        theirs += time.perf_counter() - began
        differences.append(abs(1 - float(np.mean(scores)) / 100 - (difference or 0.0)))
    return {
        "prompts": count,
        "seconds_a_prompt_ours": ours / count,
        "seconds_a_prompt_sacrebleu": theirs / count,
        "greatest_difference": max(differences),
    }


def show(
    console: Console, arguments: Namespace, seconds: tuple[float, float], growth: float, oracle: record.Result
) -> None:
    """Print the figures beside their goals."""
    times = oracle["seconds_a_prompt_sacrebleu"] / oracle["seconds_a_prompt_ours"]
    rows = [
        ("all measures, processor seconds", f"{seconds[0]:.1f}", f"{GOAL_SECONDS * arguments.prompts / 10_000:.0f}"),
        ("all measures, seconds", f"{seconds[1]:.1f}", ""),
        ("memory at the end over that after a tenth", f"{growth:+.1%}", f"{GOAL_GROWTH:.0%}"),
        ("self-BLEU, greatest difference from sacrebleu's", f"{oracle['greatest_difference']:.1e}", "1e-6"),
        ("self-BLEU, times as fast as sacrebleu", f"{times:.0f}", ""),
    ]
    title = f"{arguments.prompts:,} prompts of {arguments.samples} texts, one thread"
    console.print(record.table(title, ("", "figure", "goal"), rows))


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--prompts", type=int, default=10_000, help="how many prompts")
    parser.add_argument("--samples", type=int, default=16, help="texts of a prompt")
    parser.add_argument("--oracle", type=int, default=100, help="how many prompts sacrebleu measures as well")
    record.run("diversity", parser, measure)
