"""Reads MovieLens (Harper and Konstan 2015): ratings.dat and movies.dat with `::`, or ratings.csv and movies.csv.

The titles of the older sets are Latin-1, those of the newer ones UTF-8: what is no UTF-8 is read as Latin-1, with a
notice. A rating of any height is an event. A few odd rows are counted (files.Tally), more refuse the file.
"""

from collections.abc import Iterator
from pathlib import Path

from environments.logs.files import Odd, Row, columns, one_line, quoted_rows, raw, split_lines, wrong_fields
from environments.logs.gathering import Described, Gathering
from environments.logs.log import Log
from simulation.core.errors import DataError

_ENDINGS = (".dat", ".csv")


def looks_like(folder: Path, category: str) -> bool:
    """Say whether a folder holds ratings in this format."""
    return category in ("", "ratings", "movies") and any(
        _file(folder, name, ending) is not None for name in ("ratings", "movies") for ending in _ENDINGS
    )


def read(folder: Path) -> Log:
    """Return the record in a folder, whose tags are the genres."""
    endings = [ending for ending in _ENDINGS if _file(folder, "ratings", ending) or _file(folder, "movies", ending)]
    if len(endings) > 1:
        raise DataError(f"{folder} holds ratings both as .dat and as .csv; keep one of them")
    ratings, movies = _file(folder, "ratings", endings[0]), _file(folder, "movies", endings[0])
    if ratings is None or movies is None:
        lacking = f"{'ratings' if ratings is None else 'movies'}{endings[0]}"
        raise DataError(f"{folder} lacks {lacking}; put it beside the other file of the same set")
    gathering, notices = Gathering(), []
    gathering.events(ratings, _ratings(ratings))
    encoding = "utf-8-sig"
    if endings[0] == ".dat" and not _is_utf8(movies):
        encoding = "latin-1"
        notices.append(f"{movies} is no UTF-8 text, so its titles were read as Latin-1")
    return gathering.log(folder, gathering.items(movies, _movies(movies, encoding)), notices)


def _ratings(file: Path) -> Iterator[tuple[int, str, str, str] | Odd]:
    for row in _rows(file, "utf-8-sig", ("userId", "movieId", "timestamp"), (0, 1, 3), 4):
        if isinstance(row, Odd):
            yield row
        else:
            line, (user, movie, time) = row
            yield line, user, movie, time


def _movies(file: Path, encoding: str) -> Iterator[tuple[int, str, Described] | Odd]:
    for row in _rows(file, encoding, ("movieId", "title", "genres"), (0, 1, 2), 3):
        if isinstance(row, Odd):
            yield row
        else:
            line, (movie, title, genres) = row
            named = () if genres == "(no genres listed)" else tuple(genre for genre in genres.split("|") if genre)
            yield line, movie, Described(one_line(title), named)


def _rows(
    file: Path, encoding: str, names: tuple[str, ...], places: tuple[int, ...], fields: int
) -> Iterator[Row | Odd]:
    """Give the columns_read fields of each row: by their names where there is a header, else by their `places`."""
    if file.name.removesuffix(".gz").endswith(".dat"):
        for row in split_lines(file, "::", fields, encoding):
            yield row if isinstance(row, Odd) else (row[0], [row[1][place] for place in places])
        return
    rows = quoted_rows(file)
    header = [name.strip() for name in next(rows)[1]]
    columns_read = columns(file, header, names)
    for line, values in rows:
        if len(values) != len(header):
            yield wrong_fields(file, line, len(values), len(header))
        else:
            yield line, [values[column] for column in columns_read]


def _is_utf8(file: Path) -> bool:
    try:
        raw(file).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _file(folder: Path, name: str, ending: str) -> Path | None:
    return next((path for packing in ("", ".gz") if (path := folder / f"{name}{ending}{packing}").is_file()), None)
