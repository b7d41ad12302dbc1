"""One way to the loss of a text and its gradient, in this process: what it costs, as JSON.

Ways: an objective's name is ours; `before` takes each target's log-probability out of the scores of all tokens, as the
project did; `torch` is its own cross-entropy on them.
"""

import ctypes
import gc
import json
import resource
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from agents.models import lora
from agents.models.scoring import Scorer
from agents.models.trial import observe
from simulation.core.objectives import CROSS_ENTROPY, Objective
from simulation.core.packing import Tree
from simulation.core.types import Seat

BEFORE, TORCH = "before", "torch"


def student(vocabulary: int, features: int, tokens: int) -> Scorer:
    """Return a student of one small block and a large head, with a slot that has moved."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=features,
        num_hidden_layers=1,
        num_attention_heads=4,
        intermediate_size=2 * features,
        max_position_embeddings=2 * tokens,
    )
    module = LlamaForCausalLM(config).eval()
    seat = Seat(name="student", number=0, seed=0)
    adapters = lora.attach(module, [seat], rank=8, alpha=16.0, targets=(), dtype=torch.float32)
    with torch.no_grad():
        adapters.values_SP += 0.01
    return Scorer(module=module, adapters=adapters, abilities=observe(module, adapters, 0), pad=0)


def loss_of(way: str, scorer: Scorer, tokens: tuple[int, ...]) -> Callable[[], Any]:
    """Return what computes the mean loss of a text (Any: a tensor)."""
    if way not in (BEFORE, TORCH):
        objective = CROSS_ENTROPY if way == "cross_entropy" else Objective(name=way, beta=0.7)  # type: ignore[arg-type]
        trees = [[Tree(prompt=tokens[:1], branches=(tokens[1:],))]]
        return lambda: -scorer.logprobs([0], trees, objective)[0].sum() / (len(tokens) - 1)
    targets_T = torch.tensor(tokens[1:])

    def whole() -> Any:
        read_1L = torch.tensor([tokens[:-1]])
        with scorer.adapters.seated([0], rows=1, columns=len(tokens) - 1):
            logits_TV = scorer.module(read_1L, use_cache=False).logits.float()[0]
        if way == TORCH:
            return torch.nn.functional.cross_entropy(logits_TV, targets_T)
        normaliser_T = logits_TV.logsumexp(-1)
        return -(logits_TV[torch.arange(len(targets_T)), targets_T] - normaliser_T).mean()

    return whole


def status(name: str) -> int:
    """Return a number of bytes that the system keeps of this process."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def settle() -> int:
    """Give back what is not used, forget the peak of memory so far and return what is held, bytes."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    return status("VmRSS")


def cost(arguments: Namespace) -> dict[str, Any]:
    """Return the loss, the peak of memory over what was held before, and the CPU seconds of each repetition."""
    stream = torch.Generator().manual_seed(1)
    scorer = student(arguments.vocabulary, arguments.features, arguments.tokens)
    tokens = tuple(torch.randint(arguments.vocabulary, (arguments.tokens + 1,), generator=stream).tolist())
    few = loss_of(arguments.way, scorer, tokens[: 1 + arguments.tokens // 16])
    many = loss_of(arguments.way, scorer, tokens)
    few().backward()
    if arguments.room:
        most = status("VmData") + int(arguments.room)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    elif arguments.repeats > 1:
        many().backward()  # kernels are made for the shapes they meet
    seconds, held = [], settle()
    for _ in range(arguments.repeats):
        scorer.adapters.values_SP.grad = None
        began = time.process_time()
        loss = many()
        loss.backward()
        seconds.append(time.process_time() - began)
    norm = float(scorer.adapters.values_SP.grad.norm())  # type: ignore[union-attr]  # it has been filled
    return {"loss": float(loss.detach()), "norm": norm, "seconds": seconds, "bytes": status("VmHWM") - held}


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("way")
    parser.add_argument("--vocabulary", type=int, required=True)
    parser.add_argument("--features", type=int, required=True)
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--room", type=float, default=0, help="bytes by which memory may grow; 0 is any number")
    torch.set_num_threads(1)
    try:
        sys.stdout.write(json.dumps(cost(parser.parse_args())) + "\n")
    except RuntimeError as error:
        if "allocate memory" not in str(error):
            raise
        sys.stdout.write(json.dumps({"out_of_memory": True}) + "\n")
