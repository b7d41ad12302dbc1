"""Text of a file in the encoding that it says by its first bytes, or in UTF-8; what is neither is refused by name."""

import codecs
from pathlib import Path

from simulation.core.errors import DataError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""First bytes that say an encoding; the longer of two that begin alike stands first."""


def text_of(path: Path) -> str:
    """Return a file's text with "\\n" at the end of its lines; raises DataError where it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be read: {error.strerror or error}; check the file") from error
    encoding = next((name for mark, name in MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(undecoded(path, content, error, encoding)) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError(f"{path.name}:{line}: a character of no text (NUL); save the file as text in UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def undecoded(path: Path, content: bytes, error: UnicodeDecodeError, encoding: str) -> str:
    """Say what stands where a file is not in its encoding, and what to do."""
    before = content[: error.start]
    line = before.count(b"\n") + 1
    if encoding != "utf-8-sig" and encoding != "utf-8":
        return f"{path.name}:{line}: is not whole {encoding.upper()}: {error.reason}; save it as UTF-8"
    start = max(before.rfind(b"\n") + 1, error.start - 12)
    shown = content[start : error.start + 12].splitlines()[0].decode("cp1252", errors="replace")
    return (
        f"{path.name}:{line}: is not UTF-8 but most likely Latin-1 (Windows-1252), in which it reads {shown!r}: save "
        "it as UTF-8, in Excel as 'CSV UTF-8 (comma delimited)'"
    )
