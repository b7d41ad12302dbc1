"""Lines as slots of a small grammar: their shape is drawn first, then a word for every slot that is still free."""

from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Literal

import numpy as np

from environments.lines import lexicon
from environments.lines.lexicon import Topic

Slot = Literal["opening", "determiner", "adjective", "noun", "verb", "adverb", "preposition", "conjunction"]
SHORTEST, LONGEST = 4, 12
"""Words of a line."""
SHARED: Mapping[Slot, tuple[str, ...]] = {
    "opening": lexicon.OPENINGS,
    "determiner": lexicon.DETERMINERS,
    "adverb": lexicon.ADVERBS,
    "preposition": lexicon.PREPOSITIONS,
    "conjunction": lexicon.CONJUNCTIONS,
}
"""The words of the slots that are the same for all topics."""


ADJECTIVES = (0.55, 0.9)
"""How likely a noun has no adjective, and how likely one at most; else it has two."""


@dataclass(frozen=True, slots=True)
class Line:
    """Words with the slots they stand in; parallel."""

    topic: Topic
    slots: tuple[Slot, ...]
    words: tuple[str, ...]

    @property
    def nouns(self) -> tuple[str, ...]:
        """Its nouns, in their order."""
        return tuple(word for word, slot in zip(self.words, self.slots, strict=True) if slot == "noun")


def choices(topic: Topic, slot: Slot) -> tuple[str, ...]:
    """Return the words that may stand in a slot."""
    if slot == "noun":
        return topic.nouns
    if slot == "adjective":
        return (*topic.adjectives, *lexicon.ADJECTIVES)
    if slot == "verb":
        return (*topic.verbs, *lexicon.VERBS)
    return SHARED[slot]


@cache
def cumulative(count: int) -> tuple[float, ...]:
    """Return the running sum of how likely each word of a slot is: chances fall as 1 / (place + 2)."""
    return tuple(accumulate(1.0 / (place + 2.0) for place in range(count)))


def drawn_word(options: Sequence[str], barred: frozenset[str] | set[str], stream: np.random.Generator) -> str:
    """Draw a word that is not barred, the first ones most often; there is one at least."""
    sums = cumulative(len(options))
    while True:
        word = options[bisect(sums, stream.random() * sums[-1], hi=len(options) - 1)]
        if word not in barred:
            return word


def shape(stream: np.random.Generator) -> tuple[Slot, ...]:
    """Draw the slots of a line: who does what, where, and perhaps somebody else who does something."""
    while True:
        slots: list[Slot] = ["opening"] if stream.random() < 0.3 else []
        slots += _clause(stream)
        if stream.random() < 0.3:
            slots += ["conjunction", *_clause(stream)]
        if SHORTEST <= len(slots) <= LONGEST:
            return tuple(slots)


def _clause(stream: np.random.Generator) -> list[Slot]:
    slots: list[Slot] = [*_named(stream), "verb"]
    if stream.random() < 0.35:
        slots.append("adverb")
    while stream.random() < 0.5:
        slots += ["preposition", *_named(stream)]
    return slots


def _named(stream: np.random.Generator) -> list[Slot]:
    adjectives: list[Slot] = ["adjective"] * bisect(ADJECTIVES, stream.random())
    return ["determiner", *adjectives, "noun"]


def filled(
    topic: Topic,
    slots: Sequence[Slot],
    stream: np.random.Generator,
    *,
    kept: Mapping[int, str],
    barred: frozenset[str] = frozenset(),
) -> Line:
    """Draw a word for every slot; those in `kept` are given by place, and no other slot takes a word of `barred`.

    No content word is drawn twice, so that what repeats was asked to.
    """
    words: list[str] = []
    used = {*kept.values(), *barred}
    for place, slot in enumerate(slots):
        word = kept.get(place)
        if word is None:
            options = choices(topic, slot)
            # every word of a small slot may stand in the line already
            word = drawn_word(options, used if not used.issuperset(options) else barred, stream)
            if slot not in SHARED:
                used.add(word)
        words.append(word)
    return Line(topic, tuple(slots), tuple(words))
