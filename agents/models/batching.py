"""Which requests go through the model together: rows of like length, few padding tokens, bounded memory."""

from collections.abc import Container, Sequence
from dataclasses import dataclass

SHRINK = 0.8
"""Finished rows are dropped once the rest is at most this share of the batch, since dropping copies the cache."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of one slot's requests, by their index, and the length of the longest."""

    slot: int
    indices: tuple[int, ...]
    longest: int


def plan(slots: Sequence[int], lengths: Sequence[int], budget: int, *, even: bool = False) -> list[list[Piece]]:
    """Return batches that hold a piece a slot; rows × longest stays within `budget` tokens where a row allows it.

    What fills a batch stays alone in it; the rests of several slots share one. Where a batch costs much however few its
    rows are, `even` shares a slot's rows out over as many full batches as they need.
    """
    batches: list[list[Piece]] = []
    rests: list[Piece] = []
    for slot in sorted(set(slots)):
        mine = [index for index, owner in enumerate(slots) if owner == slot]
        pieces = cut(slot, sorted(mine, key=lambda index: (-lengths[index], index)), lengths, budget, even)
        batches.extend([piece] for piece in pieces[:-1])
        rests.append(pieces[-1])
    group: list[Piece] = []
    for rest in sorted(rests, key=lambda piece: (-len(piece.indices) * piece.longest, piece.slot)):
        if group and cost([*group, rest]) > budget:
            batches.append(sorted(group, key=lambda piece: piece.slot))
            group = []
        group.append(rest)
    if group:
        batches.append(sorted(group, key=lambda piece: piece.slot))
    return batches


def cut(slot: int, ordered: Sequence[int], lengths: Sequence[int], budget: int, even: bool) -> list[Piece]:
    """Cut one slot's indices, longest first, into pieces within the budget."""
    pieces = []
    first = 0
    while first < len(ordered):
        longest = lengths[ordered[first]]
        size, left = max(1, budget // longest), len(ordered) - first
        if even:
            size = -(-left // -(-left // size))
        indices = tuple(ordered[first : first + size])
        pieces.append(Piece(slot, indices, longest))
        first += len(indices)
    return pieces


def cost(pieces: Sequence[Piece]) -> int:
    """Return the tokens of a batch of these pieces, padding included."""
    return len(pieces) * max(len(piece.indices) for piece in pieces) * max(piece.longest for piece in pieces)


def square(pieces: Sequence[tuple[int, list[int]]]) -> tuple[list[int], list[int]]:
    """Return the slots and their rows one slot after the other, shorter ones filled up with their own first row."""
    most = max(len(rows) for _, rows in pieces)
    order = [row for _, rows in pieces for row in (*rows, *[rows[0]] * (most - len(rows)))]
    return [slot for slot, _ in pieces], order


def remaining(slots: Sequence[int], order: Sequence[int], going: Container[int]) -> list[tuple[int, list[int]]]:
    """Return what `square` put in order as pieces again, less what is not `going` and the slots left empty."""
    size = len(order) // len(slots)
    pieces = [
        (slot, [row for row in dict.fromkeys(order[at * size : (at + 1) * size]) if row in going])
        for at, slot in enumerate(slots)
    ]
    return [(slot, rows) for slot, rows in pieces if rows]
