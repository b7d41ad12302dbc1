"""Numbers as a reader sees them in a folded text, each with what stands beside it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import floor

from agents.reading.units import ABUTTING, unit_words

LONGEST_NUMBER = 10_000
"""Characters of the longest number that is read as one; longer ones are compared as texts."""
_GROUPS = r"(?:(?: \d{3}){1,12}+(?! ?\d)|(?:'\d{3})++(?!'?\d)|(?:_\d{3})++(?!_?\d))"
_WHOLE = rf"(?:[1-9]\d{{0,2}}(?:(?:,\d{{3}})++(?!,?\d)|{_GROUPS})|\d++)"
_WHOLE_COMMA = rf"(?:[1-9]\d{{0,2}}(?:(?:\.\d{{3}})++(?!\.?\d)|{_GROUPS})|\d++)"
_EXPONENT = r"(?:[eE](?P<e>[-+]?\d{1,3})(?!\d))?"
_BEHIND = (
    r"(?:(?:\s?[x×*·]\s?(?P<base>10)\s?(?:\^|\*\*)\s?\{?(?P<ten>[-+]?\d{1,3})\}?(?![\d^]))"
    r"|(?:\^|\*\*)\{?\(?(?P<power>[-+]?\d{1,4})\)?\}?(?!\d)"
    r"|\s?/\s?(?P<below>\d++(?:\.\d++)?)(?![\d/])"
    r"|(?:\s|\sand\s)(?P<above>\d{1,9})\s?/\s?(?P<under>\d{1,9})(?![\d/,.]\d|/))?"
)
_CURRENCY = r"(?P<currency>(?:US|A|C)?[$€£¥₹]|(?<!\w)(?:rs\.?|Rs\.?|USD|EUR|GBP|INR))?"
_SIGN = rf"(?P<sign>[-+])?(?P<gap>\s?){_CURRENCY}\s?(?P<inner>[-+])?"
_TOKEN = re.compile(rf"{_SIGN}(?P<core>{_WHOLE}(?:\.\d++)?|(?<![\w.])\.\d++){_EXPONENT}{_BEHIND}")
_TOKEN_COMMA = re.compile(rf"{_SIGN}(?P<core>{_WHOLE_COMMA}(?:[,.]\d++)?|(?<![\w.])[,.]\d++){_EXPONENT}{_BEHIND}")
_RUN = re.compile(r"(?:(?:\s:\s|[.,:'_/^x-])(?=\d)\d++|[\^/√(\\]\S{1,40})++")
"""What runs on behind a number and so makes something else of it, such as "3:20" or "1,2"."""
_OPERATOR_BEHIND = re.compile(
    r"\s?[*×÷^+√·](?!\*)\s?[\w(\\.$-]|\s[-/x]\s?[\d($]|-[\d(]|\s?[≤≥<>±]|\s:\s?\d|!\s?[=×*]|\s(?:minus|plus|times|multiplied|divided)\s"
)
_OPERATOR_BEFORE = re.compile(
    r"(?:[A-Za-z}]\{|(?<!\w)(?:than|least|most|up to|plus|times|by)\s|[*×÷^√≤≥<>±≠/·!\\]|[\w)%]\s?[+]"
    r"|(?:[\d)%]|(?<!\w)[a-z])\s?-|\d\s[x:]|[-+]\s?[-+]|-\(|(?<!\w)(?:sqrt|log|ln|lg|exp|sin|cos|tan)\s?\(?"
    r"|(?<!\w)(?i:half|third|quarter|twice|double|triple|root|square|cube|logarithm)\s(?:of\s)?)\s?$"
)
_SCALES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "millionen": 6, "millions": 6}
_SCALE = re.compile(
    r"(?:\s|-)(hundred|thousand|millionen|millions?|billion|trillion)(?!\w)|\s(dozen)(?!\w)", re.IGNORECASE
)
_PERCENT = re.compile(
    r"\s?(?:%|percent\b|per cent\b|percentage\b|pct\b|prozent\b|pour cent\b|por ciento\b|per cento\b)"
    r"|\s?(?P<mille>‰|per mille?\b|promille\b)|\s?(?P<myriad>‱)",
    re.IGNORECASE,
)
_PARTS = {"half": 2, "third": 3, "quarter": 4}
_PART = re.compile(r"\sand\s(?:a|one)[\s-](half|third|quarter)(?!\w)", re.IGNORECASE)
_SIGN_WORD = re.compile(r"(?P<operand>[\d)]\s)?(?<!\w)(?P<word>minus|negative)\s\Z", re.IGNORECASE)
_VARIABLE = re.compile(r"\s[xzpqr](?![\w.'])")
_LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text, or what looks like one."""

    start: int
    end: int
    text: str
    value: Fraction | None
    """None where what stands beside the number makes something else of it, such as a time or a formula."""
    unit: tuple[str, ...] = ()
    decimals: int = 0
    """Decimals written, in the unit of `value`; 0 for whole numbers and -1 for fractions, which have no last one."""
    operand: bool = False
    """Whether it is part of a sum, so that it is no result."""


