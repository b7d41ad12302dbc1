"""Writing: batched decoding over all slots at once, each request from a random stream of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.models.batching import dropped, plan, square
from agents.models.beams import FinishedText, Search, seek
from agents.models.decoding import CachedSteps, Steps, WholeSteps
from agents.models.drawing import cuts, draw
from agents.models.reserve import ReservedSteps
from agents.models.scoring import Scorer
from agents.models.text import Text
from simulation.core.calls import Completion, Request

CPU_ROOM, GPU_ROOM = 10, 4
"""A batch that decodes holds this many times the tokens of one that scores, of which a step computes only the newest.

They are counted as if every text grew to its limit. On a CPU what a step costs besides its products is the larger part
of a small batch (measured: the embedded coder writes 1.2 times as fast at 10 as at 4).
"""


@dataclass(slots=True)
class Row:
    """A request being written; its uniform numbers, one a token, come from its seed alone."""

    request: Request
    limit: int
    uniforms: NDArray[np.float64]
    tokens: list[int] = field(default_factory=list)
    logprob: float = 0.0
    stop: str = ""
    search: Search | None = None
    """The beam search, where there was one."""


class GrowingTexts:
    """The texts of one batch while they grow side by side."""

    def __init__(self, rows: Sequence[Row], ends: frozenset[int], device: torch.device) -> None:
        most = max(row.limit for row in rows)
        self.step = 0
        self._rows = list(rows)
        self._ends_E = torch.tensor(sorted(ends), device=device)
        self._heat_M = torch.tensor([row.request.temperature for row in rows], dtype=torch.float64, device=device)
        self._cuts_M3 = cuts([row.request for row in rows], device)
        self._uniforms_MT = torch.zeros((len(rows), most), dtype=torch.float64, device=device)
        for place, row in enumerate(rows):
            self._uniforms_MT[place, : len(row.uniforms)] = torch.from_numpy(row.uniforms)
        self._limits_M = torch.tensor([row.limit for row in rows], device=device)
        self._logprobs_M = torch.zeros(len(rows), dtype=torch.float64, device=device)
        self.tokens_MT = torch.zeros((len(rows), most), dtype=torch.int64, device=device)

    def write(self, logits_MV: Tensor) -> bool:
        """Append a token to every text, and say whether one ended now."""
        tokens_M, logprobs_M = draw(logits_MV, self._heat_M, self._uniforms_MT[:, self.step], self._cuts_M3)
        self.tokens_MT[:, self.step] = tokens_M
        self._logprobs_M += logprobs_M
        self.step += 1
        ended_M = (tokens_M.unsqueeze(1) == self._ends_E).any(1)
        over = (ended_M | (self._limits_M == self.step)).nonzero().flatten().tolist()
        for place in over:
            # a row that stands in twice is closed twice alike; one that waits, closed before, writes on unread
            if not (row := self._rows[place]).stop:
                row.tokens = self.tokens_MT[place, : self.step].tolist()
                row.logprob = float(self._logprobs_M[place])
                row.stop = "stop" if ended_M[place] else "length"
        return bool(over)

    def keep(self, places: Sequence[int]) -> None:
        """Go on with the texts in these places only."""
        self._rows = [self._rows[place] for place in places]
        chosen = torch.tensor(places, device=self._heat_M.device)
        self._heat_M, self._limits_M = self._heat_M[chosen], self._limits_M[chosen]
        self._cuts_M3 = None if self._cuts_M3 is None else self._cuts_M3[chosen]
        self._uniforms_MT, self._logprobs_M = self._uniforms_MT[chosen], self._logprobs_M[chosen]
        self.tokens_MT = self.tokens_MT[chosen]


class Writer:
    """Continues prompts until an end-of-text token or the request's `max_tokens`."""

    def __init__(self, scorer: Scorer, text: Text, budget: int) -> None:
        self._scorer = scorer
        self._text = text
        self._budget = budget * (CPU_ROOM if scorer.adapters.values_SP.device.type == "cpu" else GPU_ROOM)
        self._ends = text.ends

    @torch.inference_mode()
    def write(self, requests: Sequence[Request], slots: Sequence[int]) -> list[Completion]:
        """Continue each prompt under its slot; `tokens` and `logprob` count the end-of-text token."""
        prompts = [self._text.encode(request.prompt, ()).prompt for request in requests]
        rows = [self._row(request, len(prompt)) for request, prompt in zip(requests, prompts, strict=True)]
        going = [index for index, row in enumerate(rows) if not row.stop]
        without_beams = [index for index in going if not requests[index].beams]
        lengths = [len(prompts[index]) + rows[index].limit for index in without_beams]
        for batch in plan([slots[index] for index in without_beams], lengths, self._budget, even=True):
            pieces = [(piece.slot, [without_beams[place] for place in piece.indices]) for piece in batch]
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
        elif request.beams and not 1 <= request.texts <= request.beams:
            row.stop = f"error: a beam search of width {request.beams} has no {request.texts} texts"
        return row

    def _write(
        self, pieces: Sequence[tuple[int, list[int]]], prompts: Sequence[tuple[int, ...]], rows: Sequence[Row]
    ) -> None:
        slots, order = square(pieces)
        steps = self._steps(slots, [prompts[index] for index in order], max(rows[index].limit for index in order))
        sheet = GrowingTexts([rows[index] for index in order], self._ends, steps.logits_MV.device)
        while True:
            if sheet.write(steps.logits_MV):
                going = {index for index in order if not rows[index].stop}
                if not going:
                    return
                slots, places = dropped(slots, order, going)
                if len(places) < len(order):
                    steps.keep(places, slots)
                    sheet.keep(places)
                    order = [order[place] for place in places]
            steps.advance(sheet.tokens_MT[:, sheet.step - 1])

    def _search(
        self,
        indices: Sequence[int],
        slots: Sequence[int],
        prompts: Sequence[tuple[int, ...]],
        rows: Sequence[Row],
    ) -> None:
        """Run one beam search for all requests that are equal but for how many texts they want."""
        indices_by_key: dict[tuple[int, tuple[int, ...], int, int], list[int]] = {}
        for index in indices:
            key = (slots[index], prompts[index], rows[index].limit, rows[index].request.beams)
            indices_by_key.setdefault(key, []).append(index)
        keys = list(indices_by_key)
        searches = [Search(width, limit) for _, _, limit, width in keys]
        for width in dict.fromkeys(search.width for search in searches):
            numbers_of_width = [number for number, search in enumerate(searches) if search.width == width]
            lengths = [width * (len(keys[number][1]) + keys[number][2]) for number in numbers_of_width]
            for batch in plan([keys[number][0] for number in numbers_of_width], lengths, self._budget, even=True):
                batch_slots, order = square(
                    [(piece.slot, [numbers_of_width[place] for place in piece.indices]) for piece in batch]
                )
                steps = self._steps(
                    batch_slots, [keys[number][1] for number in order], max(keys[number][2] for number in order)
                )
                seek(steps, batch_slots, order, searches, self._ends)
        for key, search in zip(keys, searches, strict=True):
            for index in indices_by_key[key]:
                rows[index].search = search

    def _steps(self, slots: Sequence[int], prompts: Sequence[tuple[int, ...]], most: int) -> Steps:
        """Read the prompts, which at most `most` tokens follow, in the fastest way that the model takes."""
        abilities = self._scorer.abilities
        reach = max(map(len, prompts)) + most
        if abilities.reserve and (abilities.window is None or reach <= abilities.window):
            return ReservedSteps(self._scorer, slots, prompts, most)
        return (CachedSteps if abilities.cache else WholeSteps)(self._scorer, slots, prompts)

    def _completion(self, row: Row) -> Completion:
        if row.search is not None:
            beam = self._beam(row.search, row.request)
            return replace(beam[0], beam=beam)
        if not row.tokens:
            return Completion(stop=row.stop)
        return self._decoded(FinishedText(tuple(row.tokens), row.logprob, row.stop), row.request)

    def _beam(self, search: Search, request: Request) -> tuple[Completion, ...]:
        """Return as many texts as a request wants, the best first; a small vocabulary may not have as many."""
        texts = [self._decoded(text, request) for text in search.finished[: request.texts]]
        lost = Completion(stop=f"error: the beam search found {len(search.finished)} of the {search.width} texts")
        return (*texts, *[lost] * (request.texts - len(texts)))

    def _decoded(self, text: FinishedText, request: Request) -> Completion:
        tokens = text.tokens[:-1] if text.stop == "stop" else text.tokens
        return Completion(
            text=self._text.decode(tokens, request.prompt, ended=text.stop == "stop"),
            tokens=len(text.tokens),
            ids=text.tokens,
            logprob=text.logprob,
            stop=text.stop,
        )
