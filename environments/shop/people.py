"""The people of the embedded shop: what they like, how that drifts, and how likely each is to take each item next.

A person likes categories and styles; both are log preferences that drift as Ornstein-Uhlenbeck processes between two
items, so that their spread stays the same. The next item is of a complement of the last one's noun (`COMPLEMENT` of the
time) or of a noun of a category that the person likes, in a style that the person likes, of a maker by popularity.
Axes: U people, and those of `items`.
"""

from dataclasses import dataclass

import numpy as np

from environments.shop.items import CATEGORIES, ITEM_COUNT, MAKERS_EACH, NOUN_NAMES, NOUNS_EACH, Floats, Places, Wares
from environments.shop.words import STYLES

COMPLEMENT = 0.7
"""How often the next item is a complement of the last."""
CATEGORY_SPREAD = 1.8
"""Standard deviation of log preferences among categories."""
STYLE_SPREAD = 2.2
"""The same among styles."""
CATEGORY_DRIFT = 0.1
"""The share of a preference's variance that is drawn anew between two items."""
STYLE_DRIFT = 0.08
NOTHING_YET = -1
"""Stands for the last item of a person who has taken none."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tastes:
    """What some people like, as log preferences."""

    category_UC: Floats
    style_US: Floats


def draw_tastes(stream: np.random.Generator, count: int) -> Tastes:
    """Draw what `count` people like."""
    return Tastes(
        category_UC=CATEGORY_SPREAD * stream.standard_normal((count, len(CATEGORIES))),
        style_US=STYLE_SPREAD * stream.standard_normal((count, len(STYLES))),
    )


def drifted(tastes: Tastes, stream: np.random.Generator) -> Tastes:
    """Return what the same people like one item later."""
    fresh = draw_tastes(stream, len(tastes.category_UC))
    return Tastes(
        category_UC=_drifted(tastes.category_UC, fresh.category_UC, CATEGORY_DRIFT),
        style_US=_drifted(tastes.style_US, fresh.style_US, STYLE_DRIFT),
    )


def noun_chances(wares: Wares, tastes: Tastes, last_U: Places) -> Floats:
    """Return how likely each person's next item is of each noun, (U, N)."""
    popularity_CN = wares.popularity_I.reshape(len(CATEGORIES), NOUNS_EACH, -1).sum(2)
    within_CN = popularity_CN / popularity_CN.sum(1, keepdims=True)
    liked_UN = (_softmax(tastes.category_UC)[:, :, None] * within_CN).reshape(-1, len(NOUN_NAMES))
    complements_UN = wares.complements_NN[wares.noun_I[last_U]]
    weights_U1 = np.where(last_U == NOTHING_YET, 0.0, COMPLEMENT)[:, None]
    chances_UN: Floats = (1 - weights_U1) * liked_UN + weights_U1 * complements_UN
    return chances_UN


def style_chances(wares: Wares, tastes: Tastes) -> Floats:
    """Return how likely each person takes each style of each noun, where it is that noun, (U, N, S)."""
    popularity_NS = wares.popularity_I.reshape(len(NOUN_NAMES), len(STYLES), -1).sum(2)
    chances_UNS: Floats = _softmax(tastes.style_US)[:, None, :] * popularity_NS
    chances_UNS /= chances_UNS.sum(2, keepdims=True)
    return chances_UNS


def maker_chances(wares: Wares) -> Floats:
    """Return how likely anybody takes each maker's of a noun in a style, (N, S, M)."""
    popularity_NSM = wares.popularity_I.reshape(len(NOUN_NAMES), len(STYLES), MAKERS_EACH)
    chances_NSM: Floats = popularity_NSM / popularity_NSM.sum(2, keepdims=True)
    return chances_NSM


def item_chances(wares: Wares, tastes: Tastes, last_U: Places) -> Floats:
    """Return how likely each person is to take each item next, (U, I); rows sum to 1."""
    chances_UNS = noun_chances(wares, tastes, last_U)[:, :, None] * style_chances(wares, tastes)
    return (chances_UNS[..., None] * maker_chances(wares)).reshape(-1, ITEM_COUNT)


def draw_items(wares: Wares, tastes: Tastes, last_U: Places, stream: np.random.Generator) -> Places:
    """Draw what each person takes next."""
    nouns_U = _drawn(noun_chances(wares, tastes, last_U), stream)
    popularity_US = wares.popularity_I.reshape(len(NOUN_NAMES), len(STYLES), -1).sum(2)[nouns_U]
    styles_U = _drawn(_softmax(tastes.style_US) * popularity_US, stream)
    makers_U = _drawn(maker_chances(wares)[nouns_U, styles_U], stream)
    return (nouns_U * len(STYLES) + styles_U) * MAKERS_EACH + makers_U


def _drifted(preferences: Floats, fresh: Floats, share: float) -> Floats:
    drifted_preferences: Floats = np.sqrt(1 - share) * preferences + np.sqrt(share) * fresh
    return drifted_preferences


def _softmax(preferences: Floats) -> Floats:
    weights = np.exp(preferences - preferences.max(-1, keepdims=True))
    chances: Floats = weights / weights.sum(-1, keepdims=True)
    return chances


def _drawn(weights_UK: Floats, stream: np.random.Generator) -> Places:
    """Draw a place of each row, as likely as its weight."""
    sums_UK = weights_UK.cumsum(1)
    thresholds_U = stream.random(len(weights_UK)) * sums_UK[:, -1]
    places_U: Places = (sums_UK[:, :-1] <= thresholds_U[:, None]).sum(1)
    return places_U
