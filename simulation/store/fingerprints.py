"""What bit-identity rests on (library versions, threads, base weights), by the turn from which it held."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping

from simulation.store.columns import json_text


class Fingerprints:
    """The fingerprints of one study; more than one means that it is not bit-reproducible."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._armed: dict[str, str] | None = None

    def newest(self) -> dict[str, str]:
        """Return the fingerprint of the newest turns."""
        query = "SELECT fingerprint FROM fingerprints ORDER BY t DESC LIMIT 1"
        fingerprint: dict[str, str] = json.loads(self._connection.execute(query).fetchone()[0])
        return fingerprint

    def count(self) -> int:
        """Return how many different fingerprints followed one another."""
        return int(self._connection.execute("SELECT count(*) FROM fingerprints").fetchone()[0])

    def arm(self, fingerprint: Mapping[str, str]) -> tuple[str, ...]:
        """Return the differences from the newest, and keep them for `record`."""
        before = self.newest()
        self._armed = dict(fingerprint) if before != dict(fingerprint) else None
        return tuple(
            f"{name}: {before.get(name, 'absent')} → {fingerprint.get(name, 'absent')}"
            for name in sorted({*before, *fingerprint})
            if before.get(name) != fingerprint.get(name)
        )

    def record(self, turn: int) -> None:
        """Write down the differing fingerprint from which `turn` on is played, where there is one."""
        if self._armed is not None:
            self._connection.execute("DELETE FROM fingerprints WHERE t = ?", (turn,))
            self.add(turn, self._armed)

    def disarm(self) -> None:
        """Forget what is written down."""
        self._armed = None

    def add(self, turn: int, fingerprint: Mapping[str, str]) -> None:
        """Write a fingerprint down."""
        fingerprint_json = json_text(dict(fingerprint))
        row = (turn, fingerprint_json, hashlib.sha256(fingerprint_json.encode("utf-8")).digest())
        self._connection.execute("INSERT INTO fingerprints VALUES (?, ?, ?)", row)

    def damaged(self) -> Iterator[str]:
        """Yield every row that is not what its hash says, and the first where it is gone."""
        if self._connection.execute("SELECT min(t) FROM fingerprints").fetchone()[0] != 0:
            yield "the fingerprint of turn 0"
        rows = self._connection.execute("SELECT t, fingerprint, hash FROM fingerprints")
        for turn, fingerprint_json, digest in rows:
            if hashlib.sha256(fingerprint_json.encode("utf-8")).digest() != digest:
                yield f"the fingerprint of turn {turn}"
