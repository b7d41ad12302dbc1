"""The framework's end of a lane: it starts the process, hands it programs, and reads verdicts."""

import json
import os
import select
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import agents.sandbox.verdicts as verdicts
from agents.sandbox.inside.names import names_in
from agents.sandbox.program import Level, Program, Report, SandboxUnavailable

INSIDE = Path(__file__).resolve().parent / "inside"
BOOT = """
import sys, types
for name, path in (("agents", []), ("agents.sandbox", []), ("agents.sandbox.inside", [sys.argv[1]])):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = path
"""
"""Makes the files of a lane importable, and nothing else that is not of the standard library."""
MAIN = """
import os
register, os.register_at_fork = os.register_at_fork, lambda **hooks: None
sys.dont_write_bytecode = False
from agents.sandbox.inside import lane, layers
layers.preload()
sys.dont_write_bytecode, os.register_at_fork = True, register
lane.main(sys.argv[2], int(sys.argv[3]))
"""
"""Imports what all programs share, once, and keeps bytecode of the lane's own files: compiling leaves holes in memory.

What modules want to be done after a fork (`threading`, `random`) is left out: a lane forks while it has one thread, a
child seeds its numbers itself, and each page that such work touches is copied for each program.
"""
OPTIONS = ("-S", "-s", "-P", "-B", "-X", "utf8")
"""No site packages, no unsafe path, no bytecode written; not -I, which would ignore the fixed hash seed."""
ENVIRONMENT = {"PYTHONHASHSEED": "0", "MALLOC_ARENA_MAX": "1", "LC_ALL": "C.UTF-8"}
"""All that a lane's environment holds; the arenas of malloc would count 64 MiB of address space a thread."""
START_SECONDS = 60.0
PATIENCE = 20.0
"""Seconds beyond twice a program's own wall seconds after which a lane counts as broken."""
LONGEST_VERDICT = 64 << 20
WAYS_OUT = {
    "user namespace": "allow unprivileged user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0, "
    "user.max_user_namespaces above 0; in Docker --security-opt seccomp=unconfined)",
    "landlock": "use a kernel of 5.13 or later with lsm=landlock",
    "seccomp": "use a kernel with CONFIG_SECCOMP_FILTER on x86-64",
}


class LaneBroken(Exception):
    """A lane ended or fell silent; the program it was running has no verdict."""


class LaneProcess:
    """A running lane."""

    def __init__(self, level: Level) -> None:
        self.level = level
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            arguments = [str(INSIDE), level, str(theirs.fileno())]
            self.process = subprocess.Popen(
                [os.path.realpath(sys.executable), *OPTIONS, "-c", BOOT + MAIN, *arguments],
                env=ENVIRONMENT,
                cwd="/",
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        try:
            self.greet()
        except BaseException:
            self.close()
            raise

    def greet(self) -> None:
        """Wait until the lane stands; raise what it lacks."""
        self.control.settimeout(START_SECONDS)
        try:
            greeting = json.loads(self.control.recv(1 << 16) or b"{}")
        except (OSError, ValueError) as error:
            raise LaneBroken(f"it did not start: {error}") from None
        if "missing" in greeting:
            layer = greeting["missing"]
            way = WAYS_OUT.get(layer, "see `python -m simulation doctor`")
            raise SandboxUnavailable(
                f"The sandbox cannot be built at level {self.level!r}: the layer {layer!r} does not work here "
                f"({greeting['why']}). Ways out: {way}; a weaker level, which must be allowed by name and is stamped "
                "into every verdict; or another machine."
            )
        if "ready" not in greeting:
            raise LaneBroken(f"it did not start: {self.complaint()}")

    def complaint(self) -> str:
        """Return what a lane that has ended wrote last."""
        self.process.kill()
        _, text = self.process.communicate()
        return text.decode("utf-8", "replace")[-2000:]

    def run(self, program: Program) -> Report:
        """Judge one program."""
        source = program.source.encode("utf-8", "surrogatepass")
        fields = {
            "tests": program.tests,
            "setup": program.setup,
            "lent": program.lent,
            "classes": program.classes,
            "shared": program.shared,
            "seed": program.seed,
            "script": program.script,
            **names(program),
        }
        tests = json.dumps(fields).encode()
        job = {"limits": program.limits.plain(), "seed": program.seed, "script": program.script}
        deadline = time.monotonic() + 2 * program.limits.wall_seconds + PATIENCE
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb", buffering=0) as pipe:
            try:
                source_file, tests_file = holding(source), holding(tests)
                try:
                    socket.send_fds(self.control, [json.dumps(job).encode()], [source_file])
                    socket.send_fds(self.control, [b"tests"], [tests_file, writing])
                finally:
                    os.close(source_file)
                    os.close(tests_file)
            except OSError as error:
                raise LaneBroken(f"it takes no program: {error}") from None
            finally:
                os.close(writing)
            verdict_bytes = everything(pipe.fileno(), deadline)
        self.control.settimeout(max(0.1, deadline - time.monotonic()))
        try:
            account = json.loads(self.control.recv(1 << 16))
        except (OSError, ValueError) as error:
            raise LaneBroken(f"it gives no account of a program: {error}") from None
        return verdicts.report(program, account, verdict_bytes, self.level)

    def close(self) -> None:
        """End the lane and all in it."""
        self.control.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def names(program: Program) -> dict[str, object]:
    """Return, for the tester, the names that a program's tests leave open, or why they are not Python."""
    try:
        open_names, called_names = names_in((program.setup, *program.tests), program.lent)
    except (SyntaxError, ValueError) as error:
        return {"broken": f"{type(error).__name__}: {error}", "open": [], "called": []}
    return {"broken": "", "open": open_names, "called": called_names}


def holding(data: bytes) -> int:
    """Return a descriptor of a file in memory that holds data."""
    descriptor = os.memfd_create("program")
    os.write(descriptor, data)
    return descriptor


def everything(reading: int, deadline: float) -> bytes:
    """Read a pipe to its end."""
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    parts: list[bytes] = []
    while sum(map(len, parts)) <= LONGEST_VERDICT:
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise LaneBroken("it is silent")
        part: Any = os.read(reading, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)
    raise LaneBroken(f"its verdict is longer than {LONGEST_VERDICT} bytes")
