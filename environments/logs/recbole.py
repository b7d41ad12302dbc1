"""Reads RecBole's atomic files (Zhao et al. 2021, arXiv:2011.01731): X.inter and X.item, tab-separated, typed headers.

Of X.inter the columns user_id, item_id and timestamp are read, of X.item item_id, the title (`title`, or a name that
ends in `_title` or `name`) and the categories (`class`, `genre`, `genres`, `category`, `categories`). A few odd rows
are counted (files.Tally), more refuse the file.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from environments.logs.files import Odd, Row, columns, numbered_lines, one_line, shown, wrong_fields
from environments.logs.gathering import Described, Gathering
from environments.logs.log import Log
from simulation.core.errors import DataError

_TAGS = ("class", "genre", "genres", "category", "categories")


def looks_like(folder: Path, category: str) -> bool:
    """Say whether a folder holds files of this format."""
    return bool(_files(folder, category, "inter") or _files(folder, category, "item"))


def read(folder: Path, category: str) -> Log:
    """Return the record of the one data set in a folder, or of the one whose name begins with `category`."""
    inter, item = (_file(folder, category, ending) for ending in ("inter", "item"))
    gathering = Gathering()
    gathering.events(inter, _events(inter))
    return gathering.log(folder, gathering.items(item, _items(item)))


def _events(file: Path) -> Iterator[tuple[int, str, str, str] | Odd]:
    header, rows = _table(file)
    user, item, time = columns(file, header, ("user_id", "item_id", "timestamp"))
    for row in rows:
        if isinstance(row, Odd):
            yield row
        else:
            line, values = row
            yield line, values[user], values[item], values[time]


def _items(file: Path) -> Iterator[tuple[int, str, Described] | Odd]:
    header, rows = _table(file)
    (name,) = columns(file, header, ("item_id",))
    title = header.index(_title(file, header))
    tags = [place for place, column in enumerate(header) if column in _TAGS]
    for row in rows:
        if isinstance(row, Odd):
            yield row
        else:
            line, values = row
            yield (
                line,
                values[name],
                Described(one_line(values[title]), tuple(t for p in tags for t in values[p].split())),
            )


def _table(file: Path) -> tuple[list[str], Iterator[Row | Odd]]:
    """Return the names of the columns, without their types, and the rows."""
    lines = numbered_lines(file)
    header = [column.strip().partition(":")[0] for column in next(lines)[1].split("\t")]

    def rows() -> Iterator[Row | Odd]:
        for line, content in lines:
            values = content.split("\t")
            is_whole = len(values) == len(header)
            yield (line, values) if is_whole else wrong_fields(file, line, len(values), len(header))

    return header, rows()


def _title(file: Path, header: Sequence[str]) -> str:
    titles = [column for column in header if column == "title" or column.endswith(("_title", "name"))]
    if len(titles) != 1:
        raise DataError(
            f"{file}:1: the header has {'no column' if not titles else 'several columns'} that may be the title; name "
            f"one of {', '.join(map(shown, header[:30]))} 'title'"
        )
    return titles[0]


def _files(folder: Path, category: str, ending: str) -> list[Path]:
    return sorted(
        path
        for packing in ("", ".gz")
        for path in folder.glob(f"*.{ending}{packing}")
        if path.is_file() and path.name.startswith(category)
    )


def _file(folder: Path, category: str, ending: str) -> Path:
    files = _files(folder, category, ending)
    if not files:
        raise DataError(f"{folder} lacks {category or 'X'}.{ending}; put it beside the other file of the same set")
    if len(files) > 1:
        names, one = ", ".join(path.name for path in files), files[0].name.split(".")[0]
        raise DataError(f"{folder} holds several .{ending} files ({names}); name one, such as {folder / one}")
    return files[0]
