"""The plain way to score options: each prompt with each continuation as a padded sequence of its own."""

import time
from collections.abc import Sequence

import torch
from transformers import AutoModelForCausalLM

from simulation.core.calls import Request
from simulation.core.packing import Tree
from simulation.core.roles import Trainable
from training.trl.borrowed import quiet


class PlainScorer:
    """Scores with transformers alone, sequences of like length together."""

    def __init__(self, learner: Trainable, dtype: str) -> None:
        """Load the learner's base anew; the learner is asked for token ids only."""
        self._learner = learner
        with quiet():
            self._model = AutoModelForCausalLM.from_pretrained(learner.source, dtype=getattr(torch, dtype)).eval()
        self._batch_size = 32

    def choose(self, warm_up: Sequence[Request], trial: Sequence[Request], batch_sizes: Sequence[int]) -> int:
        """Take the fastest batch size, in sequences, and return it."""
        seconds = {}
        self.score(warm_up)
        for size in batch_sizes:
            self._batch_size = size
            began = time.perf_counter()
            self.score(trial)
            seconds[size] = time.perf_counter() - began
        self._batch_size = min(seconds, key=lambda size: seconds[size])
        return self._batch_size

    @torch.no_grad()
    def score(self, requests: Sequence[Request]) -> list[tuple[float, ...]]:
        """Return the log-probability, nats, of each request's continuations."""
        trees = [self._learner.encode(request.prompt, request.continuations) for request in requests]
        paths = [(row, branch) for row, tree in enumerate(trees) for branch in range(len(tree.branches))]
        paths.sort(key=lambda path: length(trees[path[0]], path[1]))
        found: dict[tuple[int, int], float] = {}
        for first in range(0, len(paths), self._batch_size):
            batch = paths[first : first + self._batch_size]
            found.update(zip(batch, self._sums([trees[row] for row, _ in batch], batch), strict=True))
        return [tuple(found[row, branch] for branch in range(len(tree.branches))) for row, tree in enumerate(trees)]

    def _sums(self, trees: Sequence[Tree], batch: Sequence[tuple[int, int]]) -> list[float]:
        longest = max(length(tree, branch) for tree, (_, branch) in zip(trees, batch, strict=True))
        tokens_BL = torch.zeros(len(batch), longest, dtype=torch.long)
        wanted_BL = torch.zeros(len(batch), longest, dtype=torch.bool)
        for place, (tree, (_, branch)) in enumerate(zip(trees, batch, strict=True)):
            sequence = (*tree.prompt, *tree.branches[branch])
            tokens_BL[place, : len(sequence)] = torch.tensor(sequence)
            wanted_BL[place, len(tree.prompt) : len(sequence)] = True
        logits_BLV = self._model(tokens_BL, use_cache=False).logits[:, :-1].float()
        logprobs_BL = logits_BLV.log_softmax(-1).gather(-1, tokens_BL[:, 1:, None])[..., 0]
        sums: list[float] = logprobs_BL.where(wanted_BL[:, 1:], 0.0).double().sum(-1).tolist()
        return sums


def length(tree: Tree, branch: int) -> int:
    """Return the tokens of a prompt with one of its branches."""
    return len(tree.prompt) + len(tree.branches[branch])
