"""Writing: batched decoding over all slots at once, each request from a random stream of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.models.batching import SHRINK, plan, remaining, square
from agents.models.beams import Search, seek
from agents.models.decoding import CachedSteps, Steps, WholeSteps
from agents.models.scoring import Scorer
from agents.models.text import Text
from simulation.core.types import Completion, Request

ROOM = 4
"""A batch that decodes holds this many times the tokens of one that scores: a step computes only its newest tokens."""


@dataclass(slots=True)
class Row:
    """A text being written; its uniform numbers, one a token, come from the request's seed alone."""

    request: Request
    limit: int
    uniforms: NDArray[np.float64]
    tokens: list[int] = field(default_factory=list)
    logprob: float = 0.0
    stop: str = ""

    def take(self, token: int, logprob: float, ends: frozenset[int]) -> None:
        """Append a token."""
        self.tokens.append(token)
        self.logprob += logprob
        if token in ends:
            self.stop = "stop"
        elif len(self.tokens) == self.limit:
            self.stop = "length"

    def read(self, search: Search) -> None:
        """Take over the text of the request's rank, if there is one."""
        if self.request.rank >= len(search.found):
            self.stop = f"error: the beam search found {len(search.found)} of the {search.width} texts"
            return
        text = search.found[self.request.rank]
        self.tokens, self.logprob, self.stop = list(text.tokens), text.logprob, text.stop


class Writer:
    """Continues prompts until an end-of-text token or the request's `max_tokens`."""

    def __init__(self, scorer: Scorer, text: Text, budget: int) -> None:
        self._scorer = scorer
        self._text = text
        self._budget = budget * ROOM
        listed = scorer.module.generation_config.eos_token_id  # type: ignore[union-attr]  # a transformers model
        extra = listed if isinstance(listed, list) else [] if listed is None else [listed]
        self._ends = frozenset([text.end, text.tokenizer.eos_token_id, *extra])

    @torch.no_grad()
    def write(self, requests: Sequence[Request], slots: Sequence[int]) -> list[Completion]:
        """Continue each prompt under its slot; `tokens` and `logprob` count the end-of-text token."""
        prompts = [self._text.encode(request.prompt, ()).prompt for request in requests]
        rows = [self._row(request, len(prompt)) for request, prompt in zip(requests, prompts, strict=True)]
        going = [index for index, row in enumerate(rows) if not row.stop]
        plain = [index for index in going if not requests[index].beams]
        lengths = [len(prompts[index]) + rows[index].limit for index in plain]
        for batch in plan([slots[index] for index in plain], lengths, self._budget):
            pieces = [(each.slot, [plain[place] for place in each.indices]) for each in batch]
            self._write(pieces, prompts, rows)
        self._search([index for index in going if requests[index].beams], slots, prompts, rows)
        return [self._completion(row) for row in rows]

    def _row(self, request: Request, length: int) -> Row:
        longest = self._scorer.abilities.longest
        limit = request.max_tokens if longest is None else min(request.max_tokens, longest - length)
        sampled = bool(request.temperature) and not request.beams
        uniforms = np.random.default_rng(request.seed).random(max(0, limit)) if sampled else np.empty(0)
        row = Row(request, limit, uniforms)
        if request.max_tokens < 1:
            row.stop = "length"
        elif limit < 1:
            row.stop = f"error: the prompt has {length} tokens, the model reads {longest}"
        elif request.beams and not 0 <= request.rank < request.beams:
            row.stop = f"error: a beam search of width {request.beams} has no text of rank {request.rank}"
        return row

    def _write(
        self, pieces: Sequence[tuple[int, list[int]]], prompts: Sequence[tuple[int, ...]], rows: Sequence[Row]
    ) -> None:
        slots, order = square(pieces)
        steps = self._steps(slots, [prompts[index] for index in order])
        while True:
            # a row that stands in twice to fill its slot up is drawn alike and taken once
            drawn, logprobs = draw(steps.logits_MV, [rows[index] for index in order])
            for index, (token, logprob) in dict(zip(order, zip(drawn, logprobs, strict=True), strict=True)).items():
                if not rows[index].stop:
                    rows[index].take(token, logprob, self._ends)
            left = remaining(slots, order, {index for index in order if not rows[index].stop})
            if not left:
                return
            kept_slots, kept = square(left)
            if len(kept) <= SHRINK * len(order):
                places = {index: place for place, index in enumerate(order)}
                steps.keep([places[index] for index in kept], kept_slots)
                drawn = [drawn[places[index]] for index in kept]
                slots, order = kept_slots, kept
            steps.advance(drawn)

    def _search(
        self,
        asked: Sequence[int],
        slots: Sequence[int],
        prompts: Sequence[tuple[int, ...]],
        rows: Sequence[Row],
    ) -> None:
        """Run one beam search for all requests that are equal but for their rank."""
        ranks: dict[tuple[int, tuple[int, ...], int, int], list[int]] = {}
        for index in asked:
            key = (slots[index], prompts[index], rows[index].limit, rows[index].request.beams)
            ranks.setdefault(key, []).append(index)
        keys = list(ranks)
        searches = [Search(width, limit) for _, _, limit, width in keys]
        for width in dict.fromkeys(search.width for search in searches):
            wide = [number for number, search in enumerate(searches) if search.width == width]
            lengths = [width * (len(keys[number][1]) + keys[number][2]) for number in wide]
            for batch in plan([keys[number][0] for number in wide], lengths, self._budget):
                own, order = square([(each.slot, [wide[place] for place in each.indices]) for each in batch])
                seek(self._steps(own, [keys[number][1] for number in order]), own, order, searches, self._ends)
        for key, search in zip(keys, searches, strict=True):
            for index in ranks[key]:
                rows[index].read(search)

    def _steps(self, slots: Sequence[int], prompts: Sequence[tuple[int, ...]]) -> Steps:
        make: type[CachedSteps] | type[WholeSteps] = CachedSteps if self._scorer.abilities.cache else WholeSteps
        return make(self._scorer, slots, prompts)

    def _completion(self, row: Row) -> Completion:
        if not row.tokens:
            return Completion(stop=row.stop)
        written = row.tokens[:-1] if row.stop == "stop" else row.tokens
        return Completion(
            text=self._text.decode(written, row.request.prompt),
            tokens=len(row.tokens),
            logprob=row.logprob,
            stop=row.stop,
        )


def draw(logits_MV: Tensor, rows: Sequence[Row]) -> tuple[list[int], list[float]]:
    """Return each row's next token and its log-probability, nats, before temperature.

    A sampled token is where the row's uniform number falls in the cumulative distribution.
    """
    exact_MV = logits_MV.double()
    tokens_M = exact_MV.argmax(-1)
    sampled = [place for place, row in enumerate(rows) if row.request.temperature and not row.stop]
    if sampled:
        at = torch.tensor(sampled, device=exact_MV.device)
        heat = exact_MV.new_tensor([rows[place].request.temperature for place in sampled]).unsqueeze(1)
        uniforms = exact_MV.new_tensor([rows[place].uniforms[len(rows[place].tokens)] for place in sampled])
        cumulative = (exact_MV[at] / heat).softmax(-1).cumsum(-1)
        found = torch.searchsorted(cumulative, (uniforms * cumulative[:, -1]).unsqueeze(1), right=True).squeeze(1)
        tokens_M[at] = found.clamp(max=exact_MV.shape[1] - 1)
    logprobs_M = exact_MV.gather(1, tokens_M.unsqueeze(1)).squeeze(1) - exact_MV.logsumexp(-1)
    return tokens_M.tolist(), logprobs_M.tolist()
