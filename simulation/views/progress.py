"""Shows a study while it plays: a live display, or plain lines; `json_lines.py` is for machines."""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar

from simulation.core.questions import Measure
from simulation.core.types import Evaluation, Turn
from simulation.loop.world import World
from simulation.measures.methods import estimate_at
from simulation.views.fitting import Beside, Words
from simulation.views.streams import laid_out
from simulation.views.text import GRADED, Scale, clock, moves, shown, sparkline

MOST_ROWS = 12


class Playing(Protocol):
    """What a display reads of a study."""

    scenario: dict[str, Any]

    @property
    def folder(self) -> Path: ...

    @property
    def trace_hash(self) -> str: ...


def interval(evaluation: Evaluation, truth: Measure) -> str:
    """Return the mean of the truth with its 95 % interval over questions."""
    scale, estimate = Scale.of(truth), estimate_at(evaluation, truth)
    return f"{scale.number(estimate.value)} ({scale.spread(estimate[1:])})"


def mean_score(turn: Turn) -> float | None:
    """Return the mean feedback of a turn's answers, in [0, 1]."""
    scores = [experience.feedback.score for experience in turn.experiences]
    return sum(scores) / len(scores) if scores else None


def score_text(score: float, truth: Measure) -> str:
    """Say how well the teacher found that a turn's questions were answered."""
    return f"mean score {GRADED.number(score)}" if truth.graded else f"{100 * score:.0f} % right"


def update_line(turn: Turn) -> str:
    """Say what the turn's update did."""
    if turn.failure:
        return f"failed: {shown(turn.failure)}"
    if turn.update is None:
        return "no update" if turn.turn else "before learning"
    steps = "1 step" if turn.update.steps == 1 else f"{turn.update.steps} steps"
    changes = moves(turn.update.metrics)
    summary = f"{turn.update.trainer}: {turn.update.experiences} learned, {steps}"
    return f"{summary}; {changes}" if changes else summary


@dataclass(slots=True)
class StudentProgress:
    """What is known of one student while the study plays."""

    evaluation: Evaluation | None = None
    means: list[float] = field(default_factory=list)
    """Of the truth in each evaluation."""
    update: str = ""

    def take(self, turn: Turn, truth: Measure) -> None:
        """Take up a turn."""
        self.measure(turn.evaluations.get("held_out"), truth)
        if turn.update is not None or turn.failure or not self.update:
            self.update = update_line(turn)

    def measure(self, evaluation: Evaluation | None, truth: Measure) -> None:
        """Take up an evaluation, if there was one."""
        if evaluation is not None:
            self.evaluation = evaluation
            self.means.append(evaluation.metrics[truth.name])


@dataclass(slots=True)
class Pace:
    """How fast turns pass."""

    turns: int = 0
    """The number of the last turn to play."""
    last: int = -1
    played: int = 0
    seconds: float = 0.0

    def take(self, turn: int, seconds: float) -> None:
        """Count a turn; turn 0 only evaluates, so it says nothing of the others."""
        self.last = turn
        if turn:
            self.played += 1
            self.seconds += seconds

    @property
    def left(self) -> str:
        """The time that the remaining turns will take at the mean pace."""
        return f"{clock((self.turns - self.last) * self.seconds / self.played)} left" if self.played else ""


