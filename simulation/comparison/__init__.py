"""Comparing scenarios over seeds: who takes part, playing them as cohorts, and what came out."""

from pathlib import Path

DOCUMENT = "comparison.yaml"


def is_comparison(folder: Path) -> bool:
    """Tell whether a folder holds a comparison rather than one study."""
    return (folder / DOCUMENT).is_file()


def studies_in(folder: Path) -> list[Path]:
    """Return the studies of a comparison, or the one study that a folder is."""
    return sorted(folder.glob("cohort-*"), key=lambda path: int(path.name[7:])) if is_comparison(folder) else [folder]
