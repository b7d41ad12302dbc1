"""The machine around the sandbox: bait that an attack would take, and a check that nothing was taken."""

import os
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import agents.sandbox
from agents.sandbox import Report

SECRET = "canary-4f1c"
ENTRIES = "what nobody has changed"
INSIDE = Path(agents.sandbox.__file__).parent / "inside"
KINDS = {"@STREAM@": socket.SOCK_STREAM, "@DATAGRAMS@": socket.SOCK_DGRAM, "@PACKETS@": socket.SOCK_SEQPACKET}
ABSTRACT_KINDS = {"@ABSTRACT@": socket.SOCK_STREAM, "@ABSTRACT_DATAGRAMS@": socket.SOCK_DGRAM}


@dataclass
class Machine:
    """Bait that is open to everybody: a secret, files, a process, listeners; and how all was at the beginning."""

    root: Path
    folder: Path
    secret: Path
    ledger: Path
    pipe: int
    victim: "subprocess.Popen[bytes]"
    listeners: dict[str, socket.socket]
    names: dict[str, str] = field(default_factory=dict)
    before: tuple[object, ...] = ()

    def fill_in(self, source: str) -> str:
        """Return a program with the names of the bait."""
        for name, text in self.names.items():
            source = source.replace(name, text)
        return source

    def state(self) -> tuple[object, ...]:
        """Return all that an attack must not change."""
        library = Path(os.__file__)
        files = [self.secret, library, library.parent, *sorted(INSIDE.glob("*.py"))]
        stats = [(path.stat().st_mtime_ns, path.stat().st_size, path.stat().st_mode) for path in files]
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").count("\n")
        tables = [Path(f"/proc/sysvipc/{kind}").read_text(encoding="utf-8") for kind in ("shm", "sem", "msg")]
        return (*stats, sorted(self.folder.iterdir()), mounts, *tables, socket.gethostname())

    def arrivals(self) -> list[str]:
        """Return by name which listeners, pipe and file something has reached, and take it from there."""
        arrivals = [name for name, listener in self.listeners.items() if reached(listener)]
        try:
            arrivals += ["@PIPE@"] if os.read(self.pipe, 1 << 16) else []
        except BlockingIOError:
            arrivals.append("@PIPE@")  # somebody holds the other end
        if self.ledger.read_text(encoding="utf-8") != ENTRIES:
            arrivals.append("@LEDGER@")
            self.ledger.write_text(ENTRIES, encoding="utf-8")
        return arrivals

    def check(self, report: Report) -> None:
        """Fail where an attack has had an effect."""
        assert self.state() == self.before
        assert self.victim.poll() is None
        assert self.arrivals() == []
        for outcome in report.outcomes:
            assert SECRET not in outcome.output + outcome.message


def reached(listener: socket.socket) -> bool:
    """Say whether anything has come to a listener, and take it all."""
    arrived = False
    while True:
        try:
            if listener.type == socket.SOCK_DGRAM:
                listener.recv(1)
            else:
                listener.accept()[0].close()
        except BlockingIOError:
            return arrived
        arrived = True


def listening(root: Path) -> dict[str, socket.socket]:
    """Return listeners of every kind, those with a path in a folder."""
    stream = socket.create_server(("127.0.0.1", 0))
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(stream.getsockname())
    listeners = {"@PORT@": stream, "@PORT@, datagrams": datagrams}
    for name, kind in (KINDS | ABSTRACT_KINDS).items():
        own = name.strip("@").lower()
        listener = listeners[name] = socket.socket(socket.AF_UNIX, kind)
        listener.bind(f"\0sandbox-bait-{os.getpid()}-{own}" if name in ABSTRACT_KINDS else str(root / own))
        if name in KINDS:
            (root / own).chmod(0o666)
        if kind != socket.SOCK_DGRAM:
            listener.listen()
    for listener in listeners.values():
        listener.setblocking(False)
    return listeners


def machine() -> Machine:
    """Lay out the bait, where every user of the machine finds it."""
    root = Path(tempfile.mkdtemp(prefix="bait-", dir="/tmp"))
    root.chmod(0o755)
    folder, secret, ledger, pipe = (root / name for name in ("writable", "secret", "ledger", "pipe"))
    folder.mkdir()
    folder.chmod(0o777)
    os.mkfifo(pipe)
    secret.write_text(SECRET, encoding="utf-8")
    ledger.write_text(ENTRIES, encoding="utf-8")
    for path in (secret, ledger, pipe):
        path.chmod(0o666)
    victim = subprocess.Popen(["sleep", "600"], env={"API_KEY": SECRET})
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    bait = Machine(root, folder, secret, ledger, reading, victim, listening(root))
    bait.names = names(bait)
    bait.before = bait.state()
    return bait


def names(bait: Machine) -> dict[str, str]:
    """Return what stands for the names in programs."""
    listeners = bait.listeners
    return {
        "@SECRET@": str(bait.secret),
        "@FOLDER@": str(bait.folder),
        "@LEDGER@": str(bait.ledger),
        "@PIPE@": str(bait.root / "pipe"),
        "@VICTIM@": str(bait.victim.pid),
        "@PORT@": str(listeners["@PORT@"].getsockname()[1]),
        **{name: listeners[name].getsockname() for name in KINDS},
        **{name: listeners[name].getsockname()[1:].decode() for name in ABSTRACT_KINDS},
        "@INSIDE@": str(INSIDE),
    }


def dismantle(bait: Machine) -> None:
    """Take the bait away."""
    bait.victim.kill()
    bait.victim.wait()
    os.close(bait.pipe)
    for listener in bait.listeners.values():
        listener.close()
    shutil.rmtree(bait.root)
