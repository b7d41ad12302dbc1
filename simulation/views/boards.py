"""Shows a comparison while its cohorts play: a live table of labels, plain lines, or JSON lines for machines.

The JSON contract (`compare --json`), one object a line on stdout and nothing else there:

    {"event": "started", "comparison", "labels": [...], "seeds": [...], "turns", "cohorts"}
    {"event": "evaluation", "turn", "student", "label", "seed", "measure", "value", "questions", …}
    {"event": "failed", "turn", "student", "label", "seed", "reason"}
    {"event": "cohort_failed", "cohort", "reason"}
    {"event": "verdict", "measure", "a", "b", "difference", "low", "high", "p", "text", …}    one for each pair
    {"event": "interrupted", "comparison"}                    only where it was stopped before its end
    {"event": "finished", "comparison", "trace_hashes": [...]}                 the last line of one that is whole
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, redirect_stdout
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar

from simulation.core.types import Seat
from simulation.measures.naming import known_before
from simulation.play.folders import Comparison
from simulation.play.places import Ending
from simulation.views.fitting import Beside, Words
from simulation.views.streams import laid_out
from simulation.views.text import Scale, clock, shown, sparkline


@dataclass(slots=True)
class Progress:
    """How far the cohorts are."""

    turns: dict[int, int] = field(default_factory=dict)
    """The last turn of each cohort."""
    played: int = 0
    """Student turns since this process began."""
    began: float = field(default_factory=time.perf_counter)

    def left(self, to_play: int) -> str:
        """Return the time that so many student turns will take at the mean pace."""
        elapsed_seconds = time.perf_counter() - self.began
        return f"{clock(to_play * elapsed_seconds / self.played)} left" if self.played else ""


class Board(AbstractContextManager["Board"]):
    """What is known while a comparison plays; shows nothing by itself."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        lineup = comparison.lineup
        self.seats: dict[str, Seat] = {seat.name: seat for seat in lineup.seats}
        self.members = [comparison.part(index).seats for index in range(len(comparison.cohorts))]
        played = {index: lineup.turns * comparison.finished(index) for index in range(len(self.members))}
        self.progress = Progress(played)
        self.truth = next(iter(known_before(lineup).values()))
        self.scale = Scale.of(self.truth)
        self.values: dict[str, dict[int, dict[str, float]]] = {label: {} for label in lineup.labels}
        """The mean of the truth, by label, turn and student."""
        self.failed: dict[str, str] = {}

    def __exit__(self, *_: object) -> None:
        """Leave the terminal as it was."""

    def hear(self, cohort: int, event: Mapping[str, Any]) -> None:
        """Take up an event of a cohort (Any: JSON)."""
        kind = event["event"]
        if kind == "started":
            self.progress.turns[cohort] = max(0, event["first_turn"] - 1)
            self.progress.began = time.perf_counter() if not self.progress.played else self.progress.began
        elif kind == "turn":
            self.progress.turns[cohort] = event["turn"]
            self.progress.played += event["turn"] > 0
        elif kind == "evaluation":
            label = self.seats[event["student"]].label
            self.values[label].setdefault(event["turn"], {})[event["student"]] = event["value"]
        elif kind == "failed":
            self.failed[event["student"]] = event["reason"]

    def ended(self, outcome: Ending) -> None:
        """Hear how the playing ended."""

    @property
    def to_play(self) -> int:
        """How many student turns are left."""
        turns = self.comparison.lineup.turns
        return sum(len(seats) * (turns - self.progress.turns[cohort]) for cohort, seats in enumerate(self.members))

    def means(self, label: str) -> dict[int, float]:
        """Return a label's mean by turn over those of its students heard of so far."""
        return {
            turn: float(np.mean(list(value_by_student.values())))
            for turn, value_by_student in sorted(self.values[label].items())
        }


