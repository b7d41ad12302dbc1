"""Next-token logits for a batch of unfinished texts: from a key-value cache, or by reading each text again.

Rows stand slot after slot, equally many a slot. Axes: M rows, L tokens, V vocabulary.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from agents.models.scoring import Scorer


class Steps(Protocol):
    """A batch of texts that grow by one token a step."""

    logits_MV: Tensor
    """Of the token that comes next in each row; after `keep` they are stale until `advance`."""

    def advance(self, tokens_M: Tensor) -> None:
        """Append one token to every row."""

    def keep(self, rows: Sequence[int], slots: Sequence[int]) -> None:
        """Go on with these rows of these slots only."""


class CachedSteps:
    """Computes one token a step; equal prompts of a slot are read once and shared."""

    logits_MV: Tensor

    def __init__(self, scorer: Scorer, slots: Sequence[int], prompts: Sequence[tuple[int, ...]]) -> None:
        self._scorer = scorer
        self._slots = list(slots)
        self._device = scorer.adapters.values_SP.device
        rows, origins = share(prompts, len(slots))
        columns = max(map(len, rows))
        tokens_ML = torch.full((len(rows), columns), scorer.pad)
        seen_ML = torch.zeros((len(rows), columns), dtype=torch.int64)
        for row, prompt in enumerate(rows):
            tokens_ML[row, columns - len(prompt) :] = torch.tensor(prompt)
            seen_ML[row, columns - len(prompt) :] = 1
        self._seen_ML = seen_ML.to(self._device)
        self._cache: Any = None  # a transformers Cache
        positions_ML = (self._seen_ML.cumsum(1) - 1).clamp(min=0)
        self._forward(tokens_ML.to(self._device), positions_ML)
        if origins != list(range(len(rows))):
            self._select(origins)

    def advance(self, tokens_M: Tensor) -> None:
        """Append one token to every row."""
        tokens_M1 = tokens_M.unsqueeze(1)
        positions_M1 = self._seen_ML.sum(1, keepdim=True)
        if self._scorer.abilities.longest is not None:
            # finished rows that wait for the others may run past the end; theirs are not read
            positions_M1 = positions_M1.clamp(max=self._scorer.abilities.longest - 1)
        self._seen_ML = torch.cat([self._seen_ML, torch.ones_like(tokens_M1)], dim=1)
        self._forward(tokens_M1, positions_M1)

    def keep(self, rows: Sequence[int], slots: Sequence[int]) -> None:
        """Go on with these rows of these slots only."""
        self._slots = list(slots)
        self._select(rows)

    def _forward(self, tokens_ML: Tensor, positions_ML: Tensor) -> None:
        rows, columns = tokens_ML.shape
        last = {"logits_to_keep": 1} if self._scorer.abilities.keeps else {}
        keyword = str(self._scorer.abilities.cache)
        with self._scorer.adapters.seated(self._slots, rows=rows, columns=columns):
            out = self._scorer.module(
                input_ids=tokens_ML,
                attention_mask=self._seen_ML,
                position_ids=positions_ML,
                use_cache=True,
                **{keyword: self._cache},
                **last,
            )
        self._cache = out[keyword]
        self.logits_MV = out.logits[:, -1]

    def _select(self, rows: Sequence[int]) -> None:
        chosen = torch.tensor(rows, device=self._device)
        self._cache.batch_select_indices(chosen)
        self._seen_ML = self._seen_ML[chosen]
        self.logits_MV = self.logits_MV[chosen]


class WholeSteps:
    """Reads every text again each step: slow, and right for any causal architecture."""

    logits_MV: Tensor

    def __init__(self, scorer: Scorer, slots: Sequence[int], prompts: Sequence[tuple[int, ...]]) -> None:
        self._scorer = scorer
        self._slots = list(slots)
        self._texts = [list(prompt) for prompt in prompts]
        self._forward()

    def advance(self, tokens_M: Tensor) -> None:
        """Append one token to every row."""
        for text, token in zip(self._texts, tokens_M.tolist(), strict=True):
            text.append(token)
        self._forward()

    def keep(self, rows: Sequence[int], slots: Sequence[int]) -> None:
        """Go on with these rows of these slots only."""
        self._slots = list(slots)
        self._texts = [list(self._texts[row]) for row in rows]
        self.logits_MV = self.logits_MV[list(rows)]

    def _forward(self) -> None:
        device = self._scorer.adapters.values_SP.device
        columns = max(map(len, self._texts))
        tokens_ML = torch.tensor([text + [self._scorer.pad] * (columns - len(text)) for text in self._texts])
        tokens_ML = tokens_ML.to(device)
        masks = {"attention_mask": torch.ones_like(tokens_ML)} if self._scorer.abilities.masks else {}
        with self._scorer.adapters.seated(self._slots, rows=len(self._texts), columns=columns):
            logits_MLV = self._scorer.module(input_ids=tokens_ML, use_cache=False, **masks).logits
        last = torch.tensor([len(text) - 1 for text in self._texts], device=device)
        self.logits_MV = logits_MLV[torch.arange(len(last), device=device), last]


def share(prompts: Sequence[tuple[int, ...]], slots: int) -> tuple[list[tuple[int, ...]], list[int]]:
    """Return each slot's different prompts, as many for every slot, and the place of each row's prompt among them."""
    size = len(prompts) // slots
    different = [list(dict.fromkeys(prompts[slot * size : (slot + 1) * size])) for slot in range(slots)]
    most = max(map(len, different))
    rows = [prompt for own in different for prompt in (*own, *[own[0]] * (most - len(own)))]
    places = [{prompt: place for place, prompt in enumerate(own)} for own in different]
    origins = [row // size * most + places[row // size][prompt] for row, prompt in enumerate(prompts)]
    return rows, origins
