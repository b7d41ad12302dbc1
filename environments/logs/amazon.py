"""Reads Amazon's dumps of reviews (Ni, Li, McAuley 2019; He, McAuley 2016): a file of reviews and one of metadata.

Each line is an object: of a review reviewerID, asin and unixReviewTime are read, of an item (meta_X) asin, title,
categories (or category) and description. The lines of the metadata of 2014 are Python literals, read as data and never
run. A few odd lines are counted (files.Tally), more refuse the file.
"""

import ast
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from environments.logs.files import Odd, numbered_lines, one_line
from environments.logs.gathering import Described, Gathering
from environments.logs.log import Log
from environments.row_files import short
from simulation.core.brought_json import WrittenTwice, decoded
from simulation.core.errors import DataError

_ENDINGS = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
Line = TypeVar("Line", bound=msgspec.Struct)


class Review(msgspec.Struct):
    """What is read of a review."""

    reviewerID: str
    asin: str
    unixReviewTime: float


class Metadata(msgspec.Struct):
    """What is read of an item (Any: lists of names, lists of lists and single names occur)."""

    asin: str
    title: str | None = None
    categories: Any = None
    category: Any = None
    description: Any = None


def looks_like(folder: Path, category: str) -> bool:
    """Say whether a folder holds files that are named like these."""
    return any(path.name.startswith("meta") for path in _files(folder, category))


def read(folder: Path, category: str) -> Log:
    """Return the record of the one category in a folder, or of the one that `category` names."""
    files = _files(folder, category)
    metadata = [path for path in files if path.name.startswith("meta")]
    reviews = [path for path in files if not path.name.startswith("meta")]
    for kind, paths in (("metadata", metadata), ("reviews", reviews)):
        if len(paths) != 1:
            names = ", ".join(path.name for path in paths) or "none"
            raise DataError(
                f"{folder} should hold one file of {kind} ({names} there); name one category, such as "
                f"{folder / 'Video_Games'}, with reviews in Video_Games_5.json and meta_Video_Games.json"
            )
    gathering = Gathering()
    gathering.events(reviews[0], _reviews(reviews[0]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # an escape in a title that Python does not know
        warnings.simplefilter("ignore", DeprecationWarning)
        items = gathering.items(metadata[0], _items(metadata[0]))
    return gathering.log(folder, items)


def _reviews(file: Path) -> Iterator[tuple[int, str, str, str] | Odd]:
    for row in _objects(file, Review):
        if isinstance(row, Odd):
            yield row
        else:
            line, review = row
            yield line, review.reviewerID.strip(), review.asin.strip(), str(review.unixReviewTime)


def _items(file: Path) -> Iterator[tuple[int, str, Described] | Odd]:
    for row in _objects(file, Metadata):
        if isinstance(row, Odd):
            yield row
        else:
            line, item = row
            tags = dict.fromkeys((*_names(item.categories), *_names(item.category)))
            title, description = one_line(item.title or ""), " ".join(_names(item.description))
            yield line, item.asin.strip(), Described(title, tuple(tags), description)


def _objects(file: Path, shape: type[Line]) -> Iterator[tuple[int, Line] | Odd]:
    decoder = msgspec.json.Decoder(shape)
    for line, content in numbered_lines(file):
        try:
            row = decoder.decode(content)
            yield _twice(file, line, content, shape) or (line, row)
        except msgspec.ValidationError as error:
            yield _unlike(file, line, error)
        except (msgspec.DecodeError, RecursionError):
            yield _literal(file, line, content, shape)


def _twice(file: Path, line: int, content: str, shape: type[Line]) -> Odd | None:
    """Return why a line is odd that writes a key twice, of which the decoder takes the last, None where none does."""
    if all(content.count(f'"{name}"') < 2 for name in shape.__struct_fields__):
        return None
    try:
        decoded(content)
    except WrittenTwice as twice:
        return Odd(file, line, "a key that is written twice", twice.key, "keep one of them")
    return None


def _literal(file: Path, line: int, content: str, shape: type[Line]) -> tuple[int, Line] | Odd:
    try:
        return line, msgspec.convert(ast.literal_eval(content.strip()), shape)
    except msgspec.ValidationError as error:
        return _unlike(file, line, error)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return Odd(file, line, "a line that is neither JSON nor a Python literal", short(content), "mend or remove it")


def _unlike(file: Path, line: int, error: msgspec.ValidationError) -> Odd:
    return Odd(file, line, "an object that lacks what it should hold", str(error), "mend or remove it")


def _names(value: object) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for part in value:
            yield from _names(part)
    elif isinstance(value, str) and value.strip():
        yield one_line(value)


def _files(folder: Path, category: str) -> list[Path]:
    named = category.removeprefix("meta_").removeprefix("reviews_").removesuffix("_5")
    return sorted(
        path
        for path in folder.iterdir()
        if path.name.endswith(_ENDINGS)
        and named in path.name
        and path.is_file()
        and not path.name.removesuffix(".gz").endswith((".index.json", ".item.json"))
    )
