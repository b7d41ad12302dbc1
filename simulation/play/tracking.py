"""Tells experiment trackers (TensorBoard, Weights & Biases, MLflow, trackio) of every committed turn.

They hear of a turn after it was committed, through accelerate's trackers, and can neither change nor end a study: one
that raises is named once and heard no more. Beside the study lies which turn each was last told of, so that a resumed
study goes on there; a turn that was told but not noted is told again, and TensorBoard is told to forget the first.
Where that record is lost, TensorBoard is told everything again in place of the first, and others, which would keep
both, are taken to have heard of every turn that the store holds.
"""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from simulation.core.types import Turn
from simulation.play.runner import Display
from simulation.scenario.entries import is_lineup

if TYPE_CHECKING:
    from simulation.loop.world import World
    from simulation.store import Study

NOTES = "tracked.json"
"""The last turn that each tracker was told of, by its name."""
FORGETS = "tensorboard"
"""The tracker that can be told to forget what it heard."""
FOLDER = "tracking"
"""Where trackers that write files write them, in the study's folder."""


class Tracker(Protocol):
    """What accelerate's trackers do."""

    def start(self) -> None: ...

    def store_init_configuration(self, values: dict[str, Any]) -> None: ...

    def log(self, values: dict[str, float], step: int | None) -> None: ...

    def finish(self) -> None: ...


class Tracked:
    """A display, and trackers that hear of each turn after it."""

    def __init__(self, display: Display, names: Sequence[str], warn: Callable[[str], None]) -> None:
        """Let these trackers follow what the display is told; `warn` hears of one that cannot."""
        self._display = display
        self._warn = warn
        self._names = names
        self._trackers: dict[str, Tracker] = {}
        self._notes: dict[str, int] = {}
        self._folder = Path()
        self._alone = True

    def started(self, study: "Study", world: "World", first_turn: int) -> None:
        """Begin, or go on after the last turn that each tracker was told of."""
        self._display.started(study, world, first_turn)
        self._folder, self._alone = study.folder, len(study.seats) == 1
        self._notes = self._read_notes(first_turn)
        for name in self._names:
            self._try(name, partial(self._start, name, study))
        behind = min((self._notes.get(name, -1) for name in self._trackers), default=first_turn) + 1
        if self._trackers and behind < first_turn:
            for turns in study.rounds():
                self._tell(turns)

    def _read_notes(self, first_turn: int) -> dict[str, int]:
        """Return which turn each tracker was last told of, as far as one may know, before `first_turn` is played."""
        if first_turn == 0:
            return {}
        kept, broken = notes(self._folder, first_turn - 1)
        if not broken:
            return kept
        others = [name for name in self._names if name != FORGETS]
        anew = [f"{FORGETS} is told all turns again and forgets the first"] if FORGETS in self._names else []
        silent = [f"{', '.join(others)}: of turns from {first_turn} on"] if others else []
        self._warn(
            f"{self._folder / NOTES} {broken}, so who heard of which turn is not known; {'; '.join(anew + silent)}"
        )
        return dict.fromkeys(others, first_turn - 1)

    def _start(self, name: str, study: "Study") -> None:
        write_notes(self._folder, self._notes)  # from here on a record that is not there is one that was lost
        tracker = tracker_of(name, study, self._notes.get(name, -1))
        tracker.start()
        self._trackers[name] = tracker
        if name not in self._notes:
            tracker.store_init_configuration(dict(settings(study.scenario)))

    def turn(self, turns: Sequence[Turn], seconds: float) -> None:
        """Show a turn, then tell the trackers."""
        self._display.turn(turns, seconds)
        self._tell(turns)

    def _tell(self, turns: Sequence[Turn]) -> None:
        number = turns[0].turn
        values = readings(turns, alone=self._alone)
        for name in [*self._trackers]:
            if self._notes.get(name, -1) < number:
                self._try(name, partial(self._log, name, values, number))

    def _log(self, name: str, values: dict[str, float], number: int) -> None:
        self._trackers[name].log(values, number)
        self._notes[name] = number
        write_notes(self._folder, self._notes)

    def _try(self, name: str, act: Callable[[], None]) -> None:
        """Let a tracker act; one that raises is heard no more."""
        try:
            act()
        except Exception as error:  # noqa: BLE001  # whatever a tracker raises must not end the study
            self._trackers.pop(name, None)
            words = " ".join(str(error).split())[:300]
            self._warn(f"{name} follows this study no longer ({type(error).__name__}: {words}); the study goes on")

    def stopping(self) -> None:
        """Pass on the first Ctrl-C."""
        self._display.stopping()

    def finished(self, study: "Study") -> None:
        """Let the trackers end."""
        self._end()
        self._display.finished(study)

    def interrupted(self, study: "Study") -> None:
        """Let the trackers end; a resumed study goes on with them."""
        self._end()
        self._display.interrupted(study)

    def _end(self) -> None:
        for name, tracker in [*self._trackers.items()]:
            self._try(name, tracker.finish)