class PlainBoard(Board):
    """A line a cohort and evaluation, for logs."""

    def __init__(self, comparison: Comparison, stream: IO[str]) -> None:
        super().__init__(comparison)
        self.stream = stream
        self.reported: set[tuple[int, int]] = set()
        lineup = comparison.lineup
        self.say(
            f"{shown(str(comparison.folder))}: {', '.join(lineup.labels)}; {len(lineup.seeds)} seeds, "
            f"{lineup.turns} turns, {len(comparison.cohorts)} cohort(s); held-out {shown(self.truth.name)}:"
        )

    def hear(self, cohort: int, event: Mapping[str, Any]) -> None:
        """Say where a cohort stands at each evaluation."""
        super().hear(cohort, event)
        if event["event"] == "failed":
            self.say(shown(f"{event['student']} failed: {event['reason']}"))
        if event["event"] == "evaluation":
            self.measured(cohort, event["turn"])

    def measured(self, cohort: int, turn: int) -> None:
        """Say a cohort's means once all its students are measured."""
        measured_students = {
            student for values_by_turn in self.values.values() for student in values_by_turn.get(turn, {})
        }
        waiting = any(
            seat.name not in measured_students and seat.name not in self.failed for seat in self.members[cohort]
        )
        if waiting or (cohort, turn) in self.reported:
            return
        self.reported.add((cohort, turn))
        means = "  ".join(f"{label} {self.scale.number(mean)}" for label, mean in self.cohort_means(cohort, turn))
        turns = self.comparison.lineup.turns
        self.say(f"cohort {cohort}  turn {turn}/{turns}  {means}  {self.progress.left(self.to_play)}".rstrip())

    def cohort_means(self, cohort: int, turn: int) -> Iterator[tuple[str, float]]:
        """Yield the labels that have students in a cohort, each with their mean."""
        cohort_students = {seat.name for seat in self.members[cohort]}
        for label, values_by_turn in self.values.items():
            value_by_student = values_by_turn.get(turn, {})
            values = [value for student, value in value_by_student.items() if student in cohort_students]
            if values:
                yield label, float(np.mean(values))

    def say(self, line: str) -> None:
        """Write a line at once."""
        self.stream.write(f"{laid_out(line, self.stream)}\n")
        self.stream.flush()


class JsonBoard(Board):
    """The JSON contract of this module; whatever else prints while it is entered goes to stderr."""

    def __init__(self, comparison: Comparison, stream: IO[str]) -> None:
        super().__init__(comparison)
        self.stream = stream
        self.aside = redirect_stdout(sys.stderr)

    def __enter__(self) -> "JsonBoard":
        self.aside.__enter__()
        lineup = self.comparison.lineup
        about = {"comparison": str(self.comparison.folder), "labels": list(lineup.labels), "seeds": list(lineup.seeds)}
        self.emit("started", {**about, "turns": lineup.turns, "cohorts": len(self.members)})
        return self

    def __exit__(self, *error: Any) -> None:
        self.aside.__exit__(*error)

    def hear(self, cohort: int, event: Mapping[str, Any]) -> None:
        """Emit evaluations and failures with the label and seed of their student."""
        super().hear(cohort, event)
        if event["event"] in ("evaluation", "failed"):
            seat = self.seats[event["student"]]
            self.emit(event["event"], {**event, "label": seat.label, "seed": seat.seed})

    def ended(self, outcome: Ending) -> None:
        """Emit what went wrong with whole cohorts, and whether the user stopped."""
        for cohort, reason in sorted(outcome.failures.items()):
            self.emit("cohort_failed", {"cohort": cohort, "reason": reason})
        if outcome.stopped:
            self.emit("interrupted", {"comparison": str(self.comparison.folder)})

    def emit(self, event: str, values: Mapping[str, Any]) -> None:
        """Write one event at once (Any: JSON)."""
        self.stream.write(f"{json.dumps({**values, 'event': event}, allow_nan=False)}\n")
        self.stream.flush()


class LiveBoard(Board):
    """Each label's mean so far with its course, the cohorts' progress and the time left, redrawn in place."""

    def __init__(self, comparison: Comparison, console: Console) -> None:
        super().__init__(comparison)
        self.live = Live(console=console, get_renderable=self.render, refresh_per_second=4)

    def __enter__(self) -> "LiveBoard":
        self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.stop()

    def render(self) -> Group:
        """Return what stands on the screen now."""
        turns = self.comparison.lineup.turns
        total = turns * sum(map(len, self.members))
        turns_done = total - self.to_play
        bar = ProgressBar(total=total, completed=turns_done, width=30)
        cohort_turns = " ".join(f"{turn}" for turn in self.progress.turns.values())
        name, left = shown(self.comparison.folder.name), self.progress.left(self.to_play)
        head = Beside([(name, bar, f"{turns_done}/{total} student turns", left)])
        rows = []
        for label in self.comparison.lineup.labels:
            means = list(self.means(label).values())
            rows.append((shown(label), self.scale.number(means[-1]) if means else "…", sparkline(means)))
        failed = f"; {len(self.failed)} failed" if self.failed else ""
        about = f"held-out {shown(self.truth.name)}; turn of each cohort: {cohort_turns} of {turns}{failed}"
        return Group(head, Beside(rows), Words(about))
