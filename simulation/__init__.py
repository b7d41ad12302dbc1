"""Learning loops: a student answers, a judge evaluates, the student is trained, a policy decides."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulation.views.frames import Tables

__version__ = "0.1.0"


def open_study(path: str | os.PathLike[str]) -> Tables:
    """Return a study or a comparison as pandas tables; what it needs is imported when it is called."""
    from pathlib import Path

    from simulation.views.frames import Tables

    return Tables(Path(path))
