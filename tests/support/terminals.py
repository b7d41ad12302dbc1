"""The command line of this process with other standard streams: pseudo-terminals, a full disk, a closed descriptor."""

import fcntl
import os
import pty
import re
import signal
import struct
import sys
import tempfile
import termios
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path

from simulation.commands.main import program

SEQUENCE = re.compile(r"\x1b\[[0-9;?]*([A-Za-z])")
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def standing_in(*descriptors: int | None) -> Iterator[None]:
    """Let descriptors stand for the first standard streams, None for one that is closed; then have all as they were."""
    sys.stdout.flush()
    sys.stderr.flush()
    streams, handlers = (sys.stdout, sys.stderr), [signal.getsignal(number) for number in STOPS]
    originals = [os.dup(number) for number in range(3)]
    try:
        for number, descriptor in enumerate(descriptors):
            if descriptor is None:
                os.close(number)
            else:
                os.dup2(descriptor, number)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = streams
        for number, original in enumerate(originals):
            os.dup2(original, number)
            os.close(original)
        for number, handler in zip(STOPS, handlers, strict=True):
            signal.signal(number, handler)


def called(words: Sequence[str], encoding: str) -> int:
    """Run a command as a process does whose streams have an encoding; return its exit code."""
    arguments, sys.argv = sys.argv, ["simulation", *words]
    sys.stdout = TextIOWrapper(BytesIO(), encoding=encoding)
    sys.stderr = TextIOWrapper(BytesIO(), encoding=encoding)
    try:
        return program()
    finally:
        sys.argv = arguments


def in_terminal(columns: int, encoding: str, *words: str) -> tuple[int, str]:
    """Return the exit code of a command in a terminal of a width and an encoding, and what it showed there.

    What is drawn anew stands below what it takes the place of.
    """
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    written = bytearray()
    reading = threading.Thread(target=read, args=(parent, written))
    with standing_in(child, child, child):
        os.close(child)
        reading.start()
        code = called(words, encoding)
    reading.join()
    os.close(parent)
    text = written.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    return code, SEQUENCE.sub(lambda found: "\n" if found[1] in "AHJ" else "", text)


def read(terminal: int, written: bytearray) -> None:
    """Take in what is written to a terminal until nobody holds the other end."""
    while True:
        try:
            piece = os.read(terminal, 1 << 16)
        except OSError:  # how Linux says so
            return
        written += piece


def with_stdout(descriptor: int | None, *words: str) -> tuple[int, str]:
    """Return the exit code of a command whose stdout is a descriptor, or closed, and what it wrote to stderr."""
    with tempfile.TemporaryFile() as errors, Path(os.devnull).open("rb") as nothing:
        with standing_in(nothing.fileno(), descriptor, errors.fileno()):
            code = called(words, "utf-8")
        errors.seek(0)
        return code, errors.read().decode()
