"""Runs a module of Python as a user without any rights: `python -m tests.support.unprivileged pytest -q tests/...`.

As root, the interpreter may lie where no other user may look; here, and only for this process and its children, the
way to it is opened by a view of that folder in a mount namespace.
"""

import os
import sys
from pathlib import Path

from agents.sandbox.inside import kernel

NOBODY = 65534


def closed(path: Path) -> Path | None:
    """Return the uppermost folder on the way to a path that others may not enter."""
    return next((folder for folder in reversed(path.parents) if not folder.stat().st_mode & 1), None)


def open_way(path: Path) -> None:
    """Make a folder reachable by everybody, in this process's view of the files alone."""
    barrier = closed(path)
    if barrier is None:
        return
    kernel.call("unshare", kernel.CLONE_NEWNS)
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    behind = os.open(path, os.O_PATH)
    kernel.mount("way", str(barrier), "tmpfs", 0, "mode=755,size=1m")
    path.mkdir(parents=True)
    kernel.mount(f"/proc/self/fd/{behind}", str(path), None, kernel.MS_BIND)
    os.close(behind)


def become_nobody() -> None:
    """Give up root and all that comes with it."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


if __name__ == "__main__":
    open_way(Path(sys.base_prefix))
    become_nobody()
    arguments = [sys.executable, "-B", "-m", *sys.argv[1:]]
    environment = {"HOME": "/nonexistent", "TMPDIR": "/tmp", "ATTACKS": os.environ.get("ATTACKS", "")}
    os.execve(sys.executable, arguments, environment)
