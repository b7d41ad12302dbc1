"""A program as a script: it is run from its first line for each input, which it reads from standard input."""

import atexit
import os
import random
import sys
import threading
from types import CodeType, ModuleType
from typing import Any, NoReturn

MOST = 8 << 20
"""Bytes that a script may print in one run."""


class Ended(BaseException):
    """A script has asked for its own end."""


class Script:
    """A program that is run anew for each input, in one process."""

    def __init__(self, code: CodeType, seed: int) -> None:
        self.code = code
        self.seed = seed
        self.deepest = sys.getrecursionlimit()
        self.streams = sys.stdin, sys.stdout
        os._exit = self.end  # type: ignore[assignment]  # a run that ends so must not end those after it

    @staticmethod
    def end(code: int = 0) -> NoReturn:
        """Stand for `os._exit`."""
        raise Ended(code)

    def printed(self, text: str) -> str:
        """Run the script with a text as its input and return what it prints; raises what it raises."""
        nothing, printing = os.dup(0), os.dup(1)
        feeding = self.feed(text)
        output = bytearray()
        reading = collect(output)
        try:
            sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - the script may keep it
            sys.stdout = open(1, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
            self.play()
        finally:
            close_out(sys.stdout)
            sys.stdin, sys.stdout = self.streams
            os.dup2(nothing, 0)
            os.dup2(printing, 1)
            os.close(nothing)
            os.close(printing)
            sys.setrecursionlimit(self.deepest)
            feeding.join()
            reading.join()
        if len(output) > MOST:
            raise ValueError(f"it printed more than {MOST} bytes")
        return output.decode("utf-8", "replace")

    def feed(self, text: str) -> threading.Thread:
        """Put a text where standard input reads it."""
        reading, writing = os.pipe()
        os.dup2(reading, 0)
        os.close(reading)

        def write() -> None:
            with open(writing, "wb") as pipe:
                try:
                    pipe.write(text.encode("utf-8", "surrogatepass"))
                except OSError:
                    return  # the script has not read to the end

        return started(write)

    def play(self) -> None:
        """Run the script to its end, and what it has put off to it."""
        module: Any = ModuleType("__main__")
        sys.modules["__main__"], sys.argv = module, ["program.py"]
        random.seed(self.seed)
        try:
            exec(self.code, vars(module))
            for thread in threading.enumerate():
                if thread is not threading.current_thread() and not thread.daemon:
                    thread.join()
        except (SystemExit, Ended) as end:
            code = end.args[0] if end.args else None
            if code not in (None, 0):
                raise RuntimeError(f"it ended with exit code {code!r}") from None
        atexit._run_exitfuncs()


def collect(output: bytearray) -> threading.Thread:
    """Take in what is printed from now on, until standard output is another."""
    reading, writing = os.pipe()
    os.dup2(writing, 1)
    os.close(writing)

    def read() -> None:
        with open(reading, "rb", buffering=0) as pipe:
            while part := pipe.read(1 << 16):
                if len(output) <= MOST:
                    output.extend(part)

    return started(read)


def started(function: Any) -> threading.Thread:  # without arguments
    """Return a thread that runs a function beside a script."""
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    return thread


def close_out(stream: Any) -> None:  # whatever a script has put in the place of standard output
    """Hand over what is left of the output; a broken stream is the program's affair."""
    try:
        stream.flush()
    except Exception:  # noqa: BLE001 - the stream may have been replaced by anything
        return
