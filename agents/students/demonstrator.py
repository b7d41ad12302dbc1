"""Demonstrations as students: they answer with the reference, so that whoever they sample for learns from it.

Named as `ask.sampler`, their answers stand in the place of the students' own, and `trainer: {name: sft, imitate:
answers}` is then supervised fine-tuning on demonstrations, whatever a question asks for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from agents.students.student import Mode, Student
from simulation.core.calls import Completion, Request
from simulation.core.catalogue import catalogue
from simulation.core.errors import DataError
from simulation.core.kinds.next_items import NextItems
from simulation.core.registry import students
from simulation.core.seeding import draw_seed
from simulation.core.types import Question, Seat

SOURCE = "demonstrator"
VERSION = "as written"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstrating(Student):
    """A student who is told the key and writes the reference."""

    simulated: ClassVar[bool] = True
    mode: Mode = "generate"

    def requests(self, questions: Sequence[Question], *, generator: np.random.Generator) -> list[Request]:
        """Return one request a question, with the question, and a seed by which a reference may be drawn."""
        return [
            replace(self._written(question, draw_seed(generator)), beams=0, question=question) for question in questions
        ]


class DemonstrationBook:
    """A `Learner` that looks the references up; its slots hold nothing."""

    source = SOURCE

    def __init__(self, seats: Sequence[Seat], *, drawn: bool) -> None:
        self.slots = tuple(seat.name for seat in seats)
        self.drawn = drawn

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        """Return a reference of each question: the first, or one that the request's seed draws."""
        return [
            Completion(text=demonstration(request.question, request.seed if self.drawn else None))
            for request in requests
        ]

    def score(self, requests: Sequence[Request]) -> list[tuple[float, ...]]:
        """Refuse: a reference is looked up, nothing is weighed."""
        if requests:
            raise DataError(
                "the demonstrator looks references up and gives no log-probabilities; choose a policy that needs no "
                "predictions, or other students"
            )
        return []

    def render(self, prompt: str) -> str:
        """Return the prompt."""
        return prompt

    def version(self, slot: str) -> str:
        """Return what never changes."""
        del slot
        return VERSION

    def dump(self, slot: str) -> bytes:
        """Return nothing."""
        del slot
        return b""

    def restore(self, slot: str, data: bytes) -> None:
        """Put nothing back."""


def demonstration(question: Question | None, seed: int | None) -> str:
    """Return a reference as an answer writes it, of several the first or the one that a seed draws."""
    if question is None or not question.key.references:
        name = "it was asked" if question is None else f"{question.id!r}"
        raise DataError(
            f"the demonstrator has no reference for the question {name}; name it as ask.sampler where questions "
            "have references, or let the students answer themselves"
        )
    references, form = question.key.references, question.form
    place = 0 if seed is None else int(np.random.default_rng(seed).integers(len(references)))
    if isinstance(form, NextItems):
        return catalogue(form.catalogue).text(references[place])
    # a program that stands whole in the key begins with what the prompt begins
    return references[place].removeprefix(form.opening)


@students("demonstrator")
class DemonstratorStudents:
    """The references themselves: demonstrations for students that learn from them, named as ask.sampler."""

    choose: bool = False
    """Whether one of a question's references is drawn where it has several; else the first demonstrates."""
    count: ClassVar[int] = 1

    def answerer(self, seat: Seat) -> Demonstrating:
        """Return the demonstrator of a seat."""
        return Demonstrating(name=seat.name)

    def learner(self, seats: Sequence[Seat]) -> DemonstrationBook:
        """Return what looks references up, with a slot a seat."""
        return DemonstrationBook(seats, drawn=self.choose)

    def fingerprint(self) -> Mapping[str, str]:
        """Return nothing: it rests on the questions alone."""
        return {}
