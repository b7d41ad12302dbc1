"""Opens the files of a record: packed or not, with or without a byte order mark, with any line endings.

A file that is broken (no such file, no whole gzip, no text, a column that is missing) is refused. A row that is odd is
`Odd`: whoever reads a catalogue lets it out, so that one odd row refuses the file, because a catalogue that is wrong in
one row is wrong in what IDs mean; whoever reads a dump of many rows gives it to a `Tally`, which counts it by reason
and refuses the file when more than one row in a hundred is odd.
"""

import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from environments.row_files import short
from simulation.core.errors import DataError, nearest

TOLERATED = 0.01
"""The share of a dump's rows that may be odd."""
Row = tuple[int, Sequence[str]]
"""The line it begins on, counted from 1, and its fields."""


class Odd(DataError):
    """A row that cannot be read, and why."""

    def __init__(self, file: Path, line: int, reason: str, detail: str, remedy: str) -> None:
        """`reason` names its kind, as counts do; `detail` is the value; `remedy` what to do about it."""
        super().__init__(f"{file}:{line}: {reason}{f' ({shown(detail)})' if detail else ''}; {remedy}")
        self.reason = reason


def shown(value: str) -> str:
    """Return a text of a file as a message of one line shows it."""
    return value if value.isprintable() and len(value) <= 160 else short(value)


def one_line(value: str) -> str:
    """Return a text whose blanks, and line ends of any kind, are single spaces: lists have an item a line."""
    return " ".join(value.split())


class Tally:
    """Counts by reason what was left out, and refuses a file that is odd throughout."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._odd = 0
        self._first: Odd | None = None

    def odd(self, row: Odd) -> None:
        """Count a row that cannot be read."""
        self.counts[row.reason] += 1
        self._odd += 1
        self._first = self._first or row

    def close(self, rows: int) -> None:
        """End a file of `rows` rows: too many odd ones refuse it, with the first of them."""
        if self._first is not None and self._odd > TOLERATED * rows:
            more = f" (and {self._odd - 1} more of {rows} rows are odd)" if self._odd > 1 else f" (of {rows} rows)"
            raise DataError(f"{self._first}{more}")
        self._odd, self._first = 0, None


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Refuse in words what opening and decoding `file` raises."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is not UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8") from error
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError(f"{file} is not a whole gzip file ({error}); fetch it again") from error
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}; check the file") from error


def raw(file: Path) -> bytes:
    """Return what is in the file, unpacked where its name ends in .gz; an empty one is refused."""
    with reading(file):
        content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    if not content.strip(b"\xef\xbb\xbf\r\n\t "):
        raise _empty(file)
    return content


def text(file: Path) -> str:
    """Return the file's text, without a byte order mark."""
    with reading(file):
        return raw(file).decode("utf-8-sig")


def numbered_lines(file: Path, encoding: str = "utf-8-sig") -> Iterator[tuple[int, str]]:
    """Give each line that is not blank, with its number, without its ending; a file without any is refused."""
    blank = True
    with reading(file), _stream(file, encoding) as stream:
        for number, line in enumerate(stream, start=1):
            bare = line.rstrip("\r\n")
            if bare.strip():
                blank = False
                yield number, bare
    if blank:
        raise _empty(file)


def split_lines(file: Path, separator: str, fields: int, encoding: str = "utf-8-sig") -> Iterator[Row | Odd]:
    """Give the fields of each line, which nothing quotes."""
    for number, line in numbered_lines(file, encoding):
        values = line.split(separator)
        yield (number, values) if len(values) == fields else wrong_fields(file, number, len(values), fields)


def quoted_rows(file: Path, separator: str = ",") -> Iterator[Row]:
    """Give the rows of a CSV file, whose cells may be quoted and hold line ends; a file without any is refused."""
    line, blank = 1, True
    with reading(file), _stream(file, "utf-8-sig") as stream:
        reader = csv.reader(stream, strict=True, delimiter=separator)
        try:
            for values in reader:
                if values:
                    blank = False
                    yield line, values
                line = reader.line_num + 1
        except csv.Error as error:
            raise DataError(
                f"{file}:{line}: the quotes of a cell do not match ({error}); quote every cell that holds a comma, a "
                "quote or a line end, and double the quotes in it"
            ) from error
    if blank:
        raise _empty(file)


def _stream(file: Path, encoding: str) -> TextIO:
    """Open text whose line ends stay as they are."""
    if file.suffix == ".gz":
        return cast(TextIO, gzip.open(file, "rt", encoding=encoding, newline=""))
    return file.open(encoding=encoding, newline="")


def _empty(file: Path) -> DataError:
    return DataError(f"{file} is empty; fetch it again")


def columns(file: Path, header: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Return where each wanted column stands; one that is missing or named twice is refused."""
    for name in wanted:
        if header.count(name) != 1:
            what = "lacks" if name not in header else "names twice"
            raise DataError(
                f"{file}:1: the header {what} the column {name!r}; {nearest(name, map(shown, header[:30]))}; "
                f"give a header with {', '.join(wanted)}"
            )
    return [header.index(name) for name in wanted]


def wrong_fields(file: Path, line: int, has: int, wanted: int) -> Odd:
    """Return why a row whose number of fields is wrong is odd."""
    return Odd(file, line, "a wrong number of fields", f"{has}, not {wanted}", "mend or remove the row")


def number(file: Path, line: int, what: str, value: str) -> float:
    """Return a time; what is no number, not finite or before 1970 is odd."""
    try:
        seconds = float(value)
    except ValueError:
        raise Odd(file, line, f"a {what} that is no number", short(value), "give seconds since 1970") from None
    if not 0 <= seconds < float("inf"):
        raise Odd(file, line, f"a {what} that is no time", short(value), "give seconds since 1970")
    return seconds
