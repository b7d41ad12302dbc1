"""Reads rows of questions from files, folders and the Hub; a row that cannot be read is named, not dropped."""

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from environments.hub import at_once
from simulation.core.brought_json import WrittenTwice, decoded, elements
from simulation.core.errors import DataError, likest
from simulation.core.paths import NO_HUB_NAMES
from simulation.core.paths import ROW_FILES as SUFFIXES
from simulation.core.types import Question

R = TypeVar("R")
MOST_SHOWN = 3
"""Refused rows that one line tells."""


class Refused(NamedTuple):
    """A row that is not a question, and why."""

    file: str
    line: int
    """Counted from 1; in a file without lines, the row's number."""
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


class Gathered(NamedTuple):
    """What rows hold."""

    questions: dict[str, Question]
    """By id."""
    places: dict[str, str]
    """By id the file and line where a question stands."""
    refused: list[Refused]


class Rows(NamedTuple):
    """What was read."""

    questions: tuple[Question, ...]
    refused: tuple[Refused, ...]


def read_questions(
    source: str | Path, split: str | None, question_of: Callable[[object], Question], *, kind: str, columns: str
) -> Rows:
    """Read the rows of `source`, a local file or folder, or a dataset on the Hub ("owner/name:config@revision").

    `split` names the file of a folder ("dev" reads dev.jsonl.gz or dev-00000-of-00001.parquet) or the Hub's split;
    without it all are read, and a single file is read whole. `question_of` makes a question of a row, or raises
    DataError with the reason why it is none. Raises DataError where nothing can be read.
    """
    questions, _, refused = gathered(raw_rows(source, split), question_of)
    if not questions:
        why = f": {in_short(refused)}" if refused else ": it holds no rows"
        raise DataError(
            f"no {kind} question could be read from {str(source)!r}{why}; give rows with the columns {columns}"
        )
    return Rows(tuple(questions.values()), tuple(refused))


def gathered(rows: Iterable[tuple[str, int, R | DataError]], question_of: Callable[[R], Question]) -> Gathered:
    """Return the questions that rows hold, each row with its file and line; one that is asked already is refused.

    In place of a row that cannot be read stands why.
    """
    gathering = Gathered({}, {}, [])
    for file, line, row in rows:
        try:
            if isinstance(row, DataError):
                raise row
            question = question_of(row)
            if question.id in gathering.questions:
                raise DataError(f"repeats the question of {gathering.places[question.id]}")
        except DataError as error:
            gathering.refused.append(Refused(file, line, str(error)))
            continue
        gathering.questions[question.id] = question
        gathering.places[question.id] = f"{file}:{line}"
    return gathering


def in_short(refused: Sequence[Refused]) -> str:
    """Return the first rows that were refused, and how many there are besides."""
    more = f"; and {len(refused) - MOST_SHOWN} more" if len(refused) > MOST_SHOWN else ""
    count = "1 row is" if len(refused) == 1 else f"{len(refused)} rows are"
    return f"{count} refused: {'; '.join(map(str, refused[:MOST_SHOWN]))}{more}"


def on_hub(source: str) -> bool:
    """Say whether rows are named as those on the Hub are: not as a path, and with no ending of a file."""
    return not source.endswith(NO_HUB_NAMES) and not source.startswith((".", "/", "~")) and ":/" not in source


def named_on_hub(*sources: str | None) -> list[str]:
    """Name the rows that are on the Hub."""
    return [f"rows {source} on the Hub" for source in sources if source is not None and on_hub(source)]


