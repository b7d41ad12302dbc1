"""Plays the cohorts of a comparison: one after the other in this process, or several at once in processes of their own.

A cohort is a study, so it survives what a study survives, and whoever comes back plays what is left. A worker process
is this program again (`resume FOLDER --cohort N --json`); its JSON lines are what the parent shows, and its standard
input is a pipe that nobody writes to: it ends with the parent, however that ends, and so the worker does.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulation.core.errors import INTERRUPTED, SimulationError
from simulation.core.machine import cores
from simulation.play.folders import Comparison
from simulation.play.runner import STOPS, Display, deaf
from simulation.play.session import begin, go_on

ROOT = Path(__file__).resolve().parents[2]
MOST_WORKERS = 8
"""Unless asked for more: each holds a model of its own."""
Hear = Callable[[int, Mapping[str, Any]], None]
"""Hears an event of a cohort: its number and the event (Any: JSON)."""


@dataclass(slots=True)
class Ending:
    """How the playing ended."""

    stopped: bool = False
    """By the user."""
    failures: dict[int, str] = field(default_factory=dict)
    """What went wrong with a cohort as a whole."""

    @property
    def whole(self) -> bool:
        """Whether everything was played."""
        return not self.stopped and not self.failures


@dataclass(slots=True)
class Forward:
    """A stream that passes each JSON line on as an event."""

    cohort: int
    hear: Hear

    def write(self, line: str) -> int:
        """Take a whole line."""
        self.hear(self.cohort, json.loads(line))
        return len(line)

    def flush(self) -> None:
        """Nothing is kept back."""


def sensible_workers(seeds: int) -> int:
    """Return how many processes to play in: a core each; one where a GPU computes, whose memory they would share."""
    if any(Path(device).exists() for device in ("/dev/nvidiactl", "/dev/kfd")):
        return 1
    return max(1, min(MOST_WORKERS, seeds, cores()))


def play_comparison(
    comparison: Comparison, workers: int, hear: Hear, warn: Callable[[str], None], display: Callable[[Forward], Display]
) -> Ending:
    """Play what is left of every cohort; one that fails is reported, and the others play on.

    `display` writes what happens as JSON lines, as workers do on their standard output.
    """
    comparison.refuse_edited()
    left = [index for index in range(len(comparison.cohorts)) if not comparison.finished(index)]
    if workers > 1 and len(left) > 1:
        return play_apart(comparison, left, workers, hear, warn)
    outcome = Ending()
    for index in left:
        try:
            whole = play_cohort(comparison, index, display(Forward(index, hear)), warn)
        except SimulationError as error:
            outcome.failures[index] = str(error)
            continue
        if not whole:
            outcome.stopped = True
            break
    return outcome


def play_cohort(comparison: Comparison, index: int, watch: Display, warn: Callable[[str], None]) -> bool:
    """Play what is left of one cohort in this process; return whether it is whole."""
    folder = comparison.study_folder(index)
    if comparison.begun(index):
        return go_on(folder, watch, warn)
    part = comparison.part(index)
    return begin(folder, part.recorded(), part.prepared(), watch, warn, keep=part.entries[0].scenario.keep)


def end_with_parent() -> None:
    """End this process at once, as by kill -9, when its standard input ends: its parent held the other end."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def play_apart(
    comparison: Comparison, left: list[int], workers: int, hear: Hear, warn: Callable[[str], None]
) -> Ending:
    """Play cohorts in worker processes, so many at once."""
    outcome = Ending()
    lock, running = threading.Lock(), set[subprocess.Popen[str]]()

    def hear_locked(index: int, event: Mapping[str, Any]) -> None:
        with lock:
            hear(index, event)

    def run(index: int) -> None:
        if outcome.stopped:
            return
        with worker(comparison, index) as process:
            with lock:
                running.add(process)
            listener = threading.Thread(target=listen, args=(process, index, outcome, lock, warn), daemon=True)
            listener.start()
            for line in process.stdout or ():
                hear_locked(index, json.loads(line))
            code = process.wait()
            listener.join()
        with lock:
            running.discard(process)
            if code in (INTERRUPTED, *(-number for number in STOPS)):  # the latter where it was still importing
                outcome.stopped = True
                outcome.failures.pop(index, None)  # what it said was how it stops
            elif code:
                outcome.failures.setdefault(index, f"the worker ended with code {code} and said nothing")
            else:
                outcome.failures.pop(index, None)

    with patient(outcome, running), ThreadPoolExecutor(max_workers=workers) as pool:
        for future in [pool.submit(run, index) for index in left]:
            future.result()
    return outcome


@contextmanager
def worker(comparison: Comparison, index: int) -> Iterator[subprocess.Popen[str]]:
    """Start the process that plays a cohort."""
    arguments = ["resume", str(comparison.folder), "--cohort", str(index), "--leash", "--json"]
    command = [sys.executable, "-P", "-m", "simulation", *arguments]
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8"}
    environment.pop("COLUMNS", None)  # what a worker says is read line by line
    if comparison.threads is not None:
        environment["OMP_NUM_THREADS"] = str(comparison.threads)
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env=environment,
        stdin=subprocess.PIPE,
    )
    try:
        yield process
    except BaseException:
        process.kill()
        raise
    finally:
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def listen(
    process: "subprocess.Popen[str]",
    index: int,
    outcome: Ending,
    lock: threading.Lock,
    warn: Callable[[str], None],
) -> None:
    """Pass a worker's warnings on, and keep the last thing it says as the reason should it fail."""
    for line in process.stderr or ():
        text = line.strip()
        with lock:
            if text.startswith("warning: "):
                warn(text.removeprefix("warning: "))
            elif text:
                outcome.failures[index] = text


@contextmanager
def patient(outcome: Ending, running: "set[subprocess.Popen[str]]") -> Iterator[None]:
    """Let the first request to stop begin no further cohort, and Ctrl-C after it end the workers.

    The workers hear Ctrl-C themselves, from the terminal; other requests are passed on to them.
    """
    on_main = threading.current_thread() is threading.main_thread()
    handled = [number for number in STOPS if on_main and signal.getsignal(number) is signal.default_int_handler]

    def first(number: int, _frame: object) -> None:
        outcome.stopped = True
        for other in handled:
            signal.signal(other, second if other == signal.SIGINT else deaf)
        for process in [] if number == signal.SIGINT else list(running):
            process.send_signal(signal.SIGTERM)
        with suppress(OSError):  # a terminal that went away takes no words
            os.write(2, b"\nstopping when the workers have committed their turns; Ctrl-C again stops at once\n")

    def second(_number: int, _frame: object) -> None:
        for process in list(running):
            process.kill()

    for number in handled:
        signal.signal(number, first)
    try:
        yield
    finally:
        for number in handled:
            signal.signal(number, signal.default_int_handler)
