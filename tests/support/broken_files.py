"""Ways to break the files of a record, each a function of its folder."""

from collections.abc import Callable
from pathlib import Path

from tests.support.logs import pack

Edit = Callable[[Path], object]


def sub(name: str, old: str, new: str, times: int = 1) -> Edit:
    """Replace the first `old`s in a file, which must hold them; a lone surrogate becomes a byte that is no UTF-8."""

    def edit(folder: Path) -> None:
        content = (folder / name).read_bytes()
        assert content.count(old.encode()) >= times
        (folder / name).write_bytes(content.replace(old.encode(), new.encode("utf-8", "surrogateescape"), times))

    return edit


def put(name: str, content: str | bytes) -> Edit:
    return lambda folder: (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def add(name: str, content: str | bytes) -> Edit:
    more = content if isinstance(content, bytes) else content.encode()
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes() + more)


def remove(*names: str) -> Edit:
    def edit(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return edit


def copy(name: str, other: str) -> Edit:
    return lambda folder: (folder / other).write_bytes((folder / name).read_bytes())


def cut(name: str) -> Edit:
    """Pack a file and lose its second half."""

    def edit(folder: Path) -> None:
        packed = pack(folder / name)
        packed.write_bytes(packed.read_bytes()[: packed.stat().st_size // 2])

    return edit


def rename(name: str, other: str) -> Edit:
    return lambda folder: (folder / name).rename(folder / other)


def both(*edits: Edit) -> Edit:
    return lambda folder: [edit(folder) for edit in edits]
