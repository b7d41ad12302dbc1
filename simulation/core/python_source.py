"""Python source as data: parsed and compared without being run, whatever it holds."""

import ast
import warnings
from typing import Any

from simulation.core.errors import DataError

LONGEST_COMPARED = 1 << 16
"""Characters of the longest source that `formatted` takes, because a student may have written it."""


def parsed(source: str) -> ast.Module:
    """Return the syntax tree of a source; raises DataError where it is not Python."""
    tree: ast.Module = _tried(source, ast.PyCF_ONLY_AST)
    return tree


def check_compiles(source: str) -> None:
    """Refuse what Python could parse but not run, such as a `return` outside a function; raises DataError."""
    _tried(source, 0)


def _tried(source: str, flags: int) -> Any:  # a tree or code, as the flags say
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as an unknown escape, which Python still reads
            return compile(source, "source", "exec", flags, dont_inherit=True)
    except SyntaxError as error:
        raise DataError(f"is not Python: {error.msg} in line {error.lineno}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise DataError(f"is not Python: {str(error) or 'it nests too deeply'}") from None


def formatted(source: str) -> str:
    """Return a source without its formatting and comments; raises DataError where it is not Python or too long."""
    if len(source) > LONGEST_COMPARED:
        raise DataError(f"has {len(source)} characters; over {LONGEST_COMPARED} are not compared")
    try:
        return ast.unparse(parsed(source))
    except RecursionError:
        raise DataError("is not Python: it nests too deeply") from None
