"""The lane: a process that has everything ready and forks a candidate and a tester for each program."""

import gc
import json
import os
import resource
import select
import socket
import sys
import time
from typing import Any, NoReturn

from agents.sandbox.inside import (
    candidate,
    imports,
    kernel,
    landlock,
    layers,
    line,
    namespaces,
    probing,
    seccomp,
    tester,
)
from agents.sandbox.inside.layers import Missing

Json = Any  # what json.loads returns
GRACE = 2.0
"""Seconds a tester has to write its verdict after its candidate has ended."""


class Lane:
    """What all programs of a lane have in common."""

    def __init__(self, level: str, control: socket.socket) -> None:
        self.level = level
        self.control = control
        self.outside_user = layers.unused_user()
        self.folders = layers.interpreter_folders()
        self.null = os.open("/dev/null", os.O_RDWR)
        self.address_space = layers.address_space()
        self.rules: dict[str, int] = {}
        self.home_namespace = -1

    def build(self) -> None:
        """Put up the walls; in `full`, what returns is the first process of a machine of its own."""
        if self.level != "rlimits":
            for layer, trial in (("landlock", probing.files), ("seccomp", probing.calls)):
                if (said := probing.in_child(trial)) != probing.WORKS:
                    raise Missing(layer, said)
        if self.level == "full":
            attempt("user namespace", lambda: namespaces.separate(self.outside_user))
            self.become_first()
            self.home_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY)
            kernel.drop_bounding_set()
            attempt("mount namespace", lambda: namespaces.rebuild_root(self.folders))
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
        if self.level != "rlimits":
            self.filter = seccomp.assembled()
            self.make_rules()
            if self.level == "lock" and self.outside_user is not None:
                imports.import_from_here()

    def become_first(self) -> None:
        """Go on as the child that is process 1 of the new namespace; the parent only waits."""
        child = os.fork()
        if child:
            self.control.close()
            _, status = os.waitpid(child, 0)
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
        kernel.prctl(kernel.PR_SET_PDEATHSIG, kernel.SIGKILL)

    def make_rules(self) -> None:
        """Write down what a candidate and a tester may open."""
        readable = [os.path.realpath(path) for path in self.folders]
        devices = list(namespaces.DEVICES)
        self.rules["tester"] = landlock.ruleset(readable, ["/dev/null"])
        writable = ["/dev/null", os.path.dirname(namespaces.WORK)] if self.level == "full" else ["/dev/null"]
        self.rules["candidate"] = landlock.ruleset([*readable, *devices], writable)

    def confine(self, role: str, limits: Json) -> None:
        """Give up, in this child, whatever a program or its tester does not need."""
        if self.level == "full" and role == "candidate":
            namespaces.own_work_folder(limits["work_mebibytes"], limits["work_entries"])
        kernel.limit(resource.RLIMIT_CPU, limits["cpu_seconds"])
        kernel.limit(resource.RLIMIT_AS, self.address_space + (limits["memory_mebibytes"] << 20))
        kernel.limit(resource.RLIMIT_FSIZE, limits["file_mebibytes"] << 20)
        kernel.limit(resource.RLIMIT_NOFILE, 64)
        kernel.limit(resource.RLIMIT_CORE, 0)
        kernel.limit(resource.RLIMIT_MEMLOCK, 0)
        kernel.limit(resource.RLIMIT_MSGQUEUE, 0)
        if self.level == "full" or self.outside_user is not None:
            kernel.limit(resource.RLIMIT_NPROC, 32)
        if self.outside_user is not None:
            user = namespaces.INSIDE_USER if self.level == "full" else self.outside_user
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
        kernel.drop_capabilities()
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
        kernel.prctl(kernel.PR_SET_PDEATHSIG, kernel.SIGKILL)
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        if self.level != "rlimits":
            landlock.restrict(self.rules[role])

    def start(self, role: str, descriptors: list[int], job: Json) -> tuple[int, int]:
        """Fork a role; return its process, and a pipe with a byte in it once it is confined."""
        ready, confined = os.pipe()
        child = os.fork()
        if child:
            os.close(confined)
            return child, ready
        try:
            self.confine(role, job["limits"])
            kernel.keep_only([*descriptors, confined])
            confined = len(descriptors)
            if self.level != "rlimits":
                seccomp.restrict(self.filter[0])
            os.write(confined, b"1")
            os.close(confined)
            forget()
            play(role, job)
        except BaseException as error:  # noqa: BLE001 - a child of the lane must not go on as a second lane
            report_failure(confined, error)
        finally:
            os._exit(1)

    def judge(self, job: Json, source: int) -> Json:
        """Run one program: its candidate first, so that it is forked before the tests are even received."""
        began = time.monotonic()
        channel, other = socket.socketpair()
        printed, printing = os.pipe()
        if self.level == "full":
            kernel.call("unshare", kernel.CLONE_NEWPID)
        first, first_ready = self.start("candidate", [self.null, printing, printing, other.fileno(), source], job)
        if self.level == "full":
            kernel.call("setns", self.home_namespace, kernel.CLONE_NEWPID)
        os.close(printing)
        os.close(source)
        other.close()
        _, received, _, _ = socket.recv_fds(self.control, 16, 2)
        tests, verdicts = received
        inherited = [self.null, self.null, self.null, channel.fileno(), printed, tests, verdicts]
        second, second_ready = self.start("tester", inherited, job)
        for descriptor in (printed, tests, verdicts):
            os.close(descriptor)
        channel.close()
        watched = Watch(self.control, first, second)
        ended = watched.until(began + job["limits"]["wall_seconds"])
        return {
            "candidate": {**ended[first], "failure": failure(first_ready)},
            "tester": {**ended[second], "failure": failure(second_ready)},
            "overran": watched.overran,
            "wall_seconds": time.monotonic() - began,
        }

    def serve(self) -> None:
        """Judge programs until the framework hangs up."""
        while True:
            message, received, _, _ = socket.recv_fds(self.control, 1 << 16, 1)
            if not message:
                return
            self.control.send(json.dumps(self.judge(json.loads(message), received[0])).encode())


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

    def until(self, deadline: float) -> dict[int, Json]:
        """Wait for both, at most until the deadline; a tester's end is its candidate's too."""
        while len(self.ended) < 2:
            left = deadline - time.monotonic()
            if left <= 0 and self.first not in self.ended:
                self.overran = True
                self.end(self.first)
            elif left <= 0:
                self.end(self.second)
            for descriptor, _ in self.poll.poll(max(0.0, left) * 1000):
                if descriptor == self.control:
                    self.hang_up()
                self.reap(descriptor)
            if self.second in self.ended and self.first not in self.ended:
                self.end(self.first)
            if self.first in self.ended:
                deadline = min(deadline, time.monotonic() + GRACE) if left > 0 else time.monotonic() + GRACE
        return self.ended

    def end(self, process: int) -> None:
        """Kill a process and wait for its end."""
        os.kill(process, kernel.SIGKILL)
        self.reap(next(descriptor for descriptor, found in self.processes.items() if found == process))

    def reap(self, descriptor: int) -> None:
        """Take note of how a process ended."""
        process = self.processes.pop(descriptor)
        _, status, usage = os.wait4(process, 0)
        self.poll.unregister(descriptor)
        os.close(descriptor)
        code = os.waitstatus_to_exitcode(status)
        self.ended[process] = {"code": code, "cpu_seconds": usage.ru_utime + usage.ru_stime}

    def hang_up(self) -> NoReturn:
        """End everything: the framework is gone."""
        for process in self.processes.values():
            os.kill(process, kernel.SIGKILL)
        os._exit(0)


