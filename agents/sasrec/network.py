"""The network of SASRec: Kang & McAuley (2018), "Self-Attentive Sequential Recommendation", arXiv 1808.09781.

An item's embedding plus that of its position (section 3.1), blocks of causal self-attention and a network of two layers
for each position, both with layer normalisation before, dropout after and a way around (3.2, 3.3); a text's score is
the product of the last state with its embedding (3.4). What we changed: positions count from the newest item back, so
that short histories are not padded in front; a text that begins every history, so that an empty one can be answered
too; and the loss, cross-entropy over all texts in the place of one drawn negative, which Klenitskiy & Vasilev (2023),
"Turning Dross Into Gold Loss", arXiv 2309.07602, found to be what SASRec lacked.

Axes: W windows, T positions (oldest first, filled on the left), D width, V texts.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

SPREAD = 0.02
"""Standard deviation of the weights that are drawn."""


class Block(nn.Module):
    """One layer: attention to what came before, and a network for each position."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_network = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attended = nn.Linear(width, 3 * width)
        self.joined, self.inner, self.outer = (nn.Linear(width, width) for _ in range(3))

    def forward(self, states_WTD: Tensor, visible_WTT: Tensor, drop: "Dropout") -> Tensor:
        """Return the states of the next layer."""
        windows, positions, width = states_WTD.shape
        parts = self.attended(self.before_attention(states_WTD)).view(windows, positions, 3, self.heads, -1)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4)
        scores_WHTT = queries @ keys.transpose(-1, -2) / math.sqrt(width / self.heads)
        scores_WHTT = scores_WHTT.masked_fill(~visible_WTT[:, None], -math.inf)
        mixed = drop(scores_WHTT.softmax(-1)) @ values
        states_WTD = states_WTD + drop(self.joined(mixed.transpose(1, 2).reshape(windows, positions, width)))
        inner = drop(functional.relu(self.inner(self.before_network(states_WTD))))
        return states_WTD + drop(self.outer(inner))


class Dropout:
    """Drops by a stream of its own; none is given where nothing is to be dropped."""

    def __init__(self, share: float, stream: torch.Generator | None) -> None:
        self.share = share
        self.stream = stream

    def __call__(self, values: Tensor) -> Tensor:
        """Return the values, each 0 with probability `share`, the others larger to make up for it."""
        if self.stream is None or self.share == 0:
            return values
        is_kept = torch.rand(values.shape, generator=self.stream) >= self.share
        return values * is_kept / (1 - self.share)


class SasrecNetwork(nn.Module):
    """Scores all texts of a catalogue after a history."""

    def __init__(self, texts: int, *, width: int, layers: int, heads: int, history: int) -> None:
        super().__init__()
        self.texts, self.history = texts, history
        self.embedding = nn.Embedding(texts + 1, width)
        """Of each text, and of what begins every history."""
        self.position = nn.Embedding(history + 1, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.final = nn.LayerNorm(width)

    @torch.no_grad()
    def draw(self, stream: torch.Generator) -> None:
        """Draw all weights anew: normally distributed, the biases 0 and the normalisations 1."""
        for name, weight in self.named_parameters():
            if weight.dim() > 1:
                weight.copy_(SPREAD * torch.randn(weight.shape, generator=stream))
            else:
                weight.fill_(float("weight" in name))

    def forward(self, places_WT: Tensor, drop: Dropout) -> Tensor:
        """Return the score of every text after each history, `logits_WV`; places below 0 are filling."""
        filled_WT = places_WT >= 0
        positions = places_WT.shape[1]
        age_T = torch.arange(positions - 1, -1, -1)
        embedded_WTD = self.embedding(places_WT.clamp(min=0)) * math.sqrt(self.embedding.embedding_dim)
        states_WTD = drop(embedded_WTD + self.position(age_T))
        causal_TT = torch.ones(positions, positions, dtype=torch.bool).tril()
        itself_TT = torch.eye(positions, dtype=torch.bool)
        visible_WTT = causal_TT & filled_WT[:, None, :] | itself_TT  # filling sees itself, or its softmax had no sum
        for block in self.blocks:
            states_WTD = block(states_WTD, visible_WTT, drop)
        logits_WV: Tensor = self.final(states_WTD[:, -1]) @ self.embedding.weight[: self.texts].T
        return logits_WV

    def laid_out(self, histories: Sequence[Sequence[int]]) -> Tensor:
        """Return `places_WT`: what begins a history and its newest texts, filled on the left by -1."""
        newest = [(self.texts, *history[-self.history :]) for history in histories]
        places_WT = np.full((len(newest), max(map(len, newest), default=1)), -1, dtype=np.int64)
        for row, places in zip(places_WT, newest, strict=True):
            row[-len(places) :] = places
        return torch.from_numpy(places_WT)
