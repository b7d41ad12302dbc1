"""Which adapter each student had after which turn, and the files that hold them.

Kept are the newest of every student and, where the study says "evaluated", those of every turn that measured the
student. The others are deleted after the commit that replaces them; their hashes stay in the chain. A file is named by
the SHA-256 of its content: whole or absent, never half, and never silently changed.
"""

import hashlib
import os
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from simulation.core.errors import StoreError, StudyDamaged
from simulation.store.schema import REMEDY

SUFFIX = ".safetensors"
Keep = Literal["newest", "evaluated"]

NEWEST = "SELECT hash FROM adapters a WHERE t = (SELECT max(t) FROM adapters b WHERE b.s = a.s)"
EVALUATED = (
    "SELECT (SELECT hash FROM adapters a WHERE a.s = e.s AND a.t <= e.t ORDER BY a.t DESC LIMIT 1) FROM evaluations e"
)


class Adapters:
    """The adapters of one study."""

    def __init__(self, connection: sqlite3.Connection, folder: Path, keep: Keep, students: Sequence[str]) -> None:
        self._connection = connection
        self._blobs = Blobs(folder)
        self._keep = keep
        self._students = {name: position for position, name in enumerate(students)}
        self._newest: dict[str, bytes] = {}
        self._pinned: set[bytes] = set()

    def clean(self) -> None:
        """Take up what is kept, and delete what a process that died left behind."""
        for name, position in self._students.items():
            digest = self._at(position, None)
            if digest is not None:
                self._newest[name] = digest
        if self._keep == "evaluated":
            self._pinned = {row[0] for row in self._connection.execute(EVALUATED) if row[0] is not None}
        self._blobs.delete_orphans(self._pinned.union(self._newest.values()))

    def put(self, adapters: Mapping[str, bytes]) -> dict[str, bytes]:
        """Make adapters durable before the commit that names them, and return their hashes."""
        unknown = sorted(set(adapters) - set(self._students))
        if unknown:
            raise ValueError(f"adapters of students without a seat: {', '.join(unknown)}")
        return dict(zip(adapters, self._blobs.put(adapters.values()), strict=True))

    def record(self, turn: int, digests: Mapping[str, bytes]) -> None:
        """Name the adapters that a turn changed, inside its transaction."""
        rows = [(turn, self._students[name], digest) for name, digest in digests.items()]
        self._connection.executemany("INSERT INTO adapters VALUES (?, ?, ?)", rows)

    def committed(self, digests: Mapping[str, bytes], *, evaluated: set[str]) -> None:
        """Delete what the committed turn replaced."""
        replaced = {self._newest[name] for name in digests if name in self._newest}
        self._newest.update(digests)
        if self._keep == "evaluated":
            self._pinned.update(self._newest[name] for name in evaluated if name in self._newest)
        self._blobs.delete(replaced - self._pinned - set(self._newest.values()))

    def changed(self, turn: int) -> list[bytes | None]:
        """Return, by seat, the hash of the adapter that a turn changed."""
        digests = dict(self._connection.execute("SELECT s, hash FROM adapters WHERE t = ?", (turn,)))
        return [digests.get(position) for position in self._students.values()]

    def get(self, student: str, turn: int) -> bytes:
        """Return the adapter of a student after a turn, checked."""
        digest = self._at(self._students[student], turn)
        if digest is None:
            raise StoreError(f"{student!r} has no adapter at turn {turn}: none was committed up to there")
        if not self._blobs.path(digest).exists() and digest not in self._required():
            raise StoreError(
                f"the adapter of {student!r} after turn {turn} was not kept: this study keeps "
                f"{'the newest' if self._keep == 'newest' else 'those of evaluated turns and the newest'}; "
                f"run its scenario.yaml again up to that turn to get it back"
            )
        return self._blobs.get(digest, f"{student!r} after turn {turn}")

    def verify(self) -> None:
        """Check every blob that must be there."""
        for digest in sorted(self._required()):
            if not self._blobs.path(digest).exists() and digest not in self._required():
                continue  # a writer replaced it meanwhile
            query = "SELECT s, t FROM adapters WHERE hash = ? LIMIT 1"
            position, turn = self._connection.execute(query, (digest,)).fetchone()
            self._blobs.get(digest, f"{list(self._students)[position]!r} after turn {turn}")

    def _at(self, position: int, turn: int | None) -> bytes | None:
        """Return the hash of a seat's adapter after a turn, or the newest."""
        query = "SELECT hash FROM adapters WHERE s = ? AND t <= ? ORDER BY t DESC LIMIT 1"
        row = self._connection.execute(query, (position, 2**62 if turn is None else turn)).fetchone()
        return None if row is None else bytes(row[0])

    def _required(self) -> set[bytes]:
        """Return the hashes of all blobs that must be there, as the tables say."""
        digests = {bytes(row[0]) for row in self._connection.execute(NEWEST)}
        if self._keep == "evaluated":
            digests.update(bytes(row[0]) for row in self._connection.execute(EVALUATED) if row[0] is not None)
        return digests


class Blobs:
    """The blob folder of a study."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: bytes) -> Path:
        """Return where a blob lies."""
        return self.folder / f"{digest.hex()}{SUFFIX}"

    def put(self, contents: Iterable[bytes]) -> list[bytes]:
        """Make every content durable and return their digests: temporary file, fsync, rename, fsync of the folder."""
        digests = [self._write(content) for content in contents]
        sync_folder(self.folder)
        return digests

    def _write(self, content: bytes) -> bytes:
        digest = hashlib.sha256(content).digest()
        path = self.path(digest)
        if path.exists() and path.read_bytes() == content:
            return digest
        write_durably(path, content)
        return digest

    def get(self, digest: bytes, owner: str) -> bytes:
        """Return a blob's content, checked; `owner` says whose it is."""
        path = self.path(digest)
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise StudyDamaged(f"{path}, the adapter of {owner}, is missing; {REMEDY}") from error
        actual_digest = hashlib.sha256(content).digest()
        if actual_digest != digest:
            raise StudyDamaged(
                f"{path}, the adapter of {owner}, was changed: its SHA-256 is {actual_digest.hex()[:16]}…; {REMEDY}"
            )
        return content

    def delete(self, digests: Iterable[bytes]) -> None:
        """Delete blobs that no committed turn needs any more."""
        for digest in digests:
            self.path(digest).unlink(missing_ok=True)

    def delete_orphans(self, needed: Collection[bytes]) -> None:
        """Delete what a process that died left behind: temporary files, and blobs no committed turn names."""
        names = {self.path(digest).name for digest in needed}
        for path in self.folder.iterdir():
            if path.name not in names:
                path.unlink()


def write_durably(path: Path, content: bytes) -> None:
    """Write a file so that after a crash it is whole or absent; the caller syncs the folder."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    temporary.replace(path)


def sync_folder(folder: Path) -> None:
    """Make renames and new files in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
