"""Reads the items of MiniOneRec, with their IDs, titles and what is known of them; what does not fit is refused."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments.logs.files import Odd, one_line, split_lines, text
from environments.logs.minionerec_files import Files
from environments.row_files import short
from simulation.core.brought_json import WrittenTwice, decoded
from simulation.core.errors import DataError

_CATALOGUE = "make the index, the info and the item file of one catalogue"


@dataclass(frozen=True)
class Shelf:
    """The catalogue, as rows are checked against it."""

    items: tuple[str, ...]
    codes: tuple[tuple[str, ...], ...]
    texts: tuple[str, ...]
    """The codes of each item, joined."""
    titles: tuple[str, ...]
    places: dict[str, int]


def shelf(files: Files) -> Shelf:
    """Return the items of the index, in its order, with the titles of the info file."""
    codes = _json(files.index)
    if not codes:
        raise DataError(f"{files.index} names no item; {_CATALOGUE}")
    depth = len(next(iter(codes.values()))) if isinstance(next(iter(codes.values())), list) else 0
    for item, levels in codes.items():
        _check_id(files.index, item, levels, depth)
    titles: dict[str, str] = {}
    for row in split_lines(files.info, "\t", 3):
        if isinstance(row, Odd):
            raise row
        line, (written, title, item) = row
        _check_info(files, line, item, written, title, codes.get(item))
        if item in titles:
            raise Odd(files.info, line, "an item that an earlier row names", item, "keep one row of each item")
        titles[item] = one_line(title)
    without = next((item for item in codes if item not in titles), None)
    if without is not None:
        raise Odd(
            files.index,
            _line(files.index, without),
            "an ID without an item",
            without,
            f"add {short(without)} to {files.info.name} or remove its ID",
        )
    names = tuple(codes)
    all_codes = tuple(tuple(codes[item]) for item in names)
    texts = tuple("".join(levels) for levels in all_codes)
    _check_texts(files.index, names, texts, all_codes)
    return Shelf(names, all_codes, texts, tuple(titles[item] for item in names), {n: p for p, n in enumerate(names)})


def _check_id(file: Path, item: str, levels: object, depth: int) -> None:
    if not isinstance(levels, list) or not levels or not all(isinstance(code, str) and code for code in levels):
        raise Odd(
            file, _line(file, item), f"the ID of item {short(item)} is no list of codes", short(levels), _CATALOGUE
        )
    blank = next((code for code in levels if any(sign.isspace() for sign in code)), None)
    if blank is not None:
        reason = f"the ID of item {short(item)} has a code with a blank"
        raise Odd(file, _line(file, item), reason, blank, "IDs stand beside one another, a blank between: write <a_1>")
    if len(levels) != depth:
        raise Odd(
            file,
            _line(file, item),
            f"IDs of two lengths, item {short(item)} has {len(levels)} codes, the first item {depth}",
            short(levels),
            "give every item an ID of one length",
        )


def _check_texts(file: Path, names: Sequence[str], texts: Sequence[str], codes: Sequence[tuple[str, ...]]) -> None:
    """Refuse two IDs that differ in their codes and are written alike, so that what is written means either."""
    first: dict[str, tuple[str, ...]] = {}
    for item, written, levels in zip(names, texts, codes, strict=True):
        if first.setdefault(written, levels) != levels:
            reason = f"the ID of item {short(item)} is written as one of other codes"
            detail = f"{list(levels)} and {list(first[written])}"
            raise Odd(file, _line(file, item), reason, detail, "mark where a code ends, as <a_1> does")


def _check_info(files: Files, line: int, item: str, written: str, title: str, levels: Sequence[str] | None) -> None:
    if levels is None:
        raise Odd(
            files.info,
            line,
            "an item without an ID",
            item,
            f"add {short(item)} to {files.index.name} or remove the row",
        )
    if written != "".join(levels):
        raise Odd(
            files.info, line, f"another ID than in {files.index.name}", f"{written}, not {''.join(levels)}", _CATALOGUE
        )
    if not title.strip():
        raise Odd(files.info, line, "an item without a title", item, "give it a title or remove the item everywhere")


def described(files: Files, items: Shelf) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """Return what the item file says of each item: categories and brand, and its description."""
    if files.item is None:
        return (), ()
    rows_by_name = _json(files.item)
    odd = next((item for item in rows_by_name if item not in items.places), None)
    lacking = next((item for item in items.items if not isinstance(rows_by_name.get(item), dict)), None)
    if odd is not None:
        raise Odd(files.item, _line(files.item, odd), "an item without an ID", odd, _CATALOGUE)
    if lacking is not None:
        raise DataError(f"{files.item} describes no item {short(lacking)} of {files.index.name}; {_CATALOGUE}")
    rows: list[dict[str, Any]] = [rows_by_name[item] for item in items.items]
    tags = tuple((*_names(row.get("categories")), *_names(row.get("brand"))) for row in rows)
    return tags if any(tags) else (), tuple(str(row.get("description") or "") for row in rows)


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(name for part in value for name in _names(part))
    return (value.strip(),) if isinstance(value, str) and value.strip() else ()


def _json(file: Path) -> dict[str, Any]:
    """Return a JSON object (Any: its values are checked by the caller); a name that stands twice is refused."""
    try:
        content = decoded(text(file))
    except WrittenTwice as twice:
        place = twice.line_in(text(file))
        raise Odd(file, place, "an item that is named twice", twice.key, "keep one of them") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file} is not JSON: {error}; fetch it again") from error
    if not isinstance(content, dict):
        raise DataError(f"{file} holds {short(content)}; give a JSON object of items by name")
    return content


def _line(file: Path, name: str, occurrence: int = 1) -> int:
    """Return the line on which a name stands in a JSON file."""
    parts = text(file).split(f"{json.dumps(name)}:", occurrence)
    return 1 + sum(part.count("\n") for part in parts[:-1])
