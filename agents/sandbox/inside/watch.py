"""Watches a candidate and its tester: a clock, how each ended, and what it used."""

import os
import select
import socket
import time
from typing import Any, NoReturn

from agents.sandbox.inside import kernel
from agents.sandbox.inside.waits import Waits

Json = Any  # plain values, to be sent as JSON
GRACE = 2.0
"""Seconds a tester has to write its verdict after its candidate has ended."""
SHORTEST = 0.02
"""Seconds below which what was lost by waiting for a processor is not given back."""


class Watch:
    """Two processes and a clock."""

    def __init__(self, control: socket.socket, waits: Waits, first: int, second: int) -> None:
        self.waits = waits
        self.first, self.second = first, second
        self.ended: dict[int, Json] = {}
        self.overran = False
        self.processes = {os.pidfd_open(process): process for process in (first, second)}
        self.poll = select.poll()
        self.control = control.fileno()
        self.poll.register(self.control, select.POLLHUP)
        for descriptor in self.processes:
            self.poll.register(descriptor, select.POLLIN)

    def until(self, deadline: float, wall_seconds: float) -> dict[int, Json]:
        """Wait for both, at most until the deadline; a tester's end is its candidate's too.

        What the two were kept waiting for a processor does not count, up to the wall seconds once more.
        """
        given_back, grace_given = 0.0, False
        while len(self.ended) < 2:
            seconds_left = deadline - time.monotonic()
            if seconds_left <= 0 and (lost := min(self.waited(), wall_seconds) - given_back) >= SHORTEST:
                deadline, given_back = deadline + lost, given_back + lost
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
            if self.first in self.ended and not grace_given:
                grace_ends, grace_given = time.monotonic() + GRACE, True
                deadline = min(deadline, grace_ends) if seconds_left > 0 else grace_ends
        return self.ended

    def waited(self) -> float:
        """Return the seconds for which the two, since they were forked, were kept waiting for a processor."""
        return sum(map(self.waits.seconds, self.processes))

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
