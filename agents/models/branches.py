"""Beams that grow from one prompt each: as query positions of one sequence, or as plain texts where a model needs them.

A prompt's keys and values are computed once and never copied: each beam is a column that sees the prompt, its own
ancestors and itself (tree attention, see `simulation/core/packing.py`, here with a cache), and of the head only the
rows of the tokens that may follow are multiplied.
Axes: R searches, W beams, M = R·W, P columns of the prompts, C columns so far, A tokens, E features, V vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn
from transformers.cache_utils import DynamicCache

from agents.models.decoding import CachedSteps, Steps, WholeSteps
from agents.models.lean import Lean, LeanBody
from agents.models.lora import settled
from agents.models.objectives import exact
from agents.models.scoring import Scorer

PORTION = 2**24
"""The most logits of the whole vocabulary that are held at once."""


class Beams(Protocol):
    """Searches of one width side by side, each from a prompt of its own."""

    def scores(self, tokens_A: Tensor, *, whole: bool) -> Tensor:
        """Return `(R, W, A)` of the tokens as what comes next of each beam: logits, or normalised over all tokens."""

    def advance(self, tokens_RW: Tensor, parents_RW: Tensor) -> None:
        """Go on with beams that append a token each to the beams `parents_RW` of before."""


@runtime_checkable
class SlotHead(Protocol):
    """An output head of which slots hold weights of their own."""

    def rows_of(self, slots: Sequence[int], tokens_N: Tensor) -> Tensor:
        """Return each slot's weights of some tokens, `(slots, tokens, features)`."""


