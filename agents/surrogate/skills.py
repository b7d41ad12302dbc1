"""What simulated students can do: an ability for each skill, raised and lowered by lessons, and forgotten.

An ability is the level a student came with plus what it gained; only gains are learned, forgotten and stored.

Learning, for a lesson on a question of discrimination a and difficulty b, with p = sigmoid(a (ability - b)):

    gain += rate * direction * 4 p (1 - p)      direction: 1, or -misled where the lesson teaches a wrong answer

The form is the Elo rule of Pelánek (2016), "Applications of the Elo rating system in adaptive educational systems",
Computers & Education 98: ability += K (right - p). Ours moves by the slope of p instead of by surprise, so a lesson on
a question at the student's level does most, and one far above or below next to nothing: a zone of proximal development
(Vygotsky 1978, "Mind in Society", chapter 6). Lessons on one skill count one after the other.

Forgetting, for each turn in which a skill has no lesson: gain *= 1 - forgetting, which is exponential decay as in the
half-life model of Settles and Meeder (2016), ACL P16-1174. It is reckoned when the student next learns.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from agents.surrogate.chance import normal
from agents.surrogate.items import Table
from agents.surrogate.settings import IrtParameters
from simulation.core.types import Seat


def sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logistic function of each value."""
    probabilities: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-values))
    return probabilities


class SkillLevels:
    """The abilities of S seats in the K skills met so far, in logits."""

    def __init__(self, seats: Sequence[Seat], settings: IrtParameters) -> None:
        self._seats = tuple(seats)
        self._settings = settings
        self._general = [settings.ability + settings.ability_sd * _draw(seat, "") for seat in seats]
        self.skills: list[str] = []
        self.turns = [0] * len(seats)
        """Up to which turn each seat's forgetting is reckoned."""
        self.initial_SK = np.zeros((len(seats), 0))
        self.gain_SK = np.zeros((len(seats), 0))
        self.taught_SK = np.zeros((len(seats), 0), dtype=np.bool_)
        """Which skills ever had a lesson."""

    def meet(self, skills: Sequence[str]) -> None:
        """Give every seat an ability in the skills that follow those it knows of."""
        fresh = skills[len(self.skills) :]
        if not fresh:
            return
        levels = [
            [general + self._settings.skill_sd * _draw(seat, skill) for skill in fresh]
            for seat, general in zip(self._seats, self._general, strict=True)
        ]
        self.initial_SK = np.concatenate([self.initial_SK, np.array(levels).reshape(len(levels), len(fresh))], axis=1)
        blank = np.zeros((len(levels), len(fresh)))
        self.gain_SK = np.concatenate([self.gain_SK, blank], axis=1)
        self.taught_SK = np.concatenate([self.taught_SK, blank.astype(np.bool_)], axis=1)
        self.skills += fresh

    def solving(self, seats: NDArray[np.int64], items: NDArray[np.int64], table: Table) -> NDArray[np.float64]:
        """Return the probability that each seat solves each item, before guesses and slips."""
        skills = table.skill_I[items]
        ability = self.initial_SK[seats, skills] + self.gain_SK[seats, skills]
        return sigmoid(table.discrimination_I[items] * (ability - table.difficulty_I[items]))

    def forget(self, seat: int, turn: int, taught: NDArray[np.int64]) -> None:
        """Let a seat forget up to `turn`, in which it has lessons on the skills `taught`."""
        turns_passed = max(0, turn - self.turns[seat])
        retention = 1.0 - self._settings.forgetting
        decay_K = np.full(len(self.skills), retention**turns_passed)
        decay_K[taught] = retention ** max(0, turns_passed - 1)
        self.gain_SK[seat] *= decay_K
        self.turns[seat] = max(turn, self.turns[seat])

    def practise(
        self, seats: NDArray[np.int64], items: NDArray[np.int64], directions: NDArray[np.float64], table: Table
    ) -> None:
        """Learn from lessons, those of one seat on one skill one after the other."""
        skills = table.skill_I[items]
        for lessons in rounds(seats * max(1, len(self.skills)) + skills):
            solved = self.solving(seats[lessons], items[lessons], table)
            steps = self._settings.rate * directions[lessons] * (4.0 * solved * (1.0 - solved))
            self.gain_SK[seats[lessons], skills[lessons]] += steps
        self.taught_SK[seats, skills] = True

    def learned(self, seat: int) -> dict[str, float]:
        """Return the gain in every skill that had a lesson, by its name, in the order of names."""
        taught = np.flatnonzero(self.taught_SK[seat]).tolist()
        return dict(sorted((self.skills[skill], float(self.gain_SK[seat, skill])) for skill in taught))

    def put_back(self, seat: int, gains: Mapping[str, float], turn: int) -> None:
        """Take up what `learned` returned; every skill must have been met."""
        self.gain_SK[seat] = [gains.get(skill, 0.0) for skill in self.skills]
        self.taught_SK[seat] = [skill in gains for skill in self.skills]
        self.turns[seat] = turn


def rounds(groups: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Split places into rounds: the first place of every group, then every second one, and so on."""
    order = np.argsort(groups, kind="stable")
    ranked = groups[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    rank = np.arange(len(groups)) - np.repeat(starts, np.diff(np.append(starts, len(groups))))
    return [order[rank == number] for number in range(int(rank.max(initial=-1)) + 1)]


def _draw(seat: Seat, skill: str) -> float:
    return normal("ability", seat.seed, seat.number, skill)
