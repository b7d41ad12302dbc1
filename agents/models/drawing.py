"""The next token of every text: the likeliest, or the one where a uniform number falls.

Axes: M texts, V vocabulary.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from simulation.core.calls import WHOLE, Request

PORTION = 2**20
"""So many logits are drawn from at a time: what is made of more leaves the cache (64 rows of 49,152 at once took five
times as long)."""


def cuts(requests: Sequence[Request], device: torch.device) -> Tensor | None:
    """Return top_k, top_p and min_p of each request, `[M, 3]`, or None where every token may be drawn by all."""
    if all(request.cut == WHOLE for request in requests):
        return None
    rows = [(request.cut.top_k, request.cut.top_p, request.cut.min_p) for request in requests]
    return torch.tensor(rows, dtype=torch.float64, device=device)


def draw(logits_MV: Tensor, heat_M: Tensor, uniforms_M: Tensor, cuts_M3: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return each row's next token and its log-probability, nats, before temperature; at `heat` 0 the likeliest.

    A sampled token is where the row's uniform number falls in the cumulative distribution.
    """
    size = max(1, PORTION // logits_MV.shape[1]) if logits_MV.device.type == "cpu" else len(logits_MV)
    if len(logits_MV) <= size:
        return _drawn(logits_MV, heat_M, uniforms_M, cuts_M3)
    portions = [slice(first, first + size) for first in range(0, len(logits_MV), size)]
    drawn = [
        _drawn(logits_MV[rows], heat_M[rows], uniforms_M[rows], None if cuts_M3 is None else cuts_M3[rows])
        for rows in portions
    ]
    return torch.cat([tokens for tokens, _ in drawn]), torch.cat([logprobs for _, logprobs in drawn])


def _drawn(logits_MV: Tensor, heat_M: Tensor, uniforms_M: Tensor, cuts_M3: Tensor | None) -> tuple[Tensor, Tensor]:
    logits_MV = logits_MV if logits_MV.dtype == torch.float64 else logits_MV.float()
    normaliser_M = logits_MV.logsumexp(-1)
    hot_M = heat_M > 0
    if not hot_M.all():
        logit_M, tokens_M = logits_MV.max(-1)
        if not hot_M.any():
            return tokens_M, logit_M - normaliser_M
        hot_cuts = None if cuts_M3 is None else cuts_M3[hot_M]
        tokens_M[hot_M] = sample(logits_MV[hot_M], heat_M[hot_M], uniforms_M[hot_M], hot_cuts)
    else:
        tokens_M = sample(logits_MV, heat_M, uniforms_M, cuts_M3)
    return tokens_M, logits_MV.gather(1, tokens_M.unsqueeze(1)).squeeze(1) - normaliser_M


def sample(logits_MV: Tensor, heat_M: Tensor, uniforms_M: Tensor, cuts_M3: Tensor | None = None) -> Tensor:
    """Return the tokens where uniform numbers fall."""
    scaled_MV = logits_MV / heat_M.to(logits_MV.dtype).unsqueeze(1)
    if cuts_M3 is not None:
        scaled_MV = scaled_MV.masked_fill(~drawable(scaled_MV, cuts_M3), -torch.inf)
    cumulative_MV = scaled_MV.softmax(-1).cumsum(-1, dtype=torch.float64)
    points_M = uniforms_M * cumulative_MV[:, -1]
    tokens_M = torch.searchsorted(cumulative_MV, points_M.unsqueeze(1), right=True).squeeze(1)
    return tokens_M.clamp(max=logits_MV.shape[1] - 1)


def drawable(scaled_MV: Tensor, cuts_M3: Tensor) -> Tensor:
    """Return which tokens pass top_k, then top_p among these, then min_p, from logits over temperature.

    Of equally likely tokens at the edge of top_k or top_p those of lower number pass.
    """
    top_k_M1, top_p_M1, min_p_M1 = cuts_M3.unsqueeze(-1).unbind(1)
    ordered_MV, places_MV = scaled_MV.double().sort(stable=True, dim=-1, descending=True)
    ranks_V = torch.arange(scaled_MV.shape[1], device=scaled_MV.device)
    among_MV = (ranks_V < top_k_M1) | (top_k_M1 == 0)
    probabilities_MV = ordered_MV.masked_fill(~among_MV, -torch.inf).softmax(-1)
    before_MV = probabilities_MV.cumsum(-1) - probabilities_MV
    passing_MV = among_MV & ((before_MV < top_p_M1) | (top_p_M1 >= 1))
    passing_MV &= probabilities_MV >= min_p_M1 * probabilities_MV[:, :1]
    passing_MV[:, 0] = True
    return torch.zeros_like(passing_MV).scatter_(1, places_MV, passing_MV)
