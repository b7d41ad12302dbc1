"""Which option a text takes, by letter, text or value, and how that was read."""

import re
from collections.abc import Sequence
from functools import lru_cache

from agents.reading.choices import LISTING, First, taken_options, whole_option
from agents.reading.claims import claimed_numbers, final_number, result_of
from agents.reading.equality import same, short
from agents.reading.mentions import Options, by_value, distinct_options, mentions, prepared
from agents.reading.numbers import quantities, quantity
from agents.reading.reading import Reading
from agents.reading.statements import (
    HEDGED,
    LONGEST_READ,
    TAKEN_BACK,
    UNDECIDED,
    WITHDRAWN,
    Statement,
    flat,
    sentences,
    statements,
)
from agents.reading.thoughts import without_thoughts
from agents.reading.wording import plain
from simulation.core.templates import letter
from simulation.core.types import Question

_LONGEST_CACHED = 4096
_PREDICATE = re.compile(
    r"(?:(?<!\w)(?:is|are|was|were|be|becomes?|gives?|makes?|equals?|leaves?|means|called|named|say|choose|pick|so|therefore"
    r"|thus|hence|with|think|arrives?|gets\s+there|ends\s+up|comes\s+to|totals|costs|reaches|finishes|it's|that's|ist|est|es|donc|matches|only|answer|wait|actually|sorry|no,|instead)|[:=→])(?:\s+[\w'-]+){0,4}?[\s(\"'*:,]*$",
    re.IGNORECASE,
)
_REST = re.compile(r"[\s.!)\]\"'*,]*(?:left|indeed|instead|here|then|it is)?[\s.!)\]\"'*]*$")
_CONTENT_FREE = re.compile(
    r"(?:clear|obvious|simple|easy|as follows|below|above|given|shown|this|that|found|here|unclear|which|what|it|one"
    r"|the)\b[^\d]*$",
    re.IGNORECASE,
)


def chosen(text: str, choices: Sequence[str], *, first: First = "text") -> int | None:
    """Return the option that `text` takes, or None; see `read_option`."""
    return read_option(text, choices, first=first).choice


def read_option(text: str, choices: Sequence[str], *, first: First = "text") -> Reading:
    """Read which option a text takes: by its final statement, else the only one that it names.

    `first` says what a letter or a word means that may be both an option's text and another's letter.
    """
    options = tuple(choices)
    if text in options and (first == "text" or len(text) > 1):
        return _exact(options.index(text))
    return _read(text, options, first) if len(text) > _LONGEST_CACHED else _read_again(text, options, first)


@lru_cache(maxsize=1 << 8)
def _exact(index: int) -> Reading:
    """Return the reading of a text that is an option, one object for all."""
    return Reading(choice=index, how="the option's text")


def _read(text: str, choices: tuple[str, ...], first: First) -> Reading:
    """Read a text that may hold thoughts and more."""
    answer, thoughts = without_thoughts(text)
    body = flat(answer[-LONGEST_READ:])
    if not body.strip():
        how = "unparsed: nothing but thoughts" if thoughts else "unparsed: no text"
        return Reading(how=how, thoughts=thoughts)
    options = prepared(choices)
    choice, how = whole_option(body, choices, options, first)
    if not how:
        choice, how = _stated(body, choices, options, first)
    if not how:
        choice, how = _concluded(body, choices, options, first)
    if not how and all(options.numbers):
        choice, how = _claimed(body, options)
    if not how:
        choice, how = _only(body, options)
    return Reading(choice=choice, how=how, thoughts=thoughts)


_read_again = lru_cache(maxsize=1 << 15)(_read)


def _stated(body: str, choices: tuple[str, ...], options: Options, first: First) -> tuple[int | None, str]:
    """Return the option that a text's statements name, and how; nothing at all where there is no statement."""
    standing: list[tuple[int | None, Statement]] = []
    for statement in statements(body):
        candidates = taken_options(statement.segment, choices, options, first)
        if not candidates and _ignored(statement, options):
            continue
        named = candidates[0] if len(candidates) == 1 else None
        if len(candidates) > 1:
            if statement.how.startswith("before") and "answers" not in statement.how:
                continue
            return None, f"unparsed: several options {statement.how}"
        if standing and standing[-1][0] != named and TAKEN_BACK.search(body, standing[-1][1].end, statement.start + 8):
            standing.clear()
        standing.append((named, statement))
    return _settled(body, standing, choices, options, first)


