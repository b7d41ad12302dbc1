"""What computes for students who count: all requests of a turn as products of sparse matrices, one for each slot."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from agents.counting.answering import History, listed, scored
from agents.counting.prepared import Prepared, prepared
from agents.counting.scoring import Scoring
from agents.counting.tally import Tally
from agents.counting.windows import Window, lesson_update, texts_of, windows
from simulation.core.calls import Completion, Request
from simulation.core.catalogue import catalogue
from simulation.core.errors import DataError
from simulation.core.types import Experience, Seat, Update

COUNTS = "counts"


@dataclass(slots=True)
class Slot:
    """One student's counts, by catalogue."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    prepared: dict[str, Prepared] = field(default_factory=dict)
    version: str = ""


class CountingLearner:
    """A `Learner` without weights: its slots hold counts, to which `learn` adds."""

    def __init__(self, seats: Sequence[Seat], scoring: Scoring, source: str, *, repeats: bool = True) -> None:
        self.source = source
        self.slots = tuple(seat.name for seat in seats)
        self._slots = {name: Slot() for name in self.slots}
        self._scoring = scoring
        self._repeats = repeats

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        """List the likeliest texts for each request, or draw them where it has a temperature."""
        return listed(requests, self.source, self._logprobs)

    def score(self, requests: Sequence[Request]) -> list[tuple[float, ...]]:
        """Return the log-probability, nats, of each continuation, which must be a text of the catalogue."""
        return scored(requests, self.source, self._logprobs)

    def _logprobs(self, slot: str, name: str, histories: Sequence[History]) -> NDArray[np.float64]:
        return self._prepared(slot, name).logprobs_QV(histories)

    def _prepared(self, slot: str, name: str) -> Prepared:
        state, texts = self._slots[slot], texts_of(name)
        if name not in state.prepared:
            tally = state.tallies.get(name) or Tally(len(texts.texts))
            state.prepared[name] = prepared(self._scoring, tally, texts, catalogue(name), repeats=self._repeats)
        return state.prepared[name]

    def learn(
        self,
        batches: Mapping[str, Sequence[Experience]],
        *,
        turn: int,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        """Count what the lessons of each slot tell; nothing is drawn."""
        del turn, generators
        return {slot: self._learn(slot, lessons) for slot, lessons in batches.items()}

    def _learn(self, slot: str, lessons: Sequence[Experience]) -> Update:
        state = self._slots[slot]
        by_catalogue = windows(lessons, self.source)
        before = self._taught(slot, by_catalogue)
        for name, learned in by_catalogue.items():
            tally = state.tallies.setdefault(name, Tally(len(texts_of(name).texts)))
            tally.add(learned, self._scoring.distance)
            state.prepared.pop(name, None)
        state.version = ""
        after = self._taught(slot, by_catalogue)
        return lesson_update(self.source, self.version(slot), lessons=len(lessons), steps=1, before=before, after=after)

    def _taught(self, slot: str, by_catalogue: Mapping[str, Sequence[Window]]) -> list[tuple[int, float]]:
        """Return the place of each window's lesson, and the log-probability, nats, of what was taken."""
        taught: list[tuple[int, float]] = []
        for name, learned in by_catalogue.items():
            taken_Q = np.array([window.taken for window in learned], dtype=np.int64)
            logprobs_Q = self._prepared(slot, name).taught([window.history for window in learned], taken_Q)
            taught += zip([window.lesson for window in learned], logprobs_Q.tolist(), strict=True)
        return taught

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
