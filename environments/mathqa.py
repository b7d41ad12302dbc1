"""Reads MathQA rows, from a file, a folder or the Hub, into questions; a row that cannot be read is named, not dropped.

MathQA: Amini et al. 2019, "MathQA: Towards Interpretable Math Word Problem Solving", arXiv 1905.13319. A row holds
Problem, options ("a ) 38 , b ) 40 , ..."), correct ("a" to "e") and category; the other columns are not read.
"""

import ast
import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from simulation.core.errors import DataError
from simulation.core.types import Question

LETTERS = "abcde"
COLUMNS = ("Problem", "options", "correct", "category")
SUFFIXES = (".jsonl", ".jsonl.gz", ".json", ".json.gz", ".parquet")


class Refused(NamedTuple):
    """A row that is not a question, and why."""

    file: str
    line: int
    """Counted from 1; in a file without lines, the row's number."""
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


class Rows(NamedTuple):
    """What was read."""

    questions: tuple[Question, ...]
    refused: tuple[Refused, ...]


def load_rows(source: str | Path, split: str | None = None) -> Rows:
    """Read the MathQA rows of `source`, a local file or folder, or a dataset on the Hub ("owner/name@revision").

    `split` names the file of a folder ("dev" reads dev.jsonl.gz or dev-00000-of-00001.parquet) or the Hub's split;
    without it all are read, and a single file is read whole. A question's id is the hash of its content, so that it is
    the same wherever the row lies. Options that are equal are one choice. Raises DataError where nothing can be read.
    """
    questions: dict[str, Question] = {}
    first: dict[str, str] = {}
    refused: list[Refused] = []
    for file, line, row in _rows(source, split):
        try:
            question = _question(row)
            if question.id in questions:
                raise DataError(f"repeats the question of {first[question.id]}")
        except DataError as error:
            refused.append(Refused(file, line, str(error)))
            continue
        questions[question.id] = question
        first[question.id] = f"{file}:{line}"
    if not questions:
        why = f"; the first of {len(refused)} refused rows: {refused[0]}" if refused else ": it holds no rows"
        raise DataError(
            f"no MathQA question could be read from {str(source)!r}{why}; "
            f"give rows with the columns {', '.join(COLUMNS)}"
        )
    return Rows(tuple(questions.values()), tuple(refused))


def parse_options(options: object) -> list[str]:
    """Return the five option texts of an options string, or of a list of five; raises DataError where they are not.

    Letters are looked for from left to right, first a, then b behind it, up to e: some 1.5 % of MathQA's rows repeat
    their letters ("a ) a ) 3 , b ) b ) 4"), so a pattern for any letter finds more than five.
    """
    if isinstance(options, str) and options.lstrip().startswith("["):
        try:
            options = ast.literal_eval(options.strip())
        except (ValueError, SyntaxError):
            raise DataError(f"options look like a list but cannot be read as one: {_short(options)}") from None
    if isinstance(options, str):
        parts = _split(options)
    elif isinstance(options, list | tuple) and len(options) == len(LETTERS):
        parts = [str(option) for option in options]
    else:
        raise DataError(f"options must be a text or five texts, got {_short(options)}")
    texts = [re.sub(r"^\s*(?:[a-e]\s*\)\s*)+", "", part).strip() for part in parts]
    empty = [letter for letter, text in zip(LETTERS, texts, strict=True) if not text]
    if empty:
        raise DataError(f"option {', '.join(empty)} is empty in {_short(options)}")
    return texts


def _split(options: str) -> list[str]:
    starts, ends = [], []
    position = 0
    for letter in LETTERS:
        pattern = rf"{'^' if letter == 'a' else ','}\s*{letter}\s*\)"
        found = re.compile(pattern).search(options, position)
        if found is None:
            raise DataError(f"option {letter} is missing in {_short(options)}")
        starts.append(found.end())
        ends.append(found.start())
        position = found.end()
    return [options[start:end] for start, end in zip(starts, [*ends[1:], len(options)], strict=True)]


def _question(row: object) -> Question:
    if not isinstance(row, Mapping):
        raise DataError(f"not a JSON object but {_short(row)}")
    missing = [column for column in COLUMNS if column not in row]
    if missing:
        raise DataError(f"lacks the column {', '.join(missing)}; it has {', '.join(map(str, row)) or 'none'}")
    problem, correct, category = row["Problem"], row["correct"], row["category"]
    if not isinstance(problem, str) or not problem.strip():
        raise DataError(f"Problem must be a text, got {_short(problem)}")
    if not isinstance(correct, str) or correct.strip().lower() not in tuple(LETTERS):
        raise DataError(f"correct must be a letter from a to e, got {_short(correct)}")
    if not isinstance(category, str) or not category.strip():
        raise DataError(f"category must be a text, got {_short(category)}")
    texts = parse_options(row["options"])
    content = "\n".join([problem.strip(), *texts])
    try:
        category.encode()
        digest = hashlib.sha256(content.encode()).hexdigest()
    except UnicodeEncodeError:
        raise DataError(f"holds half a surrogate pair: {_short(content + category)}") from None
    return Question(
        id=f"mathqa-{digest[:16]}",
        prompt=problem.strip(),
        choices=tuple(dict.fromkeys(texts)),
        reference=texts[LETTERS.index(correct.strip().lower())],
        tags=(category.strip(),),
    )


def _rows(source: str | Path, split: str | None) -> Iterator[tuple[str, int, object]]:
    path = Path(source).expanduser()
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.name.endswith(SUFFIXES) and file.is_file())
        chosen = [file for file in files if split is None or re.split(r"[.-]", file.name)[0] == split]
        if not chosen:
            found = ", ".join(file.name for file in files) or "none that could be"
            raise DataError(
                f"folder {str(path)!r} has no file of split {split!r}; MathQA files there: {found}; "
                f"a split's file is named like {split or 'dev'}.jsonl"
            )
        for file in chosen:
            yield from _file(file)
    elif path.is_file():
        yield from _file(path)
    elif str(source).endswith(SUFFIXES) or str(source).startswith((".", "/", "~")):
        raise DataError(f"no file or folder {str(source)!r} (looked in {Path.cwd()}); correct the path")
    else:
        yield from _hub(str(source), split)


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
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def _jsonl(path: Path) -> Iterator[tuple[str, int, object]]:
    with _open(path) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield path.name, number, _decoded(line)


def _json(path: Path) -> Iterator[tuple[str, int, object]]:
    with _open(path) as file:
        text = file.read()
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{str(path)!r} is not JSON: {error}; for one object a line, name it .jsonl") from error
    if not isinstance(rows, list):
        raise DataError(f"{str(path)!r} holds {_short(rows)}; give a JSON list of rows")
    for number, row in enumerate(rows, start=1):
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

    name, _, revision = source.partition("@")
    try:
        loaded = datasets.load_dataset(name, revision=revision or None, split=split)
    except Exception as error:  # whatever the library or the network raises, the user can only change the source
        script = f"{name}@refs/convert/parquet"
        raise DataError(
            f"dataset {source!r}, split {split!r}, cannot be loaded from the Hub: {_short(error)}; check the name and "
            f"the connection, try {script!r} where it comes with a loading script, or give a local file"
        ) from error
    parts = loaded.items() if isinstance(loaded, dict) else [(split, loaded)]
    for part, rows in parts:
        for number, row in enumerate(rows, start=1):
            yield f"{source}/{part}", number, row


def _decoded(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return line.strip()


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
