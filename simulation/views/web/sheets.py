"""What pages are made of: tables of cells, passages of long texts, and where in a long list a page is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from simulation.views.text import shown

PAGE_SIZE = 50
"""Rows of a table, or answers, on one page."""
LENGTHS = (1500, 300, 60)
"""Characters shown of a text: the first, or where a page would be too large, the next."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table."""

    text: str
    href: str = ""
    look: str = ""
    """A class of the style: "good", "bad", "heat-0" to "heat-9", "word"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table with a caption."""

    caption: str
    names: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    words: int = 1
    """How many of the first columns hold words."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text that others wrote, or its beginning."""

    text: str
    """Ready to be shown: what cannot be seen stands as escapes."""
    hidden: int = 0
    """How many characters are left out."""
    href: str = ""
    """Where the whole text is."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Where in a long list a page is; pages count from 1."""

    page: int
    count: int
    """Of all entries."""
    size: int = PAGE_SIZE
    previous: str = ""
    following: str = ""

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, ceil(self.count / self.size))

    @property
    def start(self) -> int:
        """The place of the page's first entry, counted from 0."""
        return (self.page - 1) * self.size

    @property
    def stop(self) -> int:
        """The place after the page's last entry."""
        return min(self.count, self.start + self.size)


Row = tuple[Cell | str | int, ...]
"""A row of a table whose bare cells are texts and numbers."""


def passage(text: str, longest: int, href: str = "") -> Passage:
    """Return the beginning of a text as it may be shown, a line a line."""
    visible = "\n".join(map(shown, text[: longest + 1].split("\n")))
    if len(text) <= longest and len(visible) <= longest:
        return Passage(visible)
    return Passage(visible[:longest], max(1, len(text) - longest), href)


def sheet(caption: str, names: Sequence[str], rows: Iterable[Row], *, words: int = 1, note: str = "") -> Sheet:
    """Return a table whose bare cells are texts and numbers."""
    return Sheet(
        caption=caption,
        names=tuple(names),
        rows=tuple(tuple(cell if isinstance(cell, Cell) else Cell(str(cell)) for cell in row) for row in rows),
        words=words,
        note=note,
    )


def heat(value: float) -> str:
    """Return the look of a cell that holds a share in [0, 1]; its number stands in it."""
    return f"heat-{min(9, max(0, int(10 * value)))}"
