"""What an assignment of identifiers is like before anything is trained on it, whatever made it.

Coverage and sharing; codes used, their entropy and branching a level; what popular and rare items get; and how well
prefixes agree with what is taken together beside a control that knows only tags: a prefix of a category agrees with
co-occurrence better than published identifiers do (SIDInspector, 2026, arXiv 2606.10375).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from environments.identifiers.agreement import Agreement
from environments.identifiers.clusters import Floats, Places, sizes_of
from environments.identifiers.faults import TOKEN, Codes, doubled, faults
from environments.identifiers.features import weighted_pairs
from simulation.core.catalogue import Catalogue
from simulation.core.errors import DataError

QUARTERS = ("most popular", "second", "third", "least popular")
_LISTED = 8
"""How many unused codes of a level are written out."""
_CLEARLY = 1.5
"""How many times a coarser level's excess a finer one must have, alone, to be held for it."""
_NEGLIGIBLE = 0.01
"""Excess below which agreement says nothing of the order of levels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelFigures:
    """One level of the identifiers."""

    used: int
    """How many codes occur."""
    unused: tuple[str, ...]
    """Codes that no item has, of as many as the level offers."""
    entropy_bits: float
    branching: float
    """How many different codes follow a prefix, in the mean of the prefixes that occur."""

    @property
    def effective(self) -> float:
        """As many codes, used equally, have this entropy."""
        return float(2.0**self.entropy_bits)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterFigures:
    """A quarter of the items with an identifier, by how often they are taken."""

    taken: float
    """Share of all takings."""
    sharing: float
    """Share of its items whose whole identifier another item has too."""
    neighbours: tuple[float, ...]
    """How many other items have the same prefix, in the mean; of the first code, the first two, … but the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierReport:
    """All of it; `lines` writes it."""

    items: int
    identified: int
    doubled: dict[tuple[str, ...], tuple[str, ...]]
    """Items that share an identifier, by it."""
    levels: tuple[LevelFigures, ...]
    quarters: tuple[QuarterFigures, ...]
    prefixes: tuple[Agreement, ...]
    alone: tuple[Agreement, ...]
    """Of the codes of one level, whatever comes before them."""
    controls: tuple[Agreement, ...]
    faults: tuple[str, ...]
    """A sentence on each thing that is wrong."""
    notes: tuple[str, ...]
    """A sentence on each thing that may be meant so."""

    @property
    def sharing_items(self) -> int:
        """How many items share their identifier with another."""
        return sum(map(len, self.doubled.values()))

    def lines(self) -> list[str]:
        """Write the report, faults and notes last."""
        sharing = f"{self.sharing_items} items share theirs, in {len(self.doubled)} groups"
        return [
            f"identifiers: {self.identified} of {self.items} items have one; {sharing}",
            *(_level_line(number, level) for number, level in enumerate(self.levels, start=1)),
            *(_quarter_line(name, quarter) for name, quarter in zip(QUARTERS, self.quarters, strict=False)),
            *(f"agreement: {agreement}" for agreement in self.prefixes),
            *(f"control: {agreement}" for agreement in self.controls),
            *(f"fault: {fault}" for fault in self.faults),
            *(f"note: {note}" for note in self.notes),
        ]


def identifier_report(
    items: Sequence[str],
    codes: Codes,
    *,
    taken_N: npt.ArrayLike | None = None,
    pairs_P2: npt.ArrayLike | None = None,
    weights_P: npt.ArrayLike | None = None,
    tags: Sequence[Sequence[str]] = (),
    size: int | Sequence[int] | None = None,
) -> IdentifierReport:
    """Report on identifiers; an item without one has no codes.

    `taken_N` says how often each item is taken, `pairs_P2` which places are taken together, `weights_P` how much each
    pair weighs, `size` how many codes a level offers (the greatest number that occurs says it otherwise).
    """
    if len(items) != len(codes) or (tags and len(tags) != len(items)):
        raise DataError(
            f"{len(items)} items have {len(codes)} identifiers and {len(tags)} lists of tags; give one each"
        )
    depth = _usual_depth(codes)
    pairs, weights = weighted_pairs([] if pairs_P2 is None else pairs_P2, len(items), weights_P)
    sizes = (None,) * depth if size is None else sizes_of(size, depth)
    levels = tuple(_level_figures(codes, level, sizes[level]) for level in range(depth))
    alone = _agreements("code", codes, depth, pairs, weights, alone=True)
    return IdentifierReport(
        items=len(items),
        identified=sum(1 for tokens in codes if tokens),
        doubled=doubled(items, codes),
        levels=levels,
        quarters=() if taken_N is None else _quarters(codes, depth, np.asarray(taken_N, dtype=np.float64)),
        prefixes=_agreements("codes", codes, depth - 1, pairs, weights),
        alone=alone,
        controls=_agreements("tags", tags, max(map(len, tags), default=0), pairs, weights),
        faults=(*faults(items, codes), *_unused(levels)),
        notes=_coarser_later(alone),
    )


def _agreements(
    what: str, rows: Codes, depth: int, pairs_P2: Places, weights_P: Floats, *, alone: bool = False
) -> tuple[Agreement, ...]:
    """Return how well each prefix of the rows agrees, or each entry `alone`; an item whose row is shorter is alone."""
    agreements = []
    for level in range(1, depth + 1):
        keys = [tuple(row[level - 1 : level] if alone else row[:level]) if len(row) >= level else None for row in rows]
        name = (
            f"{what} {level} alone" if alone else f"the first {level} {what}" if level > 1 else f"the first {what[:-1]}"
        )
        agreements.append(Agreement.of(name, keys, pairs_P2, weights_P))
    return tuple(agreement for agreement in agreements if agreement is not None)


