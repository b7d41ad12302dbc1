"""Reads JSON that people bring: an object that writes a key twice is refused, where a parser would keep the last."""

import json
import re
from collections.abc import Iterator
from typing import Any

from simulation.core.errors import DataError

_BETWEEN = re.compile(r"[\s,]*")


class WrittenTwice(DataError):
    """An object of JSON writes a key twice."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the key {key!r:.80} is written twice; keep one of them")
        self.key = key

    def line_in(self, text: str) -> int:
        """Return the line of a text, counted from 1, in which the key stands for the second time."""
        spellings = "|".join(re.escape(json.dumps(self.key, ensure_ascii=ascii_only)) for ascii_only in (True, False))
        places = [match.start() for match in re.finditer(rf"(?:{spellings})\s*:", text)]
        return 1 + text.count("\n", 0, places[1] if len(places) > 1 else 0)


def decoded(text: str) -> Any:
    """Return what a JSON text holds (Any: JSON values).

    Raises WrittenTwice where an object writes a key twice, and as `json.loads` does where it is no JSON.
    """
    return json.loads(text, object_pairs_hook=_distinct)


def elements(text: str) -> Iterator[Any]:
    """Yield the values of a text that is a JSON list (Any: JSON values), WrittenTwice in place of one that is wrong."""
    strict, plain = json.JSONDecoder(object_pairs_hook=_distinct), json.JSONDecoder()
    place = _behind(text, text.index("[") + 1)
    while text[place] != "]":
        try:
            value, end = strict.raw_decode(text, place)
        except WrittenTwice as twice:
            value, end = twice, plain.raw_decode(text, place)[1]
        yield value
        place = _behind(text, end)


def _behind(text: str, place: int) -> int:
    """Return where the next value of a list begins, or its end."""
    match = _BETWEEN.match(text, place)
    return place if match is None else match.end()


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of its members (Any: JSON values)."""
    members = dict(pairs)
    if len(members) < len(pairs):
        keys = [key for key, _ in pairs]
        raise WrittenTwice(next(key for key in keys if keys.count(key) > 1))
    return members
