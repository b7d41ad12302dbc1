"""Comparisons of scripted students, played in a moment."""

from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from rich.console import Console

from simulation.core.questions import Measure
from simulation.core.types import Turn
from simulation.measures.arrays import read_results
from simulation.measures.findings import Findings, find_all
from simulation.play.folders import Comparison, divide
from simulation.play.session import begin, go_on
from simulation.scenario.entries import read_lineup
from simulation.views.comparison_report import conclude, held_out
from simulation.views.progress import Quiet
from tests.support.scripted_scenario import GOOD

POLICIES = ("ask.policy=random,round_robin,tests.support.scripted:LeastSure",)
SMALL = ("students.count=1", "environment.held=30", "evaluate.questions=30")


class Dying(Quiet):
    """A display that dies after a turn, as a process does."""

    def __init__(self, last: int) -> None:
        super().__init__()
        self.last = last

    def turn(self, turns: Sequence[Turn], seconds: float) -> None:
        super().turn(turns, seconds)
        if turns[0].turn == self.last:
            raise RuntimeError("killed")


def planned(
    folder: Path, seeds: int = 3, *, vary: Sequence[str] = POLICIES, overrides: Sequence[str] = (), workers: int = 1
) -> Comparison:
    """A comparison of which nothing is played."""
    file = folder.parent / f"{folder.name}.yaml"
    file.write_text(GOOD, encoding="utf-8")
    own = [text.partition("=")[0] for text in overrides]
    small = [text for text in SMALL if not any(f"{text.partition('=')[0]}.".startswith(f"{key}.") for key in own)]
    lineup = read_lineup([file], vary, [*small, *overrides], range(seeds))
    return Comparison.create(folder, lineup, divide(lineup, workers), None)


def play(comparison: Comparison, *, cohorts: Sequence[int] | None = None, dying: int | None = None) -> Comparison:
    """Play cohorts, all of them if none is named; with `dying` after that turn, and go on."""
    for index in range(len(comparison.cohorts)) if cohorts is None else cohorts:
        part, folder = comparison.part(index), comparison.study_folder(index)
        if dying is None:
            begin(folder, part.resolved(), part.prepared(), Quiet(), print, keep="newest")
            continue
        try:
            begin(folder, part.resolved(), part.prepared(), Dying(dying), print, keep="newest")
        except RuntimeError:
            go_on(folder, Quiet(), lambda _: None)
    return comparison


def concluded(comparison: Comparison, width: int = 120, measures: Sequence[Measure] = ()) -> str:
    """Report a comparison; return what the terminal shows."""
    console = Console(file=StringIO(), width=width, color_system=None)
    conclude(comparison, console, measures)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def found(comparison: Comparison) -> Findings:
    """What a comparison found by the truth."""
    (findings,) = find_all(read_results(comparison.lineup, comparison.studies), held_out(comparison))
    return findings
