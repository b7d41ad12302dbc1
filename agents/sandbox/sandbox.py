"""Lanes held open, programs shared out among them, and what to do when a lane itself fails."""

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from agents.sandbox.process import LaneBroken, LaneProcess
from agents.sandbox.program import (
    LEVELS,
    LONGEST_SOURCE,
    Level,
    Program,
    Report,
    SandboxUnavailable,
    Verdict,
    alike,
    first_fault,
)

ATTEMPTS = 2
"""Times a program is run whose lane failed."""
UNSEEN: tuple[Verdict, ...] = ("bad_return", "unsupported")
"""Verdicts on a value that no test can look into."""
MOST_REFERENCES = 1 << 10


class Sandbox:
    """Lanes that judge programs; a context manager."""

    def __init__(self, *, level: Level = "full", lanes: int = 1, allow_weaker: bool = False) -> None:
        """Build the lanes; raises `SandboxUnavailable` where a layer is missing and no weaker level is allowed."""
        if sys.platform != "linux":
            raise SandboxUnavailable(
                f"The sandbox is made of what Linux offers; this is {sys.platform!r}. Use Linux or a container."
            )
        if level not in LEVELS or lanes < 1:
            raise SandboxUnavailable(f"No sandbox of level {level!r} and {lanes} lanes; levels: {', '.join(LEVELS)}.")
        if level == "rlimits" and not allow_weaker:
            raise SandboxUnavailable(
                "Level 'rlimits' isolates nothing: programs could read your files and use your network. "
                "Allow a weaker level explicitly to use it."
            )
        self.level = level
        self.references: dict[Program, Report] = {}
        self.lanes: list[LaneProcess] = []
        self.lanes.append(self.first(allow_weaker))
        try:
            self.lanes += [LaneProcess(self.level) for _ in range(lanes - 1)]
        except BaseException:
            self.close()
            raise

    def first(self, allow_weaker: bool) -> LaneProcess:
        """Return a lane of the level asked for, or of the strongest below it where that is allowed."""
        weaker = LEVELS[LEVELS.index(self.level) + 1 :] if allow_weaker else ()
        for level in (self.level, *weaker):
            try:
                lane = LaneProcess(level)
            except SandboxUnavailable:
                if level == (self.level, *weaker)[-1]:
                    raise
                continue
            self.level = level
            return lane
        raise AssertionError("the last level either starts or raises")

    def run(self, programs: Sequence[Program]) -> list[Report]:
        """Judge programs; reports are in the order of the programs."""
        if len(self.lanes) == 1:
            return [self.judge(0, program) for program in programs]
        free_lanes: SimpleQueue[int] = SimpleQueue()
        for index in range(len(self.lanes)):
            free_lanes.put(index)

        def judged(program: Program) -> Report:
            index = free_lanes.get()
            try:
                return self.judge(index, program)
            finally:
                free_lanes.put(index)

        with ThreadPoolExecutor(len(self.lanes)) as threads:
            return list(threads.map(judged, programs))

    def judge(self, index: int, program: Program) -> Report:
        """Judge one program in one lane; once more where the machine, not the program, may be at fault."""
        size = len(program.source.encode("utf-8", "surrogatepass"))
        if size > LONGEST_SOURCE:
            message = f"the source has {size} bytes; programs over {LONGEST_SOURCE} bytes are not run"
            return alike(program, "load_error", message, self.level)
        for _ in range(ATTEMPTS):
            report = self.attempt(index, program)
            if report.verdict != "infra_error":
                break
        unseen = any(outcome.verdict in UNSEEN for outcome in report.outcomes)
        return self.attributed(index, program, report) if unseen and program.reference else report

    def attributed(self, index: int, program: Program, report: Report) -> Report:
        """Say of what no test can look into whether the task or the program is at fault: the reference tells."""
        right = replace(program, source=program.reference, reference="")
        if right not in self.references:
            if len(self.references) >= MOST_REFERENCES:
                self.references.clear()
            same = program.source == program.reference
            self.references[right] = report if same else self.attempt(index, right)
        outcomes = [
            replace(outcome, verdict="unsupported" if expected.verdict in UNSEEN else "bad_return")
            if outcome.verdict in UNSEEN
            else outcome
            for outcome, expected in zip(report.outcomes, self.references[right].outcomes, strict=True)
        ]
        return replace(report, outcomes=tuple(outcomes), verdict=first_fault(outcomes))

    def attempt(self, index: int, program: Program) -> Report:
        """Run a program; a lane that breaks is replaced."""
        try:
            return self.lanes[index].run(program)
        except LaneBroken as error:
            message = f"the lane broke: {error}"
        except BaseException:
            self.lanes[index].close()  # interrupted in the middle of a program: what it says next is of no use
            raise
        self.lanes[index].close()
        try:
            self.lanes[index] = LaneProcess(self.level)
        except (SandboxUnavailable, LaneBroken) as error:
            return alike(program, "sandbox_unavailable", str(error), self.level)
        return alike(program, "infra_error", message, self.level)

    def close(self) -> None:
        """End every lane."""
        for lane in self.lanes:
            lane.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def run_programs(
    programs: Sequence[Program], *, level: Level = "full", lanes: int = 1, allow_weaker: bool = False
) -> list[Report]:
    """Judge programs in lanes built for them alone."""
    with Sandbox(level=level, lanes=lanes, allow_weaker=allow_weaker) as sandbox:
        return sandbox.run(programs)
