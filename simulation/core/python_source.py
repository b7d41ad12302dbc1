"""Python source as data: parsed and compared without being run, whatever it holds."""

import ast
import warnings
from typing import Any

from simulation.core.errors import DataError

LONGEST_COMPARED = 1 << 16
"""Characters of the longest source that `same_program` takes, because a student may have written it."""


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
    # the last by versions before 3.11.5, which lose count of the depth
    except (ValueError, RecursionError, MemoryError, SystemError) as error:
        raise DataError(f"is not Python: {str(error) or 'it nests too deeply'}") from None


def source_of(tree: ast.AST) -> str:
    """Return a source of a syntax tree; raises DataError where Python cannot write it, as a number of 5,000 digits."""
    try:
        return ast.unparse(tree)
    except ValueError as error:
        raise DataError(f"cannot be written as Python: {error}") from None
    except RecursionError:
        raise DataError("nests too deeply") from None


def same_program(first: str, second: str) -> bool:
    """Say whether two sources are one but for formatting and comments.

    Raises DataError where one is not Python or too long.
    """
    for source in (first, second):
        if len(source) > LONGEST_COMPARED:
            raise DataError(f"has {len(source)} characters; over {LONGEST_COMPARED} are not compared")
    return same_tree(parsed(first), parsed(second))


def same_tree(first: ast.AST, second: ast.AST) -> bool:
    """Say whether two syntax trees are equal, wherever their nodes stand in a source.

    They are compared as they are, for text made of them is not always to be had: Python writes no number of more than
    4,300 digits and no deep nesting. Nothing recurses, so that no tree is too deep.
    """
    pairs: list[tuple[Any, Any]] = [(first, second)]  # nodes, lists of nodes, and what a node holds
    while pairs:
        left, right = pairs.pop()
        if type(left) is not type(right):
            return False
        if isinstance(left, ast.JoinedStr):
            left, right = unprefixed(left), unprefixed(right)
        if isinstance(left, list):
            if len(left) != len(right):
                return False
            pairs.extend(zip(left, right, strict=True))
        elif isinstance(left, ast.AST):
            pairs.extend((getattr(left, name), getattr(right, name)) for name in left._fields)
        elif left != right:
            return False
    return True


def unprefixed(text: ast.JoinedStr) -> list[Any]:
    """Return the parts of an f-string, its plain ones without the "u" that one of its literals may have begun with."""
    return [part.value if isinstance(part, ast.Constant) else part for part in text.values]
