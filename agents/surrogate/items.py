"""What a question demands of a simulated student: difficulty, discrimination, and what its wrong options attract.

Every number is a function of names (the question's id, its skill, its wording), so it is the same for all students, in
every study and after every resume.
"""

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from agents.reading.misconceptions import misconception
from agents.reading.options import reference_index
from agents.surrogate.chance import normal
from agents.surrogate.settings import IrtParameters
from simulation.core.errors import ModelError
from simulation.core.types import Question


@dataclass(slots=True, kw_only=True)
class Table:
    """Items as columns: I items, C options (the most that an item has; what an item lacks has no share)."""

    skill_I: NDArray[np.int64]
    difficulty_I: NDArray[np.float64]
    discrimination_I: NDArray[np.float64]
    right_I: NDArray[np.int64]
    options_I: NDArray[np.int64]
    """How many options there are."""
    shares_IC: NDArray[np.float64]
    """How the probability that is not right divides over the options."""

    def widen(self, items: int, options: int) -> None:
        """Make room for more."""
        for column in fields(self):
            old = getattr(self, column.name)
            shape = (items, *([max(options, old.shape[1])] if old.ndim > 1 else []))
            new = np.zeros(shape, dtype=old.dtype)
            new[tuple(slice(size) for size in old.shape)] = old
            setattr(self, column.name, new)


class Items:
    """The questions met so far, each a row of a table."""

    def __init__(self, settings: IrtParameters) -> None:
        self._settings = settings
        self._rows: dict[Question, int] = {}
        self.skills: dict[str, int] = {}
        """The column of each skill met so far."""
        self.table = Table(
            skill_I=np.zeros(0, dtype=np.int64),
            difficulty_I=np.zeros(0),
            discrimination_I=np.zeros(0),
            right_I=np.zeros(0, dtype=np.int64),
            options_I=np.zeros(0, dtype=np.int64),
            shares_IC=np.zeros((0, 0)),
        )

    def row(self, question: Question | None) -> int:
        """Return the row of a question."""
        if question is None:
            raise ModelError("a simulated student answers questions, not prompts: give the request its question")
        row = self._rows.get(question)
        return self._enter(question) if row is None else row

    def _enter(self, question: Question) -> int:
        right, options = reference_index(question), len(question.form.alternatives)
        if right is None or options < 2:
            raise ModelError(
                f"question {question.id!r} has {options} choices and the reference {question.key.reference!r}, but "
                "irt_learner answers only questions with two choices or more, one of them the reference; take such an "
                "environment, or students that are a language_model"
            )
        row, table = len(self._rows), self.table
        if row == len(table.skill_I) or options > table.shares_IC.shape[1]:
            table.widen(max(64, 2 * row), options)
        skill = skill_of(question)
        table.skill_I[row] = self.skills.setdefault(skill, len(self.skills))
        table.difficulty_I[row] = difficulty(question, self._settings)
        table.discrimination_I[row] = self._settings.discrimination * math.exp(
            self._settings.discrimination_sd * normal("discrimination", question.id)
        )
        table.right_I[row], table.options_I[row] = right, options
        table.shares_IC[row, :options] = shares(question, right, self._settings.misconception)
        self._rows[question] = row
        return row


def skill_of(question: Question) -> str:
    """Return what a question trains: its second tag, or its category where it has no other."""
    return question.tags[1] if len(question.tags) > 1 else question.category


def difficulty(question: Question, settings: IrtParameters) -> float:
    """Return how hard a question is, in logits: by its skill, by its wording (the third tag), and by itself."""
    wording = question.tags[2] if len(question.tags) > 2 else ""
    return (
        settings.difficulty_sd * normal("skill", skill_of(question))
        + (settings.wording_sd * normal("wording", wording) if wording else 0.0)
        + settings.item_sd * normal("item", question.id)
    )


def shares(question: Question, right: int, typical_share: float) -> list[float]:
    """Return how the probability of being wrong divides over the options: most to the skill's typical misconception.

    Of a skill's misconceptions the typical one is drawn by name, so it is the same in all of its questions. Where a
    question reveals nothing, its wrong options are alike.
    """
    options = len(question.form.alternatives)
    wrong = [index for index in range(options) if index != right]
    even = 1.0 / len(wrong)
    diagnosed = [index for index in wrong if misconception(question, index)]
    if not diagnosed or len(wrong) == 1:
        return [0.0 if index == right else even for index in range(options)]
    typical = max(diagnosed, key=lambda index: normal("typical", skill_of(question), misconception(question, index)))
    rest = (1.0 - typical_share) / (len(wrong) - 1)
    shares_C = [rest] * options
    shares_C[typical], shares_C[right] = typical_share, 0.0
    return shares_C
