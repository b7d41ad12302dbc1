"""What a script has printed, compared as programming contests do.

Words are compared one by one, upper and lower case alike, numbers that are not whole to within 1e-5 (Li et al. 2022,
"Competition-level code generation with AlphaCode", arXiv 2203.07814: `OutputsMatch` of its execution code). Unlike
there, whole numbers must be equal however large they are.
"""

import sys
from types import ModuleType

from agents.sandbox.inside.calls import Calls

PRECISION = 1e-5


class Printed(str):
    """A script's output."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and alike(str.split(self.lower()), other.lower().split())

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def alike(words: list[str], expected: list[str]) -> bool:
    """Say whether two outputs hold the same words."""
    return len(words) == len(expected) and all(map(matches, words, expected))


def matches(word: str, expected: str) -> bool:
    """Say whether two words are the same, or numbers that are nearly so."""
    if word == expected:
        return True
    try:
        return int(word) == int(expected)
    except ValueError:
        pass
    try:
        return abs(float(word) - float(expected)) < PRECISION
    except ValueError:
        return False


def offer(calls: Calls) -> None:
    """Let tests import `printed` from the program: it runs the script with an input and returns what that prints."""

    def printed(text: str) -> Printed:
        output = calls.ask({"do": "print"}, text)
        if type(output) is not str:
            calls.refuse("the output is no text")
        calls.last = output
        return Printed(output)

    program = ModuleType("program")
    program.printed = printed  # type: ignore[attr-defined]
    sys.modules["program"] = program
