"""The nine conditions of sentences, how each is asked for, and which pairs of them belong to which split."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np

from simulation.core.kinds.conditions import Condition

OPENINGS = ("Today", "Sometimes", "Yesterday", "Nobody", "Every", "Perhaps", "When", "Suddenly", "Once", "Tonight")
ENDINGS = ("again", "today", "forever", "together", "tomorrow", "alone", "slowly", "home")
INNER = ("because", "quietly", "old", "never", "always", "happy", "small", "people", "little", "beautiful")
COUPLES = ("good", "bad"), ("big", "new"), ("day", "night"), ("young", "strong"), ("friend", "world"), ("time", "life")
"""Words that are asked for both at once."""
COMMON = ("the", "a", "is", "and")
"""Words to do without."""
SHORTER_THAN, AT_LEAST = (6, 7, 8, 9), (12, 14, 16)
"""Words."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of condition."""

    draw: Callable[[np.random.Generator], Condition]
    wordings: tuple[str, str]
    """Two ways to ask for it, with the condition's parameters in braces."""


def _fixed(name: str, **parameters: str) -> Callable[[np.random.Generator], Condition]:
    return lambda _stream: Condition(name=name, parameters=parameters)


def _word(name: str, words: tuple[str, ...]) -> Callable[[np.random.Generator], Condition]:
    return lambda stream: Condition(name=name, parameters={"word": words[int(stream.integers(len(words)))]})


def _words(counts: tuple[int, ...], relation: str) -> Callable[[np.random.Generator], Condition]:
    return lambda stream: Condition(
        name="length_constraints:number_words",
        parameters={"num_words": counts[int(stream.integers(len(counts)))], "relation": relation},
    )


def _couple(stream: np.random.Generator) -> Condition:
    return Condition(name="keywords:existence", parameters={"keywords": COUPLES[int(stream.integers(len(COUPLES)))]})


KINDS: Mapping[str, Kind] = {
    "begins": Kind(_word("begins", OPENINGS), ('Begin with the word "{word}".', 'The first word must be "{word}".')),
    "ends": Kind(_word("ends", ENDINGS), ('End with the word "{word}".', 'The last word must be "{word}".')),
    "contains": Kind(_word("contains", INNER), ('Use the word "{word}".', 'It must contain the word "{word}".')),
    "both": Kind(
        _couple,
        (
            'Use the words "{keywords[0]}" and "{keywords[1]}".',
            'It must contain both "{keywords[0]}" and "{keywords[1]}".',
        ),
    ),
    "avoids": Kind(
        _word("avoids", COMMON), ('Do not use the word "{word}".', 'It must not contain the word "{word}".')
    ),
    "question": Kind(
        _fixed("startend:end_checker", end_phrase="?"), ("Write it as a question.", "End with a question mark.")
    ),
    "exclamation": Kind(
        _fixed("startend:end_checker", end_phrase="!"),
        ("End with an exclamation mark.", "The last sign must be an exclamation mark."),
    ),
    "short": Kind(
        _words(SHORTER_THAN, "less than"),
        ("Use fewer than {num_words} words.", "It must have fewer than {num_words} words."),
    ),
    "long": Kind(
        _words(AT_LEAST, "at least"),
        ("Use at least {num_words} words.", "It must have {num_words} words or more."),
    ),
}
CONTRARY = ({"short", "long"}, {"question", "exclamation"})
"""What no sentence can be at once."""
Pair = tuple[str, str]
APART: Mapping[str, Sequence[Pair]] = {
    "held_out": (
        ("begins", "question"), ("both", "question"), ("both", "short"), ("ends", "short"), ("ends", "exclamation"),
        ("contains", "exclamation"), ("contains", "long"), ("avoids", "long"), ("begins", "avoids"),
    ),
    "probe": (("begins", "exclamation"), ("ends", "question"), ("contains", "avoids"), ("both", "long")),
}  # fmt: skip
"""The pairs that are measured and never asked for; each kind is in two of those that are held out."""


@cache
def pairs(split: str) -> tuple[Pair, ...]:
    """Return the pairs of kinds that a split asks for, the same whatever the seed."""
    if split in APART:
        return tuple(APART[split])
    apart = {pair for others in APART.values() for pair in others}
    return tuple(pair for pair in combinations(KINDS, 2) if set(pair) not in CONTRARY and pair not in apart)
