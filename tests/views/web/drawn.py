"""A class that was drawn from a seed: what its turns hold, its pages and what its report prints."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from rich.console import Console

from simulation.core.types import Experience, Question, Turn
from simulation.loop.world import HELD_OUT
from simulation.store import Study, StudySums
from simulation.views.report import report
from simulation.views.web.catalog import Catalog
from simulation.views.web.site import Site
from tests.support.random_classes import Class, play


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A study, what its turns hold, and its pages."""

    own: Class
    turns: dict[str, list[Turn]]
    questions: dict[str, Question]
    site: Site
    printed: str
    """What `report` prints."""

    @property
    def names(self) -> list[str]:
        """The students."""
        return list(self.turns)

    def exams(self, student: str) -> dict[int, dict[str, float]]:
        """Return the truth of each held-out answer by turn."""
        return {
            turn.turn: {result.question_id: result.truth for result in turn.evaluations[HELD_OUT].results}
            for turn in self.turns[student]
            if turn.evaluations
        }

    def measured(self, students: Sequence[str]) -> list[int]:
        """Return the turns at which all of some students were evaluated."""
        return sorted(set.intersection(*(set(self.exams(name)) for name in students)))

    def answers(self, students: Sequence[str]) -> list[Experience]:
        """Return all answers that were given in turns."""
        return [one for student in students for turn in self.turns[student] for one in turn.experiences]

    def bare(self, value: float) -> str:
        """Return a value of the truth as tables have it."""
        return f"{value:.3f}" if self.own.graded else f"{100 * value:.1f}"

    def signed(self, value: float) -> str:
        """Return a difference as tables have it."""
        return f"{value:+.3f}" if self.own.graded else f"{100 * value:+.1f}"


def played(own: Class, folder: Path) -> Played:
    """Play a class; return all about it."""
    play(own, folder / "drawn")
    console = Console(file=StringIO(), width=200, color_system=None)
    with Study.open(folder / "drawn") as study:
        turns: dict[str, list[Turn]] = {seat.name: list(study.turns(seat.name)) for seat in study.seats}
        questions = {question.id: question for question in study.question_set(HELD_OUT)}
        report(study, StudySums(study), console)
    assert isinstance(console.file, StringIO)
    return Played(
        own=own, turns=turns, questions=questions, site=Site(Catalog(folder)), printed=console.file.getvalue()
    )
