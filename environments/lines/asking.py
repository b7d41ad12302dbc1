"""What is asked of a line: conditions that are read off a line which is drawn first, so that it meets them all.

Other lines that meet them too keep its shape and the words that the conditions name, and draw all others anew.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from environments.lines import lexicon
from environments.lines.combinations import Combination, Kind
from environments.lines.grammar import Line, filled, shape
from environments.lines.lexicon import TOPICS
from simulation.core.kinds.conditions import Condition

CONTENT = ("noun", "adjective", "verb")
"""The slots whose words a condition may name."""
THRICE = 0.25
"""How often a word is to occur three times where one is to be repeated; else it is twice."""
COMMON = 3.0
"""How much more often a line is to do without a determiner than without another shared word."""


class Asked(NamedTuple):
    """A condition, and what a line that meets it cannot change."""

    condition: Condition
    places: tuple[int, ...] = ()
    """Of the line's words that must stay."""
    barred: str = ""
    """A word that must not occur."""


@dataclass(frozen=True, slots=True)
class Request:
    """A line, what is asked of it kind by kind, and the letters it is written in."""

    line: Line
    asked: Mapping[Kind, Asked]
    case: str
    """"upper", "lower" or "sentence", which begins with a capital letter."""

    def write(self, line: Line) -> str:
        """Return a line as text, in the letters that are asked for."""
        text = " ".join(line.words)
        if self.case == "sentence":
            return text[0].upper() + text[1:]
        return text.upper() if self.case == "upper" else text

    def variant(self, stream: np.random.Generator) -> str:
        """Return another line that meets everything asked, or by chance the same."""
        places = {place for part in self.asked.values() for place in part.places}
        kept = {place: self.line.words[place] for place in places}
        barred = frozenset(part.barred for part in self.asked.values()) | {*kept.values()}
        # a repeated or ordered word may not occur once more; a determiner that begins the line may
        barred -= {word for place, word in kept.items() if self.line.slots[place] not in CONTENT}
        return self.write(filled(self.line.topic, self.line.slots, stream, kept=kept, barred=barred))


def request(kinds: Combination, stream: np.random.Generator) -> Request:
    """Draw a line and conditions of these kinds that it meets; no two of them name the same word."""
    while True:
        line = drawn(kinds, stream)
        case = str(stream.choice(("upper", "lower"))) if "case" in kinds else "sentence"
        asked: dict[Kind, Asked] = {}
        for kind, read_off in READ.items():
            if kind in kinds:
                named_words = {line.words[place] for part in asked.values() for place in part.places}
                part = read_off(line, named_words, stream)
                if part is None:
                    break
                asked[kind] = part
        else:
            if "case" in kinds:
                asked["case"] = Asked(Condition(name="case", parameters={"case": case}))
            return Request(line, asked, case)


def drawn(kinds: Combination, stream: np.random.Generator) -> Line:
    """Draw a line, with a noun that repeats where one is asked for."""
    topic = TOPICS[int(stream.integers(len(TOPICS)))]
    if "repeats" not in kinds:
        return filled(topic, shape(stream), stream, kept={})
    count = 3 if stream.random() < THRICE else 2
    while True:
        slots = shape(stream)
        nouns = [place for place, slot in enumerate(slots) if slot == "noun"]
        if len(nouns) >= count:
            break
    word = topic.nouns[int(stream.integers(len(topic.nouns)))]
    places = stream.choice(nouns, count, replace=False).tolist()
    return filled(topic, slots, stream, kept=dict.fromkeys(places, word))


def topic_asked(line: Line, _named: set[str], _stream: np.random.Generator) -> Asked:
    """Ask for the line's topic."""
    topic = line.topic
    own_words = (*topic.nouns, *topic.adjectives, *topic.verbs)
    return Asked(Condition(name="topic", parameters={"topic": topic.name, "words": own_words}))


def words_asked(line: Line, _named: set[str], _stream: np.random.Generator) -> Asked:
    """Ask for the line's number of words."""
    return Asked(Condition(name="words", parameters={"count": len(line.words)}))


def begins_asked(line: Line, named_words: set[str], _stream: np.random.Generator) -> Asked | None:
    """Ask for the line's first word."""
    first = line.words[0]
    return None if first in named_words else Asked(Condition(name="begins", parameters={"word": first}), (0,))


def ends_asked(line: Line, named_words: set[str], _stream: np.random.Generator) -> Asked | None:
    """Ask for the line's last word, where it stands there alone."""
    last = line.words[-1]
    if last in named_words or line.words.count(last) > 1:
        return None
    return Asked(Condition(name="ends", parameters={"word": last}), (len(line.words) - 1,))


def repeats_asked(line: Line, _named: set[str], _stream: np.random.Generator) -> Asked | None:
    """Ask for the line's noun that repeats, so many times."""
    word = next(word for word in line.nouns if line.nouns.count(word) > 1)
    places = tuple(place for place, other in enumerate(line.words) if other == word)
    return Asked(Condition(name="repeats", parameters={"word": word, "count": len(places)}), places)


def order_asked(line: Line, named_words: set[str], stream: np.random.Generator) -> Asked | None:
    """Ask for two of the line's words in their order."""
    places = free_places(line, named_words)
    if len(places) < 2:
        return None
    first, second = sorted(stream.choice(places, 2, replace=False).tolist())
    parameters = {"first": line.words[first], "second": line.words[second]}
    return Asked(Condition(name="order", parameters=parameters), (first, second))


def contains_asked(line: Line, named_words: set[str], stream: np.random.Generator) -> Asked | None:
    """Ask for one of the line's words."""
    places = free_places(line, named_words)
    if not places:
        return None
    place = int(stream.choice(places))
    return Asked(Condition(name="contains", parameters={"word": line.words[place]}), (place,))


def avoids_asked(line: Line, _named: set[str], stream: np.random.Generator) -> Asked:
    """Ask that a word does not occur which lines often have and this one has not."""
    options = [word for word in lexicon.SHARED if word not in line.words and word not in lexicon.OPENINGS]
    chances = np.array([COMMON if word in lexicon.DETERMINERS else 1.0 for word in options])
    word = options[int(stream.choice(len(options), p=chances / chances.sum()))]
    return Asked(Condition(name="avoids", parameters={"word": word}), barred=word)


def free_places(line: Line, named_words: set[str]) -> Sequence[int]:
    """Return the places of content words that occur once and that no condition names yet."""
    return [
        place
        for place, (word, slot) in enumerate(zip(line.words, line.slots, strict=True))
        if slot in CONTENT and word not in named_words and line.words.count(word) == 1
    ]


READ: Mapping[Kind, Callable[[Line, set[str], np.random.Generator], Asked | None]] = {
    "topic": topic_asked,
    "words": words_asked,
    "repeats": repeats_asked,
    "begins": begins_asked,
    "ends": ends_asked,
    "order": order_asked,
    "contains": contains_asked,
    "avoids": avoids_asked,
}
"""How a condition of each kind is read off a line, those that leave no choice first; None where that cannot be.

Each is handed the words that other conditions name, so that no two name the same one. The case alone is no matter of a
line's words.
"""
