"""The model behind simulated students: who asks for which question, answered for all seats in one array.

The probability of the right option is the four-parameter logistic of Barton and Lord (1981), "An upper asymptote for
the three-parameter logistic item-response model", ETS Research Report RR-81-20:

    P(right) = guess + (1 - guess - slip) * sigmoid(a (ability - b))

The rest divides over the wrong options as `items.shares` says; the model of the paper has only right and wrong.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from agents.reading.options import chosen
from agents.surrogate.chance import uniform
from agents.surrogate.items import Items
from agents.surrogate.settings import IrtParameters
from agents.surrogate.skills import SkillLevels
from simulation.core.calls import Completion, Request
from simulation.core.errors import DataError
from simulation.core.types import Experience, LessonEffect, Seat, Update

LEAST = 1e-12
"""Probabilities below are told as this, so that every log-probability is finite."""
RULE = "irt_learner"


class SurrogateLearner:
    """A `Learner` without weights: its slots hold abilities, which `learn` changes."""

    source = RULE

    def __init__(self, seats: Sequence[Seat], settings: IrtParameters) -> None:
        self.slots = tuple(seat.name for seat in seats)
        self._seats = {name: position for position, name in enumerate(self.slots)}
        self._settings = settings
        self._items = Items(settings)
        self._abilities = SkillLevels(seats, settings)
        self._versions: dict[str, str] = {}
        self._identity = [{"seed": seat.seed, "number": seat.number} for seat in seats]

    def score(self, requests: Sequence[Request]) -> list[tuple[float, ...]]:
        """Return the log-probability, nats, of each option of each request's question."""
        probabilities, options = self._answering(requests)
        return logarithms(probabilities, options)

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        """Draw an option for each request by its own seed: the same whatever else is asked."""
        probabilities, options = self._answering(requests)
        points = uniform([request.seed for request in requests])
        options_below = (np.cumsum(probabilities, axis=1) <= points[:, None]).sum(axis=1)
        choices = np.minimum(options_below, options - 1).tolist()  # rounding may leave the last sum below 1
        return [
            Completion(text=request.question.form.alternatives[choice], logprob=row[choice], continuation_logprobs=row)
            for request, choice, row in zip(requests, choices, logarithms(probabilities, options), strict=True)
            if request.question is not None
        ]

    def _answering(self, requests: Sequence[Request]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the probability of each option of each request, and how many options each has."""
        items = np.array([self._items.row(request.question) for request in requests], dtype=np.int64)
        seats = np.array([self._seats[request.slot] for request in requests], dtype=np.int64)
        return self._probabilities(seats, items), self._items.table.options_I[items]

    def _probabilities(self, seats: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return `probabilities_RC`: a row for each pair of a seat and an item."""
        self._abilities.meet(list(self._items.skills))
        table, settings = self._items.table, self._settings
        solving_R = self._abilities.solving(seats, items, table)
        right_R = settings.guess + (1.0 - settings.guess - settings.slip) * solving_R
        probabilities_RC: NDArray[np.float64] = (1.0 - right_R)[:, None] * table.shares_IC[items]
        probabilities_RC[np.arange(len(items)), table.right_I[items]] = right_R
        return probabilities_RC

    def learn(
        self,
        batches: Mapping[str, Sequence[Experience]],
        *,
        turn: int,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        """Teach every slot of `batches` its lessons of this turn, each as it would learn alone; see `skills.py`."""
        del generators
        lessons = list(chain.from_iterable(batches.values()))
        sizes = [len(batch) for batch in batches.values()]
        seats = np.repeat([self._seats[slot] for slot in batches], sizes)
        items = np.array([self._items.row(lesson.question) for lesson in lessons], dtype=np.int64)
        taught = np.array([self._taught(lesson) for lesson in lessons], dtype=np.int64)
        places = np.arange(len(lessons))
        before = self._probabilities(seats, items)[places, taught]
        correct = taught == self._items.table.right_I[items]
        ends = np.cumsum(sizes).tolist()
        for slot, start, end in zip(batches, [0, *ends], ends, strict=False):
            skills = self._items.table.skill_I[items[start:end]]
            self._abilities.forget(self._seats[slot], turn, skills)
            self._versions.pop(slot, None)
        self._abilities.practise(seats, items, np.where(correct, 1.0, -self._settings.misled), self._items.table)
        after = self._probabilities(seats, items)[places, taught]
        effects = np.stack([np.log(np.maximum(before, LEAST)), np.log(np.maximum(after, LEAST)), ~correct])
        return {
            slot: self._update(slot, effects[:, start:end])
            for slot, start, end in zip(batches, [0, *ends], ends, strict=False)
        }

    def _taught(self, lesson: Experience) -> int:
        """Return the option that a lesson says is right; a verdict alone is true or false of the answer given."""
        alternatives, correction = lesson.question.form.alternatives, lesson.feedback.correction
        right = int(self._items.table.right_I[self._items.row(lesson.question)])
        if correction is not None:
            named = alternatives.index(correction) if correction in alternatives else None
            named = chosen(correction, alternatives) if named is None else named
            if named is not None:
                return named
        verdict_holds = (lesson.feedback.score >= 0.5) == (lesson.answer.choice == right)
        return right if verdict_holds else next(option for option in range(len(alternatives)) if option != right)

    def _update(self, slot: str, effects: NDArray[np.float64]) -> Update:
        """Describe what a slot learned: `effects` has a column a lesson, with what it taught before and after."""
        before, after, misleading = effects
        return Update(
            trainer=RULE,
            experiences=effects.shape[1],
            steps=effects.shape[1],
            model_version=self.version(slot),
            metrics={
                "chosen_logprob_before": float(before.mean()),
                "chosen_logprob_after": float(after.mean()),
                "misleading": float(misleading.sum()),
            },
            effects=tuple(
                LessonEffect(lesson=place, taught_before=taught_before, taught_after=taught_after)
                for place, (taught_before, taught_after) in enumerate(zip(before.tolist(), after.tolist(), strict=True))
            ),
        )

    def version(self, slot: str) -> str:
        """Return the sha256 of what `dump` returns."""
        version = self._versions.get(slot)
        if version is None:
            version = self._versions[slot] = hashlib.sha256(self.dump(slot)).hexdigest()
        return version

    def dump(self, slot: str) -> bytes:
        """Return what the slot has gained, as safetensors; whose gains they are is in the metadata."""
        seat = self._seats[slot]
        gains = self._abilities.learned(seat)
        description = {**self._identity[seat], "turn": self._abilities.turns[seat], "skills": list(gains)}
        # one metadata key: safetensors writes several in no fixed order
        return save({"gains": np.array(list(gains.values()))}, metadata={RULE: json.dumps(description, sort_keys=True)})

    def restore(self, slot: str, data: bytes) -> None:
        """Put back what `dump` returned, also for another seat."""
        seat = self._seats[slot]
        try:
            gains = load(data)["gains"]
            header_size = int.from_bytes(data[:8], "little")
            description = json.loads(json.loads(data[8 : 8 + header_size])["__metadata__"][RULE])
            gains_by_skill = dict(zip(description["skills"], gains.tolist(), strict=True))
        except (SafetensorError, KeyError, ValueError) as error:
            raise DataError(
                f"the stored abilities of {slot!r} hold no abilities of an irt_learner ({error}); restore a copy"
            ) from error
        for skill in description["skills"]:
            self._items.skills.setdefault(skill, len(self._items.skills))
        self._abilities.meet(list(self._items.skills))
        self._abilities.put_back(seat, gains_by_skill, description["turn"])
        self._versions.pop(slot, None)

    def render(self, prompt: str) -> str:
        """Return the prompt."""
        return prompt


def logarithms(probabilities: NDArray[np.float64], options: NDArray[np.int64]) -> list[tuple[float, ...]]:
    """Return the log-probabilities, nats, of each row's options, of which there may be fewer than columns."""
    rows = np.log(np.maximum(probabilities, LEAST)).tolist()
    if (options == probabilities.shape[1]).all():
        return list(map(tuple, rows))
    return [tuple(row[:count]) for row, count in zip(rows, options.tolist(), strict=True)]
