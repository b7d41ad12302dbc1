"""Beam search over a trie as tensor operations, many prompts and slots side by side.

It is that of transformers' `generate(prefix_allowed_tokens_fn=…, length_penalty=0)`: of all continuations of the beams
the likeliest go on, a text that ends among the `width` likeliest is found, and the found are ranked by their sums.
Two normalisers: `level` is the softmax over the tokens that may follow a node (`renormalize_logits=True` there), so
that the texts of the trie share all probability; `vocabulary` is the softmax over all tokens, so that a sum is how
likely the model writes the text unasked. `level` computes no logit of a token that occurs in no text at its place.
Axes: R searches, W beams, A tokens of a level, B children, F texts found, K texts wanted.
"""

from typing import Literal

import torch
from torch import Tensor

from agents.models.branches import Beams
from agents.models.trie import Level, Trie

Normaliser = Literal["level", "vocabulary"]


class TrieSearch:
    """The beams of searches of one width."""

    def __init__(self, trie: Trie, beams: Beams, rows: int, width: int, normaliser: Normaliser) -> None:
        self._trie = trie
        self._beams = beams
        self._width = min(width, trie.size)
        self._whole = normaliser == "vocabulary"
        device = trie.levels[0].alphabet_A.device
        self._nodes_RW = torch.zeros((rows, 1), dtype=torch.int64, device=device)
        self._totals_RW = torch.zeros((rows, 1), device=device)
        self._leaves_RF = torch.zeros((rows, 0), dtype=torch.int64, device=device)
        self._found_RF = torch.zeros((rows, 0), device=device)

    def run(self) -> tuple[Tensor, Tensor]:
        """Return the places in the trie of the likeliest texts and their sums, nats, `(R, width)`, best first.

        A place without a text, as a trie with ends may leave, has a sum of minus infinity.
        """
        for level in self._trie.levels:
            parents_RW = self._step(level)
            if level is self._trie.levels[-1] or self._over(level):
                break
            self._beams.advance(level.tokens(self._nodes_RW), parents_RW)
        sums_RC = torch.cat([self._found_RF, self._totals_RW], dim=1)
        leaves_RC = torch.cat([self._leaves_RF, level.texts(self._nodes_RW)], dim=1)
        sums_RK, places_RK = sums_RC.topk(min(self._width, sums_RC.shape[1]))
        return leaves_RC.gather(1, places_RK), sums_RK

    def _step(self, level: Level) -> Tensor:
        """Go down one level, and return the beam that each beam continues."""
        totals_RC, children = self._continued(level)
        if level.end is not None:
            ends_RC = level.ending(self._nodes_RW).flatten(1)
            self._find(level, totals_RC, ends_RC, children)
            totals_RC = totals_RC.masked_fill(ends_RC, -torch.inf)
        self._totals_RW, places_RW = totals_RC.topk(min(self._width, totals_RC.shape[1], level.children))
        if self._nodes_RW.shape[1] == 1:  # the first node's children are the nodes of the first level
            self._nodes_RW = places_RW
            return torch.zeros_like(places_RW)
        parents_RW = places_RW // children
        nodes_RW = level.child(self._nodes_RW.gather(1, parents_RW), places_RW % children)
        # a beam that only fills a place, for want of others, stands at a node that there is
        self._nodes_RW = nodes_RW.where(self._totals_RW > -torch.inf, 0) if self._trie.ends else nodes_RW
        return parents_RW

    def _continued(self, level: Level) -> tuple[Tensor, int]:
        """Return the sums of all continuations, and how many there are of a beam."""
        scores_RWB = level.allowed(self._nodes_RW, self._beams.scores(level.alphabet_A, whole=self._whole))
        if not self._whole:
            scores_RWB = scores_RWB.log_softmax(-1)
        totals_RW1 = self._totals_RW.unsqueeze(-1)
        totals_RWB = totals_RW1 + scores_RWB
        if self._trie.ends:
            # nothing follows a text's end, and the softmax over nothing is no number
            totals_RWB = totals_RWB.where(totals_RW1 > -torch.inf, -torch.inf)
        return totals_RWB.flatten(1), scores_RWB.shape[-1]

    def _find(self, level: Level, totals_RC: Tensor, ends_RC: Tensor, children: int) -> None:
        """Keep the texts that end among the likeliest continuations."""
        totals_RF, places_RF = totals_RC.topk(min(self._width, totals_RC.shape[1]))
        totals_RF = totals_RF.masked_fill(~ends_RC.gather(1, places_RF), -torch.inf)
        nodes_RF = level.child(self._nodes_RW.gather(1, places_RF // children), places_RF % children)
        leaves_RF = level.texts(nodes_RF.where(totals_RF > -torch.inf, 0))
        sums_RC = torch.cat([self._found_RF, totals_RF], dim=1)
        self._found_RF, places_RK = sums_RC.topk(min(self._width, sums_RC.shape[1]))
        self._leaves_RF = torch.cat([self._leaves_RF, leaves_RF], dim=1).gather(1, places_RK)

    def _over(self, level: Level) -> bool:
        """Say whether going on would change nothing: no text can be found that is likelier, or each beam is one text.

        The latter only where what must follow is certain, as it is not among the whole vocabulary. Texts of one length
        seldom are over early.
        """
        if not self._trie.ends:
            return False
        complete = self._found_RF.shape[1] == self._width
        if complete and bool((self._totals_RW[:, 0] <= self._found_RF[:, -1]).all()):
            self._totals_RW = torch.full_like(self._totals_RW, -torch.inf)
            return True
        alone_RW = level.settled(self._nodes_RW) | (self._totals_RW == -torch.inf)
        return not self._whole and bool(alone_RW.all())
