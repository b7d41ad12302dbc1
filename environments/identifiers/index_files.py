"""Reads and writes index.json, which gives each item the tokens of its identifier; what does not fit is named.

The format is MiniOneRec's (Kong et al. 2025, arXiv 2510.24431): {"0": ["<a_60>", "<b_159>", "<c_203>"], …}, plain or
gzipped.
"""

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from environments.row_files import no_file
from simulation.core.errors import DataError

Identifiers = dict[str, tuple[str, ...]]
_NAMED = 5
"""How many items a complaint names before it counts the rest."""


def read_index(path: Path, *, depth: int | None = None) -> Identifiers:
    """Return the tokens of each item, all of one length, `depth` where it is given.

    Raises DataError with the file, the item and the remedy.
    """
    pairs = _pairs(path)
    repeated = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if repeated:
        raise DataError(f"{str(path)!r} gives {named(repeated)} more than one identifier; keep one an item")
    identifiers = {name: _tokens(path, name, value) for name, value in pairs}
    lengths = Counter(len(tokens) for tokens in identifiers.values())
    usual = depth or max(lengths, key=lambda length: (lengths[length], length))
    for name, tokens in identifiers.items():
        if len(tokens) != usual:
            wanted = f"{usual} levels are asked for" if depth else f"{lengths[usual]} others have {usual}"
            raise DataError(
                f"{str(path)!r}: item {name!r} has an identifier of {len(tokens)} codes, {''.join(tokens)}, but "
                f"{wanted}; give every item as many codes"
            )
    _told_apart(path, identifiers)
    return identifiers


def _told_apart(path: Path, identifiers: Identifiers) -> None:
    """Refuse two identifiers of different codes that are written alike, so that what is written means either."""
    first: dict[str, str] = {}
    for name, tokens in identifiers.items():
        other = first.setdefault("".join(tokens), name)
        if identifiers[other] != tokens:
            raise DataError(
                f"{str(path)!r}: items {other!r} and {name!r} have different codes, {_short(list(identifiers[other]))} "
                f"and {_short(list(tokens))}, that are written alike; mark where a code ends, as <a_1> does"
            )


def write_index(path: Path, items: Sequence[str], codes: Sequence[Sequence[str]]) -> None:
    """Write the tokens of each item, as `read_index` reads them; raises DataError where nothing can be written."""
    rows = {item: list(tokens) for item, tokens in zip(items, codes, strict=True)}
    try:
        path.write_text(json.dumps(rows) + "\n", encoding="utf-8")
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be written: {error.strerror or error}; name another file") from error


def unmatched(identifiers: Mapping[str, Sequence[str]], items: Sequence[str], source: str) -> tuple[str, ...]:
    """Return a sentence on items without an identifier and one on identifiers without an item, where there are any."""
    without = [item for item in items if item not in identifiers]
    stray = sorted(set(identifiers) - set(items))
    sentences = (
        (without, f"{source} has no identifier of {named(without)}; add them or take the items out of the catalogue"),
        (
            stray,
            f"{source} gives identifiers to {named(stray)}, which no catalogue holds; add the items or remove these",
        ),
    )
    return tuple(sentence for names, sentence in sentences if names)


def matched(
    identifiers: Mapping[str, tuple[str, ...]], items: Sequence[str], source: str
) -> tuple[tuple[str, ...], ...]:
    """Return the identifiers in the order of the items; raises DataError where one lacks the other."""
    for sentence in unmatched(identifiers, items, source):
        raise DataError(sentence)
    return tuple(identifiers[item] for item in items)


def named(items: Sequence[str]) -> str:
    """Name the first items and count the others: "item '7'", "items '7', '8' and 3 more"."""
    rest = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return f"item{'s' * (len(items) > 1)} {', '.join(map(repr, items[:_NAMED]))}{rest}"


def _pairs(path: Path) -> list[tuple[str, object]]:
    """Return the members of the one object of a file, those with equal names too."""
    try:
        content = path.expanduser().read_bytes()
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")
        pairs = json.loads(text, object_pairs_hook=_Members)
    except FileNotFoundError as error:
        raise no_file(path) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{str(path)!r} is not UTF-8 text ({error.reason}); save it as UTF-8") from error
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError(f"{str(path)!r} is not a whole gzip file ({error}); fetch it again") from error
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be read: {error.strerror or error}; check the file") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{str(path)!r} is not JSON: {error}; give one object of lists of tokens by item") from error
    if not isinstance(pairs, _Members) or not pairs:
        raise DataError(f"{str(path)!r} holds {_short(pairs)}; give one object of lists of tokens by item")
    return pairs


def _tokens(path: Path, name: str, value: object) -> tuple[str, ...]:
    remedy = 'give a list of tokens such as ["<a_1>", "<b_2>"]'
    if not isinstance(value, list) or isinstance(value, _Members) or not value:
        raise DataError(f"{str(path)!r}: item {name!r} has the identifier {_short(value)}; {remedy}")
    for token in value:
        if not isinstance(token, str) or not token or any(sign.isspace() for sign in token):
            raise DataError(f"{str(path)!r}: item {name!r} has the code {_short(token)}; {remedy}, without blanks")
    return tuple(value)


class _Members(list[tuple[str, object]]):
    """The members of a JSON object, in order, told from a JSON list by its class."""


def _short(value: object) -> str:
    """Return a value as a message shows it."""
    text = repr(dict(value) if isinstance(value, _Members) else value)
    return text if len(text) <= 80 else text[:77] + "..."