def quantities(text: str, *, comma: bool = False) -> Iterator[Quantity]:
    """Yield the numbers of a folded text; `comma` reads decimal commas."""
    pattern = _TOKEN_COMMA if comma else _TOKEN
    position = 0
    while match := pattern.search(text, position):
        quantity = _quantity(text, match, comma)
        if quantity is not None:
            yield quantity
        position = max(match.end(), quantity.end if quantity else 0)


def _quantity(text: str, match: re.Match[str], comma: bool) -> Quantity | None:
    """Read one number with what stands beside it, or None where it belongs to a word."""
    start, end = match.span()
    start += len(match[0]) - len(match[0].lstrip())
    head = text[max(0, start - 16) : start]
    body = text[max(0, match.start("core") - 1) : match.start("core")]
    if (
        body == "_"
        or (body == "^" and match["core"] in ("2", "3"))
        or (head and _is_letter(head[-1]) and not match["currency"] and not match["gap"])
    ):
        return None
    word = _SIGN_WORD.search(text, max(0, match.start() - 20), start)
    negative, operand = _signed(match, head)
    run = _RUN.match(text, end)
    if run:
        return Quantity(start, run.end(), text[start : run.end()], None, operand=operand)
    value, decimals = _value(match, comma)
    unit: tuple[str, ...] = ()
    if value is not None:
        value, decimals, end, unit = _with_word(text, end, value, decimals)
    if match["currency"]:
        unit = unit_words("$" if "$" in match["currency"] else match["currency"].strip("."))
    if match["gap"] and match["sign"] and text[start] in "+-" and not negative:
        start = match.end("gap")
    operand = operand or _OPERATOR_BEHIND.match(text, end) is not None
    if value is not None and negative:
        value = -value
    if word and not match["sign"] and value is not None:
        operand = operand or word["operand"] is not None
        return Quantity(word.start("word"), end, f"-{text[start:end]}", -value, unit, decimals, operand)
    return Quantity(start, end, text[start:end], value, unit, decimals, operand)


def _is_letter(character: str) -> bool:
    """Say whether a character before a number makes a name of both; signs of East Asia stand beside any word."""
    return (character.isalpha() and ord(character) < 0x0900) or character == "_"


def _signed(match: re.Match[str], head: str) -> tuple[bool, bool]:
    """Return whether a number is negative, and whether it is part of a sum, by the sign and what stands before it."""
    sign = match["sign"]
    negative = match["inner"] == "-"
    if sign is None:
        return negative, _OPERATOR_BEFORE.search(head) is not None
    if match["inner"]:
        return negative, True
    before = head.rstrip()
    if before and (before[-1] in "-+*×÷/^√<>≤≥±" or before[-1].isdigit() or before[-1] in ")%"):
        return False, True
    lone_letter = len(before) > 0 and before[-1].isalpha() and (len(before) == 1 or not before[-2].isalpha())
    if lone_letter and before[-1].casefold() not in "ai":
        return False, True
    if match["gap"] and head != before and before[-1:].isalpha() and not before.endswith(("is", "are", "be", "was")):
        return False, False  # a dash between words
    return sign == "-", False


def _value(match: re.Match[str], comma: bool) -> tuple[Fraction | None, int]:
    """Return what a number's own characters are worth, and its decimals."""
    core = match["core"]
    if comma and "," not in core and core.count(".") == 1 and len(core.partition(".")[2]) != 3:
        whole, fraction = core.split(".")
    else:
        whole, _, fraction = (
            core.rpartition("," if comma else ".") if ("," if comma else ".") in core else (core, "", "")
        )
    digits = "".join(filter(str.isdigit, whole))
    below = match["below"]
    if len(core) > LONGEST_NUMBER or len(below or "") > LONGEST_NUMBER:
        return None, 0
    # by way of Decimal, because int refuses texts of more than 4,300 digits
    value = Fraction(Decimal(f"{digits or 0}.{fraction or 0}"))
    decimals = len(fraction)
    if match["e"] or match["ten"]:
        exponent = int(match["e"] or 0) + int(match["ten"] or 0)
        value, decimals = value * Fraction(10) ** exponent, max(0, decimals - exponent)
    if match["power"]:
        return _raised(value, int(match["power"]), len(core)), -1
    if below:
        divisor = Fraction(Decimal(below))
        return (value / divisor, -1) if divisor else (None, 0)
    if match["above"]:
        if fraction or not int(match["under"]):
            return None, 0
        return value + Fraction(int(match["above"]), int(match["under"])), -1
    return value, decimals


