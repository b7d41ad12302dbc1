"""What is wrong with an assignment of identifiers, by name: swapped levels, doubled identifiers, misplaced codes."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Sized

from environments.identifiers.index_files import named

TOKEN = re.compile(r"<([A-Za-z]+)_(\d+)>")
"""A code whose letters say its level and whose number says which it is there."""
_LISTED = 5
"""How many cases of a kind are written out before the rest is counted."""

Codes = Sequence[Sequence[str]]


def family(token: str) -> str:
    """Return what tells a code's level: its letters, or the whole token where it is not written so."""
    match = TOKEN.fullmatch(token)
    return match[1] if match else token


def homes(codes: Codes) -> dict[str, int]:
    """Return the level, counted from 0, at which the codes of a family mostly stand; the coarser one of two equals."""
    places: dict[str, Counter[int]] = defaultdict(Counter)
    for tokens in codes:
        for level, token in enumerate(tokens):
            places[family(token)][level] += 1
    return {letters: min(counts, key=lambda level: (-counts[level], level)) for letters, counts in places.items()}


def doubled(items: Sequence[str], codes: Codes) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return the items that share an identifier, by it."""
    sharers: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for item, tokens in zip(items, codes, strict=True):
        if tokens:
            sharers[tuple(tokens)].append(item)
    return {tokens: tuple(names) for tokens, names in sharers.items() if len(names) > 1}


def faults(items: Sequence[str], codes: Codes) -> tuple[str, ...]:
    """Return a sentence on each thing wrong; `codes` of an item without an identifier are empty."""
    return (
        *_without(items, codes),
        *_of_other_lengths(items, codes),
        *_doubled(items, codes),
        *_out_of_order(codes),
        *_misplaced(items, codes),
    )


def _without(items: Sequence[str], codes: Codes) -> Iterator[str]:
    missing = [item for item, tokens in zip(items, codes, strict=True) if not tokens]
    if missing:
        yield f"no identifier: {named(missing)}"


def _of_other_lengths(items: Sequence[str], codes: Codes) -> Iterator[str]:
    lengths = Counter(len(tokens) for tokens in codes if tokens)
    if len(lengths) > 1:
        usual = max(lengths, key=lambda length: (lengths[length], length))
        others = [item for item, tokens in zip(items, codes, strict=True) if tokens and len(tokens) != usual]
        yield f"another number of codes than the usual {usual}: {named(others)}"


def _doubled(items: Sequence[str], codes: Codes) -> Iterator[str]:
    groups = doubled(items, codes)
    if groups:
        first = list(groups.items())[:_LISTED]
        listed = "; ".join(f"{''.join(tokens)} of {named(sharers)}" for tokens, sharers in first)
        yield f"{len(groups)} doubled identifiers of {sum(map(len, groups.values()))} items: {listed}{_rest(groups)}"


def _out_of_order(codes: Codes) -> Iterator[str]:
    """Where two levels are swapped in most items, the letters still say so: b stands before a."""
    letters = [letters for letters, _ in sorted(homes(codes).items(), key=lambda home: home[1]) if len(letters) == 1]
    moved = [place for place, letter in enumerate(letters) if letter != sorted(letters)[place]]
    if moved:
        levels = " and ".join(str(place + 1) for place in moved)
        yield f"swapped levels {levels} in most items: they hold <{'_…>, <'.join(letters[place] for place in moved)}_…>"


def _misplaced(items: Sequence[str], codes: Codes) -> Iterator[str]:
    """Name items whose levels are swapped, and codes that stand at a level of others."""
    home = homes(codes)
    swapped: dict[tuple[int, ...], list[tuple[str, str]]] = defaultdict(list)
    strays: dict[tuple[str, int], list[str]] = defaultdict(list)
    for item, tokens in zip(items, codes, strict=True):
        levels = [home[family(token)] for token in tokens]
        if sorted(levels) == list(range(len(tokens))):
            moved = tuple(level + 1 for level, at_home in enumerate(levels) if level != at_home)
            if moved:
                swapped[moved].append((item, "".join(tokens)))
            continue
        for level, (token, at_home) in enumerate(zip(tokens, levels, strict=True)):
            if level != at_home:
                strays[token, level].append(item)
    for moved, cases in swapped.items():
        first, text = cases[0]
        others = f" and {len(cases) - 1} more items" if len(cases) > 1 else ""
        yield f"swapped levels {' and '.join(map(str, moved))}: item {first!r} ({text}){others}"
    for (token, level), names in list(strays.items())[:_LISTED]:
        home_level = home[family(token)] + 1
        yield f"code {token} of level {home_level} stands at level {level + 1} of {named(names)}"
    if len(strays) > _LISTED:
        yield f"{len(strays) - _LISTED} more codes stand at a level that is not theirs"


def _rest(cases: Sized) -> str:
    return f"; and {len(cases) - _LISTED} more" if len(cases) > _LISTED else ""
