"""The log as students: asked what comes next, it answers what was really taken, so that others learn from it.

As `ask.sampler` it makes supervised learning the loop's own update: what the user took is the answer that is imitated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from agents.counting.student import ListingStudent
from simulation.core.calls import Completion, Request
from simulation.core.catalogue import catalogue
from simulation.core.errors import DataError
from simulation.core.kinds.next_items import NextItems
from simulation.core.kinds.taken import Taken
from simulation.core.registry import students
from simulation.core.types import Question, Seat

SOURCE = "log"
VERSION = "as recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry(ListingStudent):
    """Answers with the item that the key names, as who is told the reference may."""

    simulated: ClassVar[bool] = True


class LogBook:
    """A `Learner` that looks the answers up; its slots hold nothing."""

    source = SOURCE

    def __init__(self, seats: Sequence[Seat]) -> None:
        self.slots = tuple(seat.name for seat in seats)

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        """Return what was taken next, as an answer writes it."""
        return [Completion(text=taken(request.question)) for request in requests]

    def score(self, requests: Sequence[Request]) -> list[tuple[float, ...]]:
        """Return nothing: the log weighs no alternatives."""
        return [() for _ in requests]

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


def taken(question: Question | None) -> str:
    """Return what an answer writes for the item that was taken next."""
    if question is None or not isinstance(question.form, NextItems) or not isinstance(question.key, Taken):
        name = "" if question is None else f" {question.id!r}"
        raise DataError(
            f"the log has no next item for the question{name}; name it as ask.sampler in an environment of lists, such "
            "as recommendation"
        )
    return catalogue(question.form.catalogue).text(question.key.item)


@students("log")
class LogStudents:
    """What was really taken next: answers for students that learn from it, named as ask.sampler."""

    count: ClassVar[int] = 1

    def answerer(self, seat: Seat) -> LogEntry:
        """Return the entry of a seat."""
        return LogEntry(name=seat.name)

    def learner(self, seats: Sequence[Seat]) -> LogBook:
        """Return the log, with a slot a seat."""
        return LogBook(seats)

    def fingerprint(self) -> Mapping[str, str]:
        """Return nothing: it rests on the questions alone."""
        return {}
