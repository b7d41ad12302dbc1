"""How answers write the items of a log: the identifiers its catalogue has, whoever made them, or the titles."""

from pathlib import Path
from typing import Literal

import numpy as np

from environments.identifiers.assignment import as_codes, identifiers
from environments.identifiers.features import behaviour_features, item_features, target_pairs, text_features
from environments.identifiers.index_files import matched, read_index
from environments.logs.log import Log, Windows
from environments.shop.items import CELL, NOUNS_EACH, Wares
from simulation.core.catalogue import Catalogue
from simulation.core.errors import DataError
from simulation.core.seeding import generator

MadeOf = Literal["text and behaviour", "text", "structure"]
"""What identifiers are made of."""


def titled(log: Log) -> Catalogue:
    """Return the catalogue whose items are written by their titles."""
    return Catalogue(items=log.items, codes=tuple((title,) for title in log.titles), titles=log.titles, tags=log.tags)


def published(log: Log, index: Path | None) -> tuple[tuple[str, ...], ...] | None:
    """Return the codes that an index file gives the items, else those that come with the log, if any do."""
    return log.codes if index is None else matched(read_index(index), log.items, str(index))


def structured(wares: Wares) -> tuple[tuple[str, ...], ...]:
    """Return codes that are how the shop is really built: category, noun within it, style with maker."""
    noun_I, place_I = wares.noun_I % NOUNS_EACH, np.arange(len(wares.names)) % CELL
    return as_codes(np.stack([wares.category_I, noun_I, place_I], axis=1))


def semantic(
    log: Log, train: Windows, made_of: MadeOf, *, levels: int, size: int, seed: int
) -> tuple[tuple[str, ...], ...]:
    """Return codes by residual k-means of the items' texts and, where it is asked for, of what was taken together."""
    features_NF = text_features(texts(log))
    if made_of == "text and behaviour":
        pairs_P2, weights_P = target_pairs(train)
        features_NF = item_features(features_NF, behaviour_features(pairs_P2, len(log.items), weights_P))
    if len(log.items) > size**levels:
        raise DataError(
            f"{levels} levels of {size} codes write {size**levels} items apart, and {log.source!r} has "
            f"{len(log.items)}; ask for more levels or codes"
        )
    stream = generator(seed, 0, 0, "identifiers")
    return as_codes(identifiers(features_NF, levels, size, generator=stream).codes_NL)


def texts(log: Log) -> list[str]:
    """Return what is read of each item: its title, and its description where it has one."""
    if not log.descriptions:
        return list(log.titles)
    return [f"{title} {words}" for title, words in zip(log.titles, log.descriptions, strict=True)]


def told_sharing(items: Catalogue) -> tuple[str, ...]:
    """Return a notice of the items that share what is written, where there are any."""
    groups = [sharers for sharers in items.sharing.values() if len(sharers) > 1]
    if not groups:
        return ()
    count, first = sum(map(len, groups)), " and ".join(repr(items.titles[place]) for place in groups[0][:2])
    return (
        f"{count} of {len(items.items)} items share what is written with another, in {len(groups)} groups, such as "
        f"{first}; a hit is divided among them",
    )
