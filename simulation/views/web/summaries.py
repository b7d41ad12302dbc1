"""What a study's turns add up to, kept between pages: of a study that goes on, only the new turns are read."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from simulation.core.types import Question
from simulation.measures.kept_courses import KeptCourses
from simulation.measures.summary import Course
from simulation.store import Study
from simulation.store.kept_sums import KeptSums
from simulation.views.web.made_sums import MadeSums, SumsUnderWay
from simulation.views.web.queries import held_out

V = TypeVar("V")
KEPT = 16
"""Studies whose sums stay in memory."""


@dataclass(slots=True)
class Summary:
    """What is kept of one study."""

    genesis: bytes
    lock: Lock
    courses: KeptCourses
    made: MadeSums | None = None
    """Its sums, where it keeps none itself."""
    held_out: dict[str, tuple[int, Question]] | None = None
    values: dict[str, Any] = field(default_factory=dict)
    """What pages made of the courses as they were after turn `values_turn` (Any: of whatever type they are)."""
    values_turn: int = -1

    @property
    def last_turn(self) -> int:
        """The last turn that is in them, or -1."""
        return max(self.courses.last_turn, -1 if self.made is None else self.made.turns_made - 1)


class Summaries:
    """The sums of the studies that were looked at last."""

    def __init__(self, patience_seconds: float | None = None) -> None:
        """Wait so long for sums that have to be made from all rows of a study, by default until they are."""
        self._patience_seconds = patience_seconds
        self._summaries: OrderedDict[Path, Summary] = OrderedDict()
        self._lock = Lock()

    def sums(self, study: Study) -> KeptSums:
        """Return the sums of a study, which it keeps, or which are made from its rows; raises SumsUnderWay."""
        if study.sums is not None:
            return study.sums
        summary = self._of(study)
        with summary.lock:
            own_sums = summary.made = summary.made or MadeSums(study)
        if not own_sums.ready(study, self._patience_seconds):
            raise SumsUnderWay(study.name, own_sums.turns_made, study.last_turn + 1)
        return own_sums.sums

    def courses(self, study: Study) -> list[Course]:
        """Return the course of every student by the truth, all committed turns in it; raises SumsUnderWay."""
        sums, summary = self.sums(study), self._of(study)
        with summary.lock:
            made = summary.made  # its last turn may be there of some students only, while a thread adds it
            summary.courses.follow(study, sums, None if made is None else made.turns_made - 1)
            return list(summary.courses.courses)

    def held_out(self, study: Study) -> Mapping[str, tuple[int, Question]]:
        """Return the held-out questions with the numbers of their rows, by id, which no turn changes."""
        summary = self._of(study)
        with summary.lock:
            if summary.held_out is None:
                summary.held_out = held_out(study)
            return summary.held_out

    def once(self, study: Study, key: str, make: Callable[[], V]) -> V:
        """Return what was made under a key since the study's last turn, or make it; what follows from the courses."""
        summary = self._of(study)
        with summary.lock:
            if summary.values_turn != summary.courses.last_turn:
                summary.values, summary.values_turn = {}, summary.courses.last_turn
            if key not in summary.values:
                summary.values[key] = make()
            value: V = summary.values[key]
            return value

    def _of(self, study: Study) -> Summary:
        with self._lock:
            summary = self._summaries.pop(study.folder, None)
            if summary is None or summary.genesis != study.genesis or summary.last_turn > study.last_turn:
                summary = Summary(genesis=study.genesis, lock=Lock(), courses=KeptCourses(study))
            self._summaries[study.folder] = summary
            if len(self._summaries) > KEPT:
                self._summaries.popitem(last=False)
            return summary