class Quiet(AbstractContextManager["Quiet"]):
    """Shows nothing; the displays build on its bookkeeping."""

    def __init__(self) -> None:
        self.standings: dict[str, StudentProgress] = {}
        self.failed: set[str] = set()
        """Students that can go on no more."""
        self.fresh_failures: set[str] = set()
        """Those of them whose last turn this was."""
        self.sampled: set[str] = set()
        """Those in whose place somebody else answers what is asked."""
        self.pace = Pace()
        self.study: Playing | None = None
        self.truth = Measure(name="")
        """What is measured."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""

    def started(self, study: Playing, world: World, first_turn: int) -> None:
        """Take up the students; a resumed study brings its last evaluations."""
        self.study, self.truth = study, world.measures[0]
        self.pace = Pace(turns=world.turns, last=first_turn - 1)
        for student in world.students:
            self.standings[student.seat.name] = StudentProgress()
            self.standings[student.seat.name].measure(student.evaluations.get("held_out"), self.truth)
            self.failed |= {student.seat.name} if student.failure else set()
            self.sampled |= set() if student.sampler is None else {student.seat.name}

    def turn(self, turns: Sequence[Turn], seconds: float) -> None:
        """Take up what all students did in a turn."""
        self.pace.take(turns[0].turn, seconds)
        for turn in turns:
            self.standings[turn.student].take(turn, self.truth)
        self.fresh_failures = {turn.student for turn in turns if turn.failure} - self.failed
        self.failed |= self.fresh_failures

    def finished(self, study: Playing) -> None:
        """Hear that the study is whole."""

    def stopping(self) -> None:
        """Answer the first Ctrl-C; inside a signal handler only this kind of write is safe."""
        os.write(2, b"\nstopping when this turn is committed; Ctrl-C again stops at once\n")

    def interrupted(self, study: Playing) -> None:
        """Hear that the study stopped before its end."""


class PlainLines(Quiet):
    """A line a student and turn, for logs."""

    def __init__(self, stream: IO[str]) -> None:
        super().__init__()
        self.stream = stream

    def started(self, study: Playing, world: World, first_turn: int) -> None:
        """Say which study begins or goes on."""
        super().started(study, world, first_turn)
        begun = "begins" if first_turn <= 0 else f"goes on at turn {first_turn}"
        self.say(f"{shown(str(study.folder))}: {len(world.students)} student(s), {world.turns} turns; {begun}")

    def turn(self, turns: Sequence[Turn], seconds: float) -> None:
        """Say what each student did."""
        super().turn(turns, seconds)
        for turn in turns:
            if turn.student in self.failed - self.fresh_failures:
                continue
            parts = [f"turn {turn.turn}/{self.pace.turns}", turn.student]
            score = mean_score(turn)
            if score is not None:
                answered = ", answered by its sampler" if turn.student in self.sampled else ""
                parts.append(f"asked {len(turn.experiences)}{answered}, {score_text(score, self.truth)}")
            parts.append(update_line(turn))
            evaluation = turn.evaluations.get("held_out")
            if evaluation is not None:
                measured = f"held-out {shown(self.truth.name)} {interval(evaluation, self.truth)}"
                parts.append(f"{measured} of {evaluation.questions}")
            self.say("  ".join((*parts, f"{seconds:.2f} s")))

    def say(self, line: str) -> None:
        """Write a line at once."""
        self.stream.write(f"{laid_out(line, self.stream)}\n")
        self.stream.flush()


class LiveDisplay(Quiet):
    """Turn, mean with interval, sparkline, time left and the last update, redrawn in place."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.live = Live(console=console, get_renderable=self.render, refresh_per_second=4)

    def __enter__(self) -> "LiveDisplay":
        self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.live.stop()

    def turn(self, turns: Sequence[Turn], seconds: float) -> None:
        """Redraw after each turn."""
        super().turn(turns, seconds)
        self.live.refresh()

    def render(self) -> Group | Words:
        """Return what stands on the screen now."""
        if self.study is None:
            return Words("loading the model …")
        pace = self.pace
        bar = ProgressBar(total=pace.turns, completed=max(0, pace.last), width=30)
        head = Beside([(shown(self.study.folder.name), f"turn {max(0, pace.last)}/{pace.turns}", bar, pace.left)])
        rows = []
        for name, standing in list(self.standings.items())[:MOST_ROWS]:
            held_out = "" if standing.evaluation is None else interval(standing.evaluation, self.truth)
            rows.append((shown(name), held_out, sparkline(standing.means), standing.update))
        about, more = Words(f"held-out {shown(self.truth.name)}"), len(self.standings) - MOST_ROWS
        others = [Words(f"… and {more} more students")] if more > 0 else []
        return Group(head, about, Beside(rows), *others)