def catalogue_report(
    catalogue: Catalogue,
    *,
    taken_N: npt.ArrayLike | None = None,
    pairs_P2: npt.ArrayLike | None = None,
    weights_P: npt.ArrayLike | None = None,
    size: int | Sequence[int] | None = None,
) -> IdentifierReport:
    """Report on the identifiers of a catalogue: see `identifier_report`."""
    return identifier_report(
        catalogue.items, catalogue.codes, taken_N=taken_N, pairs_P2=pairs_P2, weights_P=weights_P,
        tags=catalogue.tags, size=size,
    )  # fmt: skip


def _usual_depth(codes: Codes) -> int:
    lengths = Counter(len(tokens) for tokens in codes if tokens)
    if not lengths:
        raise DataError("no item has an identifier; give a list of codes an item")
    return max(lengths, key=lambda length: (lengths[length], length))


def _prefix(tokens: Sequence[str], level: int) -> tuple[str, ...] | None:
    """Return the first codes; none where an item has fewer."""
    return tuple(tokens[:level]) if len(tokens) >= level else None


def _level_figures(codes: Codes, level: int, size: int | None) -> LevelFigures:
    counts = Counter(tokens[level] for tokens in codes if len(tokens) > level)
    shares = np.array(list(counts.values()), dtype=np.float64) / counts.total()
    branches = {tuple(tokens[: level + 1]) for tokens in codes if len(tokens) > level}
    return LevelFigures(
        used=len(counts),
        unused=_without_items(codes, counts, size),
        entropy_bits=float(-(shares * np.log2(shares)).sum()) + 0.0,
        branching=len(branches) / len({branch[:-1] for branch in branches}),
    )


def _without_items(codes: Codes, counts: Counter[str], size: int | None) -> tuple[str, ...]:
    """Return the codes that a level offers and no item has, where its codes are numbered.

    The level's letters are those that most of its codes have; the numbers begin at the least that occurs at any level.
    """
    numbers = [int(match[2]) for tokens in codes for token in tokens if (match := TOKEN.fullmatch(token))]
    letters = Counter(match[1] for token in counts if (match := TOKEN.fullmatch(token)))
    if not letters:
        return ()
    first = min(min(numbers), 1)
    last = max(numbers) if size is None else first + size - 1
    level_letters = letters.most_common(1)[0][0]
    offered = [f"<{level_letters}_{number}>" for number in range(first, last + 1)]
    return tuple(token for token in offered if token not in counts)


def _quarters(codes: Codes, depth: int, taken_N: npt.NDArray[np.float64]) -> tuple[QuarterFigures, ...]:
    if len(taken_N) != len(codes):
        raise DataError(f"{len(codes)} items have {len(taken_N)} counts of how often they are taken; give one each")
    identified = np.array([place for place, tokens in enumerate(codes) if len(tokens) == depth])
    order = identified[np.argsort(-taken_N[identified], kind="stable")]
    sizes = [Counter(_prefix(codes[place], level) for place in order) for level in range(1, depth + 1)]
    total = max(float(taken_N.sum()), 1e-300)
    return tuple(
        QuarterFigures(
            taken=float(taken_N[quarter].sum()) / total,
            sharing=float(np.mean([sizes[-1][_prefix(codes[place], depth)] > 1 for place in quarter])),
            neighbours=tuple(
                float(np.mean([counts[_prefix(codes[place], level)] - 1 for place in quarter]))
                for level, counts in enumerate(sizes[:-1], start=1)
            ),
        )
        for quarter in np.array_split(order, len(QUARTERS))
        if len(quarter)
    )


def _unused(levels: Sequence[LevelFigures]) -> list[str]:
    return [
        f"unused at level {number}: {_listed(level.unused)}; {len(level.unused)} of "
        f"{level.used + len(level.unused)} codes"
        for number, level in enumerate(levels, start=1)
        if level.unused
    ]


def _coarser_later(alone: Sequence[Agreement]) -> tuple[str, ...]:
    """Name a later level that agrees with what is taken together clearly better than the first."""
    return tuple(
        f"code {number} alone agrees better with what is taken together (excess {later.excess:.3f}) than code 1 "
        f"({alone[0].excess:.3f}): levels 1 and {number} may be swapped"
        for number, later in enumerate(alone[1:], start=2)
        if later.excess > max(_CLEARLY * alone[0].excess, _NEGLIGIBLE)
    )


def _level_line(number: int, level: LevelFigures) -> str:
    return (
        f"level {number}: {level.used} codes used, {len(level.unused)} not; entropy {level.entropy_bits:.2f} bits, as "
        f"of {level.effective:.1f} equal codes; {level.branching:.2f} a prefix"
    )


def _quarter_line(name: str, quarter: QuarterFigures) -> str:
    means = ", ".join(f"{mean:.1f}" for mean in quarter.neighbours)
    others = f"; others with the same prefix, by its length: {means}" if means else ""
    return (
        f"{name} quarter of the items ({quarter.taken:.0%} of what is taken): {quarter.sharing:.1%} share an "
        f"identifier{others}"
    )


def _listed(tokens: Sequence[str]) -> str:
    rest = f" and {len(tokens) - _LISTED} more" if len(tokens) > _LISTED else ""
    return f"{', '.join(tokens[:_LISTED])}{rest}"
