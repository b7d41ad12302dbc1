"""Commands run as processes of their own, with their time and memory; the parent stays small and imports no torch."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.record import ROOT
from simulation.core.errors import SimulationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a process cost."""

    seconds: float
    """Wall clock, from start to end."""
    processor_seconds: float
    peak_bytes: int
    """The most resident memory it had at once."""


def run(command: Sequence[str], log: Path) -> Ended:
    """Run a command from the root, its output into `log`; raises SimulationError where it fails."""
    began = time.perf_counter()
    with log.open("wb") as output:
        child = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        status, usage = os.wait4(child.pid, 0)[1:]
    seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise SimulationError(f"{' '.join(command)} ended with {child.returncode}; its last words: {tail}")
    return Ended(
        seconds=seconds,
        processor_seconds=usage.ru_utime + usage.ru_stime,
        peak_bytes=usage.ru_maxrss * 1024,  # Linux counts in KiB
    )


def simulation(*arguments: str) -> list[str]:
    """Return the command line of the project."""
    return [sys.executable, "-m", "simulation", *arguments]


def resident(process: int) -> dict[str, int]:
    """Return the resident memory of a running process now and at its peak, bytes."""
    found = {}
    for line in Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name in ("VmRSS", "VmHWM"):
            found[name] = int(value.split()[0]) * 1024
    return {"now": found["VmRSS"], "peak": found["VmHWM"]}