@dataclass(frozen=True, slots=True)
class Head:
    """What turns a model's last features into scores of tokens."""

    scorer: Scorer
    slots: Sequence[int]

    def rows(self, tokens_A: Tensor) -> Tensor:
        """Return the weights of tokens, one for all slots or one each."""
        head = output_head(self.scorer.module)
        if isinstance(head, SlotHead):
            return head.rows_of(self.slots, tokens_A)
        return head.weight[tokens_A].unsqueeze(0)  # type: ignore[index]  # nn.Module types attributes so

    def logits(self, features_RWE: Tensor, tokens_A: Tensor) -> Tensor:
        """Return the logits of some tokens, computed alone."""
        weight_GAE = self.rows(tokens_A).to(features_RWE.dtype)
        if len(weight_GAE) == 1:
            return exact(nn.functional.linear(features_RWE, weight_GAE[0]))
        features_GNE = features_RWE.reshape(len(weight_GAE), -1, features_RWE.shape[-1])
        return exact(torch.bmm(features_GNE, weight_GAE.mT).view(*features_RWE.shape[:-1], -1))

    def logprobs(self, features_RWE: Tensor, tokens_A: Tensor) -> Tensor:
        """Return the log-probabilities of some tokens among the whole vocabulary, nats."""
        rows = len(features_RWE)
        head = output_head(self.scorer.module)
        size = max(1, PORTION // (rows * int(head.weight.shape[0])))  # type: ignore[index]
        parts = []
        for features_RNE in features_RWE.split(size, dim=1):  # type: ignore[no-untyped-call]
            with self.scorer.adapters.seated(self.slots, rows=rows, columns=features_RNE.shape[1]):
                parts.append(normalised(exact(head(features_RNE)), tokens_A))
        return torch.cat(parts, dim=1)


class Body(Protocol):
    """A model that reads the columns of one batch, and remembers them."""

    def append(self, tokens_RL: Tensor, positions_RL: Tensor, mask_RLC: Tensor | None, last: int) -> None:
        """Read more columns, of which the last ones will be asked for scores.

        Rows or columns that share their positions may have one of them alone.
        """

    def scores(self, tokens_A: Tensor, *, whole: bool) -> Tensor:
        """Return `(R, last, A)` of the tokens: logits, or normalised over all tokens."""


class ModelBody:
    """The model itself with its cache."""

    def __init__(self, scorer: Scorer, slots: Sequence[int]) -> None:
        self._scorer = scorer
        self._slots = list(slots)
        self._maps = settled(scorer.module, slots)
        self._cache = DynamicCache()
        self._head = Head(scorer, self._slots)

    def append(self, tokens_RL: Tensor, positions_RL: Tensor, mask_RLC: Tensor | None, last: int) -> None:
        """Read more columns, of which the last ones will be asked for scores."""
        rows, columns = tokens_RL.shape
        abilities, module = self._scorer.abilities, self._scorer.module
        inputs: dict[str, Any] = {
            "input_ids": tokens_RL,
            "position_ids": positions_RL.expand(rows, columns),
            "attention_mask": None if mask_RLC is None else mask_RLC.unsqueeze(1),
            "use_cache": True,
            str(abilities.cache): self._cache,
        }
        with self._scorer.adapters.seated(self._slots, rows=rows, columns=columns, maps=self._maps):
            if abilities.slices:
                self._features_RLE = module.base_model(**inputs)[0][:, -last:]  # type: ignore[operator]
            else:
                keeps = {"logits_to_keep": last} if abilities.keeps else {}
                self._features_RLE = module(**inputs, **keeps).logits[:, -last:]

    def scores(self, tokens_A: Tensor, *, whole: bool) -> Tensor:
        """Return `(R, last, A)` of the tokens: logits, or normalised over all tokens."""
        if not self._scorer.abilities.slices:
            logits_RLV = exact(self._features_RLE)
            return normalised(logits_RLV, tokens_A) if whole else logits_RLV[..., tokens_A]
        return (self._head.logprobs if whole else self._head.logits)(self._features_RLE, tokens_A)


class PackedBeams:
    """Computes the newest token of every beam as one column of its prompt's sequence."""

    def __init__(self, scorer: Scorer, prompts: Sequence[Sequence[int]], body: Body) -> None:
        """Read the prompts, as many for every slot of the body, one slot's after the other's."""
        self._body = body
        device = scorer.adapters.values_SP.device
        longest = max(map(len, prompts))
        pads = [longest - len(prompt) for prompt in prompts]
        tokens_RP = np.array([(*[scorer.pad] * pad, *row) for pad, row in zip(pads, prompts, strict=True)])
        columns_P = torch.arange(longest, device=device)
        pads_R1 = torch.from_numpy(np.array(pads)[:, None]).to(device)
        self._lengths_R1 = longest - pads_R1
        dtype = next(scorer.module.parameters()).dtype
        self._lowest = torch.finfo(dtype).min
        self._mask_RWC = torch.zeros((len(pads), 1, longest), dtype=dtype, device=device)
        self._alone_WW = self._mask_RWC.new_zeros((0, 0))
        positions_RP, mask_RPP = columns_P.unsqueeze(0), None
        if any(pads):
            self._mask_RWC.squeeze(1).masked_fill_(columns_P < pads_R1, self._lowest)
            mask_RPP = self._mask_RWC.masked_fill(columns_P > columns_P.unsqueeze(1), self._lowest)
            positions_RP = (columns_P - pads_R1).clamp(min=0)
        body.append(torch.from_numpy(tokens_RP).to(device), positions_RP, mask_RPP, 1)

    def scores(self, tokens_A: Tensor, *, whole: bool) -> Tensor:
        """Return `(R, W, A)` of the tokens as what comes next of each beam: logits, or normalised over all tokens."""
        return self._body.scores(tokens_A, whole=whole)

    def advance(self, tokens_RW: Tensor, parents_RW: Tensor) -> None:
        """Go on with beams that append a token each to the beams `parents_RW` of before."""
        rows, beams = tokens_RW.shape
        _, before, columns = self._mask_RWC.shape
        if before == 1:
            ancestors_RWC = self._mask_RWC.expand(-1, beams, -1)
        else:
            ancestors_RWC = self._mask_RWC.gather(1, parents_RW.unsqueeze(-1).expand(-1, -1, columns))
        if self._alone_WW.shape[0] != beams:
            self._alone_WW = self._mask_RWC.new_full((beams, beams), self._lowest).fill_diagonal_(0.0)
        self._mask_RWC = torch.cat([ancestors_RWC, self._alone_WW.expand(rows, -1, -1)], dim=-1)
        self._body.append(tokens_RW, self._lengths_R1, self._mask_RWC, beams)
        self._lengths_R1 = self._lengths_R1 + 1


class PlainBeams:
    """Reads every beam as a text of its own: slow, and right for any causal architecture."""

    def __init__(self, scorer: Scorer, slots: Sequence[int], prompts: Sequence[Sequence[int]]) -> None:
        """Read the prompts, as many for every slot, one slot's after the other's."""
        self._slots = list(slots)
        self._rows = len(prompts)
        self._beams = 1
        kind = CachedSteps if scorer.abilities.cache else WholeSteps
        self._steps: Steps = kind(scorer, slots, [tuple(prompt) for prompt in prompts])

    def scores(self, tokens_A: Tensor, *, whole: bool) -> Tensor:
        """Return `(R, W, A)` of the tokens as what comes next of each beam: logits, or normalised over all tokens."""
        logits_RWV = exact(self._steps.logits_MV).view(self._rows, self._beams, -1)
        return normalised(logits_RWV, tokens_A) if whole else logits_RWV[..., tokens_A]

    def advance(self, tokens_RW: Tensor, parents_RW: Tensor) -> None:
        """Go on with beams that append a token each to the beams `parents_RW` of before."""
        firsts_R1 = torch.arange(self._rows, device=parents_RW.device).unsqueeze(1) * self._beams
        self._steps.keep((firsts_R1 + parents_RW).flatten().tolist(), self._slots)
        self._beams = tokens_RW.shape[1]
        self._steps.advance(tokens_RW.flatten())


def begun(
    scorer: Scorer, slots: Sequence[int], prompts: Sequence[Sequence[int]], depth: int, lean: Lean | None
) -> Beams:
    """Read prompts, which at most `depth` tokens follow, in the fastest way that the model takes."""
    if not packs(scorer, max(map(len, prompts)) + depth):
        return PlainBeams(scorer, slots, prompts)
    body = ModelBody(scorer, slots) if lean is None else LeanBody(lean, slots)
    return PackedBeams(scorer, prompts, body)


def packs(scorer: Scorer, reach: int) -> bool:
    """Say whether beams may be columns of one sequence: no path is longer than the attention's reach."""
    abilities = scorer.abilities
    return abilities.branches and (abilities.window is None or reach <= abilities.window)


def output_head(module: nn.Module) -> nn.Module:
    """Return the head that scores tokens."""
    head: nn.Module = module.get_output_embeddings()  # type: ignore[operator]  # a transformers model
    return head


def normalised(logits_RWV: Tensor, tokens_A: Tensor) -> Tensor:
    """Return the log-probabilities of some tokens among all, nats."""
    return logits_RWV[..., tokens_A] - logits_RWV.logsumexp(-1, keepdim=True)
