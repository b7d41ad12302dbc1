"""How near items are to a title that was written freely, and what popularity or company has to do with it.

After Bao et al. (2023), "A Bi-Step Grounding Paradigm for LLMs in Recommendation" (BIGRec), arXiv 2308.08434: items are
ranked by the distance of their titles' states from that of what was written, and a score is injected as
minmax(distance) · (1 + minmax(score))^-γ. Changed: states may be centred, and γ is one for all cutoffs.
Axes: R rows, I items.
"""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from simulation.core.brought_json import WrittenTwice, decoded
from simulation.core.catalogue import Catalogue, catalogue
from simulation.core.errors import DataError
from simulation.core.paths import FilePath
from simulation.core.registry import nested

Floats = NDArray[np.float64]
GAMMAS = (0.0, *(round(0.01 * step, 2) for step in range(1, 101)), *map(float, range(2, 100)))
"""What is tried for γ: nothing, .01 to 1, and 2 to 99."""


@nested
class Grounding:
    """How a title that was written freely stands for the items nearest to it."""

    state: Literal["separator", "last", "mean"] = "separator"
    """Which state of the last layer a title is known by: that at the quote that closes it, that of its last token, or
    the mean over its tokens."""
    centred: bool = True
    """Whether the items' mean is taken off every state, and what is left scaled to length 1, as states that all point
    the same way need; without, states are compared as they are, as published."""
    weights: Literal["student", "base"] = "student"
    """Whose states these are: the student's as it is, or the base model's, which never change, as published."""
    popularity: FilePath | None = None
    """A JSON object of a number an item, such as how often it was taken in what may be learned from; more of it brings
    an item nearer."""
    gamma: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = 0.0
    """The strength of popularity, to be chosen on windows that are not held out: a distance, scaled to between 0 and 1,
    is multiplied by (1 + popularity)^-gamma."""

    @model_validator(mode="after")
    def _consistent(self) -> "Grounding":
        if self.gamma and self.popularity is None:
            raise ValueError("gamma weighs popularity; name its file in grounding.popularity, or leave gamma out")
        return self

    def distances(self, distances_RI: Floats, name: str) -> Floats:
        """Return the distances to a catalogue's items with popularity injected where it counts."""
        if self.popularity is None or not self.gamma:
            return distances_RI
        return injected(distances_RI, popularity(self.popularity, name), self.gamma)


@lru_cache(maxsize=4)
def popularity(file: Path, name: str) -> Floats:
    """Return the number of each text of a catalogue, `(I,)`; items that share a text have their sum."""
    items: Catalogue = catalogue(name)
    numbers = numbers_by_item(file, items)
    return np.array([sum(numbers[place] for place in places) for places in items.sharing.values()])


def numbers_by_item(file: Path, items: Catalogue) -> list[float]:
    """Read the number of each item of a catalogue, 0 where there is none; raises DataError."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        numbers = decoded(text)
    except WrittenTwice as twice:
        raise DataError(f"{file}:{twice.line_in(text)}: {twice}") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{file} cannot be read as JSON: {error}; correct grounding.popularity") from error
    if not isinstance(numbers, dict):
        raise DataError(f"{file} is no JSON object; write {{item: number, …}}")
    for item, number in numbers.items():
        if item not in items.places:
            raise DataError(f"{file} names {item!r}, which the catalogue has not; leave it out, or name another file")
        if type(number) not in (int, float) or not 0 <= number < float("inf"):
            raise DataError(f"{file}: {item!r} has {number!r}, which is no number from 0 on; correct it")
    return [float(numbers.get(item, 0.0)) for item in items.items]


def minmax(values: Floats) -> Floats:
    """Return values scaled to between 0 and 1 along the last axis; equal ones are 0."""
    lowest, highest = values.min(-1, keepdims=True), values.max(-1, keepdims=True)
    scaled: Floats = (values - lowest) / np.where(highest > lowest, highest - lowest, 1.0)
    return scaled


def injected(distances_RI: Floats, scores: Floats, gamma: float) -> Floats:
    """Return minmax(distance) · (1 + minmax(score))^-γ; scores are one an item, or one a row and item."""
    weighed_RI: Floats = minmax(distances_RI) * (1 + minmax(scores)) ** -gamma
    return weighed_RI


def averaged_ranks(
    title_distances_RI: Floats, keyword_distances_RI: Floats, alpha: float = 0.5, beta: float = 0.5
) -> Floats:
    """Return α · rank by title + β · rank by keywords, `(R, I)`, ranks from 0; ties go to the item of the lower place.

    So the study of BIGRec joins the title that a model wrote and the keywords that it reasoned out.
    """
    averaged_RI: Floats = alpha * ranks(title_distances_RI) + beta * ranks(keyword_distances_RI)
    return averaged_RI


def ranks(distances_RI: Floats) -> NDArray[np.int64]:
    """Return how many items of a row are nearer than each; of equals that of the lower place is the nearer."""
    return np.argsort(np.argsort(distances_RI, axis=-1, kind="stable"), axis=-1, kind="stable")


def chosen_gamma(
    distances_RI: Floats,
    scores: Floats,
    measure: Callable[[Floats], float],
    gammas: Sequence[float] = GAMMAS,
) -> tuple[float, float]:
    """Return the γ whose injected distances a measure holds best, and its value; of equals the smallest.

    `measure` sees distances of windows to choose on, never of held-out ones.
    """
    values = [measure(injected(distances_RI, scores, gamma)) for gamma in gammas]
    best = int(np.argmax(values))
    return gammas[best], values[best]
