"""Which requests go through the model together: rows of like length, few padding tokens, bounded memory."""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from simulation.core.packing import rounded

SHRINK = 0.8
"""Of several slots, finished rows are dropped once the rest is at most this share: dropping copies the cache then."""
FEW = 8
"""One slot's rows are dropped down to multiples of this: for every new number of rows kernels are made anew."""


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
        indices_of_slot = [index for index, owner in enumerate(slots) if owner == slot]
        pieces = cut(slot, sorted(indices_of_slot, key=lambda index: (-lengths[index], index)), lengths, budget, even)
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


def dropped(
    slots: Sequence[int], order: Sequence[int], going: Container[int], multiple: int = FEW
) -> tuple[list[int], list[int]]:
    """Return the slots and the places in `order` to go on with; there is always a row of `order` that is `going`.

    Rows of one slot close up: the last ones move to where others ended, so that few move. Several slots stay `square`.
    """
    if len(slots) == 1:
        return list(slots), closed_up([row in going for row in order], multiple)
    remaining_slots, remaining_order = square(remaining(slots, order, going))
    if len(remaining_order) > SHRINK * len(order):
        return list(slots), list(range(len(order)))
    places = {row: place for place, row in enumerate(order)}
    return remaining_slots, [places[row] for row in remaining_order]


def closed_up(going: Sequence[bool], multiple: int) -> list[int]:
    """Return which place each row comes from once rows that are not `going` are gone, down to a multiple."""
    size = min(len(going), rounded(sum(going), multiple))
    places = list(range(size))
    moving = [place for place in range(size, len(going)) if going[place]]
    holes = [place for place in places if not going[place]]
    for hole, place in zip(holes, moving, strict=False):
        places[hole] = place
    return places


def remaining(slots: Sequence[int], order: Sequence[int], going: Container[int]) -> list[tuple[int, list[int]]]:
    """Return what `square` put in order as pieces again, less what is not `going` and the slots left empty."""
    size = len(order) // len(slots)
    pieces = [
        (slot, [row for row in dict.fromkeys(order[at * size : (at + 1) * size]) if row in going])
        for at, slot in enumerate(slots)
    ]
    return [(slot, rows) for slot, rows in pieces if rows]
