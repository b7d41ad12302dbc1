"""Says in plain words what is wrong with a text that is no YAML, and what to write, in place of the parser's words."""

import re
import unicodedata

import yaml

LIKE_SPACE = "[\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff]"
"""A character that looks like a space, or like nothing, and is neither to YAML."""
MISPLACED = rf"{LIKE_SPACE}[\s\S]*|[\s\S]*{LIKE_SPACE}|[-?]{LIKE_SPACE}[\s\S]*|[\w.]+:{LIKE_SPACE}[\s\S]*"
"""A text without quotes in which one stands where a space was meant: at an end, or behind a dash or a key's colon."""
_MISPLACED_IN_LINE = re.compile(rf" *(?:[-?] *)*{LIKE_SPACE}|.*?[-:,[{{]{LIKE_SPACE}")
_WORDS = (
    (r"found character '\\t' that cannot start any token", "a tab stands where YAML has spaces; indent with spaces"),
    (r"found character '`' that", "a line of Markdown (`), which is no part of the scenario; remove it"),
    (r"found character (?P<it>.+) that cannot start", "no value can begin with {it}; put it in quotes"),
    (r"while scanning an? (alias|anchor)", "no plain text can begin with * or &; put it in quotes"),
    (r"found undefined alias (?P<it>.+)", "*{it} stands for nothing here; put a text that begins with * in quotes"),
    (
        r"mapping values are not allowed here",
        "a colon where none can stand; put a text with a colon in quotes, and let keys stand under each other",
    ),
    (r"while scanning a quoted scalar.*unexpected end", "a quote is opened and not closed; close it"),
    (r"found unknown escape character (?P<it>.+)", "\\{it} means nothing in double quotes; use single quotes"),
    (
        r"(flow sequence|flow mapping|flow node).*<(stream end|document end|document start)>",
        "a bracket is opened and not closed; close it",
    ),
    (r"while parsing a flow sequence", "a list lacks a comma or its closing bracket; write [A, B]"),
    (r"while parsing a flow mapping", "a mapping lacks a comma or its closing brace; write {{A: 1, B: 2}}"),
    (r"while parsing a flow node", "a bracket, a brace or a comma stands where a value is due; write the value"),
    (r"could not find expected ':'", "a line that is no key with its value; write KEY: VALUE"),
    (r"while parsing a block.*but found '(?P<it>[]}])'", "a closing bracket too many, {it}; remove it"),
    (
        r"while parsing a block (mapping|collection)",
        "the line does not stand under those before it, or more follows a text in quotes; align it, or quote all",
    ),
    (r"sequence entries are not allowed", "a list's - cannot stand here; put it on a line of its own, or write [A, B]"),
    (r"expected a single document", "a second document begins (---), and one is read; write it into a file of its own"),
    (
        r"expected '<document start>'",
        "something follows where the text was whole; write it as KEY: VALUE, or remove it",
    ),
    (r"nested deeper", "{problem}; write it flatter"),
)
"""Patterns of the parser's words, and ours."""


def misplaced(text: str) -> str:
    """Return what is said of a text in which a character only looks like a space, nothing where none does."""
    match = re.search(LIKE_SPACE, text)
    if match is None:
        return ""
    named = f"U+{ord(match[0]):04X} ({unicodedata.name(match[0]).lower()})"
    return f"the character {named} stands where a space is meant; write a plain space, or put the text in quotes"


def misplaced_near(text: str, error: yaml.MarkedYAMLError) -> tuple[int, str] | None:
    """Return line and words where such a character stands between the places that an error names, else None.

    The line before them counts too: without a space behind its colon a key is a text, which goes on in the next line.
    """
    numbers = [mark.line for mark in (error.context_mark, error.problem_mark) if mark is not None]
    lines = text.splitlines()
    first = min(numbers, default=0)
    before = [number for number in range(first) if lines[number].strip()][-1:]
    for number in (*before, *range(first, min(max(numbers, default=-1) + 1, len(lines)))):
        if match := _MISPLACED_IN_LINE.match(lines[number]):
            return number + 1, misplaced(match[0][-1])
    return None


def words_of(error: yaml.MarkedYAMLError) -> str:
    """Return what is wrong in plain words."""
    problem = " ".join((error.problem or "").split())
    parsers = "; ".join(filter(None, (" ".join((error.context or "").split()), problem)))
    for pattern, words in _WORDS:
        if match := re.search(pattern, parsers):
            it = match.groupdict().get("it", "")
            return words.format(it=it.strip("'") if "{it} means" in words or words[0] == "*" else it, problem=problem)
    return f"{parsers}; correct the line"


def line_of(error: yaml.MarkedYAMLError) -> int | None:
    """Return the line of what is wrong, counted from 1: of what is not closed, the one where it begins."""
    is_open = re.search(r"flow|quoted scalar|simple key", error.context or "")
    mark = (error.context_mark if is_open else None) or error.problem_mark or error.context_mark
    return None if mark is None else mark.line + 1
