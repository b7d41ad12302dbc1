"""A key that is the tests of a program."""

from typing import ClassVar

import msgspec

from simulation.core.kinds.kind import Key

SCRIPT = "from program import printed"
"""First line of a setup whose tests run the program as a script: `printed(text)` is what it prints for an input."""


class Test(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a program must do."""

    __test__: ClassVar[bool] = False  # no test of this project, pytest

    code: str
    """Python that raises where the program is wrong, such as `assert f(1) == 2`."""
    hidden: bool = False
    """Whether it only measures: the judge that a student learns from does not run it."""


class Tests(Key, frozen=True, kw_only=True, tag="tests"):
    """What judges a program; what a prompt shows as an example is not among the tests."""

    __test__: ClassVar[bool] = False

    tests: tuple[Test, ...]
    setup: str = ""
    """Python that is run before the tests."""
    reference: str | None = None
    """A program that is right."""
