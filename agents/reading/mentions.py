"""Where a text names options, by text, value or letter, and which of these namings are denied."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from agents.reading.denials import is_denied
from agents.reading.equality import bare, short
from agents.reading.letters import lettered
from agents.reading.numbers import Quantity, comma_decimals, equal, quantities, quantity
from agents.reading.units import units_agree

_FUNCTION_WORDS = frozenset(
    ("no", "a", "i", "it", "in", "on", "is", "to", "all", "some", "not", "none", "if", "or", "and")
)
"""Options that are such words are named only where they stand alone between stops."""
_ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4}
_ORDINAL = re.compile(r"(?<!\w)(first|second|third|fourth|fifth)\s+(?:option|choice|answer|one)(?!\w)", re.IGNORECASE)
_NUMBERED = re.compile(r"(?<!\w)(?:option|choice)\s+(\d)(?!\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mention:
    """A place that names an option."""

    start: int
    end: int
    option: int
    letter: bool = False


@dataclass(frozen=True)
class Options:
    """The options of a question, made ready to be looked for."""

    words: tuple[str, ...]
    """In plain words."""
    numbers: tuple[Quantity | None, ...]
    pattern: re.Pattern[str] | None
    """Finds the words of those that are no numbers, the longest first."""
    by_word: dict[str, int]
    comma: bool
    """Whether they are written with decimal commas."""
    digits: bool
    """Whether a digit stands in any of them."""


@lru_cache(maxsize=1 << 13)
def prepared(choices: tuple[str, ...]) -> Options:
    """Make options ready to be looked for."""
    comma = any(map(comma_decimals, choices))
    numbers = tuple(quantity(short(choice), comma=comma) for choice in choices)
    words = tuple(bare(choice) for choice in choices)
    by_word: dict[str, int] = {}
    for index, (word, number) in enumerate(zip(words, numbers, strict=True)):
        if number is None and word:
            by_word.setdefault(word, index)
    longest_first = sorted(by_word, key=len, reverse=True)
    alternatives = "|".join(re.escape(word).replace(r"\ ", r"\s{1,3}") for word in longest_first)
    pattern = re.compile(rf"(?<![\w.])(?<!\d,)(?<!\w-)(?:{alternatives})(?!\w)(?!-\w)(?![.,:]\d)", re.IGNORECASE)
    return Options(
        words, numbers, pattern if by_word else None, by_word, comma, any(map(str.isdecimal, "".join(words)))
    )


def by_value(number: Quantity, options: Options) -> list[int]:
    """Return the options that a number is: exactly, else by rounding; of equals written alike in their unit, all."""
    golds = [(index, gold) for index, gold in enumerate(options.numbers) if gold is not None]
    exact = [index for index, gold in golds if gold.value == number.value and units_agree(number.unit, gold.unit)]
    if len(exact) > 1:
        same_unit = [index for index in exact if (gold := options.numbers[index]) and gold.unit == number.unit]
        exact = same_unit or exact
    return exact or [index for index, gold in golds if equal(number, gold) and units_agree(number.unit, gold.unit)]


def mentions(text: str, options: Options, *, denied: bool = False) -> list[Mention]:
    """Return where a flat text names options, in order; those denied only where `denied` is true."""
    by_text = _by_text(text, options)
    covered = [mention for mention in by_text if mention.end - mention.start == 1]
    by_letter = [
        Mention(start, end, option, letter=True)
        for start, end, option in lettered(text, len(options.words))
        if not covered or all(mention.start != start for mention in covered)
    ]
    placed = [*by_text, *_by_number(text, options), *by_letter, *_by_place(text, options)]
    placed.sort(key=lambda mention: (mention.start, -mention.end))
    standing: list[Mention] = []
    reach = -1
    for mention in placed:
        if mention.end <= reach:
            continue  # within a longer one
        reach = max(reach, mention.end)
        if denied or not is_denied(text, mention.start, mention.end):
            standing.append(mention)
    return standing


def _by_text(text: str, options: Options) -> list[Mention]:
    """Return the namings by the words of an option."""
    if options.pattern is None:
        return []
    namings = []
    for match in options.pattern.finditer(text):
        word = " ".join(match[0].casefold().split())
        option = options.by_word.get(word)
        if option is None or (word in _FUNCTION_WORDS and not _stands_alone(text, match)):
            continue
        namings.append(Mention(match.start(), match.end(), option))
    return namings


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    """Say whether a word stands between stops."""
    before, after = text[: match.start()].rstrip(" \"'*("), text[match.end() :].lstrip(" \"'*)")
    return (not before or before[-1] in ".,;:!?\n=" or before.endswith(("is", "be"))) and (
        not after or after[0] in ".,;:!?\n"
    )


def _by_number(text: str, options: Options) -> list[Mention]:
    """Return the namings by a number's value; part of a sum names nothing, nor does one that several options are."""
    if not any(options.numbers):
        return []
    namings = []
    seen: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for number in quantities(text, comma=options.comma):
        if number.operand or number.value is None:
            continue
        matching = seen.get((number.text, number.unit))
        if matching is None:
            matching = seen[number.text, number.unit] = by_value(number, options)
        if len(matching) == 1:
            namings.append(Mention(number.start, number.end, matching[0]))
    return namings


def _by_place(text: str, options: Options) -> list[Mention]:
    """Return the namings by place, such as "the third option", or "option 3" where no option has a digit."""
    namings = [
        Mention(match.start(), match.end(), _ORDINALS[match[1].casefold()])
        for match in _ORDINAL.finditer(text)
        if _ORDINALS[match[1].casefold()] < len(options.words)
    ]
    if not options.digits:
        namings += [
            Mention(match.start(), match.end(), int(match[1]) - 1)
            for match in _NUMBERED.finditer(text)
            if 0 < int(match[1]) <= len(options.words)
        ]
    return namings


def distinct_options(namings: Sequence[Mention]) -> list[int]:
    """Return the options named, each once, in their order."""
    return list(dict.fromkeys(mention.option for mention in namings))
