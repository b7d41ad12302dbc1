"""When two short answers are the same: word for word but for spelling, by value and unit, or as formulas."""

import re
from functools import lru_cache

from agents.reading.formulas import equal_formulas, is_formula
from agents.reading.numbers import comma_decimals, equal, quantity, rounds_either_way
from agents.reading.statements import BOX, END, flat
from agents.reading.units import units_agree
from agents.reading.wording import plain

_SPACE_BESIDE_COLON = re.compile(r"\s?:\s?")
_SPACE_BEFORE_UNIT = re.compile(r"(?<=\d) (?=[^\W\d_])")
_ARTICLE = re.compile(r"(?:an?|the) (?=\w)")


def same(claim: str, reference: str) -> bool:
    """Say whether a claim is the reference: the same words, or the same number with a unit that agrees.

    A claim may have a unit that the reference lacks, and lack one that the reference has.
    """
    return claim == reference or same_written(claim, reference, comma=comma_decimals(reference))


@lru_cache(maxsize=1 << 14)
def same_written(claim: str, reference: str, *, comma: bool) -> bool:
    """Say the same of two short answers that are written with decimal commas, or both without."""
    if bare(claim) == bare(reference):
        return True
    first, second = short(claim), short(reference)
    number, gold = quantity(first, comma=comma), quantity(second, comma=comma)
    if number is not None and gold is not None:
        return equal(number, gold) and units_agree(number.unit, gold.unit)
    if is_formula(first) or is_formula(second):
        return equal_formulas(first, second)
    return False


def agree(first: str, second: str, *, comma: bool = False) -> bool:
    """Say whether two claims of one text are the same, or one is the other with fewer decimals."""
    if bare(first) == bare(second):
        return True
    one, other = quantity(short(first), comma=comma), quantity(short(second), comma=comma)
    if one is None or other is None:
        return same_written(first, second, comma=comma)
    return rounds_either_way(one, other) and units_agree(one.unit, other.unit)


def short(text: str) -> str:
    """Return a short answer in the spelling that numbers are read in."""
    return flat(text).replace(BOX, " ").replace(END, " ").strip()


@lru_cache(maxsize=1 << 14)
def bare(text: str) -> str:
    """Return a short answer in plain words, without a leading article and space that means nothing."""
    words = _SPACE_BESIDE_COLON.sub(":", plain(short(text)))
    return _SPACE_BEFORE_UNIT.sub("", _ARTICLE.sub("", words, count=1) if _ARTICLE.match(words) else words)
