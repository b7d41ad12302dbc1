"""Which options a few words take: all of a short text, or what a statement says."""

import re
from typing import Literal

from agents.reading.claims import claimed_numbers, distinct
from agents.reading.equality import bare, same, short
from agents.reading.formulas import equal_formulas, is_formula
from agents.reading.mentions import Options, by_value, distinct_options, mentions
from agents.reading.numbers import quantity
from agents.reading.statements import BOX

First = Literal["text", "letter"]
"""What a letter or a word is taken for first that may be both an option's text and another's letter."""
_ALONE = re.compile(
    r"[\s\"'*_(\[{<>|$.:=]*(?:(?:(?P<labelled>option|choice)|answer)\s*[:=]?\s*[(\[]?\s*)?(?P<letter>[a-z])"
    r"[\s)\]}>.,:;!\"'*_|$]*",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"[\s\"'*(\[]*(?:(?:option|choice|letter)\s*)?[(\[\"'*]*(?P<letter>[a-z])(?P<mark>\s*[)\]:.\"']+|\s-\s|(?![0-9A-Za-z\u00c0-\u04ff_]))\s*",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[;(]|,\s|\s-\s|(?<!\w)(?:because|since|as|so|which|not|rather|instead)(?!\w)", re.IGNORECASE)
LISTING = re.compile(
    r"[)\]\"'*.]*\s*(?:,|;|and|or|&|/|,\s*(?:and|or))\s*(?:(?:the|an?|option|maybe|perhaps)\s*)?[(\[\"'*]*",
    re.IGNORECASE,
)


def whole_option(words: str, choices: tuple[str, ...], options: Options, first: First) -> tuple[int | None, str]:
    """Read a short text that is nothing but an option, by its text, letter or value."""
    if len(words) > 500:
        return None, ""
    bare_words = bare(words.strip(" \n\"'*()[]$:"))
    alone = _ALONE.fullmatch(bare_words if words.count(BOX) == 1 else words)
    index = ord(alone["letter"].casefold()) - ord("a") if alone else len(choices)
    by_letter = index if index < len(choices) else None
    if alone and not alone["labelled"]:
        bare_words = alone["letter"].casefold()
    by_text = options.words.index(bare_words) if bare_words and bare_words in options.words else None
    if first == "letter" and by_letter is not None:
        return by_letter, "the letter alone"
    if by_text is not None:
        return by_text, "the option's text"
    if by_letter is not None:
        return by_letter, "the letter alone"
    return _valued(words, choices, options)


def _valued(words: str, choices: tuple[str, ...], options: Options) -> tuple[int | None, str]:
    """Read a short text that is an option's value, as a number or a formula."""
    number = quantity(short(words), comma=options.comma)
    if number is not None:
        matching = by_value(number, options)
        if len(matching) == 1 or (matching and all(same(choices[matching[0]], choices[other]) for other in matching)):
            return matching[0], "the option's value"
        if matching:
            return None, f"unparsed: {number.text} is the value of several options"
    elif is_formula(words) or any("\\" in choice for choice in choices):
        matching = [index for index, choice in enumerate(choices) if equal_formulas(short(words), short(choice))]
        if len(matching) == 1:
            return matching[0], "the option's value, as a formula"
    return None, ""


def taken_options(segment: str, choices: tuple[str, ...], options: Options, first: First) -> list[int]:
    """Return the options that a statement takes: one, several where it is not clear which, or none."""
    whole, how = whole_option(segment, choices, options, first)
    if how:
        return [whole] if whole is not None else []
    leading = _LEADING.match(segment)
    if leading and _is_label(segment, leading, len(choices)):
        label = ord(leading["letter"].casefold()) - ord("a")
        rest = segment[leading.end() :].strip()
        behind, _ = whole_option(rest, choices, options, "text") if rest else (None, "")
        return [label] if behind in (None, label) else [label, behind]
    namings = mentions(segment, options)
    if all(options.numbers) and not any(mention.letter for mention in namings):
        claims = distinct(claimed_numbers(segment, comma=options.comma, sums=False), options.comma)
        claim = quantity(short(claims[0]), comma=options.comma) if len(claims) == 1 else None
        if claim is not None:
            return by_value(claim, options)
    if len(distinct_options(namings)) > 1 and namings[0].start < 40:
        listed = LISTING.fullmatch(segment, namings[0].end, namings[1].start)
        clause = segment if listed else _CLAUSE.split(segment, maxsplit=1)[0]
        namings = mentions(clause, options) or namings
    return distinct_options(namings)


def _is_label(segment: str, leading: re.Match[str], count: int) -> bool:
    """Say whether a segment begins with an option's letter, and with no other one beside it."""
    if ord(leading["letter"].casefold()) - ord("a") >= count:
        return False
    behind = segment[leading.end("letter") :]
    if re.match(r"\W{0,3}\s*(?:or|and|,|/|&)\s*\(?(?:option\s+)?[a-z]\b(?!')", behind, re.IGNORECASE):
        return False
    if leading["mark"].strip():
        return not re.match(r"['’]\w", behind)
    if re.match(r"\s?[=+*/^<>(-]", behind):
        return False
    if not behind.strip() or re.match(r"\s*(?:,|;|because|since|as\b|which|and|です|입니다|。)", behind, re.IGNORECASE):
        return True
    return leading["letter"] not in "aiIeoyAEOYI" or (
        leading["letter"] == "A" and bool(re.match(r"\s+[A-Z\d$]", behind))
    )
