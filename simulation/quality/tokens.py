"""Words and their n-grams: what k texts are cut into, and how often each text has each piece.

Words are those of mteval-v13a, as BLEU is computed by (Post 2018, A call for clarity in reporting BLEU scores, arXiv
1804.08771): punctuation stands alone, except apostrophes, hyphens of words and what belongs to a number; case is kept.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LONGEST = 4
"""The greatest n of an n-gram."""
ALONE = {ord(mark): f" {mark} " for mark in '!"#$%&()*+/:;<=>?@[\\]^_`{|}~'}
"""Marks that are a word wherever they stand."""
ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
POINT_AFTER_TEXT = re.compile(r"([^0-9])([.,])")
POINT_BEFORE_TEXT = re.compile(r"([.,])([^0-9])")
HYPHEN_AFTER_NUMBER = re.compile(r"([0-9])-")

Numbers = NDArray[np.int64]


def words(text: str) -> list[str]:
    """Return the words of a text; none where it holds white space alone."""
    line = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    if "&" in line:
        for name, mark in ENTITIES:
            line = line.replace(name, mark)
    line = f" {line} ".translate(ALONE)
    if "." in line or "," in line:
        line = POINT_AFTER_TEXT.sub(r"\1 \2 ", line)
        line = POINT_BEFORE_TEXT.sub(r" \1 \2", line)
    if "-" in line:
        line = HYPHEN_AFTER_NUMBER.sub(r"\1 - ", line)
    return line.split()


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each of k texts has each n-gram that it has, for one n: an entry a pair of n-gram and text."""

    gram: Numbers
    """The number of the n-gram; in ascending order, and every number from 0 occurs."""
    text: Numbers
    often: Numbers
    """At least 1."""
    begins: Numbers
    """Where the entries of each n-gram begin."""


@dataclass(frozen=True, slots=True)
class Grams:
    """The n-grams of k texts; memory is that of their words, whatever k is."""

    counts: tuple[Counts, ...]
    """Of n = 1 to 4."""
    lengths: Numbers
    """Words of each text."""


def grams(texts: Sequence[str]) -> Grams:
    """Cut k texts into n-grams."""
    lines = [words(text) for text in texts]
    numbers: dict[str, int] = {}
    single = np.array([numbers.setdefault(word, len(numbers)) for line in lines for word in line], dtype=np.int64)
    lengths = np.array([len(line) for line in lines], dtype=np.int64)
    text = np.repeat(np.arange(len(lines)), lengths)
    codes = single
    counts = [counted(codes, text, len(lines))]
    for n in range(2, LONGEST + 1):
        # an n-gram is an (n-1)-gram and the word after it; one that would reach into the next text is left out
        joined = codes[: max(0, single.size - n + 1)] * len(numbers) + single[n - 1 :]
        inside = text[: joined.size] == text[n - 1 :]
        codes = np.zeros(joined.size, dtype=np.int64)
        codes[inside] = np.unique(joined[inside], return_inverse=True)[1]
        counts.append(counted(codes[inside], text[: joined.size][inside], len(lines)))
    return Grams(counts=tuple(counts), lengths=lengths)


def counted(codes: Numbers, text: Numbers, texts: int) -> Counts:
    """Count how often each text has each code."""
    pairs, often = np.unique(codes * texts + text, return_counts=True)
    gram = pairs // texts
    return Counts(
        gram=gram, text=pairs % texts, often=often, begins=np.flatnonzero(np.diff(gram, prepend=-1)).astype(np.int64)
    )
