"""A learner with no transformer: a slot's adapter is a table of bigram logits, so training on it takes no time."""

from collections.abc import Collection, Sequence
from hashlib import sha256

import numpy as np
import torch
from safetensors.numpy import load, save
from torch import Tensor

from agents.models.objectives import target_logprobs
from simulation.core.calls import Completion, Request
from simulation.core.kinds.kind import Key
from simulation.core.kinds.reference import Reference
from simulation.core.objectives import CROSS_ENTROPY, Objective
from simulation.core.packing import Tree
from simulation.core.types import Answer, Experience, Feedback, Question

WORDS = ("<end>", *"abcdefghij")


class BigramLearner:
    """Knows the letters a to j; what follows a letter depends on that letter and the slot's table alone."""

    source = "bigram"

    def __init__(self, slots: Sequence[str], *, dtype: torch.dtype = torch.float64, longest: int = 99) -> None:
        self.longest = longest
        self.slots = tuple(slots)
        size = len(WORDS)
        start = [np.random.default_rng(list(slot.encode())).normal(size=size * size) * 0.5 for slot in self.slots]
        self.adapters_SP = torch.tensor(np.stack(start), dtype=dtype, requires_grad=True)
        self.passes: list[list[str]] = []

    def encode(self, prompt: str, continuations: Sequence[str], cut: Collection[int] = ()) -> Tree:
        branches = [
            (*map(WORDS.index, text), *([] if place in cut and text else [0]))
            for place, text in enumerate(continuations)
        ]
        return Tree(prompt=tuple(map(WORDS.index, prompt)), branches=tuple(branches))

    def branch_logprobs(
        self, slots: Sequence[str], trees_SB: Sequence[Sequence[Tree]], objective: Objective = CROSS_ENTROPY
    ) -> tuple[Tensor, Tensor]:
        self.passes.append(list(slots))
        rows = [tree for trees in trees_SB for tree in trees]
        shape = (
            len(slots),
            max(map(len, trees_SB)),
            max(len(tree.branches) for tree in rows),
            max(len(branch) for tree in rows for branch in tree.branches),
        )
        size = len(WORDS)
        table = self.adapters_SP.view(-1, size, size)
        owners, before, after = (torch.zeros(shape, dtype=torch.int64) for _ in range(3))
        valid = torch.zeros(shape, dtype=torch.bool)
        for s, (slot, trees) in enumerate(zip(slots, trees_SB, strict=True)):
            owners[s] = self.slots.index(slot)
            for b, tree in enumerate(trees):
                for k, branch in enumerate(tree.branches):
                    before[s, b, k, : len(branch)] = torch.tensor((tree.prompt[-1], *branch[:-1]))
                    after[s, b, k, : len(branch)] = torch.tensor(branch)
                    valid[s, b, k, : len(branch)] = True
        logprobs = target_logprobs(table[owners, before].flatten(0, -2), after.flatten(), objective).view(shape)
        return logprobs.where(valid, 0.0), valid

    def score(self, requests: Sequence[Request]) -> list[tuple[float, ...]]:
        with torch.no_grad():
            return [
                tuple(
                    self.branch_logprobs([request.slot], [[self.encode(request.prompt, request.continuations)]])[0]
                    .sum(-1)[0, 0]
                    .tolist()
                )
                for request in requests
            ]

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        return [self._write(request) for request in requests]

    def _write(self, request: Request) -> Completion:
        if len(request.prompt) > self.longest:
            return Completion(stop="error: the prompt is too long")
        size = len(WORDS)
        table = torch.softmax(self.adapters_SP.detach().view(-1, size, size), dim=-1)[self.slots.index(request.slot)]
        rng = np.random.default_rng(request.seed)
        last, text = WORDS.index(request.prompt[-1]), ""
        for _ in range(request.max_tokens):
            odds = table[last].double().numpy()
            last = int(rng.choice(size, p=odds / odds.sum()))
            if last == 0:
                return Completion(text=text, tokens=len(text) + 1)
            text += WORDS[last]
        return Completion(text=text, tokens=len(text), stop="length")

    def render(self, prompt: str) -> str:
        return prompt

    def touch(self, slots: Sequence[str]) -> None:
        assert set(slots) <= set(self.slots)

    def version(self, slot: str) -> str:
        return sha256(self.row(slot).numpy().tobytes()).hexdigest()

    def dump(self, slot: str) -> bytes:
        return save({"table": self.row(slot).numpy()})

    def restore(self, slot: str, data: bytes) -> None:
        with torch.no_grad():
            self.adapters_SP[self.slots.index(slot)] = torch.from_numpy(load(data)["table"])

    def row(self, slot: str) -> Tensor:
        return self.adapters_SP.detach()[self.slots.index(slot)].clone()


def experience(prompt: str, text: str, *, score: float, correction: str | None, stop: str = "stop") -> Experience:
    """Return an experience of `text` given to `prompt`."""
    return Experience(
        question=Question(id=prompt, prompt=prompt, key=Key() if correction is None else Reference(answer=correction)),
        answer=Answer(question_id=prompt, prompt=prompt, text=text, answerer="student", model_version="", stop=stop),
        feedback=Feedback(score=score, judge="scripted", correction=correction),
        truth=score,
        turn=1,
        position=0,
    )


def lessons(seed: int, count: int) -> list[Experience]:
    """Return `count` wrong answers of one to four letters with their corrections."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        prompt, right, wrong = ("".join(rng.choice(list(WORDS[1:]), size=int(rng.integers(1, 5)))) for _ in range(3))
        found.append(experience(prompt, wrong + "a", score=0.0, correction=right + "b"))
    return found
