"""The one redactor before everything that comes from a server: no text that leaves this package holds the key."""

import re
from collections.abc import Iterator

HIDDEN = "[key]"
PIECE = 8
"""A run of this many characters of the key is hidden too, because servers echo parts of it."""
SHORTEST = 6
"""A shorter key is a word such as "EMPTY" that local servers want, which no answer must lose."""

_KEY_LIKE = re.compile(r"(?:\bsk-|\bBearer\s+)[\w*.…~+/=-]{6,}")
"""What looks like a key, whole or with its middle starred out."""
_SPELLINGS = tuple(
    re.compile(spelling)
    for spelling in (
        r"\\+u00(?P<hex>[0-9a-fA-F]{2})|\\+(?P<itself>[\"'\\/])",
        r"\\+x(?P<hex>[0-9a-fA-F]{2})",
        r"%(?P<hex>[0-9a-fA-F]{2})",
        r"&#[xX]0*(?P<hex>[0-9a-fA-F]{2});",
        r"&#0*(?P<decimal>[0-9]{2,3});",
    )
)
"""A character as JSON, Python, an address and HTML spell it, also where its backslashes are escaped again."""


class Redactor:
    """Hides a key, its parts and what looks like one."""

    def __init__(self, key: str) -> None:
        sizes = sorted({len(key), min(PIECE, len(key))}, reverse=True) if len(key) >= SHORTEST else []
        self._pieces = {size: {key[at : at + size] for at in range(len(key) - size + 1)} for size in sizes}
        """The whole key, then its parts: a part hidden first would leave the rest of a key that is spelled."""

    def error(self, text: str) -> str:
        """Return what may be told of an error: besides the key also what looks like a key is hidden."""
        return _KEY_LIKE.sub(HIDDEN, self.text(text))

    def text(self, text: str) -> str:
        """Return a text without the key and without long parts of it, however it is spelled."""
        for size in self._pieces:
            text = self._hidden(text, size, [(character, at, at + 1) for at, character in enumerate(text)])
            for spelling in _SPELLINGS:
                if spelling.search(text):
                    text = self._hidden(text, size, list(_characters(text, spelling)))
        return text

    def _hidden(self, text: str, size: int, characters: list[tuple[str, int, int]]) -> str:
        """Return `text` without pieces of a size; `characters` are what it stands for, each with its place in it."""
        read = "".join(character for character, _, _ in characters)
        shown_parts, place = [], 0
        while place < len(read):
            end = self._secret_until(read, place, size)
            shown_parts.append(HIDDEN if end > place else text[characters[place][1] : characters[place][2]])
            place = max(end, place + 1)
        return "".join(shown_parts)

    def _secret_until(self, text: str, place: int, size: int) -> int:
        """Return where a run of the key's pieces that begins at `place` ends; `place` itself where none begins."""
        end = place
        while text[place : place + size] in self._pieces[size]:
            end = place + size
            place += 1
        return end


def _characters(text: str, spelling: re.Pattern[str]) -> Iterator[tuple[str, int, int]]:
    """Yield the characters that a text stands for, each with where its spelling begins and ends."""
    at = 0
    for spelled in spelling.finditer(text):
        yield from ((text[place], place, place + 1) for place in range(at, spelled.start()))
        at, parts = spelled.end(), spelled.groupdict()
        code = int(parts.get("hex") or "0", 16) or int(parts.get("decimal") or 0)
        yield parts.get("itself") or chr(code), spelled.start(), at
    yield from ((text[place], place, place + 1) for place in range(at, len(text)))
