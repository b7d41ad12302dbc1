"""Says which layers of the sandbox this machine has, by trying each: what `simulation doctor` prints."""

import json
import os
import subprocess
import sys

from agents.sandbox.process import BOOT, ENVIRONMENT, INSIDE, OPTIONS, LaneBroken, LaneProcess
from agents.sandbox.program import LEVELS, Program, SandboxUnavailable

WORKS = "works"
MAIN = """
import json, sys
from agents.sandbox.inside.probing import table
json.dump(table(), sys.stdout)
"""


def probe() -> dict[str, str]:
    """Return each layer and then each level, with `works` or what is missing."""
    return {**layers(), **{f"level {level}": level_state(level) for level in LEVELS if level != "rlimits"}}


def layers() -> dict[str, str]:
    """Try the layers in a process of their own."""
    process = subprocess.run(
        [os.path.realpath(sys.executable), *OPTIONS, "-c", BOOT + MAIN, str(INSIDE)],
        env=ENVIRONMENT,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    if process.returncode != 0:
        raise SandboxUnavailable(
            "The layers of the sandbox could not be tried: the process that tries them ended with "
            f"{process.returncode}: {process.stderr.decode('utf-8', 'replace')[-500:]}. Is this Linux?"
        )
    states: dict[str, str] = json.loads(process.stdout)
    return states


def level_state(level: str) -> str:
    """Judge one program at a level."""
    program = Program(source="def f(x): return x + 1", tests=("assert f(1) == 2",))
    try:
        with LaneProcess(next(name for name in LEVELS if name == level)) as lane:
            report = lane.run(program)
    except (SandboxUnavailable, LaneBroken) as error:
        return f"missing: {error}"
    return WORKS if report.verdict == "passed" else f"missing: a good program was judged {report.verdict}"
