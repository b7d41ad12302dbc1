"""What a text says: which option an answer takes, whether two answers are the same, how a correction is worded."""

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from simulation.core.templates import letter
from simulation.core.types import Question

LONGEST_NUMBER = 10_000
"""Characters, commas aside, of the longest number that is read as one; longer ones are compared as texts."""
_NUMBER = re.compile(r"[-+]?(?:\d[\d,]*\.?\d*|\.\d+)(?:e[-+]?\d{1,3})?")
_MARKED = re.compile(
    r"(?<![a-z0-9])(?:\(\s*(?P<bracket>[a-z])\s*\)|(?P<closed>[a-z])\s*\)"
    # "a" and "i" are words too: they name an option only before a stop
    r"|(?:answer|option|choice)\s*(?:is|:)?\s*(?:(?P<named>[b-hj-z])(?![a-z0-9'])|(?P<stopped>[ai])(?=\s*(?:$|[.,;:]))))"
)
_ALONE = re.compile(r"\(?([a-z])\s*[).:]?")


def chosen(text: str, choices: Sequence[str]) -> int | None:
    """Return the option that `text` takes, or None.

    Read from left to right, the first thing that names an option decides: an option's text as whole words, or its
    letter marked as one ("a)", "(a)", "answer: a", "option a", or the letter alone as the whole text). At the same
    place the longer option's text wins over a shorter one, and a letter wins over a text.
    """
    plain_text = plain(text)
    letters = [letter(index) for index in range(len(choices))]
    alone = _ALONE.fullmatch(plain_text)
    if alone and alone[1] in letters and plain_text not in map(plain, choices):
        return letters.index(alone[1])
    mentions: list[tuple[int, int, int]] = []
    for match in _MARKED.finditer(plain_text):
        marked_letter = next(group for group in match.groups() if group)
        if marked_letter in letters:
            mentions.append((match.start(), -len(plain_text), letters.index(marked_letter)))
            break
    for index, choice in enumerate(choices):
        words = plain(choice)
        occurrence = (
            re.search(rf"(?<![\w.])(?<!\d,){re.escape(words)}(?![\w])(?![.,]\d)", plain_text) if words else None
        )
        if occurrence:
            mentions.append((occurrence.start(), -len(words), index))
    return min(mentions)[2] if mentions else None


def same(text: str, reference: str) -> bool:
    """Say whether two answers are equal: word for word but for case and spacing, or the same number and unit."""
    first, second = plain(text), plain(reference)
    if first == second:
        return True
    numbers = [number(plain_text) for plain_text in (first, second)]
    return None not in numbers and numbers[0] == numbers[1]


def plain(text: str) -> str:
    """Return `text` without differences of case, spacing, Unicode form and closing punctuation."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(" .;")


@lru_cache(maxsize=1 << 14)
def number(text: str) -> tuple[Fraction, str] | None:
    """Return the value of a plain answer such as "1,250.0 km" or "3/4", with its unit, or None where it is none."""
    rest = text.replace(" / ", "/").strip()
    currency = rest[:1] if rest[:1] in "$€£" else ""
    match = _NUMBER.match(rest.removeprefix(currency).strip())
    if not match:
        return None
    after = rest.removeprefix(currency).strip()[match.end() :]
    below = re.match(r"/(\d+)", after)
    numerator, denominator = match[0].replace(",", ""), below[1] if below else "1"
    if max(len(numerator), len(denominator)) > LONGEST_NUMBER:
        return None
    # by way of Decimal, because int refuses texts of more than 4,300 digits
    value, divisor = Fraction(Decimal(numerator)), Fraction(Decimal(denominator))
    if below and divisor:
        value, after = value / divisor, after[below.end() :]
    unit = currency + after.strip()
    return None if _NUMBER.search(unit) else (value, unit)


@lru_cache(maxsize=1 << 14)
def reference_index(question: Question) -> int | None:
    """Return which choice the reference is: by its text, else by its letter."""
    if question.reference is None:
        return None
    for index, choice in enumerate(question.choices):
        if same(choice, question.reference):
            return index
    letters = [letter(index) for index in range(len(question.choices))]
    return letters.index(plain(question.reference)) if plain(question.reference) in letters else None


def worded_like(text: str, choice: int | None, question: Question, index: int) -> str:
    """Return a choice as who answered `text` would write it: a letter where it answers by letters, else the text."""
    by_letter = choice is not None and plain(text) == letter(choice)
    return letter(index) if by_letter else question.choices[index]
