"""A folder that is written into for the first time: what is there already is never overwritten."""

from pathlib import Path

from simulation.core.errors import StoreError
from simulation.play.folders import refuse_inside


def refuse_full(folder: Path) -> None:
    """Refuse to write into a folder that holds anything, into a file, and into what was played."""
    refuse_inside(folder)
    try:
        if folder.exists() and not folder.is_dir():
            raise StoreError(f"{folder} is a file, not a folder; name a new folder")
        if folder.exists() and any(folder.iterdir()):
            raise StoreError(f"{folder} is not empty; name a new folder, so that nothing is overwritten")
    except OSError as error:
        raise StoreError(f"{folder} cannot be looked into ({error.strerror}); name another folder") from error


def make(folder: Path) -> None:
    """Make a folder to write into; raises StoreError where one may not."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder} cannot be made ({error.strerror}); name a folder where you may write") from error