def short(value: object) -> str:
    """Return a value as a message shows it."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def raw_rows(source: str | Path, split: str | None) -> Iterator[tuple[str, int, object]]:
    """Yield every row of `source`, as `read_questions` takes it, with its file and line.

    A text where it is no JSON, a DataError where an object of it writes a key twice.
    """
    path = Path(source).expanduser()
    if on_hub(str(source)):
        yield from _hub(str(source), split)
    elif path.is_dir():
        files = sorted(file for file in path.iterdir() if file.name.endswith(SUFFIXES) and file.is_file())
        if not files:
            raise DataError(f"folder {str(path)!r} holds no file that is {', '.join(SUFFIXES)}; name a folder of such")
        chosen = [file for file in files if split is None or re.split(r"[.-]", file.name)[0] == split]
        if not chosen:
            file_names = ", ".join(file.name for file in files)
            raise DataError(
                f"folder {str(path)!r} has no file of split {split!r}; files of rows there: {file_names}; "
                f"a split's file is named like {split}.jsonl"
            )
        for file in chosen:
            yield from _file(file)
    elif path.is_file():
        yield from _file(path)
    else:
        raise no_file(path)


def no_file(path: Path) -> DataError:
    """Return the error of a path where nothing is, with what may be meant."""
    if ":/" in str(path):
        return DataError(f"{str(path)!r} is an address, of which nothing is fetched; download the file and name it")
    beside = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
    hint = f"did you mean {like!r}?" if (like := likest(path.name, beside)) else "correct the path"
    return DataError(f"no file or folder {str(path)!r} (looked in {Path.cwd()}); {hint}")


def _file(path: Path) -> Iterator[tuple[str, int, object]]:
    if not path.name.endswith(SUFFIXES):
        raise DataError(f"{str(path)!r} is none of {', '.join(SUFFIXES)}; convert it to one of these")
    try:
        if path.name.endswith(".parquet"):
            yield from _parquet(path)
        elif path.name.endswith((".json", ".json.gz")):
            yield from _json(path)
        else:
            yield from _jsonl(path)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{str(path)!r} is not UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8"
        ) from error
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError(f"{str(path)!r} is not a whole gzip file ({error}); fetch it again") from error
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be read: {error.strerror or error}; check the file") from error


def _open(path: Path) -> Any:
    """Open text, unpacked where the name says so (Any: gzip and plain files share no precise type)."""
    return gzip.open(path, "rt", encoding="utf-8-sig") if path.suffix == ".gz" else path.open(encoding="utf-8-sig")


def _jsonl(path: Path) -> Iterator[tuple[str, int, object]]:
    with _open(path) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield path.name, number, _row(line)


def _json(path: Path) -> Iterator[tuple[str, int, object]]:
    with _open(path) as file:
        text = file.read()
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{str(path)!r} is not JSON: {error}; for one object a line, name it .jsonl") from error
    if not isinstance(rows, list):
        raise DataError(f"{str(path)!r} holds {short(rows)}; give a JSON list of rows")
    for number, row in enumerate(elements(text), start=1):
        yield path.name, number, row


def _parquet(path: Path) -> Iterator[tuple[str, int, object]]:
    import pyarrow  # type: ignore[import-untyped]
    import pyarrow.parquet  # type: ignore[import-untyped]

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            number = 0
            for batch in file.iter_batches():
                for row in batch.to_pylist():
                    number += 1
                    yield path.name, number, row
    except pyarrow.ArrowException as error:
        raise DataError(f"{str(path)!r} is not a Parquet file: {error}; fetch it again") from error


def _hub(source: str, split: str | None) -> Iterator[tuple[str, int, object]]:
    import datasets  # type: ignore[import-untyped]

    place, _, revision = source.partition("@")
    name, _, configuration = place.partition(":")
    reason = ""
    try:
        with at_once() as reason:
            loaded = datasets.load_dataset(
                name, *([configuration] if configuration else []), revision=revision or None, split=split
            )
    except Exception as error:  # whatever the library or the network raises, the user can only change the source
        if reason:
            raise DataError(
                f"dataset {source!r} is not in the cache, and {reason}; check the network, or give a local file "
                "(`check --offline` only lists such names)"
            ) from error
        script = f"{place}@refs/convert/parquet"
        raise DataError(
            f"dataset {source!r}, split {split!r}, cannot be loaded from the Hub: {short(error)}; check the name and "
            f"the connection, try {script!r} where it comes with a loading script, or give a local file"
        ) from error
    parts = loaded.items() if isinstance(loaded, dict) else [(split, loaded)]
    for part, rows in parts:
        for number, row in enumerate(rows, start=1):
            yield f"{source}/{part}", number, row


def _row(line: str) -> object:
    try:
        return decoded(line)
    except WrittenTwice as twice:
        return twice
    except (ValueError, RecursionError):
        return line.strip()
