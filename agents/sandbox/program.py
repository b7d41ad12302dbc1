"""What is run in the sandbox and what comes back: programs, limits, verdicts, reports."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import ClassVar, Literal, get_args

from simulation.core.errors import DataError, SimulationError

Verdict = Literal[
    "passed",
    "failed",
    "load_error",
    "timeout",
    "memory",
    "blocked",
    "died",
    "killed",
    "bad_return",
    "unsupported",
    "sandbox_unavailable",
    "infra_error",
]
"""What came of running a program; the last three are no fault of who wrote it, and the first of them the task's."""
Level = Literal["full", "lock", "rlimits"]
"""Namespaces, Landlock, seccomp and resource limits; the last three; resource limits alone, which isolate nothing."""
LEVELS: tuple[Level, ...] = get_args(Level)
LONGEST_SOURCE = 1 << 20
"""Bytes of the longest program that is run."""


class SandboxUnavailable(SimulationError):
    """This machine lacks a layer of the sandbox that was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one program may use."""

    cpu_seconds: int = 4
    wall_seconds: float = 12.0
    """For what neither computes nor ends; several times the CPU seconds, for a busy machine."""
    memory_mebibytes: int = 256
    file_mebibytes: int = 8
    work_mebibytes: int = 16
    """Of all files together; at level `full`, where there is a folder to write to."""
    work_entries: int = 512

    def plain(self) -> dict[str, float]:
        """Return the limits as a mapping."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """An untrusted program and the tests that judge it."""

    source: str
    tests: tuple[str, ...]
    """Python source each, such as `assert f(1) == 2`; never seen by the program."""
    setup: str = ""
    """Run before the tests, with the program's names bound."""
    lent: str = ""
    """Run before that by the tests alone: what they take from the task and not from the program, such as imports."""
    classes: tuple[str, ...] = ()
    """Names of classes that the task asks for, as its reference defines them."""
    shared: tuple[str, ...] = ()
    """Names of classes in `lent` that the program has too: their objects are carried by their attributes."""
    reference: str = ""
    """A program that is right, where one is known: a test that cannot look into what that gives is `unsupported`."""
    script: bool = False
    """Whether the program is run as a whole, anew for each input that a test gives it by `printed`."""
    seed: int = 0
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not self.tests:
            raise DataError("A program without tests cannot be judged: got tests=(); give each task at least one test.")


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """What came of one test."""

    __test__: ClassVar[bool] = False  # no test of this project, pytest

    verdict: Verdict
    output: str = ""
    """What the program printed during the test, the first 16 KiB."""
    message: str = ""
    """Why, where a verdict is not all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of one program."""

    verdict: Verdict
    """`passed`, or the verdict of the first test that did not."""
    outcomes: tuple[TestOutcome, ...]
    """One for each test, in order."""
    cpu_seconds: float
    """Of the program and its tester."""
    wall_seconds: float
    program_seconds: float = 0.0
    """CPU seconds of the program alone, without its tester."""
    level: Level
    """What isolated the program."""

    @property
    def passed(self) -> int:
        """Return how many tests passed."""
        return sum(outcome.verdict == "passed" for outcome in self.outcomes)


def first_fault(outcomes: Sequence[TestOutcome]) -> Verdict:
    """Return `passed`, or the verdict of the first test that did not pass."""
    return next((outcome.verdict for outcome in outcomes if outcome.verdict != "passed"), "passed")


def alike(program: Program, verdict: Verdict, message: str, level: Level) -> Report:
    """Return the report of a program of which no test could run."""
    outcomes = tuple(TestOutcome(verdict, "", message) for _ in program.tests)
    return Report(verdict=verdict, outcomes=outcomes, cpu_seconds=0.0, wall_seconds=0.0, level=level)
