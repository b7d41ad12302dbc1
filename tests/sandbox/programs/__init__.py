"""Right programs of many kinds, by family, each with a test that it passes where nothing stands between the two.

A text file is a family. A program opens with `=== name | flags`; its test follows after a line of three
dashes. What is `slow` takes its time or memory.
"""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Tried:
    """A program and its test."""

    family: str
    name: str
    flags: str
    source: str
    test: str


def programs(folder: Path = Path(__file__).parent) -> list[Tried]:
    """Return every program of a folder."""
    return [program for path in sorted(folder.glob("*.txt")) for program in family(path)]


def family(path: Path) -> list[Tried]:
    """Read a file of programs."""
    found = []
    for part in re.split(r"^=== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        head, _, rest = part.partition("\n")
        name, _, flags = head.partition(" | ")
        source, _, test = rest.partition("---\n")
        found.append(Tried(path.stem, name, flags, source, test))
    return found
