"""Options scored by a small model's lean blocks: the same trees in fewer operations, without gradients.

Axes: S slots, B trees of a slot, R = S·B rows, L tokens of a row, K branches, T branch tokens, N tokens asked for,
A tokens, V vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from agents.models.lean import KEPT_SLOTS, Lean, LeanBody
from agents.models.scoring import Scorer, square
from simulation.core.packing import Packed, Tree, pack


@dataclass(frozen=True, slots=True)
class LeanScorer:
    """Scores what fits, and leaves the rest to the model itself."""

    scorer: Scorer
    lean: Lean | None
    """None where a trial did not see the model compute the same so."""

    @torch.inference_mode()
    def sums(self, slots: Sequence[int], trees_SB: Sequence[Sequence[Tree]]) -> Tensor:
        """Return `logprob_SBK` of whole branches, nats, in double precision."""
        lean = self.lean
        if lean is None or len(slots) > KEPT_SLOTS or not self.scorer.abilities.tree:
            return self.scorer.logprobs(slots, trees_SB)[0].double().sum(-1)
        trees = square(trees_SB, self.scorer.pad)
        if not self.scorer.fits(trees):
            return self.scorer.logprobs(slots, trees_SB)[0].double().sum(-1)
        packed = pack(trees, pad=self.scorer.pad)
        logprobs_RKT = scored(LeanBody(lean, slots), packed, self.scorer.adapters.values_SP.device)
        return logprobs_RKT.double().sum(-1).view(len(slots), -1, packed.valid_RKT.shape[1])


def scored(body: LeanBody, packed: Packed, device: torch.device) -> Tensor:
    """Return the log-probability of each branch token; 0 where there is none."""
    last = packed.tokens_RL.shape[1] - packed.first
    tokens_RL, positions_RL, mask_RLL = (
        torch.from_numpy(values).to(device) for values in (packed.tokens_RL, packed.positions_RL, packed.mask_RLL)
    )
    body.append(tokens_RL, positions_RL, mask_RLL, last)
    rows_N = np.nonzero(packed.valid_RKT)[0]
    places_N = torch.from_numpy(rows_N * last + packed.predictors_RKT[packed.valid_RKT] - packed.first).to(device)
    logprobs_NV = body.logits(places_N).log_softmax(-1)
    targets_N1 = torch.from_numpy(packed.targets_RKT[packed.valid_RKT]).to(device).unsqueeze(1)
    logprobs_RKT = logprobs_NV.new_zeros(packed.valid_RKT.shape)
    valid_RKT = torch.from_numpy(packed.valid_RKT).to(device)
    return logprobs_RKT.masked_scatter(valid_RKT, logprobs_NV.gather(1, targets_N1).squeeze(1))