def _raised(value: Fraction, power: int, length: int) -> Fraction | None:
    """Return a power, or None where it is too long to be read."""
    if abs(power) * length > LONGEST_NUMBER or (power < 0 and not value):
        return None
    return value**power


def _with_word(
    text: str, end: int, value: Fraction, decimals: int
) -> tuple[Fraction | None, int, int, tuple[str, ...]]:
    """Take in what stands behind a number: per cent, thousands, a unit; another letter there makes a formula of it."""
    percent = _PERCENT.match(text, end)
    if percent:
        shift = 4 if percent["myriad"] else 3 if percent["mille"] else 2
        return value / 10**shift, decimals + shift if decimals >= 0 else -1, percent.end(), ()
    if part := _PART.match(text, end):
        value, decimals, end = value + Fraction(1, _PARTS[part[1].casefold()]), -1, part.end()
    scale = _SCALE.match(text, end)
    if scale:
        factor = 12 if scale[2] else 10 ** _SCALES[scale[1].casefold()]
        value, decimals, end = value * factor, -1 if decimals else 0, scale.end()
    letters = _LETTERS.match(text, end)
    if letters:
        word = letters[0].casefold()
        if word in ("k", "bn", "mn") and value:
            return value * {"k": 10**3, "mn": 10**6, "bn": 10**9}[word], 0, letters.end(), ()
        if (ord(word[0]) < 0x0900 and word not in ABUTTING) or letters[0] == "M":
            return None, 0, letters.end(), ()
    elif variable := _VARIABLE.match(text, end):
        return None, 0, variable.end(), ()
    return value, decimals, end, unit_words(text[end : end + 60])


@lru_cache(maxsize=1 << 14)
def quantity(text: str, *, comma: bool = False) -> Quantity | None:
    """Return the number that a short folded text is, such as "about 5 km" or "x = 3/4", or None where it is none."""
    words = text.strip().rstrip(".;!")
    numbers = quantities(words, comma=comma)
    first = next(numbers, None)
    if first is None or first.value is None or first.operand or next(numbers, None) is not None:
        return None
    before = words[: first.start].strip().casefold()
    if before and not re.fullmatch(
        r"(?:about|approximately|around|roughly|exactly|[≈~=:]|[a-z]\w?\s?=|[\"'(\[]|\s)+", before
    ):
        return None
    return first


def equal(claim: Quantity, reference: Quantity) -> bool:
    """Say whether a claim is the reference by value, or rounds to one that was evidently rounded itself."""
    if claim.value is None or reference.value is None:
        return False
    if claim.value == reference.value:
        return True
    return evidently_rounded(reference) and _rounds_to(claim, reference)


def evidently_rounded(reference: Quantity) -> bool:
    """Say whether a number has at least two decimals and does not end in 0 or 5, as prices and quarters do."""
    if reference.decimals < 2 or reference.value is None:
        return False
    last_digit = abs(reference.value) * 10**reference.decimals % 10
    written = reference.decimals - 2 if "%" in reference.text else reference.decimals
    return written >= 2 and last_digit not in (0, 5)


def _rounds_to(claim: Quantity, reference: Quantity) -> bool:
    """Say whether a claim with more decimals than the reference rounds to it, halves away from zero."""
    assert claim.value is not None and reference.value is not None
    if reference.decimals < 1 or 0 <= claim.decimals <= reference.decimals or claim.value * reference.value < 0:
        return False
    scale = int(10**reference.decimals)
    return floor(abs(claim.value) * scale + Fraction(1, 2)) == abs(reference.value) * scale


def rounds_either_way(first: Quantity, second: Quantity) -> bool:
    """Say whether two numbers are equal, or one is the other with fewer decimals."""
    if first.value is None or second.value is None:
        return False
    return first.value == second.value or _rounds_to(first, second) or _rounds_to(second, first)


@lru_cache(maxsize=1 << 12)
def comma_decimals(text: str) -> bool:
    """Say whether a reference writes decimal commas, or points between groups."""
    return (
        re.search(
            r"(?<![\d.,])(?:\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}(?![\d,])|0,\d+|\d+,(?:\d{1,2}|\d{4,}))(?![\d,.]\d|\d)",
            text,
        )
        is not None
    )
