"""The hash chain: each turn's link covers what every student's turn was, its adapters, and all turns before.

chain(t) = SHA-256(chain(t - 1), then for each student in order of the seats: SHA-256 of the turn's canonical bytes, and
its adapter's SHA-256 or 32 zero bytes where the turn changed none). chain(-1) is the SHA-256 of the scenario, the
seats, the measures and the questions that evaluations put; the last link is the trace hash. Times and fingerprints are
not part of it.
"""

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from simulation.core.types import Seat, Turn
from simulation.store.canonical import canonical, dump, written


class Chain:
    """The links of one study."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        scenario: Mapping[str, Any],
        seats: Sequence[Seat],
        measures: Sequence[Mapping[str, Any]],
    ) -> None:
        """Begin the chain of a scenario (Any: whatever JSON holds), its seats, and its measures as they are stored."""
        self._connection = connection
        rows = connection.execute(
            "SELECT s.name, i, lower(hex(hash)) FROM question_sets s JOIN questions ON id = question ORDER BY s.name, i"
        )
        sets = [list(row) for row in rows]
        beginning = {
            "scenario": scenario,
            "seats": [msgspec.Raw(written(seat, f"seat {seat.name!r}")) for seat in seats],
            "measures": measures,
            "sets": sets,
        }
        self.genesis = hashlib.sha256(dump(beginning)).digest()

    @property
    def last_turn(self) -> int:
        """The last turn that has a link, or -1."""
        last = self._connection.execute("SELECT max(t) FROM chain").fetchone()[0]
        return -1 if last is None else int(last)

    @property
    def newest(self) -> bytes:
        """The last link."""
        return self.at(self.last_turn)

    def at(self, turn: int) -> bytes:
        """Return the link of a turn; -1 is the beginning."""
        if turn < 0:
            return self.genesis
        return bytes(self._connection.execute("SELECT hash FROM chain WHERE t = ?", (turn,)).fetchone()[0])

    def add(self, turn: int, link: bytes) -> None:
        """Write a link down."""
        self._connection.execute("INSERT INTO chain VALUES (?, ?)", (turn, link))


def chained(link: bytes, turns: Sequence[Turn], adapters: Sequence[bytes | None]) -> bytes:
    """Return the next link: of a turn of each student, and of the hashes of the adapters it changed."""
    hashed = hashlib.sha256(link)
    for turn, adapter in zip(turns, adapters, strict=True):
        hashed.update(hashlib.sha256(canonical(turn)).digest() + (adapter or bytes(32)))
    return hashed.digest()