def tracked_by(scenario: Mapping[str, Any]) -> list[str]:
    """Return the trackers that a study's scenario, or an entry of its lineup, names (Any: JSON values)."""
    parts = [entry["scenario"] for entry in scenario["entries"]] if is_lineup(scenario) else [scenario]
    return list(dict.fromkeys(name for part in parts for name in part.get("track", ())))


def notes(folder: Path, last: int) -> tuple[dict[str, int], str]:
    """Return which turn each tracker was last told of, and why that cannot be, if so; `last` is the study's last."""
    try:
        kept = json.loads((folder / NOTES).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, "is not there"
    except (OSError, ValueError) as error:
        return {}, f"cannot be read ({' '.join(str(error).split()):.100})"
    if not isinstance(kept, dict) or not all(type(turn) is int and 0 <= turn <= last for turn in kept.values()):
        return {}, f"does not name turns up to {last}"
    return kept, ""


def write_notes(folder: Path, turns: Mapping[str, int]) -> None:
    """Write down which turn each tracker was last told of."""
    new = folder / f"{NOTES}.new"
    new.write_text(json.dumps(turns), encoding="utf-8")
    new.replace(folder / NOTES)


def tracker_of(name: str, study: "Study", last: int) -> Tracker:
    """Return one of accelerate's trackers for a study of which it was told up to a turn, -1 where of none."""
    from accelerate.tracking import LOGGER_TYPE_TO_CLASS  # type: ignore[import-untyped]

    if name == "tensorboard":
        let_a_second_pass(study.folder / FOLDER)
    project = str(study.scenario.get("name", "comparison"))
    own: dict[str, dict[str, Any]] = {
        "tensorboard": {"logging_dir": str(study.folder / FOLDER), "purge_step": last + 1},
        "wandb": {"name": study.name, "id": study.genesis.hex()[:16], "resume": "allow", "dir": str(study.folder)},
        "mlflow": {"run_name": study.name},
        "trackio": {"name": study.name, "resume": "allow"},
    }
    tracker: Tracker = LOGGER_TYPE_TO_CLASS[name]("." if name == "tensorboard" else project, **own[name])
    return tracker


def let_a_second_pass(folder: Path) -> None:
    """Wait until a new file is read after those that are there: their names begin with the second they were made in."""
    seconds = [int(path.name.split(".")[3]) for path in folder.glob("events.out.tfevents.*")]
    while seconds and time.time() < max(seconds) + 1:
        time.sleep(0.05)


def settings(scenario: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str | float | bool]]:
    """Yield the settings of a scenario by their dotted keys, as trackers keep them (Any: JSON values)."""
    for key, value in scenario.items():
        if isinstance(value, Mapping):
            yield from settings(value, f"{above}{key}.")
        elif value is not None:
            yield f"{above}{key}", value if isinstance(value, str | float | int) else json.dumps(value)


def readings(turns: Sequence[Turn], *, alone: bool) -> dict[str, float]:
    """Return what a turn measured, by names as `student-0/held_out/accuracy`; of one student without its name."""
    values: dict[str, float] = {}
    for turn in turns:
        above = "" if alone else f"{turn.student}/"
        if turn.experiences:
            scores = [experience.feedback.score for experience in turn.experiences]
            values[f"{above}asked/score"] = math.fsum(scores) / len(scores)
        if turn.update is not None:
            values |= {f"{above}update/{name}": value for name, value in turn.update.metrics.items()}
            values |= {f"{above}update/experiences": turn.update.experiences, f"{above}update/steps": turn.update.steps}
        for name, evaluation in turn.evaluations.items():
            values |= {f"{above}{name}/{measure}": value for measure, value in evaluation.metrics.items()}
    return {name: float(value) for name, value in values.items()}
