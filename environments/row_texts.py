"""Texts and Python in the columns of rows, each refused by name where it is none."""

import ast
from collections.abc import Mapping, Sequence

from environments.row_files import short
from simulation.core.errors import DataError
from simulation.core.python_source import check_compiles, parsed


def text_in(row: Mapping[str, object], column: str) -> str:
    """Return a column's text, with line breaks of one kind."""
    value = row.get(column)
    if not isinstance(value, str) or not value.strip():
        raise DataError(f"{column} must be a text, got {short(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise DataError(f"{column} holds half a surrogate pair: {short(value)}") from None
    return value.replace("\r\n", "\n").replace("\r", "\n")


def last_said(value: object, role: str, column: str) -> str:
    """Return a text, or what the last of several messages says, which must be `role`'s."""
    last = value[-1] if isinstance(value, Sequence) and not isinstance(value, str) and value else value
    text = last.get("content") if isinstance(last, Mapping) and last.get("role") == role else last
    if not isinstance(text, str) or not text.strip():
        raise DataError(f"{column} must be a text, or messages of which the {role} has the last: {short(value)}")
    return text


def python_in(row: Mapping[str, object], column: str) -> str:
    """Return a column's Python."""
    code = text_in(row, column)
    parsed_part(column, code)
    return code


def parsed_part(what: str, code: str) -> ast.Module:
    """Return the syntax tree of a part of a row; raises DataError with its name where Python could not run it."""
    try:
        check_compiles(code)
        return parsed(code)
    except DataError as error:
        raise DataError(f"{what} {error}: {short(code)}") from None
