"""One writer a study: a lock that the operating system drops with the process, however it ends (POSIX `flock`)."""

import fcntl
import os
from pathlib import Path

from simulation.core.errors import StudyBusy

NAME = "writer.lock"


def take(folder: Path) -> int:
    """Lock the study for writing and return the descriptor that holds it; refuses while another holds it."""
    path = folder / NAME
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(descriptor, 100).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise StudyBusy(
            f"{folder} is being written by process {holder}; wait for it or stop it (kill {holder}), then try again. "
            f"Reading is always possible: report, view, replay, export"
        ) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
    return descriptor


def release(descriptor: int) -> None:
    """Let the next writer in."""
    os.close(descriptor)
