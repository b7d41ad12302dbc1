"""The rules of short lines: topic, number of words, words that must or must not occur, ends, case, order, repetition.

Words are compared in letters of any size, whole, and without the signs around them.
"""

from collections.abc import Sequence
from typing import Literal

from agents.conditions.wording import folded_words, miscounted, shortened, words

Case = Literal["upper", "lower"]
CASES = {"upper": "capital letters", "lower": "small letters"}
TIMES = {1: "once", 2: "twice"}


def topic(text: str, *, topic: str, words: Sequence[str]) -> str:
    """Ask for one of a topic's words."""
    own = {word.casefold() for word in words}
    return "" if own.intersection(folded_words(text)) else f"asked a line about {topic}, got none of its words"


def number_of_words(text: str, *, count: int) -> str:
    """Ask for so many words."""
    return miscounted("words", len(words(text)), count, "exactly")


def contains(text: str, *, word: str) -> str:
    """Ask for a word."""
    return "" if word.casefold() in folded_words(text) else f"asked the word {word!r}, which does not occur"


def avoids(text: str, *, word: str) -> str:
    """Ask that a word does not occur."""
    count = folded_words(text).count(word.casefold())
    return f"asked no {word!r}, which occurs {times(count)}" if count else ""


def begins(text: str, *, word: str) -> str:
    """Ask for a first word."""
    first = next(iter(words(text)), "")
    return "" if first.casefold() == word.casefold() else f"asked {word!r} as the first word, got {first!r}"


def ends(text: str, *, word: str) -> str:
    """Ask for a last word."""
    last = next(reversed(words(text)), "")
    return "" if last.casefold() == word.casefold() else f"asked {word!r} as the last word, got {last!r}"


def case(text: str, *, case: Case) -> str:
    """Ask for capital or small letters throughout."""
    is_met = text.isupper() if case == "upper" else text.islower()
    return "" if is_met else f"asked {CASES[case]} throughout, got {shortened(text)}"


def order(text: str, *, first: str, second: str) -> str:
    """Ask for two words, every one of the first before every one of the second."""
    all_words = folded_words(text)
    for word in (first, second):
        if word.casefold() not in all_words:
            return f"asked {first!r} before {second!r}, and {word!r} does not occur"
    last_of_first = len(all_words) - 1 - all_words[::-1].index(first.casefold())
    is_met = last_of_first < all_words.index(second.casefold())
    return "" if is_met else f"asked {first!r} before {second!r}, got it behind"


def repeats(text: str, *, word: str, count: int) -> str:
    """Ask for a word so many times."""
    occurs = folded_words(text).count(word.casefold())
    return "" if occurs == count else f"asked {word!r} {times(count)}, got it {times(occurs)}"


def times(count: int) -> str:
    """Return a count of occurrences in words."""
    return TIMES.get(count, f"{count} times")
