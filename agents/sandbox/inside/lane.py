"""The lane: a process that has everything ready and forks a candidate and a tester for each program."""

import gc
import json
import os
import resource
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from agents.sandbox.inside import (
    candidate,
    imports,
    kernel,
    landlock,
    layers,
    line,
    namespaces,
    practice,
    probing,
    seccomp,
    tester,
)
from agents.sandbox.inside.layers import Missing
from agents.sandbox.inside.waits import Waits
from agents.sandbox.inside.watch import Watch

Json = Any  # what json.loads returns


@dataclass
class Child:
    """A confined process that waits for orders."""

    process: int
    ready: int
    orders: socket.socket

    def order(self, message: bytes, descriptors: list[int]) -> None:
        """Hand over what to do, and keep nothing of it."""
        with self.orders, suppress(OSError):  # of one that has ended already, the end tells
            socket.send_fds(self.orders, [message], descriptors)
        for descriptor in descriptors:
            os.close(descriptor)

    def failure(self) -> str:
        """Return why it was not confined, or nothing where it was."""
        text = os.read(self.ready, 1000)
        os.close(self.ready)
        return "" if text == b"1" else text.decode("utf-8", "replace") or "it ended before it was confined"


@dataclass
class Pair:
    """A candidate and its tester, and the limits they have taken on."""

    limits: Json
    candidate: Child
    tester: Child

    def discard(self) -> None:
        """End both, unused."""
        for child in (self.candidate, self.tester):
            os.kill(child.process, kernel.SIGKILL)
            os.waitpid(child.process, 0)
            child.orders.close()
            os.close(child.ready)


