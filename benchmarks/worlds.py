"""What benchmarks of recommenders share: scenarios played as processes of their own, what came of them, its means."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.table import Table

from benchmarks import process, record
from benchmarks.process import Ended
from simulation.measures.statistics import Estimate, mean_interval, paired_difference
from simulation.store import Study, StudySums

Figures = Mapping[str, float]


@dataclass(slots=True, kw_only=True)
class Way:
    """One student's way through a study."""

    label: str
    seed: int
    scores: list[float] = field(default_factory=list)
    """The mean feedback score of each turn, from turn 1; of a turn without answers nothing is told."""
    figures: dict[int, dict[str, float]] = field(default_factory=dict)
    """By evaluation turn: the means over the held-out questions by the name of the measure."""

    @property
    def first(self) -> Figures:
        """What was measured before anything was learned."""
        return self.figures[min(self.figures)]

    @property
    def last(self) -> Figures:
        """What was measured at the end."""
        return self.figures[max(self.figures)]


def played(command: Sequence[str], folder: Path) -> Ended:
    """Run a command of the project that makes studies below a folder, with its words beside it."""
    folder.mkdir(parents=True)
    arguments = [*command, "--quiet", "--out", str(folder)]
    return process.run(process.simulation(*arguments), folder.with_suffix(".log"))


def ways(folder: Path) -> list[Way]:
    """Return the ways of all students of all studies below a folder, in the order of the studies and their seats."""
    return [way for path in sorted(folder.rglob("study.db")) for way in ways_of(path.parent)]


def ways_of(folder: Path) -> Iterator[Way]:
    """Yield the ways of all students of one study."""
    with Study.open(folder) as study:
        truth, *others = study.measures
        by_name = {seat.name: Way(label=seat.label, seed=seat.seed) for seat in study.seats}
        for turn in StudySums(study, [measure.name for measure in others]):
            way = by_name[turn.student]
            if turn.verdicts:
                way.scores.append(float(np.mean([verdict.score for verdict in turn.verdicts])))
            if "held_out" in turn.evaluations:
                marks = turn.evaluations["held_out"]
                values = {truth.name: marks.truths, **marks.values}
                way.figures[turn.turn] = {name: float(row.mean()) for name, row in values.items()}
        yield from by_name.values()


def means(rows: Sequence[Figures]) -> dict[str, Estimate]:
    """Return the mean over worlds or seeds of every figure, with its t interval."""
    return {name: mean_interval([row[name] for row in rows]) for name in rows[0]}


def differences(rows: Sequence[Figures], others: Sequence[Figures]) -> dict[str, Estimate]:
    """Return the mean of row - other of every figure, paired over worlds or seeds, with its t interval."""
    return {name: paired_difference([other[name] for other in others], [row[name] for row in rows]) for name in rows[0]}


def plain(estimates: Mapping[str, Estimate]) -> dict[str, list[float | None]]:
    """Return estimates as JSON values: value, low and high, none where one value leaves them unbounded."""
    return {
        name: [round(end, 6) if np.isfinite(end) else None for end in estimate] for name, estimate in estimates.items()
    }


def told(estimate: Estimate, sign: str = "") -> str:
    """Return an estimate with its interval in words."""
    value, low, high = (f"{end:{sign}.3f}".replace("0.", ".", 1) for end in estimate)
    return f"{value} ({low} to {high})"


def table(title: str, estimates: Mapping[str, Mapping[str, Estimate]], names: Sequence[str], sign: str = "") -> Table:
    """Return a table of estimates: a row a student, a column a figure."""
    rows = [[label, *(told(row[name], sign) for name in names)] for label, row in estimates.items()]
    return record.table(title, ("", *names), rows)
