"""Files named by the SHA-256 of their content: whole or absent, never half, and never silently changed."""

import hashlib
import os
from collections.abc import Collection, Iterable
from pathlib import Path

from simulation.core.errors import StudyDamaged
from simulation.store.schema import REMEDY

SUFFIX = ".safetensors"


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
