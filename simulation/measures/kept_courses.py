"""Courses from the sums that a study keeps of its turns: the same numbers, and no answer is read."""

import json
import re
from collections.abc import Callable, ItemsView, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from simulation.loop.world import HELD_OUT
from simulation.measures.methods import ValueSums
from simulation.measures.reliability import ScoreSums
from simulation.measures.summary import Course, Row
from simulation.measures.tallies import ReasonTally
from simulation.store import Study
from simulation.store.arrays import unpack_array
from simulation.store.columns import metrics
from simulation.store.interning import decoded
from simulation.store.kept_sums import KeptSums, kept_sum
from simulation.store.sums import AGAIN
from simulation.store.turn_sums import AnsweredAgain, Draw

V = TypeVar("V")

NUMBERS = re.compile(r'"(\d+)":')
ROWS_AT_ONCE = 4096
"""About so many turns of students are held while they are added up."""
VERDICTS = """
SELECT s, category, sum(answers), sum(right), sum(called_right), sum(both_right), sum(same), total(score), total(truth),
    total(distance) FROM answer_sums WHERE t BETWEEN ? AND ? GROUP BY s, category
"""
TURNS = "SELECT t, s, answers, truth, tokens, lessons, passing, scored, score FROM turn_sums WHERE t BETWEEN ? AND ?"
EXAMS = "SELECT t, s, list, truths, categories, reasons FROM evaluation_sums WHERE t BETWEEN ? AND ?"
UPDATES = "SELECT t, s, experiences, metrics FROM updates WHERE t BETWEEN ? AND ?"
EVALUATIONS = """
SELECT e.t, e.s, n.text, e.questions, e.metrics FROM evaluations e JOIN texts n ON n.id = e.name
WHERE e.t BETWEEN ? AND ?
"""


@dataclass(frozen=True, slots=True)
class KeptUpdate:
    """An update as far as a course needs it."""

    experiences: int
    metrics: Mapping[str, float]


class Unread(Mapping[str, V]):
    """Sums by name that are taken from their JSON when they are first looked at, which of most never happens."""

    __slots__ = ("_make", "_names", "_sums", "_text")

    def __init__(self, text: str, names: Mapping[int, str], make: Callable[..., V]) -> None:
        """Take JSON of sums by the numbers of their names; `make` takes the entries of one."""
        self._text, self._names, self._make = text, names, make
        self._sums: dict[str, V] | None = None

    def _read(self) -> dict[str, V]:
        if self._sums is None:
            rows: dict[str, list[float]] = json.loads(self._text)
            self._sums = {self._names[int(number)]: self._make(*own) for number, own in rows.items()}
            self._text = ""
        return self._sums

    def __getitem__(self, name: str) -> V:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def items(self) -> ItemsView[str, V]:
        """Return the names and sums."""
        return self._read().items()


class KeptCourses:
    """The courses of a study's students, taken up from its sums turn by turn."""

    def __init__(self, study: Study) -> None:
        """Begin before the first turn."""
        truth = study.measures[0]
        self.courses = [Course(seat.name, truth, truth) for seat in study.seats]
        self.last_turn = -1
        self._names: dict[int, str] = {}

    def follow(self, study: Study, sums: KeptSums, last: int | None = None) -> None:
        """Take up the turns that are new in the sums, up to `last`, by default the last that has any."""
        first, last = self.last_turn + 1, sums.last_turn if last is None else last
        for s, category, *counts in sums.query(VERDICTS, first, last):
            self.courses[s].reliability.add(sums.name(category), *counted(*counts))
        for s, category, *truths in study.query(AGAIN, first, last):
            self.courses[s].take_again([AnsweredAgain(decoded(category), *map(float, truths))])
        size = max(1, ROWS_AT_ONCE // len(self.courses))
        for start in range(first, last + 1, size):
            self._take(study, sums, start, min(last, start + size - 1))
        self.last_turn = last

    def _take(self, study: Study, sums: KeptSums, first: int, last: int) -> None:
        updates = {(t, s): KeptUpdate(own, metrics(text)) for t, s, own, text in study.query(UPDATES, first, last)}
        evaluations: dict[tuple[int, int], dict[str, tuple[int, dict[str, float]]]] = {}
        for t, s, name, questions, text in study.query(EVALUATIONS, first, last):
            evaluations.setdefault((t, s), {})[decoded(name)] = (questions, metrics(text))
        marks = {(t, s): own for t, s, *own in sums.query(EXAMS, first, last)}
        for t, s, answers, truth, tokens, lessons, passing, scored, score in sums.query(TURNS, first, last):
            course, exams = self.courses[s], evaluations.get((t, s), {})
            course.pass_turn(
                t,
                asked=answers,
                credit=kept_sum(truth),
                draw=Draw(lessons, passing, scored, kept_sum(score)),
                tokens=int(tokens),
                update=updates.get((t, s)),
                exams={name: measured for name, (_, measured) in exams.items()},
            )
            if (t, s) in marks:
                digest, truths, *texts = marks[t, s]
                categories, reasons = (self._named(text, sums) for text in texts)
                course.measured(
                    *exams[HELD_OUT],
                    Row(digest, unpack_array(truths)),
                    categories=Unread(categories, self._names, ValueSums),
                    reasons=Unread(reasons, self._names, ReasonTally),
                )

    def _named(self, text: str, sums: KeptSums) -> str:
        """Learn the names that JSON of sums has by number, for the time when the study is closed, and return it."""
        for number in NUMBERS.findall(text):
            if int(number) not in self._names:
                self._names[int(number)] = sums.name(int(number))
        return text


def counted(
    answers: int, right: int, called: int, both: int, same: int, score: float, truth: float, distance: float
) -> tuple[NDArray[np.int64], ScoreSums]:
    """Return counts of verdicts as `Reliability` has them."""
    table = [[answers - right - called + both, called - both], [right - both, both]]
    return np.array(table, dtype=np.int64), ScoreSums(score, truth, distance, same)
