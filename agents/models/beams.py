"""Beam search: the likeliest texts of a prompt, found side by side for many prompts and slots.

The search is that of transformers' `generate(num_beams=…, do_sample=False)` with its defaults `length_penalty=1.0` and
`early_stopping=False`: a finished text is ranked by its mean log-probability a token, and a search ends once it has as
many finished texts as beams and the best running one, at its present length, is no better than the worst of them. A
text cut off at `max_tokens` counts as finished then.
Axes: Q searches, W beams of one, M = Q·W rows, V vocabulary, K candidates.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from agents.models.batching import dropped
from agents.models.decoding import Steps


@dataclass(frozen=True, slots=True)
class Beam:
    """A text on its way: the place of the beam it continues among the last step's, its tokens and their sum, nats."""

    origin: int
    tokens: tuple[int, ...]
    logprob: float


@dataclass(frozen=True, slots=True)
class FinishedText:
    """A finished text."""

    tokens: tuple[int, ...]
    logprob: float
    stop: str

    @property
    def score(self) -> float:
        """What finished texts are ranked by: the mean log-probability a token, nats."""
        return self.logprob / len(self.tokens)


@dataclass(slots=True)
class Search:
    """One prompt's search; `running` holds one beam before the first step and `width` beams from then on."""

    width: int
    limit: int
    running: list[Beam] = field(default_factory=lambda: [Beam(0, (), 0.0)])
    finished: list[FinishedText] = field(default_factory=list)
    """Best first, at most `width`."""
    over: bool = False

    def take(self, candidates: Sequence[tuple[int, int, float]], ends: frozenset[int]) -> None:
        """Go one token on; `candidates` are (beam, token, sum of log-probabilities), likeliest first."""
        going: list[Beam] = []
        for place, (origin, token, total) in enumerate(candidates):
            tokens = (*self.running[origin].tokens, token)
            if token not in ends and len(tokens) < self.limit:
                going.append(Beam(origin, tokens, total))
            elif place < self.width:
                self.finished.append(FinishedText(tokens, total, "stop" if token in ends else "length"))
        self.finished = sorted(self.finished, key=lambda text: -text.score)[: self.width]
        self.over = not going or (
            len(self.finished) == self.width and going[0].logprob / len(going[0].tokens) <= self.finished[-1].score
        )
        self.running = self.settled(going[: self.width])

    def settled(self, going: Sequence[Beam]) -> list[Beam]:
        """Return the beams in places of their own, where possible where they come from: what stays is not copied."""
        places: list[Beam | None] = [None] * self.width
        for beam in going:
            if places[beam.origin] is None:
                places[beam.origin] = beam
        moved = iter([beam for beam in going if places[beam.origin] is not beam])
        # a small vocabulary may leave places empty; what stands there is never a candidate
        return [beam or next(moved, Beam(0, (0,), -math.inf)) for beam in places]


def seek(
    steps: Steps, slots: Sequence[int], order: Sequence[int], searches: Sequence[Search], ends: frozenset[int]
) -> None:
    """Run the searches that `order` names, all of one width, slot after slot and equally many a slot, to their ends."""
    beams, width = 1, searches[order[0]].width
    while True:
        running_QW = [[beam.logprob for beam in searches[index].running] for index in order]
        candidates_Q = candidates(steps.logits_MV, running_QW, (1 + len(ends)) * width)
        # a search that stands in twice to fill its slot up goes on once
        for index, search_candidates in dict(zip(order, candidates_Q, strict=True)).items():
            if not searches[index].over:
                searches[index].take(search_candidates, ends)
        going = {index for index in order if not searches[index].over}
        if not going:
            return
        first_rows = {index: place * beams for place, index in enumerate(order)}
        slots, places = dropped(slots, order, going, 1)
        order = [order[place] for place in places]
        # what is over waits in its place
        rows = [
            first_rows[index] + (min(place, beams - 1) if searches[index].over else beam.origin)
            for index in order
            for place, beam in enumerate(searches[index].running)
        ]
        steps.keep(rows, slots)
        beams = width
        last_tokens = [beam.tokens[-1] for index in order for beam in searches[index].running]
        steps.advance(torch.tensor(last_tokens, device=steps.logits_MV.device))


def candidates(
    logits_MV: Tensor, running_QW: Sequence[Sequence[float]], count: int
) -> list[list[tuple[int, int, float]]]:
    """Return each search's `count` likeliest continuations: (beam, token, sum of log-probabilities), likeliest first.

    A beam of probability 0 only fills a place and has none.
    """
    logits_MV = logits_MV if logits_MV.dtype == torch.float64 else logits_MV.float()
    best_MK, tokens_MK = logits_MV.topk(min(count, logits_MV.shape[1]))
    # sums grow over many steps, so they are held in double precision
    logprobs_MK = best_MK.double() - logits_MV.logsumexp(-1, keepdim=True)
    running_Q = torch.tensor(running_QW, dtype=torch.float64, device=logits_MV.device)
    totals_QC = (running_Q.unsqueeze(2) + logprobs_MK.view(*running_Q.shape, -1)).flatten(1)
    totals_QK, places_QK = totals_QC.topk(min(count, totals_QC.shape[1]))
    tokens_QK = tokens_MK.view(len(running_QW), -1).gather(1, places_QK)
    beams_QK = places_QK // best_MK.shape[1]
    return [
        [(beam, token, total) for beam, token, total in zip(beams, tokens, totals, strict=True) if total > -math.inf]
        for beams, tokens, totals in zip(beams_QK.tolist(), tokens_QK.tolist(), totals_QK.tolist(), strict=True)
    ]
