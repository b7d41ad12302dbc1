"""Plays a study to its end, or goes on where it stopped: a resumed study ends as the uninterrupted one would have.

The first Ctrl-C lets the turn end and be committed, the second stops at once; neither loses a committed turn. A request
to end (SIGTERM) and a terminal that closes (SIGHUP) are heard as the first Ctrl-C is.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Protocol

from simulation.contracts.boundary import calling, named
from simulation.core.errors import StoreError
from simulation.core.model_roles import KeepsReplies
from simulation.core.optional_roles import Metered, Metering
from simulation.core.ranks import world_size
from simulation.core.roles import LanguageModel
from simulation.core.types import Turn
from simulation.loop.world import World
from simulation.store import Study

Step = Callable[[int], tuple[Turn, ...]]
"""Plays the turn of a number for every student; 0 is the first look."""
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that ask a study to stop."""


class Watcher(Protocol):
    """Who is told how a study goes."""

    def started(self, study: Study, world: World, first_turn: int) -> None:
        """Hear that turns from `first_turn` on will be played."""

    def turn(self, turns: Sequence[Turn], seconds: float) -> None:
        """Hear of a committed turn."""

    def stopping(self) -> None:
        """Hear of the first Ctrl-C, inside the signal handler: do no more than `os.write`."""

    def finished(self, study: Study) -> None:
        """Hear that all turns are played."""


class Display(Watcher, Protocol):
    """A watcher that is also told when the user stops a study."""

    def interrupted(self, study: Study) -> None:
        """Hear that the study stopped before its end."""


def play(study: Study, world: World, step: Step, watch: Watcher) -> None:
    """Play what is left of a study; raises KeyboardInterrupt where the user stopped it, with all turns so far kept."""
    versions = recall(study, world)
    study.set_base(world.model.source)
    first = study.last_turn + 1
    watch.started(study, world, first)
    with patient(watch.stopping) as asked_to_stop:
        for number in range(first, world.turns + 1):
            if asked_to_stop.is_set():
                raise KeyboardInterrupt
            advance(study, world, step, watch, number, versions)
        study.finish()
    watch.finished(study)


def advance(study: Study, world: World, step: Step, watch: Watcher, number: int, versions: dict[str, str]) -> None:
    """Play and commit one turn; on return its adapters are let go, so that the next turn has their memory."""
    began = time.perf_counter()
    turns = step(number)
    played = time.perf_counter()
    changed = [turn for turn in turns if versions.get(turn.student) != turn.model_version]
    with calling("students", named(world.model)):
        adapters = {turn.student: world.model.dump(turn.student) for turn in changed}
    dumped = time.perf_counter()
    metering = world.exact_judge.metered() if isinstance(world.exact_judge, Metered) else Metering({})
    seconds = {"play": played - began, "dump": dumped - played, **metering.stages}
    study.append(turns, adapters, seconds=seconds, judged_seconds=metering.answers)
    for model in models(world):
        if isinstance(model, KeepsReplies):
            model.committed()
    versions.update((turn.student, turn.model_version) for turn in changed)
    watch.turn(turns, time.perf_counter() - began)


def models(world: World) -> list[LanguageModel]:
    """Return the different models that compute in a world: the students' own first, then their samplers'."""
    all_models = [world.model, *(student.sampler.model for student in world.students if student.sampler is not None)]
    return list({id(model): model for model in all_models}.values())


def recall(study: Study, world: World) -> dict[str, str]:
    """Bring a new world to where the study stopped, checking all that is stored; return the adapters' versions."""
    seats = tuple(student.seat for student in world.students)
    if seats != study.seats:
        raise StoreError(f"{study.name} seats {study.seats}, but the world seats {seats}; build it from study.seats")
    study.verify_apart_from_turns()
    if study.question_set("held_out") not in ((), tuple(world.held_out)):
        raise StoreError(
            f"{study.name} measures on other held-out questions than its environment gives now; "
            f"resume with the program and the question files that the study began with"
        )
    versions: dict[str, str] = {}
    for turns in study.rounds():
        for student, turn in zip(world.students, turns, strict=True):
            student.recall(turn, world.environment)
            versions[turn.student] = turn.model_version
    for name, version in versions.items():
        world.model.restore(name, study.adapter(name))
        restored_version = world.model.version(name)
        if restored_version != version:
            raise StoreError(
                f"the adapter of {name!r} was restored as version {restored_version[:16]}, but turn {study.last_turn} "
                f"ended with {version[:16]}; resume with the model and the program that the study began with"
            )
    return versions


@contextmanager
def patient(stopping: Callable[[], None]) -> Iterator[threading.Event]:
    """Let the first request to stop set the event that this yields; Ctrl-C after it raises KeyboardInterrupt.

    Requests are Ctrl-C, and those of `STOPS` that raise KeyboardInterrupt as it does; who handles or ignores one
    himself keeps doing so. Of several processes none is patient: torchrun ends those that are left when one is gone.
    """
    asked_to_stop = threading.Event()
    on_main = threading.current_thread() is threading.main_thread()
    stops = STOPS if world_size() == 1 else (signal.SIGINT,)
    handled = [number for number in stops if on_main and signal.getsignal(number) is signal.default_int_handler]

    def first(_number: int, _frame: FrameType | None) -> None:
        for number in handled:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else deaf)
        asked_to_stop.set()
        with suppress(OSError):  # a terminal that went away takes no words
            stopping()

    for number in handled:
        signal.signal(number, first)
    try:
        yield asked_to_stop
    finally:
        for number in handled:
            signal.signal(number, signal.default_int_handler)


def deaf(_number: int, _frame: object) -> None:
    """Do nothing more at a request that was heard; processes begun meanwhile do not inherit this."""
