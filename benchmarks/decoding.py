"""Claim: programs are written at least 1.5 times as fast as by transformers' `generate` at its best batch size.

Same model, same prompts, one thread, one precision: the student as a turn calls it (`Learner.generate`, its adapter
moved away from its start) against `generate` on a model with the same adapter merged into its weights, at several
numbers of rows; in another precision than float32 (`--dtype`) also against the same student in float32. Everybody gets
texts and gives texts; `generate` gets them sorted by length, so that it pads least. Three ways of writing: the
likeliest token each, five samples a prompt at temperature 1, five beams with all their texts. Greedy and beam texts are
compared one by one (a few may differ where two tokens are as good as equally likely, more in 16 bits); samples come
from other random numbers, so their mean length is told. The ways take turns, and medians of the repeats are compared.
About 6 minutes on a quiet core.
"""

import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from rich.console import Console

from benchmarks import record
from simulation.core.calls import Request
from simulation.core.registry import build
from simulation.core.roles import Environment, LanguageModel, Lendable, Students, lendable
from simulation.core.types import Question, Seat

GOAL, COPIES = 1.5, 5
FULL = "float32"
MODES = {"greedy": "greedy", "sample": "5 samples at T = 1", "beam": "5 beams"}
Writer = Callable[[], list[str]]


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Write the same programs in every mode and way, in turns."""
    import torch

    torch.set_num_threads(1)
    environment: Environment = build("environment", arguments.environment, {})
    questions = environment.questions(0).held_out[: arguments.questions]
    learner, requests = ours(arguments, questions, 1, arguments.dtype)
    cohort, shared = ours(arguments, questions, arguments.students, arguments.dtype)
    merged = bare(learner, getattr(torch, arguments.dtype))
    full = None if arguments.dtype == FULL else ours(arguments, questions, 1, FULL)
    writers: dict[tuple[str, str], Writer] = {}
    for mode in arguments.modes:
        writers[mode, "ours"] = partial(texts, learner, asked(requests, mode))
        if full is not None:
            writers[mode, f"ours, {FULL}"] = partial(texts, full[0], asked(full[1], mode))
        writers[mode, f"ours, {arguments.students} students"] = partial(texts, cohort, asked(shared, mode))
        for rows in arguments.batch_sizes:
            prompts = [learner.render(request.prompt) for request in requests]
            writers[mode, f"generate, {rows} rows"] = partial(
                generated, merged, learner.tokenizer, prompts, rows, mode, arguments.max_tokens
            )
    seconds: dict[tuple[str, str], list[float]] = {key: [] for key in writers}
    found: dict[tuple[str, str], list[str]] = {}
    for turn in range(arguments.repeats + 1):
        for key, write in writers.items():
            with console.status(f"{turn} of {arguments.repeats}: {', '.join(key)}"):
                began = time.perf_counter()
                found[key] = write()
                seconds[key].append(time.perf_counter() - began)
    result = conclude({key: taken[1:] for key, taken in seconds.items()}, found)
    show(console, result)
    return {**result, "prompts": len(questions), "prompt_tokens": float(np.mean(lengths(learner, requests)))}


def ours(arguments: Namespace, questions: Sequence[Question], count: int, dtype: str) -> tuple[Lendable, list[Request]]:
    """Return students that have learned something, and the questions' requests dealt out to them."""
    import torch

    fields = {"model": arguments.model, "mode": "generate", "max_tokens": arguments.max_tokens, "dtype": dtype}
    students: Students = build("students", "language_model", {**fields, "count": count})
    seats = [Seat(name=f"student-{number}", number=number, seed=0) for number in range(count)]
    learner = lendable(students.learner(seats), "this benchmark")
    noise_P = torch.randn(learner.adapters_SP.shape[1], generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        learner.adapters_SP.add_(0.003 * noise_P)
    shown = [question.shown() for question in questions]
    requests = [
        request
        for number, seat in enumerate(seats)
        for request in students.answerer(seat).requests(shown[number::count], generator=np.random.default_rng(0))
    ]
    return learner, requests


def bare(learner: Any, dtype: Any) -> Any:
    """Return a transformers model that writes as the first student does (Any: all are untyped here)."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(learner.source, dtype=dtype).eval()
    adapters = learner.adapters
    with torch.no_grad():
        for shape, (a_1RI, b_1OR) in zip(adapters.shapes, adapters.factors(adapters.values_SP[:1]), strict=True):
            model.get_submodule(shape.name).weight += adapters.scale * (b_1OR[0] @ a_1RI[0])
    return model


def asked(requests: Sequence[Request], mode: str) -> list[Request]:
    """Return the requests for all texts of a mode."""
    if mode == "greedy":
        return list(requests)
    if mode == "beam":
        return [replace(request, beams=COPIES, texts=COPIES) for request in requests]
    return [
        replace(request, temperature=1.0, seed=number * COPIES + copy)
        for number, request in enumerate(requests)
        for copy in range(COPIES)
    ]


def texts(learner: LanguageModel, requests: Sequence[Request]) -> list[str]:
    """Return what the student writes; of a beam search all texts, the best first."""
    return [completion.text for reply in learner.generate(requests) for completion in (reply.beam or (reply,))]


def generated(model: Any, tokenizer: Any, prompts: Sequence[str], rows: int, mode: str, max_tokens: int) -> list[str]:
    """Return what `generate` writes with this many rows at once (Any: untyped library)."""
    import torch

    kinds: dict[str, dict[str, Any]] = {
        "greedy": {"do_sample": False},
        "sample": {"do_sample": True, "temperature": 1.0, "top_k": 0, "num_return_sequences": COPIES},
        "beam": {"do_sample": False, "num_beams": COPIES, "num_return_sequences": COPIES},
    }
    size = rows if mode == "greedy" else max(1, rows // COPIES)
    ids = tokenizer(list(prompts), add_special_tokens=False)["input_ids"]
    order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
    found: dict[int, list[str]] = {}
    for first in range(0, len(order), size):
        some = order[first : first + size]
        width = max(len(ids[index]) for index in some)
        pads = [width - len(ids[index]) for index in some]
        given = torch.tensor(
            [[tokenizer.pad_token_id] * pad + ids[index] for index, pad in zip(some, pads, strict=True)]
        )
        mask = (torch.arange(width) >= torch.tensor(pads).unsqueeze(1)).long()
        written = model.generate(given, attention_mask=mask, max_new_tokens=max_tokens, **kinds[mode])
        decoded = tokenizer.batch_decode(
            written[:, width:], skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        each = len(decoded) // len(some)
        found.update((index, decoded[at * each : (at + 1) * each]) for at, index in enumerate(some))
    return list(chain.from_iterable(found[index] for index in range(len(ids))))


def lengths(learner: Any, requests: Sequence[Request]) -> list[int]:
    """Return the tokens of each prompt (Any: `encode` is not part of the role)."""
    return [len(learner.encode(request.prompt, ()).prompt) for request in requests]


def conclude(seconds: dict[tuple[str, str], list[float]], found: dict[tuple[str, str], list[str]]) -> record.Result:
    """Return programs per second, ratios and differences for every mode."""
    result: record.Result = {"goal": GOAL, "modes": {}}
    for mode in dict.fromkeys(of for of, _ in found):
        rates = {
            way: len(found[of, way]) / float(np.median(taken)) for (of, way), taken in seconds.items() if of == mode
        }
        best = max((way for way in rates if way.startswith("generate")), key=lambda way: rates[way])
        mine, theirs = found[mode, "ours"], found[mode, best]
        same = [one == other.removeprefix(" ") for one, other in zip(mine, theirs, strict=True)]
        result["modes"][mode] = {
            "programs_per_second": rates,
            "repeats_seconds": {way: taken for (of, way), taken in seconds.items() if of == mode},
            "programs": len(mine),
            "best_of_generate": best,
            "faster_by": rates["ours"] / rates[best],
            "texts_that_differ": None if mode == "sample" else same.count(False),
            "mean_characters": {
                "ours": float(np.mean([*map(len, mine)])),
                "generate": float(np.mean([*map(len, theirs)])),
            },
        }
    return result


def show(console: Console, result: record.Result) -> None:
    """Print a table for every mode."""
    for mode, found in result["modes"].items():
        rates = found["programs_per_second"]
        rows = [[way, f"{rate:.0f}", f"{rates['ours'] / rate:.2f}"] for way, rate in rates.items()]
        console.print(record.table(MODES[mode], ("way", "programs/s", "ours is faster by"), rows))
        differ = found["texts_that_differ"]
        compared = "" if differ is None else f"; {differ} of {found['programs']} texts differ"
        console.print(f"against {found['best_of_generate']}: {found['faster_by']:.2f} times (goal {GOAL}){compared}")


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.set_defaults(model=str(record.ROOT / "agents" / "embedded" / "coder"))
    parser.add_argument("--environment", default="code_tasks", help="whose held-out questions are asked")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--max-tokens", type=int, default=64)
    parser.add_argument("--students", type=int, default=10, help="of the cohort that shares the questions")
    parser.add_argument("--repeats", type=int, default=5, help="measured, besides one to warm up")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--dtype", choices=(FULL, "bfloat16", "float16"), default=FULL, help="of the frozen weights")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[32, 64, 96, 128, 192])
    record.run("decoding", parser, measure)
