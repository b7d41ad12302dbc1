"""What identifiers are made from and compared with: the items of a record and what was taken together in training."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from environments.identifiers.clusters import Floats, Places
from environments.identifiers.features import (
    BEHAVIOUR_WEIGHT,
    DIMENSIONS,
    behaviour_features,
    item_features,
    target_pairs,
    text_features,
)
from environments.identifiers.report import IdentifierReport, identifier_report
from environments.logs.log import Log, Windows
from environments.logs.reading import read_log
from environments.logs.splitting import windows
from environments.shop.log import shop_log

EMBEDDED = "embedded"
HISTORY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Items, and what training windows say of them; nothing that is tested enters."""

    source: str
    items: tuple[str, ...]
    titles: tuple[str, ...]
    tags: tuple[tuple[str, ...], ...]
    """() where nothing is known."""
    codes: tuple[tuple[str, ...], ...] | None
    """The identifiers that came with the record, where any did."""
    pairs_P2: Places
    weights_P: Floats
    taken_N: npt.NDArray[np.int64]
    """How often each item is the target of a training window."""

    def features(self, *, behaviour: float = BEHAVIOUR_WEIGHT, dimensions: int = DIMENSIONS) -> Floats:
        """Return features from titles and tags, with those from behaviour beside them unless their weight is 0."""
        text_NF = text_features(self.titles, self.tags, dimensions=dimensions)
        if behaviour == 0.0:
            return text_NF
        together_NF = behaviour_features(self.pairs_P2, len(self.items), self.weights_P, dimensions=dimensions)
        return item_features(text_NF, together_NF, weight=behaviour)

    def report(self, codes: Sequence[Sequence[str]], *, size: int | Sequence[int] | None = None) -> IdentifierReport:
        """Report on identifiers of its items."""
        return identifier_report(
            self.items, codes, taken_N=self.taken_N, pairs_P2=self.pairs_P2, weights_P=self.weights_P,
            tags=self.tags, size=size,
        )  # fmt: skip


def record(source: str, *, seed: int = 0) -> Record:
    """Return the embedded shop of a world's seed, or what `environments.logs.reading` reads at a path."""
    log = shop_log(seed).log if source == EMBEDDED else read_log(source)
    return record_of(log, windows(log, history=HISTORY).train)


def record_of(log: Log, training: Windows) -> Record:
    """Return what identifiers of a log's items may be made from, by its training windows."""
    pairs_P2, weights_P = target_pairs(training)
    return Record(
        source=log.source, items=log.items, titles=log.titles, tags=log.tags, codes=log.codes,
        pairs_P2=pairs_P2, weights_P=weights_P, taken_N=np.bincount(training.targets_W, minlength=len(log.items)),
    )  # fmt: skip
