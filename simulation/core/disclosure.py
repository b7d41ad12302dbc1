"""Whether words that a student is given give away what is measured: a held-out question, or what answers it.

Two texts are compared without what does not tell one from the other: the size of letters, spaces, punctuation, and how
Unicode writes a sign. A short question is also told by its signs, so that "3 + 3" is not "3 - 3"; one of a single word
is given away only by a text that says nothing else.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from simulation.core.types import Question

TELLING = 40
"""Letters and digits by which a text is told without its signs; only so long an answer gives its question away."""
_SHORT = 12
"""Letters and digits below which a question is looked for between whole words."""
_CLOSED_UP = 6
"""Letters of a script that has no capitals which make more than one word without a space."""
_LETTERS = re.compile(r"[^\W_]")
_SIGNS = re.compile(r"[^\W_]|[+<=>^|~\u00d7\u00f7]|(?<=\d)[^\w](?=\d)|(?<=\d)[-*/%]|[-*/](?=\d)")
_EDGES = re.compile(r"^\W+|\W+$")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d", "-"))


@dataclass(frozen=True, slots=True)
class Folded:
    """A text without what does not tell it from another."""

    text: str
    signs: str
    """Letters, digits and the signs of mathematics."""
    letters: str
    """Letters and digits alone."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What gives measured questions away, in folded texts, and in which words it is told."""

    by_letters: tuple[tuple[str, str], ...]
    by_signs: tuple[tuple[Folded, str], ...]
    """Questions too short for that."""


@lru_cache(maxsize=1 << 14)
def folded(text: str) -> Folded:
    """Fold a text."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(_DASHES)
    signs = _EDGES.sub("", "".join(_SIGNS.findall("".join(plain.split()))))
    return Folded(plain, signs, "".join(_LETTERS.findall(signs)))


def disclosed(text: str, measured: Sequence[Question]) -> str:
    """Name the measured question that a text gives away, or return nothing."""
    words = folded(text)
    if not words.letters:
        return ""
    telling = tell_tales(tuple(measured))
    by_letters = (named for letters, named in telling.by_letters if letters in words.letters)
    by_signs = (named for question, named in telling.by_signs if _says(words, question))
    return next(by_letters, "") or next(by_signs, "")


@lru_cache(maxsize=8)
def tell_tales(measured: tuple[Question, ...]) -> Telling:
    """Return what gives questions away; an answer that several have tells nothing."""
    by_letters, by_signs = [], []
    for question in measured:
        prompt = folded(question.prompt)
        if len(prompt.letters) >= TELLING:
            by_letters.append((prompt.letters, f"the question {question.id!r}"))
        elif prompt.letters:
            by_signs.append((prompt, f"the question {question.id!r}"))
    answers = [(folded(answer).letters, question) for question in measured for answer in {*question.key.references}]
    counts = Counter(letters for letters, _ in answers)
    by_letters += [
        (letters, f"the answer to the question {question.id!r}")
        for letters, question in sorted(answers, key=lambda pair: pair[0])
        if len(letters) >= TELLING and counts[letters] == 1
    ]
    return Telling(tuple(by_letters), tuple(by_signs))


def _says(words: Folded, question: Folded) -> bool:
    """Tell whether a short question that a text holds stands there for itself."""
    if _is_one_word(question):
        return words.letters == question.letters
    signs = question.signs
    if signs not in words.signs:
        return False
    before, behind = r"(?<!\d)" if signs[0].isdigit() else "", r"(?!\d)" if signs[-1].isdigit() else ""
    if not re.search(before + re.escape(signs) + behind, words.signs):
        return False
    apart = r"\W*".join(map(re.escape, signs))
    before, behind = "" if _closes_up(signs[0]) else r"(?<!\w)", "" if _closes_up(signs[-1]) else r"(?!\w)"
    return len(question.letters) >= _SHORT or re.search(before + apart + behind, words.text) is not None


def _is_one_word(question: Folded) -> bool:
    if len(re.findall(r"\w+", question.text)) > 1:
        return False
    return sum(map(_closes_up, question.letters)) < _CLOSED_UP


def _closes_up(letter: str) -> bool:
    """Tell whether a letter is of a script that has no capitals, such as those that write no spaces."""
    return unicodedata.category(letter) == "Lo"
