"""From what a lane and a tester say to verdicts."""

import json
import signal
from typing import Any

from agents.sandbox.program import Level, Limits, Program, Report, alike
from simulation.core.types import Outcome, Verdict

Json = Any  # what json.loads returns, before it is checked
WORDS: dict[Verdict, str] = {
    "timeout": "it ran out of time",
    "blocked": "it did what the sandbox forbids",
    "killed": "it was killed",
    "died": "it ended by itself",
}
BY_TESTER = ("passed", "failed", "load_error", "memory", "bad_return", "infra_error", "gone")


def ending(process: Json, limits: Limits, overran: bool) -> Verdict:
    """Return why a candidate is no longer there."""
    code = process["code"]
    if code == -signal.SIGSYS:
        return "blocked"
    if overran or code == -signal.SIGXCPU:
        return "timeout"
    if code == -signal.SIGKILL and process["cpu_seconds"] >= 0.8 * limits.cpu_seconds:
        return "timeout"
    if code == -signal.SIGKILL and not process["stopped"]:
        return "killed"
    # by itself, or it hung up and went on running until its tester was done
    return "died"


def report(program: Program, ended: Json, verdicts: bytes, level: Level) -> Report:
    """Return the report of a program that has been run."""
    first, second = ended["candidate"], ended["tester"]
    spent = {"cpu_seconds": first["cpu_seconds"] + second["cpu_seconds"], "wall_seconds": ended["wall_seconds"]}
    if first["failure"] or second["failure"]:
        return alike(program, "infra_error", f"could not be confined: {first['failure'] or second['failure']}", level)
    found = read(verdicts, len(program.tests))
    if found is None:
        cause = ending(second, program.limits, False)
        if cause == "timeout" or ended["overran"]:
            outcome = Outcome("timeout", "", "comparing its answers ran out of time")
        else:
            outcome = Outcome("infra_error", "", f"the tester ended with code {second['code']}")
        outcomes = [outcome] * len(program.tests)
    else:
        gone = ending(first, program.limits, ended["overran"])
        outcomes = [explained(each, gone) for each in found]
    verdict: Verdict = next((each.verdict for each in outcomes if each.verdict != "passed"), "passed")
    return Report(verdict=verdict, outcomes=tuple(outcomes), level=level, **spent)


def explained(found: Json, gone: Verdict) -> Outcome:
    """Return one outcome of the tester; what it saw of a candidate that was gone, the lane explains."""
    if found["verdict"] != "gone":
        return Outcome(found["verdict"], found["output"], found["message"])
    return Outcome(gone, found["output"], WORDS[gone])


def read(verdicts: bytes, tests: int) -> list[Json] | None:
    """Return the tester's outcomes where they are complete."""
    try:
        found = json.loads(verdicts)
    except ValueError:
        return None
    well_formed = isinstance(found, list) and len(found) == tests
    return found if well_formed and all(each["verdict"] in BY_TESTER for each in found) else None
