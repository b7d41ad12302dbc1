"""A part of a comparison's report, and the files of its pictures."""

import re
from dataclasses import dataclass

from simulation.views.comparison_tables import PlainTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the report."""

    title: str
    sentences: tuple[str, ...] = ()
    sheets: tuple[PlainTable, ...] = ()
    notes: tuple[str, ...] = ()
    """What to know before believing it."""
    picture: str = ""
    """The file of the picture that belongs to it."""


def picture(kind: str, place: int = 0, measure: str = "") -> str:
    """Return the file of a picture of the measure at this place of those asked for, the first without its name."""
    slug = re.sub(r"[^A-Za-z0-9@._-]+", "-", measure)
    return f"{kind}-{place + 1}-{slug}.png" if place else f"{kind}.png"
