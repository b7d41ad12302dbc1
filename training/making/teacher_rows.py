"""Rows that teach a classifier to compare an answer with the gold number: half are right, many wrong by one digit."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from zlib import crc32

import numpy as np

Split = Literal["train", "test"]

PHRASINGS = (
    "{number}",
    "the answer is {number}",
    "the answer is {number} .",
    "{number} {unit}",
    "{letter}) {number}",
    "it is {number} {unit}",
    "${number}",
    "answer: {number}",
    "I think it is {number} {unit} .",
    "= {number}",
)
UNITS = ("apples", "dollars", "km", "hours", "percent", "cm", "%", "ways", "people", "years", "meters", "rs")
SILENT = ("I do not know", "none", "", "no option fits", "a number", "?")
"""Answers that hold no number; they are wrong."""
TEST_PERCENT = 10
"""Percent of all gold numbers that only the test split asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A gold answer, what a student wrote, and whether that is the same number."""

    reference: str
    answer: str
    correct: bool
    near_miss: bool
    """Wrong by one edit of the gold number."""


def rows(seed: int, split: Split, count: int) -> Iterator[Row]:
    """Yield `count` rows, half of them right; gold numbers of one split never occur as gold in the other."""
    stream = np.random.default_rng([seed, crc32(split.encode())])
    for index in range(count):
        gold = _number(stream)
        while split_of(gold) != split:
            gold = _number(stream)
        correct = index % 2 == 0
        near_miss = not correct and stream.random() < 0.6
        if correct:
            answer = _phrase(_respell(gold, stream), stream)
        elif near_miss:
            answer = _phrase(_respell(_miss(gold, stream), stream), stream)
        elif stream.random() < 0.05:
            answer = SILENT[int(stream.integers(len(SILENT)))]
        else:
            answer = _phrase(_other(gold, stream), stream)
        yield Row(reference=gold, answer=answer, correct=correct, near_miss=near_miss)


def split_of(number: str) -> Split:
    """Return the split that owns a gold number, whatever way it is written."""
    return "test" if crc32(plain(number).encode()) % 100 < TEST_PERCENT else "train"


def plain(number: str) -> str:
    """Return a number without thousands separators: what two spellings of one number share."""
    return number.replace(",", "")


def _number(stream: np.random.Generator) -> str:
    """Draw a whole number of one to five digits, or less often a decimal, a fraction or a negative one."""
    whole = int(10 ** stream.uniform(0, 4.3))
    kind = stream.random()
    if kind < 0.75:
        return f"{whole:,}" if stream.random() < 0.5 else str(whole)
    if kind < 0.87:
        return f"{whole}.{int(stream.integers(1, 100)):02d}".rstrip("0")
    if kind < 0.95:
        return f"{int(stream.integers(1, 60))}/{int(stream.integers(2, 100))}"
    return f"-{whole}"


def _respell(number: str, stream: np.random.Generator) -> str:
    """Write the same number with or without thousands separators."""
    bare = plain(number)
    return f"{int(bare):,}" if bare.isdigit() and stream.random() < 0.3 else bare


def _miss(gold: str, stream: np.random.Generator) -> str:
    """Change one place of the number: a digit replaced, left out, put in, doubled or swapped, or its sign or point."""
    bare = plain(gold)
    while True:
        digits = [index for index, sign in enumerate(bare) if sign.isdigit()]
        place = digits[int(stream.integers(len(digits)))]
        digit = str(stream.integers(10))
        edit = int(stream.integers(8))
        if edit <= 3:
            missed = bare[:place] + digit + bare[place + 1 :]
        elif edit == 4:
            missed = bare[:place] + bare[place + 1 :]
        elif edit == 5:
            missed = bare[:place] + digit + bare[place:]
        elif edit == 6:
            missed = bare[:place] + bare[place : place + 2][::-1] + bare[place + 2 :]
        else:
            missed = bare[1:] if bare.startswith("-") else bare[: place + 1] + " " + bare[place + 1 :]
        if _readable(missed) and plain(missed).strip() != bare:
            return missed.strip()


def _readable(number: str) -> bool:
    """Tell whether an edited number still begins and ends as numbers do."""
    shown = number.strip().lstrip("-")
    return bool(shown) and shown[0].isdigit() and shown[-1].isdigit() and not (shown[0] == "0" and shown[1:2].isdigit())


def _other(gold: str, stream: np.random.Generator) -> str:
    """Draw another number, half of the time the gold one times or plus something small, as a wrong procedure gives."""
    while True:
        other = _number(stream)
        if stream.random() < 0.5 and plain(gold).isdigit():
            value = int(plain(gold))
            step = int(stream.integers(2, 13))
            other = str((value * step, value + step, abs(value - step), value // step)[int(stream.integers(4))])
        if plain(other) != plain(gold):
            return other


def _phrase(number: str, stream: np.random.Generator) -> str:
    phrasing = PHRASINGS[int(stream.integers(len(PHRASINGS)))]
    unit = UNITS[int(stream.integers(len(UNITS)))]
    return phrasing.format(number=number, unit=unit, letter="abcde"[int(stream.integers(5))])
