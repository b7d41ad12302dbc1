"""What computes for students who count: all requests of a turn as products of sparse matrices, one for each slot."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from agents.counting.lists import lists
from agents.counting.scoring import LITTLE, Scoring
from agents.counting.tally import Tally
from agents.counting.windows import Window, form_of, history_of, texts_of, windows
from simulation.core.calls import Completion, Request
from simulation.core.catalogue import catalogue
from simulation.core.errors import DataError
from simulation.core.types import Experience, LessonEffect, Seat, Update

CELLS = 1 << 22
"""Scores that are held at once."""
COUNTS = "counts"


@dataclass(frozen=True, eq=False, slots=True)
class Prepared:
    """What a slot's counts of one catalogue have become for answering."""

    following: Any
    """The matrix M (Any: SciPy is untyped)."""
    total_V: NDArray[np.float64]
    """The sum of each of its rows."""
    share_V: NDArray[np.float64]
    """How much of all that was taken each text was; sums to 1."""


@dataclass(slots=True)
class Slot:
    """One student's counts, by catalogue."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    prepared: dict[str, Prepared] = field(default_factory=dict)
    version: str = ""


class CountingLearner:
    """A `Learner` without weights: its slots hold counts, to which `learn` adds."""

    def __init__(self, seats: Sequence[Seat], scoring: Scoring, source: str) -> None:
        self.source = source
        self.slots = tuple(seat.name for seat in seats)
        self._slots = {name: Slot() for name in self.slots}
        self._scoring = scoring

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        """List the likeliest texts for each request, or draw them where it has a temperature."""
        completions: list[Completion] = [Completion()] * len(requests)
        for (slot, name), places in self._groups(requests).items():
            texts = texts_of(name)
            for first in range(0, len(places), step := max(1, CELLS // len(texts.texts))):
                chunk = places[first : first + step]
                asked = [requests[place] for place in chunk]
                logprobs_QV = self._logprobs(slot, name, asked)
                for place, completion in zip(chunk, lists(asked, logprobs_QV, texts), strict=True):
                    completions[place] = completion
        return completions

    def score(self, requests: Sequence[Request]) -> list[tuple[float, ...]]:
        """Return the log-probability, nats, of each continuation, which must be a text of the catalogue."""
        rows: list[tuple[float, ...]] = [()] * len(requests)
        for (slot, name), places in self._groups(requests).items():
            texts = texts_of(name)
            for place in places:
                request = requests[place]
                logprobs_V = self._logprobs(slot, name, [request])[0]
                rows[place] = tuple(float(logprobs_V[texts.place_of(text)]) for text in request.continuations)
        return rows

    def _groups(self, requests: Sequence[Request]) -> dict[tuple[str, str], list[int]]:
        """Return the places of requests by their slot and catalogue."""
        groups: dict[tuple[str, str], list[int]] = {}
        for place, request in enumerate(requests):
            name = form_of(request.question, self.source).catalogue
            groups.setdefault((request.slot, name), []).append(place)
        return groups

    def _logprobs(self, slot: str, name: str, requests: Sequence[Request]) -> NDArray[np.float64]:
        """Return `logprobs_QV` of every text after each request's history."""
        texts, prepared = texts_of(name), self._prepared(slot, name)
        histories = [
            history_of(form_of(request.question, self.source), texts, self._scoring.last) for request in requests
        ]
        weights_QV = self._weights(histories, len(texts.texts))
        scores_QV = (weights_QV @ prepared.following).toarray()
        total_Q = weights_QV @ prepared.total_V
        logprobs_QV: NDArray[np.float64] = np.log((scores_QV + LITTLE * prepared.share_V) / (total_Q[:, None] + LITTLE))
        return logprobs_QV

    def _weights(self, histories: Sequence[Sequence[int]], size: int) -> Any:
        """Return how much each text of each history weighs, a row a history (Any: SciPy is untyped)."""
        from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

        weights_K = self._scoring.weights_K()
        lengths = [len(history) for history in histories]
        columns = np.array([place for history in histories for place in reversed(history)], dtype=np.int64)
        ages = np.concatenate([np.arange(length) for length in lengths] or [np.zeros(0, dtype=np.int64)])
        rows = np.repeat(np.arange(len(histories)), lengths)
        return csr_matrix((weights_K[ages], (rows, columns)), shape=(len(histories), size))

    def _prepared(self, slot: str, name: str) -> Prepared:
        state, texts = self._slots[slot], texts_of(name)
        if name not in state.prepared:
            tally = state.tallies.get(name) or Tally(len(texts.texts))
            following = self._scoring.matrix(tally, catalogue(name))
            taken_V = tally.taken_V() + texts.order_V
            total_V = np.asarray(following.sum(axis=1)).ravel()
            state.prepared[name] = Prepared(following, total_V, taken_V / taken_V.sum())
        return state.prepared[name]

    def learn(self, batches: Mapping[str, Sequence[Experience]]) -> dict[str, Update]:
        """Count what the lessons of each slot tell."""
        return {slot: self._learn(slot, lessons) for slot, lessons in batches.items()}

    def _learn(self, slot: str, lessons: Sequence[Experience]) -> Update:
        state = self._slots[slot]
        reach = max(self._scoring.distance, self._scoring.last)
        by_catalogue = windows(lessons, self.source, reach)
        before = self._taught(slot, by_catalogue)
        for name, learned in by_catalogue.items():
            tally = state.tallies.setdefault(name, Tally(len(texts_of(name).texts)))
            tally.add(learned, self._scoring.distance)
            state.prepared.pop(name, None)
        state.version = ""
        after = self._taught(slot, by_catalogue)
        effects = [
            LessonEffect(lesson=lesson, taught_before=before[lesson], taught_after=after[lesson])
            for lesson in sorted(before)
        ]
        metrics = {"windows": float(sum(map(len, by_catalogue.values())))}
        if effects:
            metrics["chosen_logprob_before"] = float(np.mean([*before.values()]))
            metrics["chosen_logprob_after"] = float(np.mean([*after.values()]))
        return Update(
            trainer=self.source,
            experiences=len(lessons),
            steps=1,
            model_version=self.version(slot),
            metrics=metrics,
            effects=tuple(effects),
        )

    def _taught(self, slot: str, by_catalogue: Mapping[str, Sequence[Window]]) -> dict[int, float]:
        """Return the log-probability, nats, of the first text that each lesson teaches, by the lesson's place."""
        logprobs: dict[int, float] = {}
        for name, learned in by_catalogue.items():
            if not learned:
                continue
            prepared, last = self._prepared(slot, name), self._scoring.last
            weights_QV = self._weights([w.history[-last:] if last else () for w in learned], len(prepared.share_V))
            taken_Q = np.array([window.taken for window in learned])
            into_QV = prepared.following.T.tocsr()[taken_Q]
            score_Q = np.asarray(weights_QV.multiply(into_QV).sum(axis=1)).ravel()
            weight_Q = score_Q + LITTLE * prepared.share_V[taken_Q]
            total_Q = weights_QV @ prepared.total_V + LITTLE
            for window, logprob in zip(learned, np.log(weight_Q / total_Q).tolist(), strict=True):
                logprobs.setdefault(window.lesson, logprob)
        return logprobs

    def version(self, slot: str) -> str:
        """Return the sha256 of what `dump` returns."""
        state = self._slots[slot]
        state.version = state.version or hashlib.sha256(self.dump(slot)).hexdigest()
        return state.version

    def dump(self, slot: str) -> bytes:
        """Return the slot's counts as safetensors; which catalogues they are of is in the metadata."""
        tallies = sorted(self._slots[slot].tallies.items())
        sizes = {name: tally.size for name, tally in tallies}
        tensors = {f"{name}.{part}": getattr(tally, part) for name, tally in tallies for part in ("codes", "counts")}
        # one metadata key: safetensors writes several in no fixed order
        return save(tensors, metadata={COUNTS: json.dumps({"kind": self.source, "sizes": sizes})})

    def restore(self, slot: str, data: bytes) -> None:
        """Put back what `dump` returned, also for another seat."""
        try:
            tensors = load(data)
            header_size = int.from_bytes(data[:8], "little")
            described = json.loads(json.loads(data[8 : 8 + header_size])["__metadata__"][COUNTS])
            tallies = {
                name: Tally(size, tensors[f"{name}.codes"], tensors[f"{name}.counts"])
                for name, size in described["sizes"].items()
            }
        except (SafetensorError, KeyError, ValueError) as error:
            raise DataError(
                f"the stored counts of {slot!r} hold no counts of {self.source} ({error}); restore a copy"
            ) from error
        self._slots[slot] = Slot(tallies)

    def render(self, prompt: str) -> str:
        """Return the prompt."""
        return prompt