class Lane:
    """What all programs of a lane have in common."""

    def __init__(self, level: str, control: socket.socket) -> None:
        self.level = level
        self.control = control
        self.outside_user = layers.unused_user()
        self.folders = layers.interpreter_folders()
        self.waits = Waits()
        self.null = os.open("/dev/null", os.O_RDWR)
        self.address_space = layers.address_space()
        self.rules: dict[str, int] = {}
        self.home_namespace = -1
        self.spare: Pair | None = None

    def build(self) -> None:
        """Put up the walls; in `full`, what returns is the first process of a machine of its own."""
        if self.level != "rlimits":
            for layer, trial in (("landlock", probing.files), ("seccomp", probing.calls)):
                if (state := probing.in_child(trial)) != probing.WORKS:
                    raise Missing(layer, state)
        if self.level == "full":
            attempt("user namespace", lambda: namespaces.separate(self.outside_user))
            self.become_first()
            self.home_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY)
            kernel.drop_bounding_set()
            attempt("mount namespace", lambda: namespaces.rebuild_root(self.folders))
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
        self.give_up()
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

    def give_up(self) -> None:
        """Give up what neither this process nor a child of it needs: children inherit that."""
        for what in (resource.RLIMIT_CORE, resource.RLIMIT_MEMLOCK, resource.RLIMIT_MSGQUEUE):
            kernel.limit(what, 0)
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)

    def confine(self, role: str, limits: Json) -> None:
        """Give up, in this child, whatever a program or its tester does not need."""
        if self.level == "full" and role == "candidate":
            namespaces.own_work_folder(limits["work_mebibytes"], limits["work_entries"])
        if role == "candidate":
            for timer in (signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF):
                kernel.end_by(timer)
        kernel.limit(resource.RLIMIT_CPU, limits["cpu_seconds"])
        kernel.limit(resource.RLIMIT_AS, self.address_space + (limits["memory_mebibytes"] << 20))
        kernel.limit(resource.RLIMIT_FSIZE, limits["file_mebibytes"] << 20)
        kernel.limit(resource.RLIMIT_NOFILE, 64)
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
        if self.level != "rlimits":
            landlock.restrict(self.rules[role])

    def start(self, role: str, descriptors: list[int], limits: Json) -> Child:
        """Fork a role that confines itself and then waits for its orders."""
        ready, confined = os.pipe()
        orders, theirs = socket.socketpair()
        process = os.fork()
        if process:
            os.close(confined)
            theirs.close()
            return Child(process, ready, orders)
        try:
            self.confine(role, limits)
            kernel.keep_only([*descriptors, theirs.detach(), confined])
            confined = len(descriptors) + 1
            if self.level != "rlimits":
                seccomp.restrict(self.filter[0])
            os.write(confined, b"1")
            os.close(confined)
            play(role, len(descriptors))
        except BaseException as error:  # noqa: BLE001 - a child of the lane must not go on as a second lane
            report_failure(confined, error)
        finally:
            os._exit(1)

    def prepare(self, limits: Json) -> Pair:
        """Fork a candidate and its tester, joined by a line of messages and a pipe of output."""
        tester_end, candidate_end = socket.socketpair()
        printed, printing = os.pipe()
        if self.level == "full":
            kernel.call("unshare", kernel.CLONE_NEWPID)
        candidate = self.start("candidate", [self.null, printing, printing, candidate_end.fileno()], limits)
        if self.level == "full":
            kernel.call("setns", self.home_namespace, kernel.CLONE_NEWPID)
        os.close(printing)
        candidate_end.close()
        tester = self.start("tester", [self.null, self.null, self.null, tester_end.fileno(), printed], limits)
        os.close(printed)
        tester_end.close()
        return Pair(limits, candidate, tester)

    def take(self, limits: Json) -> Pair:
        """Return the pair that stands ready, or a new one where it has other limits."""
        pair, self.spare = self.spare, None
        if pair is not None and pair.limits != limits:
            pair.discard()
            pair = None
        return pair or self.prepare(limits)

    def judge(self, message: bytes, source: int) -> Json:
        """Run one program, and meanwhile make the next pair ready: it is forked when the lane holds no tests."""
        began, job = time.monotonic(), json.loads(message)
        pair = self.take(job["limits"])
        pair.candidate.order(message, [source])
        _, descriptors, _, _ = socket.recv_fds(self.control, 16, 2)
        pair.tester.order(message, descriptors)
        self.spare = self.prepare(job["limits"])
        candidate_process, tester_process = pair.candidate.process, pair.tester.process
        watch = Watch(self.control, self.waits, candidate_process, tester_process)
        wall_seconds = job["limits"]["wall_seconds"]
        endings = watch.until(began + wall_seconds, wall_seconds)
        return {
            "candidate": {**endings[candidate_process], "failure": pair.candidate.failure()},
            "tester": {**endings[tester_process], "failure": pair.tester.failure()},
            "overran": watch.overran,
            "wall_seconds": time.monotonic() - began,
        }

    def serve(self) -> None:
        """Judge programs until the framework hangs up."""
        while True:
            message, descriptors, _, _ = socket.recv_fds(self.control, 1 << 16, 1)
            if not message:
                return
            self.control.send(json.dumps(self.judge(message, descriptors[0])).encode())


def play(role: str, orders: int) -> None:
    """Be the candidate or the tester, with descriptors numbered as `Lane.prepare` lists them."""
    with socket.socket(fileno=orders) as line_of_orders:
        message, descriptors, _, _ = socket.recv_fds(line_of_orders, 1 << 16, 2)
    if not message:
        os._exit(0)
    job = json.loads(message)
    content = os.pread(descriptors[0], os.fstat(descriptors[0]).st_size, 0)
    os.close(descriptors[0])
    if role == "candidate":
        gc.enable()
        candidate.run(3, content, job["seed"], job["script"])
    else:
        tester.report(descriptors[1], tester.run(line.Line(3, 4), json.loads(content)))
    os._exit(0)


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
    try:
        lane = Lane(level, control)
        lane.build()
    except Missing as error:
        control.send(json.dumps({"missing": error.layer, "why": error.why}).encode())
        os._exit(3)
    practice.practise()
    forget()
    gc.collect()
    gc.freeze()
    gc.disable()
    control.send(json.dumps({"ready": level}).encode())
    lane.serve()
    os._exit(0)
