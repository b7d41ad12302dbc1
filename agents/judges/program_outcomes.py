"""What judges say of a program: the outcome of each test, the share that passes, and why one does not."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from agents.reading.programs import program_tests
from agents.sandbox import Report, SandboxUnavailable
from agents.sandbox.program import Verdict, first_fault
from agents.sandbox.shared import FAULTLESS
from simulation.core.errors import DataError, SimulationError
from simulation.core.kinds.program_tests import Test
from simulation.core.memory import UNDECIDED
from simulation.core.types import Outcome, Question

LONGEST_EXPLANATION = 500
SAYS: Mapping[Verdict, str] = {
    "failed": "failed",
    "load_error": "did not run, because the program cannot be loaded",
    "timeout": "ran out of time",
    "memory": "ran out of memory",
    "blocked": "was stopped, because the program did what the sandbox forbids",
    "died": "was cut short, because the program ended by itself",
    "killed": "was cut short, because the program was killed",
    "bad_return": "got something that no test can look into",
    "unsupported": "cannot judge any program",
}
TELLING: tuple[Verdict, ...] = ("failed", "load_error", "bad_return", "unsupported", "memory")
"""Verdicts to which a test's message adds something."""


def beginning(report: Report, tests: int) -> Report:
    """Return the report as the first tests make it: tests run in order, so later ones change nothing of them."""
    outcomes = report.outcomes[:tests]
    return replace(report, outcomes=outcomes, verdict=first_fault(outcomes))


def fault(report: Report) -> int | None:
    """Return the place of the first test that a program is to blame for; None where there is none."""
    verdicts = enumerate(outcome.verdict for outcome in report.outcomes)
    return next((place for place, verdict in verdicts if verdict not in ("passed", "unsupported")), None)


def counted_tests(report: Report) -> int:
    """Return how many tests can judge."""
    return sum(outcome.verdict != "unsupported" for outcome in report.outcomes)


def pass_rate(report: Report) -> float:
    """Return the share of tests that pass, of those that can judge; 0 where none can, of whatever program."""
    return report.passed / max(1, counted_tests(report))


def by_test(report: Report) -> tuple[Outcome, ...]:
    """Return what came of each test, numbered in the order they ran in.

    What cannot judge is left out; where nothing can, that is what came of the tests.
    """
    if not counted_tests(report):
        detail = report.outcomes[0].message
        return (Outcome(part="tests", score=0.0, reason=UNDECIDED, detail=detail),)
    return tuple(
        Outcome(
            part=f"test {number}",
            score=float(outcome.verdict == "passed"),
            reason=outcome.verdict,
            detail=outcome.message,
            evidence=outcome.output,
        )
        for number, outcome in enumerate(report.outcomes, start=1)
        if outcome.verdict != "unsupported"
    )


def every(question: Question) -> tuple[Test, ...]:
    """Return all tests of a question, the visible ones first."""
    return tuple(sorted(program_tests(question).tests, key=lambda test: test.hidden))


def visible(question: Question) -> tuple[Test, ...]:
    """Return the tests that a student may learn from."""
    visible_tests = tuple(test for test in program_tests(question).tests if not test.hidden)
    if not visible_tests:
        raise DataError(all_hidden(question))
    return visible_tests


def all_hidden(question: Question) -> str | None:
    """Return that all tests of a question are hidden and what to do, where they are."""
    if any(not test.hidden for test in getattr(question.key, "tests", ())):
        return None
    what = f"question {question.id!r} has hidden tests only, so that executor cannot judge it"
    return f"{what}; evaluate on it, ask others, or make one of its tests visible"


def explained(tests: Sequence[Test], report: Report, *, show_hidden: bool = False) -> str:
    """Say in plain words what came of a program; only with `show_hidden` also what a hidden test holds."""
    index = next((place for place, outcome in enumerate(report.outcomes) if outcome.verdict != "passed"), None)
    if not show_hidden:
        index = fault(report)
    if index is None:
        counted = counted_tests(report)
        if not counted:
            return f"None of the tests can judge any program ({report.outcomes[0].message}): the question is at fault."
        return "Right: the test passes." if counted == 1 else f"Right: all {counted} tests pass."
    test, outcome = tests[index], report.outcomes[index]
    outcome_text = f"est {index + 1} of {len(tests)} {SAYS[outcome.verdict]}"
    if test.hidden and not show_hidden:
        return f"Hidden t{outcome_text}."
    because = f" ({outcome.message})" if outcome.verdict in TELLING else ""
    code = "" if outcome.verdict == "load_error" else f": {test.code}"
    return f"T{outcome_text}{because}{code}"[:LONGEST_EXPLANATION]


def refuse_faultless(question: Question, report: Report) -> None:
    """Raise where a program was not judged, for a reason that is not its own."""
    if report.verdict not in FAULTLESS:
        return
    why = next(outcome.message for outcome in report.outcomes if outcome.verdict == report.verdict)
    kind = SandboxUnavailable if report.verdict == "sandbox_unavailable" else SimulationError
    raise kind(
        f"an answer to question {question.id!r} could not be judged, which is no fault of the answer ({why}). "
        "No finished turn is lost: see `python -m simulation doctor`, then resume the study, which judges it again"
    )
