"""How long a process has been kept waiting for a processor, as the kernel counts it (/proc/PID/task/TID/schedstat)."""

import os
from contextlib import suppress

NANOSECONDS = 1_000_000_000
ROOT = "/proc"


class Waits:
    """The machine's own view of its processes, opened before a lane leaves the machine's files."""

    def __init__(self) -> None:
        self.root = os.open(ROOT, os.O_RDONLY | os.O_DIRECTORY)

    def seconds(self, descriptor: int) -> float:
        """Return what the process of a pidfd has waited while it could have computed; of its threads, the longest.

        Nothing where the process is gone, or where the kernel does not count.
        """
        waited_seconds = [0.0]
        with suppress(OSError):
            process = self.number(descriptor)
            threads = os.open(f"{process}/task", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self.root)
            try:
                names = os.listdir(threads)
            finally:
                os.close(threads)
            for name in names:
                with suppress(OSError):  # a thread may end meanwhile
                    _computed, waited, _ = self.read(f"{process}/task/{name}/schedstat").split()
                    waited_seconds.append(int(waited) / NANOSECONDS)
        return max(waited_seconds)

    def number(self, descriptor: int) -> int:
        """Return the number of a pidfd's process on the machine, not in the lane."""
        lines = self.read(f"self/fdinfo/{descriptor}").splitlines()
        return int(next(line for line in lines if line.startswith("Pid:")).split()[1])

    def read(self, path: str) -> str:
        """Return a file of the view."""
        with open(path, opener=lambda name, flags: os.open(name, flags, dir_fd=self.root)) as file:
            return file.read()
