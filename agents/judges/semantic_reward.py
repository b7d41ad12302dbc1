"""The judge of recommendations by meaning: how like each item of a list is to the one that was taken next.

The semantic reward of Kong et al. (2025), "MiniOneRec", arXiv 2510.24431: the cosine of the items' embeddings. Changed:
without vectors the likeness is that of the words of titles, each weighed by how rare it is (Spärck Jones 1972, "A
statistical interpretation of term specificity", J. Documentation 28:11), which also serves titles written freely; and
a cosine below 0 counts as 0.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import log, sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.judges.list_scores import items_asked, mean_over, place_taken, shown, verdict
from agents.judges.reward_files import read_vectors
from simulation.core.catalogue import Catalogue, catalogue
from simulation.core.errors import DataError
from simulation.core.paths import FilePath
from simulation.core.registry import judge
from simulation.core.types import Answer, Feedback, Question

TINY = float(np.finfo(np.float64).tiny)
"""Below it no number is divided by."""
Words = dict[str, float]
"""The weight of each word of a title, of length 1 together."""


@judge("semantic_reward")
class SemanticReward:
    """Scores each item of a list by its likeness to the item taken next, from 0 to 1 for the item itself."""

    vectors: FilePath | None = None
    """A .npy with a row an item, in the order of the catalogue, or a .json with a list of numbers by item; null
    compares the words of titles."""

    def check(self) -> None:
        """Refuse vectors that are not there; raises DataError."""
        if self.vectors is not None and not self.vectors.is_file():
            raise DataError(f"no item vectors are at {self.vectors}; correct `vectors`, or leave it out")

    def fingerprint(self) -> Mapping[str, str]:
        """Return the hash of the vectors."""
        self.check()
        return {} if self.vectors is None else {"vectors": hashlib.sha256(self.vectors.read_bytes()).hexdigest()}

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Evaluate each answer; nothing is drawn, so the seeds are not used."""
        del seeds
        return [self._verdict(question, answer) for question, answer in zip(questions, answers, strict=True)]

    def _verdict(self, question: Question, answer: Answer) -> Feedback:
        items = items_asked(question, "semantic_reward")
        wanted = place_taken(question, items, "semantic_reward")
        if self.vectors is not None:
            unit_vectors(self.vectors, items.name)  # read before a list has other items than the one taken

        def likeness(text: str) -> float:
            if text == items.texts[wanted]:
                return 1.0
            if self.vectors is not None:
                vectors_IE = unit_vectors(self.vectors, items.name)
                return mean_over(items, text, lambda place: float(vectors_IE[place] @ vectors_IE[wanted]))
            titles = title_words(items.name)
            if text in items.sharing:
                return mean_over(items, text, lambda place: cosine(titles[place], titles[wanted]))
            return min(1.0, cosine(weighed(text, rarity(items.name)), titles[wanted]))

        return verdict("semantic_reward", shown(question, answer), likeness, items.texts[wanted])


@lru_cache(maxsize=4)
def unit_vectors(file: Path, name: str) -> NDArray[np.float64]:
    """Return the vectors of a catalogue's items, each of length 1, or 0 where it has none."""
    vectors_IE = read_vectors(file, catalogue(name))
    vectors_IE = vectors_IE / np.maximum(np.abs(vectors_IE).max(axis=1, keepdims=True, initial=0.0), TINY)
    lengths_I1 = np.linalg.norm(vectors_IE, axis=1, keepdims=True)
    unit_IE: NDArray[np.float64] = vectors_IE / np.where(lengths_I1 > 0, lengths_I1, 1.0)
    return unit_IE


@lru_cache(maxsize=8)
def rarity(name: str) -> Words:
    """Return the weight of each word of a catalogue's titles: log(I / n) for one that n of I titles have."""
    items: Catalogue = catalogue(name)
    counts: dict[str, int] = {}
    for title in items.titles:
        for term in words(title):
            counts[term] = counts.get(term, 0) + 1
    return {term: log(len(items.titles) / count) for term, count in counts.items()}


@lru_cache(maxsize=8)
def title_words(name: str) -> tuple[Words, ...]:
    """Return the weighed words of each title of a catalogue."""
    return tuple(weighed(title, rarity(name)) for title in catalogue(name).titles)


def weighed(text: str, weights: Mapping[str, float]) -> Words:
    """Return the words of a text that any title has, scaled to length 1 together."""
    own = {term: weights[term] for term in words(text) if term in weights}
    length = sqrt(sum(weight * weight for weight in own.values()))
    return {term: weight / length for term, weight in own.items()} if length else {}


def words(text: str) -> dict[str, None]:
    """Return the different words of a text, in their order."""
    return dict.fromkeys(re.findall(r"\w+", text.casefold()))


def cosine(one: Words, other: Words) -> float:
    """Return the cosine of two texts by their words."""
    return sum(weight * other.get(term, 0.0) for term, weight in one.items())
