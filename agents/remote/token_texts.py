"""Whether a server's tokens are those of its text, though servers spell tokens differently.

What they write for a part of a character, for a space and for the end differs; that the tokens make the text does not.
"""

import re
from collections.abc import Sequence
from typing import Any

_CODES = re.compile(r"bytes:((?:\\x[0-9a-fA-F]{2})+)")
"""How OpenAI's older servers and vLLM spell a part of a character."""
_ONE_BYTE = re.compile(r"<0x([0-9a-fA-F]{2})>")
"""How SentencePiece spells it."""
_SPECIAL = re.compile(r"\s*(?:<[^<>\s]{1,40}>\s*|\[/?[A-Z]{1,10}\]\s*)*")
"""Tokens that stand for no text, such as <|im_end|>, </s> or [EOS]."""
_SPACES = {"\u2581": " ", "\u0120": " ", "\u010a": "\n", "\u0109": "\t"}
"""How SentencePiece and byte-level vocabularies spell white space."""


def of_token(entry: dict[str, Any]) -> bytes:
    """Return the bytes of a token, which may be a part of a character (Any: JSON values)."""
    byte_values = entry.get("bytes")
    if isinstance(byte_values, list) and all(type(byte) is int and 0 <= byte < 256 for byte in byte_values):
        return bytes(byte_values)
    token = entry.get("token")
    if not isinstance(token, str):
        return b""
    if codes := _CODES.fullmatch(token):
        return bytes.fromhex(codes.group(1).replace("\\x", ""))
    return token.encode("utf-8", "replace")


def make(pieces: Sequence[bytes], text: str, stops: Sequence[str]) -> bool:
    """Whether tokens make a text, with nothing but white space before it and an end or a stop text behind it."""
    if not pieces:
        return False
    written = b"".join(pieces).decode("utf-8", "replace")
    respelled = "".join(_SPACES.get(character, character) for character in _decoded(pieces))
    return _makes(written, text, stops) or _makes(respelled, text, stops)


def _decoded(pieces: Sequence[bytes]) -> str:
    """Return what pieces make where some are spelled as <0x0A>."""
    codes = [_ONE_BYTE.fullmatch(piece.decode("utf-8", "replace")) for piece in pieces]
    parts = [bytes.fromhex(code.group(1)) if code else piece for piece, code in zip(pieces, codes, strict=True)]
    return b"".join(parts).decode("utf-8", "replace")


def _makes(written: str, text: str, stops: Sequence[str]) -> bool:
    """Whether what is written is the text; a replacement character stands for some of a character."""
    special = _SPECIAL.match(written)
    begins = {0, len(written) - len(written.lstrip()), special.end() if special else 0}
    for begin in begins:
        for start in (text, text.strip()):
            end = _end(written, begin, start)
            if end is not None and _is_end(written[end:], stops):
                return True
    return False


def _end(written: str, begin: int, text: str) -> int | None:
    """Return where `text` ends in what is written from `begin`, or None where it does not stand there."""
    if written.startswith(text, begin):
        return begin + len(text)
    if "\ufffd" not in written:
        return None
    at, place = begin, 0
    while place < len(text):
        if at < len(written) and written[at] == text[place]:
            at, place = at + 1, place + 1
            continue
        if at >= len(written) or written[at] != "\ufffd":
            return None
        while at < len(written) and written[at] == "\ufffd":
            at += 1
        while place < len(text) and not text[place].isascii():
            place += 1
    return at


def _is_end(rest: str, stops: Sequence[str]) -> bool:
    """Whether what stands behind a text is its end: white space, special tokens, or a stop text and its token."""
    return _SPECIAL.fullmatch(rest) is not None or any(rest.startswith(stop) for stop in stops if stop)
