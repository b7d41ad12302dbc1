"""From what a lane and a tester say to verdicts."""

import json
import signal
from typing import Any

from agents.sandbox.program import Level, Limits, Program, Report, TestOutcome, Verdict, alike, first_fault

Json = Any  # what json.loads returns, before it is checked
WORDS: dict[Verdict, str] = {
    "timeout": "it ran out of time",
    "blocked": "it did what the sandbox forbids",
    "killed": "it was killed",
    "died": "it ended by itself",
}
SPENT = 0.5
"""From this share of its CPU seconds on, a candidate that the kernel killed is taken to have used them up.

The kernel counts a limit in whole ticks, what was used exactly: where a machine is shared, the two differ by a quarter.
"""
BY_TESTER = ("passed", "failed", "load_error", "memory", "bad_return", "unsupported", "infra_error", "gone")


def ending(process: Json, limits: Limits, overran: bool) -> Verdict:
    """Return why a candidate is no longer there."""
    code = process["code"]
    if code == -signal.SIGSYS:
        return "blocked"
    if overran or code == -signal.SIGXCPU:
        return "timeout"
    if code == -signal.SIGKILL and process["cpu_seconds"] >= SPENT * limits.cpu_seconds:
        return "timeout"
    if code == -signal.SIGKILL and not process["stopped"]:
        return "killed"
    # by itself, or it hung up and went on running until its tester was done
    return "died"


def report(program: Program, account: Json, verdicts: bytes, level: Level) -> Report:
    """Return the report of a program that has been run."""
    candidate, tester = account["candidate"], account["tester"]
    seconds = {
        "cpu_seconds": candidate["cpu_seconds"] + tester["cpu_seconds"],
        "program_seconds": candidate["cpu_seconds"],
        "wall_seconds": account["wall_seconds"],
    }
    if candidate["failure"] or tester["failure"]:
        return alike(
            program, "infra_error", f"could not be confined: {candidate['failure'] or tester['failure']}", level
        )
    outcomes_json = read(verdicts, len(program.tests))
    if outcomes_json is None:
        tester_ending = ending(tester, program.limits, False)
        if tester_ending == "timeout" or account["overran"]:
            outcome = TestOutcome("timeout", "", "comparing its answers ran out of time")
        else:
            outcome = TestOutcome("infra_error", "", f"the tester ended with code {tester['code']}")
        outcomes = [outcome] * len(program.tests)
    else:
        candidate_ending = ending(candidate, program.limits, account["overran"])
        outcomes = [explained(outcome_json, candidate_ending) for outcome_json in outcomes_json]
    return Report(verdict=first_fault(outcomes), outcomes=tuple(outcomes), level=level, **seconds)


def explained(outcome_json: Json, candidate_ending: Verdict) -> TestOutcome:
    """Return one outcome of the tester; what it saw of a candidate that was gone, the lane explains."""
    if outcome_json["verdict"] != "gone":
        return TestOutcome(outcome_json["verdict"], outcome_json["output"], outcome_json["message"])
    return TestOutcome(candidate_ending, outcome_json["output"], WORDS[candidate_ending])


def read(verdicts: bytes, tests: int) -> list[Json] | None:
    """Return the tester's outcomes where they are complete."""
    try:
        outcomes_json = json.loads(verdicts)
    except ValueError:
        return None
    well_formed = isinstance(outcomes_json, list) and len(outcomes_json) == tests
    return (
        outcomes_json
        if well_formed and all(outcome_json["verdict"] in BY_TESTER for outcome_json in outcomes_json)
        else None
    )
