"""The one redactor before everything that comes from a server: no text that leaves this package holds the key."""

import re

HIDDEN = "[key]"
PIECE = 8
"""A run of this many characters of the key is hidden too, because servers echo parts of it."""
SHORTEST = 16
"""A shorter key is a word such as "EMPTY" that local servers want, which no answer must lose."""

_KEY_LIKE = re.compile(r"(?:\bsk-|\bBearer\s+)[\w*.…~+/=-]{6,}")
"""What looks like a key, whole or with its middle starred out."""


class Redactor:
    """Hides a key, its parts and what looks like one."""

    def __init__(self, key: str) -> None:
        self._key = key if len(key) >= SHORTEST else ""
        piece_count = len(self._key) - PIECE + 1
        self._pieces = {self._key[start : start + PIECE] for start in range(max(0, piece_count))}

    def error(self, text: str) -> str:
        """Return what may be told of an error: besides the key also what looks like a key is hidden."""
        return _KEY_LIKE.sub(HIDDEN, self.text(text))

    def text(self, text: str) -> str:
        """Return a text without the key and without long parts of it."""
        if not self._key:
            return text
        shown_parts, place = [], 0
        while place < len(text):
            end = self._secret_until(text, place)
            shown_parts.append(HIDDEN if end > place else text[place])
            place = max(end, place + 1)
        return "".join(shown_parts)

    def _secret_until(self, text: str, place: int) -> int:
        """Return where a run of the key's pieces that begins at `place` ends; `place` itself where none begins."""
        end = place
        while text[place : place + PIECE] in self._pieces:
            end = place + PIECE
            place += 1
        return end
