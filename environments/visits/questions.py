"""What a visit asks and what its judge is told of the user: a question with a `Visitor` as its key."""

from functools import lru_cache

from environments.shop.items import CATEGORIES, NOUN_NAMES, Wares
from environments.shop.people import NOTHING_YET
from environments.shop.words import STYLES
from environments.visits.users import User
from simulation.core.catalogue import Catalogue
from simulation.core.kinds.next_items import NextItems
from simulation.core.kinds.visitor import Visitor
from simulation.core.types import Question

CATEGORY_TASTE, STYLE_TASTE = 1.4, 0.6
"""Log-odds of a click for each unit of a log preference above indifference."""
WANT = 1.0
"""Log-odds of a click on the likeliest complement of the item taken last; others in proportion."""
LEAST = 0.05
"""Weights below this are left out."""
DIGITS = 2
"""To so many decimals a judge is told of users: a click can hardly tell them apart, and every visit is stored."""
TAGS = (*CATEGORIES, *STYLES)


def visit(user: User, wares: Wares, catalogue: Catalogue, count: int, name: str, *, ranked: int = 0) -> Question:
    """Return the question what to show a user.

    Where more is `ranked` than shown it measures, and the judge is told what the user takes next unasked.
    """
    history = tuple([wares.names[place] for place in user.taken])
    last = user.taken[-1]
    return Question(
        id=name,
        prompt=prompt(user, catalogue),
        form=NextItems(catalogue=catalogue.name, count=count, ranked=ranked, history=history),
        key=Visitor(
            user=user.number,
            mood=round(user.mood, DIGITS),
            tastes=tastes(user),
            wants=wants(wares, last),
            boredom={wares.names[place]: round(times, DIGITS) for place, times in user.boredom},
            curiosity=round(user.curiosity, DIGITS),
            impatience=round(user.impatience, DIGITS),
            item=wares.names[user.next_item] if ranked and user.next_item != NOTHING_YET else "",
        ),
        tags=(wares.tags[last][0],),
    )


def prompt(user: User, catalogue: Catalogue) -> str:
    """Return a user's history as it is written."""
    return " ".join([catalogue.texts[place] for place in user.taken])


def liking(user: User, catalogue: Catalogue, place: int) -> float:
    """Return what an item's tags add to the log-odds of a click by taste."""
    weights = tastes(user)
    return sum(weights.get(tag, 0.0) for tag in catalogue.tags[place])


def tastes(user: User) -> dict[str, float]:
    """Return what tags add to the log-odds of a click: a user's preferences, and what catches everybody's eye."""
    scales = (CATEGORY_TASTE,) * len(CATEGORIES) + (STYLE_TASTE,) * len(STYLES)
    weights = zip(TAGS, user.tastes, user.allure, scales, strict=True)
    by_tag = {tag: scale * max(0.0, preference) + allure for tag, preference, allure, scale in weights}
    return {tag: round(weight, DIGITS) for tag, weight in by_tag.items() if abs(weight) >= LEAST}


@lru_cache(maxsize=4096)
def wants(wares: Wares, last: int) -> dict[str, float]:
    """Return what an item just taken adds to the log-odds of a click on its complements, by their noun."""
    chances_N = wares.complements_NN[wares.noun_I[last]]
    weights = zip(NOUN_NAMES, (WANT * chances_N / chances_N.max()).tolist(), strict=True)
    return {noun: round(weight, DIGITS) for noun, weight in weights if weight >= LEAST}