def _settled(
    body: str,
    standing: Sequence[tuple[int | None, Statement]],
    choices: tuple[str, ...],
    options: Options,
    first: First,
) -> tuple[int | None, str]:
    """Return the option that statements agree on, or why there is none."""
    if not standing:
        return None, ""
    different = list(dict.fromkeys(option for option, _ in standing))
    choice, statement = standing[-1]
    if len(different) > 1:
        claims = [choices[option] if option is not None else "no option" for option in different]
        return None, f"unparsed: two final claims, {claims[0][:40]} and {claims[1][:40]}"
    withdrawn = WITHDRAWN.search(body, statement.end)
    if withdrawn:
        later, how = _concluded(body[withdrawn.end() :], choices, options, first)
        return (later, how) if how else (None, "unparsed: the final claim was taken back")
    last, _ = next(sentences(body), ("", ""))
    alone, _ = whole_option(last, choices, options, first) if len(last) < len(body.strip()) else (None, "")
    if alone is not None and alone != choice:
        return None, f"unparsed: two final claims, {statement.segment[:40]} and {last[:40]}"
    if choice is None:
        return None, f"unparsed: {statement.segment[:40]!r} {statement.how} is none of the options"
    return choice, statement.how


def _ignored(statement: Statement, options: Options) -> bool:
    """Say whether a statement that names no option is no claim at all: it denies, refers on, or is a heading."""
    if statement.how.startswith("before"):
        return not (all(options.numbers) and claimed_numbers(statement.segment, comma=options.comma, sums=False))
    if statement.how.startswith(("after 'all", "after 'any", "after 'every")):
        return True
    if statement.how == "after '####'" and len(statement.segment.split()) > 1:
        return quantity(short(statement.segment), comma=options.comma) is None
    if re.match(r"\s*not\b", statement.segment) or _CONTENT_FREE.match(statement.segment):
        return True
    number = next(quantities(statement.segment, comma=options.comma), None)
    return bool(all(options.numbers)) and number is None and len(statement.segment.split()) > 1


def _concluded(body: str, choices: tuple[str, ...], options: Options, first: First) -> tuple[int | None, str]:
    """Return the option that a text's last sentence with options comes to."""
    for number, (sentence, mark) in enumerate(sentences(body)):
        withdrawals = [*WITHDRAWN.finditer(sentence)]
        if withdrawals:
            sentence = sentence[withdrawals[-1].end() :].lstrip(" ,.:;-")
        if HEDGED.search(sentence) or (withdrawals and not sentence):
            return None, ""
        whole, how = whole_option(sentence, choices, options, first)
        if how:
            return whole, f"the last line alone: {how}" if whole is not None else how
        namings = mentions(sentence, options)
        if not namings:
            if number == 0 and (other := _other_result(sentence, options)):
                return None, f"unparsed: the last result {other[:40]} is none of the options"
            continue
        if mark == "?" or re.match(r"\s*(?:or|and)\b", sentence, re.IGNORECASE):
            return None, ""
        if len(distinct_options(namings)) == 1 and _PREDICATE.search(sentence[: namings[0].start]):
            result = quantity(short(_other_result(sentence, options)), comma=options.comma)
            if result is not None and namings[0].option not in by_value(result, options):
                return None, "unparsed: the last sentence names an option and comes to another number"
            return namings[0].option, "the last sentence"
        last = namings[-1]
        bound = _REST.match(sentence, last.end) and _PREDICATE.search(sentence[: last.start])
        joined = len(namings) > 1 and LISTING.fullmatch(sentence, namings[-2].end, last.start)
        if bound and not joined:
            return last.option, "the end of the last sentence"
        return None, ""
    return None, ""


def _other_result(sentence: str, options: Options) -> str:
    """Return the number that a last sentence is or comes to where all options are numbers, or nothing."""
    if not all(options.numbers):
        return ""
    claim, how = result_of(sentence, list(quantities(sentence, comma=options.comma)), options.comma)
    return claim if how and "only number" not in how else ""


def _claimed(body: str, options: Options) -> tuple[int | None, str]:
    """Return which of options that are all numbers a text comes to, read as if it were asked without options."""
    claim, how = final_number(body, options.comma)
    number = quantity(short(claim), comma=options.comma) if claim else None
    if number is None or "only number" in how or any(mention.letter for mention in mentions(body, options)):
        return None, ""
    matching = by_value(number, options)
    return (
        (matching[0], how) if len(matching) == 1 else (None, f"unparsed: {claim[:40]} ({how}) is none of the options")
    )


def _only(body: str, options: Options) -> tuple[int | None, str]:
    """Return the only option that a text names."""
    namings = mentions(body, options)
    different = distinct_options(namings)
    if different and UNDECIDED.search(body):
        return None, "unparsed: the text does not decide"
    if len(different) == 1:
        return different[0], "the only option named"
    if different:
        return None, "unparsed: several options are named and no final statement"
    return None, "unparsed: no option is named"


@lru_cache(maxsize=1 << 14)
def reference_index(question: Question) -> int | None:
    """Return which choice the reference is: by its text, else by its value, else by its letter."""
    reference, alternatives = question.key.reference, question.form.alternatives
    if reference is None:
        return None
    if reference in alternatives:
        return alternatives.index(reference)
    words = [plain(alternative) for alternative in alternatives]
    if plain(reference) in words:
        return words.index(plain(reference))
    for index, alternative in enumerate(alternatives):
        if same(alternative, reference):
            return index
    letters = [letter(index) for index in range(len(alternatives))]
    return letters.index(plain(reference)) if plain(reference) in letters else None
