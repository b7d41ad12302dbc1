"""The machine around the sandbox: bait that an attack would take, and a check that nothing was taken."""

import os
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

import agents.sandbox
from agents.sandbox import Report

SECRET = "canary-4f1c"
INSIDE = Path(agents.sandbox.__file__).parent / "inside"


@dataclass
class Machine:
    """Bait: a secret file, a writable folder, a process, listeners; and how all was at the beginning."""

    folder: Path
    secret: Path
    victim: "subprocess.Popen[bytes]"
    stream: socket.socket
    datagrams: socket.socket
    abstract: socket.socket
    before: tuple[object, ...] = ()

    def fill_in(self, source: str) -> str:
        """Return a program with the names of the bait."""
        names = {
            "@SECRET@": str(self.secret),
            "@FOLDER@": str(self.folder),
            "@VICTIM@": str(self.victim.pid),
            "@PORT@": str(self.stream.getsockname()[1]),
            "@ABSTRACT@": "sandbox-bait-" + str(os.getpid()),
            "@INSIDE@": str(INSIDE),
        }
        for name, value in names.items():
            source = source.replace(name, value)
        return source

    def state(self) -> tuple[object, ...]:
        """Return all that an attack must not change."""
        library = Path(os.__file__)
        files = [self.secret, library, library.parent, *sorted(INSIDE.glob("*.py"))]
        stats = [(path.stat().st_mtime_ns, path.stat().st_size, path.stat().st_mode) for path in files]
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").count("\n")
        tables = [Path(f"/proc/sysvipc/{kind}").read_text(encoding="utf-8") for kind in ("shm", "sem", "msg")]
        return (*stats, sorted(self.folder.iterdir()), mounts, *tables, socket.gethostname())

    def check(self, report: Report) -> None:
        """Fail where an attack has had an effect."""
        assert self.state() == self.before
        assert self.victim.poll() is None
        for listener in (self.stream, self.datagrams, self.abstract):
            try:
                received = listener.recv(1) if listener is self.datagrams else listener.accept()
            except BlockingIOError:
                continue
            raise AssertionError(f"something arrived: {received!r}")
        for outcome in report.outcomes:
            assert SECRET not in outcome.output + outcome.message


def machine(folder: Path) -> Machine:
    """Lay out the bait."""
    writable = folder / "writable"
    writable.mkdir()
    writable.chmod(0o777)
    secret = folder / "secret"
    secret.write_text(SECRET, encoding="utf-8")
    secret.chmod(0o666)
    stream = socket.create_server(("127.0.0.1", 0))
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(stream.getsockname())
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind("\0sandbox-bait-" + str(os.getpid()))
    abstract.listen()
    for listener in (stream, datagrams, abstract):
        listener.setblocking(False)
    victim = subprocess.Popen(["sleep", "600"], env={"API_KEY": SECRET})
    found = Machine(writable, secret, victim, stream, datagrams, abstract)
    found.before = found.state()
    return found


def dismantle(found: Machine) -> None:
    """Take the bait away."""
    found.victim.kill()
    found.victim.wait()
    for listener in (found.stream, found.datagrams, found.abstract):
        listener.close()
