"""Reads a record of what users took, in whichever of the published formats lies at a path."""

from pathlib import Path

from environments.logs import minionerec, minionerec_files
from environments.logs.log import Log
from simulation.core.errors import DataError


def read_log(path: str | Path, *, list_size: int = 1) -> Log:
    """Return the record at `path`: a folder, or a folder and how the names of its files begin (folder/Office_Products).

    Raises DataError in one sentence, with file and row, where it cannot be read, or where it holds fewer items than
    `list_size`, the length of the lists that are to be recommended.
    """
    place = Path(path).expanduser()
    folder, category = (place, "") if place.is_dir() else (place.parent, place.name)
    if not folder.is_dir():
        raise DataError(f"no folder {str(folder)!r} (looked in {Path.cwd()}); correct the path")
    if minionerec_files.looks_like(folder, category):
        log = minionerec.read(minionerec_files.files(folder, category))
    else:
        raise DataError(f"nothing at {str(path)!r} is a record that can be read; give a folder of MiniOneRec")
    log.require(list_size)
    return log
