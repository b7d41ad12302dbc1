"""One sandbox for all that judge alike in this process, opened when it is first needed, and what it has judged."""

import atexit
import hashlib
import json
import os
import re
import sys
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import NamedTuple

from agents.sandbox.program import Level, Program, Report, TestOutcome, Verdict
from agents.sandbox.sandbox import Sandbox

MOST_LANES = 4
MOST_KEPT = 1 << 13
"""Reports that are kept; about a third of a class's programs are repetitions."""
LONGEST_OUTPUT = 1000
"""Characters that are kept of what a program prints during one test."""
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")
FAULTLESS: tuple[Verdict, ...] = ("infra_error", "sandbox_unavailable")
"""Verdicts that are no fault of the program."""


class Place(NamedTuple):
    """Where programs are run."""

    level: Level = "full"
    lanes: int | None = None
    """None is one for each core, at most four."""
    allow_weaker: bool = False


class Kept:
    """Reports of programs that have been run, the most recently used ones."""

    def __init__(self) -> None:
        self.reports: OrderedDict[bytes, Report] = OrderedDict()

    def find(self, program: Program) -> Report | None:
        """Return a program's report where it is known."""
        key = key_of(program)
        if key in self.reports:
            self.reports.move_to_end(key)
        return self.reports.get(key)

    def keep(self, program: Program, report: Report) -> None:
        """Keep the report of a program."""
        if report.verdict in FAULTLESS:
            return
        self.reports[key_of(program)] = report
        while len(self.reports) > MOST_KEPT:
            self.reports.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Shared:
    """An open sandbox and the reports of programs that it has run."""

    sandbox: Sandbox
    recent_reports: Kept
    meter: list[float] = field(default_factory=list)
    """CPU seconds of each program that was run since `spent` was last asked."""
    answers: dict[tuple[str, str], float] = field(default_factory=dict)
    """Those of the program in each answer that was noted since, by its question and text."""

    def run(self, programs: Sequence[Program]) -> list[Report]:
        """Judge programs; equal ones are run once, and not at all where their report is known."""
        earlier_reports = {program: self.recent_reports.find(program) for program in programs}
        reports = {program: report for program, report in earlier_reports.items() if report is not None}
        new_programs = [program for program in earlier_reports if program not in reports]
        for program, report in zip(new_programs, self.sandbox.run(new_programs), strict=True):
            reports[program] = replace(report, outcomes=tuple(map(brief, report.outcomes)))
            self.recent_reports.keep(program, reports[program])
            self.meter.append(report.program_seconds)
        return [reports[program] for program in programs]


_open: dict[Place, Shared] = {}
_inherited: list[Shared] = []
"""What belongs to the process that this one was forked from; never closed here, for it is still in use there."""
_lock = RLock()


def shared(place: Place) -> Shared:
    """Return the sandbox of a place; raises `SandboxUnavailable` where it cannot be opened."""
    with _lock:
        if place not in _open:
            sandbox = Sandbox(level=place.level, lanes=place.lanes or cores(), allow_weaker=place.allow_weaker)
            _open[place] = Shared(sandbox, Kept())
        return _open[place]


def cores() -> int:
    """Return how many lanes this process has cores for."""
    return min(MOST_LANES, len(os.sched_getaffinity(0))) if sys.platform == "linux" else 1


def judged(programs: Sequence[Program], place: Place) -> list[Report]:
    """Judge programs in the shared sandbox of a place."""
    if not programs:
        return []
    with _lock:
        return shared(place).run(programs)


def note(place: Place, seconds: Mapping[tuple[str, str], float]) -> None:
    """Remember what the programs of answers have used, by question and text, until it is asked for."""
    with _lock:
        if place in _open:
            _open[place].answers.update(seconds)


def spent(place: Place) -> tuple[float, dict[tuple[str, str], float]]:
    """Return the CPU seconds that programs have used in a place since this was last asked: all, and by answer."""
    with _lock:
        if place not in _open:
            return 0.0, {}
        seconds, answers = sum(_open[place].meter), dict(_open[place].answers)
        _open[place].meter.clear()
        _open[place].answers.clear()
        return seconds, answers


def close() -> None:
    """End every shared sandbox of this process."""
    with _lock:
        while _open:
            _open.popitem()[1].sandbox.close()


def forget() -> None:
    """Let go, in a process that was forked, of the lanes of its parent."""
    global _lock  # another thread may have held it at the fork
    _lock = RLock()
    for inherited in _open.values():
        _inherited.append(inherited)
        for lane in inherited.sandbox.lanes:
            lane.control.close()
    _open.clear()


def key_of(program: Program) -> bytes:
    """Return what equal programs with equal tests, limits and seeds have in common."""
    limits = sorted(program.limits.plain().items())
    lent = [program.lent, program.classes, program.shared, program.reference, program.script]
    parts = [program.source, program.tests, program.setup, lent, program.seed, limits]
    return hashlib.sha256(json.dumps(parts).encode()).digest()


def brief(outcome: TestOutcome) -> TestOutcome:
    """Return an outcome with what is worth keeping: addresses differ from process to process and say nothing."""
    output = ADDRESS.sub("at 0x…", outcome.output)
    if len(output) > LONGEST_OUTPUT:
        output = f"{output[:LONGEST_OUTPUT]}…"
    return TestOutcome(outcome.verdict, storable(output), storable(ADDRESS.sub("at 0x…", outcome.message)))


def storable(text: str) -> str:
    """Return a text that can be written as UTF-8, whatever the program printed."""
    return text.encode("utf-8", "replace").decode("utf-8")


atexit.register(close)
if sys.platform != "win32":
    os.register_at_fork(after_in_child=forget)
