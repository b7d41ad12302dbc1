"""Watches a candidate and its tester: a clock, how each ended, and what it used."""

import os
import select
import socket
import time
from typing import Any, NoReturn

from agents.sandbox.inside import kernel

Json = Any  # plain values, to be sent as JSON
GRACE = 2.0
"""Seconds a tester has to write its verdict after its candidate has ended."""
CPU_OF_PROCESS = 2
"""Makes, with a process's number, the name of its clock (clock_getcpuclockid(3))."""
BUSY = 0.05
"""From this share of the time on, two processes that overran it were computing on a crowded machine, and not idle."""


class Watch:
    """Two processes and a clock."""

    def __init__(self, control: socket.socket, first: int, second: int) -> None:
        self.first, self.second = first, second
        self.ended: dict[int, Json] = {}
        self.overran = False
        self.processes = {os.pidfd_open(process): process for process in (first, second)}
        self.poll = select.poll()
        self.control = control.fileno()
        self.poll.register(self.control, select.POLLHUP)
        for descriptor in self.processes:
            self.poll.register(descriptor, select.POLLIN)

    def until(self, deadline: float, wall_seconds: float, cpu_seconds: float) -> dict[int, Json]:
        """Wait for both, at most until the deadline; a tester's end is its candidate's too.

        Where both are computing then, with CPU seconds to spare, they are given the wall seconds once more.
        """
        extended = False
        while len(self.ended) < 2:
            seconds_left = deadline - time.monotonic()
            if seconds_left <= 0 and not extended and BUSY * wall_seconds <= self.used() < cpu_seconds / 2:
                deadline, extended = deadline + wall_seconds, True
            elif seconds_left <= 0 and self.first not in self.ended:
                self.overran = True
                self.end(self.first)
            elif seconds_left <= 0:
                self.end(self.second)
            for descriptor, _ in self.poll.poll(max(0.0, seconds_left) * 1000):
                if descriptor == self.control:
                    self.hang_up()
                self.reap(descriptor)
            if self.second in self.ended and self.first not in self.ended:
                self.end(self.first)
                self.ended[self.first]["stopped"] = True
            if self.first in self.ended:
                deadline = min(deadline, time.monotonic() + GRACE) if seconds_left > 0 else time.monotonic() + GRACE
        return self.ended

    def used(self) -> float:
        """Return the CPU seconds of the processes that have not ended."""
        return sum(time.clock_gettime(~process << 3 | CPU_OF_PROCESS) for process in self.processes.values())

    def end(self, process: int) -> None:
        """Kill a process and wait for its end."""
        os.kill(process, kernel.SIGKILL)
        self.reap(
            next(descriptor for descriptor, watched_process in self.processes.items() if watched_process == process)
        )

    def reap(self, descriptor: int) -> None:
        """Take note of how a process ended."""
        process = self.processes.pop(descriptor)
        _, status, usage = os.wait4(process, 0)
        self.poll.unregister(descriptor)
        os.close(descriptor)
        code = os.waitstatus_to_exitcode(status)
        self.ended[process] = {"code": code, "cpu_seconds": usage.ru_utime + usage.ru_stime, "stopped": False}

    def hang_up(self) -> NoReturn:
        """End everything: the framework is gone."""
        for process in self.processes.values():
            os.kill(process, kernel.SIGKILL)
        os._exit(0)
