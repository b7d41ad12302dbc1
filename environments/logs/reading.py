"""Reads a record of what users took, in whichever of the published formats lies at a path."""

from collections.abc import Callable
from pathlib import Path

from environments.logs import amazon, minionerec, minionerec_files, movielens, recbole
from environments.logs.log import Log
from simulation.core.errors import DataError

_FORMATS: dict[str, tuple[Callable[[Path, str], bool], Callable[[Path, str], Log]]] = {
    "MiniOneRec (X.index.json, X.info.tsv, X.valid.csv, X.test.csv)": (
        minionerec_files.looks_like,
        lambda folder, category: minionerec.read(minionerec_files.files(folder, category)),
    ),
    "MovieLens (ratings.dat and movies.dat, or .csv)": (
        movielens.looks_like,
        lambda folder, _: movielens.read(folder),
    ),
    "RecBole (X.inter and X.item)": (recbole.looks_like, recbole.read),
    "Amazon (X_5.json and meta_X.json)": (amazon.looks_like, amazon.read),
}


def read_log(path: str | Path, *, list_size: int = 1) -> Log:
    """Return the record at `path`: a folder, one of its files, or a folder and how the names of its files begin.

    Raises DataError in one sentence, with file and row, where it cannot be read, or where it holds fewer items than
    `list_size`, the length of the lists that are to be recommended.
    """
    place = Path(path).expanduser()
    folder, category = (place, "") if place.is_dir() else (place.parent, place.name.split(".")[0])
    if not folder.is_dir():
        raise DataError(f"no folder {str(folder)!r} (looked in {Path.cwd()}); correct the path")
    matching = [name for name, (looks_like, _) in _FORMATS.items() if looks_like(folder, category)]
    if len(matching) != 1:
        what = "records of several formats" if matching else "no record that can be read"
        if not place.exists() and not any(folder.glob(f"{category}.*")):
            raise DataError(
                f"no folder {str(path)!r} and no file whose name begins so (looked in {Path.cwd()}); correct the path"
            )
        raise DataError(f"{str(path)!r} holds {what}; give the files of one of {'; '.join(matching or _FORMATS)}")
    log = _FORMATS[matching[0]][1](folder, category)
    log.require(list_size)
    return log
