"""A student's replay buffer: past experiences in order, with running counts so that no policy has to walk them."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

from simulation.core.types import Experience, Feedback

UNDECIDED = "unsupported"
"""The reason of what no judge can decide of any answer, such as tests that cannot look into what they want."""


def decided(feedback: Feedback) -> bool:
    """Tell whether something of an answer could be judged; where nothing could, it is neither right nor a mistake."""
    return not feedback.outcomes or any(outcome.reason != UNDECIDED for outcome in feedback.outcomes)


@dataclass(slots=True)
class Tally:
    """Running counts of what was asked under one name (a question's id, or a tag)."""

    asked: int = 0
    judged: int = 0
    """Of those asked, how often the answer could be judged."""
    score: float = 0.0
    """Sum of the feedback scores of what could be judged."""
    last_turn: int = 0
    last_score: float = 0.0
    """Of the last answer that could be judged."""

    def add(self, experience: Experience) -> None:
        """Count one more experience."""
        self.asked += 1
        self.last_turn = experience.turn
        if decided(experience.feedback):
            self.judged += 1
            self.score += experience.feedback.score
            self.last_score = experience.feedback.score


class ReplayBuffer(Sequence[Experience]):
    """Past experiences, oldest first; `capacity` bounds what is kept, while the counts keep all of history.

    An answer on which nothing could be decided is counted but not kept, since there is nothing to learn from it; with
    `unique` neither is one that was already given to the question, word for word.
    """

    def __init__(self, capacity: int | None = None, *, unique: bool = False) -> None:
        self._unique = unique
        self._answered: set[tuple[str, str]] = set()
        self._experiences: list[Experience] = []
        self._turns: list[int] = []
        self._capacity = capacity
        self._questions: dict[str, Tally] = {}
        self._tags: dict[str, Tally] = {}

    def extend(self, experiences: Iterable[Experience]) -> None:
        """Remember a turn's experiences."""
        for experience in experiences:
            if decided(experience.feedback) and (not self._unique or self._new(experience)):
                self._experiences.append(experience)
                self._turns.append(experience.turn)
            _count(self._questions, experience.question.id, experience)
            for tag in experience.question.tags:
                _count(self._tags, tag, experience)
        if self._capacity is not None and len(self._experiences) > self._capacity:
            surplus = len(self._experiences) - self._capacity
            del self._experiences[:surplus], self._turns[:surplus]

    def _new(self, experience: Experience) -> bool:
        key = (experience.question.id, experience.answer.text)
        size = len(self._answered)
        self._answered.add(key)
        return len(self._answered) > size

    def since(self, turn: int) -> Sequence[Experience]:
        """Return the kept experiences of `turn` and later."""
        return self._experiences[bisect_left(self._turns, turn) :]

    @property
    def questions(self) -> Mapping[str, Tally]:
        """Counts by question id; an id never asked is absent."""
        return self._questions

    @property
    def tags(self) -> Mapping[str, Tally]:
        """Counts by tag; a tag never asked is absent."""
        return self._tags

    @overload
    def __getitem__(self, index: int) -> Experience: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Experience]: ...
    def __getitem__(self, index: int | slice) -> Experience | Sequence[Experience]:
        return self._experiences[index]

    def __len__(self) -> int:
        return len(self._experiences)

    def __iter__(self) -> Iterator[Experience]:
        return iter(self._experiences)


def _count(tallies: dict[str, Tally], name: str, experience: Experience) -> None:
    tally = tallies.get(name)
    if tally is None:
        tally = tallies[name] = Tally()
    tally.add(experience)