def play(role: str, job: Json) -> None:
    """Be the candidate or the tester, with descriptors numbered as `Lane.judge` lists them."""
    if role == "candidate":
        source = os.pread(4, os.fstat(4).st_size, 0)
        os.close(4)
        gc.enable()
        candidate.run(3, source, job["seed"])
        os._exit(0)
    tests = os.pread(5, os.fstat(5).st_size, 0)
    os.close(5)
    tester.report(6, tester.run(line.Line(3, 4), json.loads(tests)))
    os._exit(0)


def failure(ready: int) -> str:
    """Return why a child was not confined, or nothing where it was."""
    text = os.read(ready, 1000)
    os.close(ready)
    return "" if text == b"1" else text.decode("utf-8", "replace") or "it ended before it was confined"


def report_failure(confined: int, error: BaseException) -> None:
    """Say, where that is still possible, why a child could not be confined."""
    try:
        os.write(confined, f"{type(error).__name__}: {error}".encode()[:1000])
    except OSError:
        return


def forget() -> None:
    """Take the sandbox's own modules out of a program's sight: they are no part of the standard library."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "agents"]:
        del sys.modules[name]


def attempt(layer: str, build: Any) -> None:  # a function without arguments
    """Build a layer, or say that it is missing."""
    try:
        build()
    except OSError as error:
        raise Missing(layer, str(error)) from None


def main(level: str, control_number: int) -> None:
    """Build a lane, say so, and serve."""
    control = socket.socket(fileno=control_number)
    layers.preload()
    try:
        lane = Lane(level, control)
        lane.build()
    except Missing as error:
        control.send(json.dumps({"missing": error.layer, "why": error.why}).encode())
        os._exit(3)
    gc.collect()
    gc.freeze()
    gc.disable()
    control.send(json.dumps({"ready": level}).encode())
    lane.serve()
    os._exit(0)
