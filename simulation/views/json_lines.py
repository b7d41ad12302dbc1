"""Tells a machine how a study goes, a JSON object a line.

The JSON contract (`--json`), one object a line on stdout and nothing else there:

    {"event": "started", "study", "scenario", "students": [...], "turns", "first_turn"}
    {"event": "turn", "turn", "student", "asked", "score", "trained", "steps", "again", "mended", "spoiled", "seconds",
        "metrics": {...}}
    {"event": "evaluation", "turn", "student", "measure", "value", "questions", ...}
    {"event": "failed", "turn", "student", "reason"}   once, where one of several students can go on no more
    {"event": "interrupted", "study", "turn"}          only where the study was stopped before its end
    {"event": "finished", "study", "trace_hash"}       the last line of a study that is whole

`value` is the mean of the truth, `measure` its name; an evaluation also says under its own name what it measured, all
in [0, 1], such as "accuracy" or "pass@5". `asked` counts answers; `score` is the mean feedback of the turn's answers in
[0, 1], null where nothing was asked. `again` counts questions that were answered again, `mended` and `spoiled` those
whose answer truly became right or wrong. A number that is not finite is null. A later version may add keys and events,
and takes none away.
"""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from types import TracebackType
from typing import Any, Protocol

from simulation.core.types import Turn
from simulation.loop.world import World
from simulation.views.mending_tables import mending_of
from simulation.views.progress import Playing, Quiet, mean_score


class Stream(Protocol):
    """What lines are written to."""

    def write(self, line: str, /) -> object:
        """Write a whole line."""

    def flush(self) -> object:
        """Let it go at once."""


class JsonLines(Quiet):
    """The JSON contract of this module; whatever else prints while it is entered goes to stderr."""

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self.stream = stream
        self.aside = redirect_stdout(sys.stderr)

    def __enter__(self) -> "JsonLines":
        self.aside.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.aside.__exit__(kind, error, trace)

    def started(self, study: Playing, world: World, first_turn: int) -> None:
        """Emit `started`."""
        super().started(study, world, first_turn)
        students = [student.seat.name for student in world.students]
        about = {"study": str(study.folder), "scenario": study.scenario["name"], "students": students}
        self.emit("started", {**about, "turns": world.turns, "first_turn": max(0, first_turn)})

    def turn(self, turns: Sequence[Turn], seconds: float) -> None:
        """Emit `turn` for each student, then `evaluation` for each that was evaluated."""
        super().turn(turns, seconds)
        for turn in turns:
            if turn.student in self.fresh_failures:
                self.emit("failed", {"turn": turn.turn, "student": turn.student, "reason": turn.failure})
            update = turn.update
            trained, steps, metrics = (update.experiences, update.steps, update.metrics) if update else (0, 0, {})
            did = {"asked": len(turn.experiences), "score": mean_score(turn), "trained": trained, "steps": steps}
            again = mending_of(turn)
            did |= {"again": again.questions, "mended": again.mended, "spoiled": again.spoiled}
            where = {"turn": turn.turn, "student": turn.student}
            self.emit("turn", {**where, **did, "seconds": round(seconds, 3), "metrics": dict(metrics)})
        for turn in turns:
            evaluation = turn.evaluations.get("held_out")
            if evaluation is not None:
                truth = {"measure": self.truth.name, "value": evaluation.metrics[self.truth.name]}
                where = {"turn": turn.turn, "student": turn.student, "questions": evaluation.questions}
                self.emit("evaluation", {**evaluation.metrics, **where, **truth})

    def finished(self, study: Playing) -> None:
        """Emit `finished`."""
        self.emit("finished", {"study": str(study.folder), "trace_hash": study.trace_hash})

    def interrupted(self, study: Playing) -> None:
        """Emit `interrupted`."""
        self.emit("interrupted", {"study": str(study.folder), "turn": self.pace.last})

    def emit(self, event: str, values: Mapping[str, Any]) -> None:
        """Write one event at once (Any: JSON)."""
        line = json.dumps({"event": event, **_finite(values)}, allow_nan=False)
        self.stream.write(f"{line}\n")
        self.stream.flush()


def _finite(values: Mapping[str, Any]) -> dict[str, Any]:
    """Replace numbers that JSON cannot hold by null (Any: JSON)."""
    return {
        key: _finite(value)
        if isinstance(value, Mapping)
        else None
        if isinstance(value, float) and not math.isfinite(value)
        else value
        for key, value in values.items()
    }
