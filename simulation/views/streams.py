"""Streams that are written to come what may: any encoding, a closed pipe, a full disk, a terminal that went away."""

import codecs
import contextlib
import io
import os
import re
import shutil
import sys
import unicodedata
from errno import EBADF
from typing import IO

from simulation.views.text import folded, shown

OVERLONG = re.compile(r"\S{1000,}")
"""A word that no name or path of a reasonable length is, of which an error shows the first characters."""
SHOWN = 80
LEGIBLE = "simulation.legible"
"""The name of the error handler by which what an encoding lacks is written in letters that it has."""
SPELLED = {
    **dict(zip("▁▂▃▄▅▆▇█", "_.,-=+*#", strict=True)),
    **dict.fromkeys("─━╌╶╴╸╺═", "-"),
    **dict.fromkeys("│┃║", "|"),
    **dict.fromkeys("–—−‐‑", "-"),
    **dict.fromkeys("‘’‚", "'"),
    **dict.fromkeys("“”„", '"'),
    **{"→": "->", "←": "<-", "↔": "<->", "…": "...", "×": "x", "·": ".", "•": "*", "±": "+-", "≤": "<=", "≥": ">="},
    **{"✓": "v", "✗": "x", "¬": "not ", "∞": "inf", "≈": "~", "≠": "!="},
}
"""What stands for a character where an encoding has none of its own."""


def spelled(error: UnicodeError) -> tuple[str, int]:
    """Spell what an encoding lacks: by a sign like it, or as an escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(plain_letter, error.object[error.start : error.end])), error.end


def plain_letter(character: str) -> str:
    """Return a character in ASCII: one whose accents would be lost as an escape, so that a name stays that name."""
    if character in SPELLED:
        return SPELLED[character]
    letters = unicodedata.normalize("NFKD", character)
    if letters.isascii() and letters.isprintable():
        return letters
    return character.encode("ascii", "backslashreplace").decode()


codecs.register_error(LEGIBLE, spelled)


def legible(text: str, encoding: str) -> str:
    """Return a text with what an encoding lacks spelled: that may be longer, so it comes before breaking lines."""
    return text.encode(encoding, LEGIBLE).decode(encoding)


class Enduring(io.FileIO):
    """A file that takes every byte: once it cannot be written any more, what follows is let go.

    Writing raises no OSError, so whoever speaks through it is never ended by nobody listening.
    """

    lost: OSError | None = None
    """Why the rest was let go."""
    absent: OSError | None = None
    """Why nothing that is written can be seen by anybody; None where there is a file."""

    def write(self, content: object, /) -> int:
        """Write bytes, or let them go; return how many were taken."""
        view = memoryview(content).cast("B")  # type: ignore[arg-type]  # a buffer, which the stubs have no name for here
        self.lost = self.lost or self.absent
        if self.lost is None:
            try:
                count = super().write(view)
            except OSError as error:
                self.lost = error
            else:
                return len(view) if count is None else count
        return len(view)


def endure() -> None:
    """Let this process write to its standard streams come what may.

    A stream that was closed before the start gets the null device, so that no file of a study takes its number.
    """
    absent: dict[int, OSError] = {}
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            absent[number] = OSError(EBADF, "it is closed")
            os.open(os.devnull, os.O_RDONLY if number == 0 else os.O_WRONLY)  # takes the lowest number that is free
    sys.stdout = enduring(1, sys.stdout, absent.get(1))
    sys.stderr = enduring(2, sys.stderr, absent.get(2))


def enduring(number: int, stream: object, absent: OSError | None) -> io.TextIOWrapper:
    """Return a stream on a descriptor that cannot fail, in the encoding of the one that stood there."""
    if isinstance(stream, io.TextIOWrapper):
        with contextlib.suppress(OSError):
            stream.flush()
    encoding = getattr(stream, "encoding", None) or "utf-8"
    raw = Enduring(number, "w", closefd=False)
    raw.absent = absent
    file = io.BufferedWriter(raw)
    lines = number == 2 or file.isatty()
    return io.TextIOWrapper(file, encoding=encoding, errors=LEGIBLE, line_buffering=lines)


def say(sentence: str, *, aside: bool = False) -> None:
    """Print a sentence on stdout, or `aside` on stderr, broken between words where a width is known."""
    stream = sys.stderr if aside else sys.stdout
    stream.write(f"{laid_out(shown(sentence), stream)}\n")


def say_error(error: Exception) -> None:
    """Print the lines of an error on stderr; of a word that fills a screen only its beginning."""
    for line in str(error).splitlines():
        say(OVERLONG.sub(lambda word: f"{word[0][:SHOWN]}…", line), aside=True)


def laid_out(text: str, stream: IO[str]) -> str:
    """Return a text as a stream shows it: in lines broken between words where its width is known, else as it is."""
    width = width_of(stream)
    return text if width is None else folded(legible(text, getattr(stream, "encoding", None) or "utf-8"), width)


def width_of(stream: IO[str]) -> int | None:
    """Return the columns of what a stream is shown in: a terminal's, or on stdout those that COLUMNS asks for.

    Errors and warnings that are read by a program stay a line each: readline sets COLUMNS for whatever is started.
    """
    if stream.isatty():
        return shutil.get_terminal_size().columns
    if stream is sys.stderr:
        return None
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) > 0 else None


def lost() -> OSError | None:
    """Return why nothing more can be written to stdout, None while it can."""
    with contextlib.suppress(ValueError):
        sys.stdout.flush()
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return raw.lost if isinstance(raw, Enduring) else None
