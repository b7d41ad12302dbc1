"""A study on disk: everything that happened, committed turn by turn, and enough to go on after any crash.

runs/<name>-<short id>/
    study.db          SQLite (WAL, synchronous=FULL): a transaction a turn, for all students, the only commit
    blobs/            adapters, named by their SHA-256, durable before the commit that names them
    scenario.yaml     the resolved scenario
    writer.lock       held by the one process that writes
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Self

from simulation.core.errors import StoreError, StudyDamaged
from simulation.core.questions import Measure, recorded
from simulation.core.types import Question, Seat, Trace, Turn
from simulation.loop.world import HELD_OUT
from simulation.store.adapters import Adapters, Keep
from simulation.store.chain import Chain, chained
from simulation.store.fingerprints import Fingerprints
from simulation.store.founding import BLOBS, make_database, make_folder, open_database
from simulation.store.interning import Interned
from simulation.store.kept_sums import KeptSums
from simulation.store.lock import release, take
from simulation.store.reading import BROKEN, Reader
from simulation.store.schema import DATABASE, GROWN_SINCE, REMEDY, reported, snapshot
from simulation.store.timings import Timings
from simulation.store.verifying import faults
from simulation.store.writing import Writer, checked

Status = Literal["running", "finished"]


class Study:
    """One study, open for reading, or for writing by this process alone."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, lock: int | None) -> None:
        """Take over an open database; use `create` or `open`."""
        self.folder = folder
        self.name = folder.name
        self._connection = connection
        self._lock = lock
        columns = "scenario, keep, measures, version"
        scenario, keep, measures, version = connection.execute(f"SELECT {columns} FROM study").fetchone()
        self.scenario: dict[str, Any] = json.loads(scenario)
        self._measures = json.loads(measures)
        rows = connection.execute("SELECT name, number, seed, label FROM seats ORDER BY s")
        self.seats = tuple(Seat(name=name, number=number, seed=seed, label=label) for name, number, seed, label in rows)
        self._positions = {seat.name: position for position, seat in enumerate(self.seats)}
        self._interned = Interned(connection)
        self._reader = Reader(connection, self._interned)
        sums = KeptSums(folder, connection, self._interned, self.held_out)
        self.sums = sums if version >= GROWN_SINCE else None
        self._writer = Writer(connection, self._interned, self.sums)
        self._chain = Chain(connection, self.scenario, self.seats, self._measures)
        self._adapters = Adapters(connection, folder / BLOBS, keep, list(self._positions))
        self._fingerprints = Fingerprints(connection)
        self.timings = Timings(folder, connection, self._interned)
        if lock is not None:
            self._adapters.clean()

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        scenario: Mapping[str, Any],
        seats: Sequence[Seat],
        measures: Sequence[Measure],
        fingerprint: Mapping[str, str],
        sets: Mapping[str, Sequence[Question]] | None = None,
        keep: Keep = "newest",
    ) -> Self:
        """Make a study in a folder that is not there yet; it exists once its first transaction is committed.

        `measures` are the environment's, the truth first; `sets` are the questions that evaluations put, by the name of
        the set.
        """
        with reported(folder):
            make_folder(folder, scenario)
            lock = take(folder)
            try:
                connection = make_database(
                    folder, scenario, seats, measures, sets=sets or {}, fingerprint=fingerprint, keep=keep
                )
                return cls(folder, connection, lock)
            except BaseException:
                release(lock)
                raise

    @classmethod
    def open(cls, folder: Path, *, write: bool = False) -> Self:
        """Open a study; `write` refuses with StudyBusy while another process writes it."""
        if not (folder / DATABASE).is_file():
            raise StoreError(f"{folder} is no study: it has no {DATABASE}; name a folder that `run` made, below runs/")
        with reported(folder):
            lock = take(folder) if write else None
            try:
                return cls(folder, open_database(folder, "rw" if write else "ro"), lock)
            except BaseException:
                if lock is not None:
                    release(lock)
                raise

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What evaluations measure, the truth first."""
        return tuple(map(recorded, self._measures))

    @property
    def status(self) -> Status:
        """Whether all its turns were played."""
        status: Status = self.query("SELECT status FROM study")[0][0]
        return status

    @property
    def last_turn(self) -> int:
        """The number of the last committed turn, -1 before turn 0."""
        with reported(self.folder):
            return self._chain.last_turn

    @property
    def trace_hash(self) -> str:
        """The end of the chain so far, in hexadecimal."""
        with reported(self.folder):
            return self._chain.newest.hex()

    @property
    def genesis(self) -> bytes:
        """The chain's beginning: the hash of what is to be played and by whom."""
        return self._chain.genesis

    @property
    def fingerprint(self) -> dict[str, str]:
        """What the newest turns' bit-identity rests on."""
        return self._fingerprints.newest()

    @property
    def reproducible(self) -> bool:
        """False once turns were played under different fingerprints: the study is then not bit-reproducible."""
        return self._fingerprints.count() == 1

    @property
    def base(self) -> str:
        """The folder or hub name of the model that the adapters change; "" before the first turn is played."""
        return str(self.query("SELECT base FROM study")[0][0])

    def set_base(self, source: str) -> None:
        """Write down which model the adapters change."""
        if source != self.base:
            with reported(self.folder), self._transaction():
                self._connection.execute("UPDATE study SET base = ?", (source,))

    def question_set(self, name: str) -> tuple[Question, ...]:
        """Return the questions that evaluations of this name put; () where the study has no such set."""
        rows = self.query("SELECT question FROM question_sets WHERE name = ? ORDER BY i", name)
        return tuple(self._interned.question(number) for (number,) in rows)

    def held_out(self) -> dict[str, Question]:
        """Return the held-out questions by their ids."""
        return {question.id: question for question in self.question_set(HELD_OUT)}

    def resume_on(self, fingerprint: Mapping[str, str]) -> tuple[str, ...]:
        """Say what differs from the fingerprint so far; the study is marked when the next turn is committed."""
        return self._fingerprints.arm(fingerprint)

    def append(
        self,
        turns: Sequence[Turn],
        adapters: Mapping[str, bytes],
        *,
        seconds: Mapping[str, float],
        judged_seconds: Mapping[tuple[str, str], float] | None = None,
    ) -> None:
        """Commit one turn of all students, in the order of the seats; `adapters` holds those that the turn changed."""
        with reported(self.folder):
            number = self._chain.last_turn + 1
            checked(turns, self._positions, number)
            digests = self._adapters.put(adapters)
            link = chained(self._chain.newest, turns, [digests.get(seat.name) for seat in self.seats])
            with self._transaction():
                for turn in turns:
                    self._writer.add(turn, self._positions[turn.student])
                self._adapters.record(number, digests)
                self._fingerprints.record(number)
                self.timings.record(turns, seconds, judged_seconds or {})
                self._chain.add(number, link)
            self._fingerprints.disarm()
            self._adapters.committed(digests, evaluated={turn.student for turn in turns if turn.evaluations})

    def finish(self) -> None:
        """Mark the study as played to its end."""
        with reported(self.folder), self._transaction():
            self._connection.execute("UPDATE study SET status = 'finished'")

    def turns(self, student: str | None = None, *, start: int = 0, stop: int | None = None) -> Iterator[Turn]:
        """Yield turns from `start` to before `stop`, of one student, or of all in the order of the seats."""
        positions = self._positions if student is None else {student: self._position(student)}
        end = self.last_turn + 1
        for number in range(start, end if stop is None else min(stop, end)):
            for name, position in positions.items():
                yield self._turn(number, position, name)

    def trace(self, student: str) -> Trace:
        """Return all turns of one student."""
        return Trace(seat=self.seats[self._position(student)], turns=tuple(self.turns(student)))

    def adapter(self, student: str, turn: int | None = None) -> bytes:
        """Return a student's adapter as it was after a turn, the last by default."""
        self._position(student)
        with reported(self.folder):
            return self._adapters.get(student, self.last_turn if turn is None else turn)

    def adapter_hashes(self, turn: int) -> list[bytes | None]:
        """Return, by seat, the hash of each adapter that a turn changed, as the chain takes it."""
        with reported(self.folder):
            return self._adapters.changed(turn)

    def rounds(self) -> Iterator[tuple[Turn, ...]]:
        """Yield the turns of all students turn by turn, each checked against the chain."""
        link = self.genesis
        for number in range(self.last_turn + 1):
            turns = tuple(self._turn(number, position, name) for name, position in self._positions.items())
            try:
                link = chained(link, turns, self.adapter_hashes(number))
            except StoreError as error:
                raise self._damaged(str(error)) from error
            if link != self._chain.at(number):
                raise self._damaged(f"turn {number} is not what its hash says")
            if self.sums is not None and not self.sums.hold(turns):
                raise self._damaged(f"the sums of turn {number} are not what its rows add up to")
            yield turns

    def verify(self) -> None:
        """Check every row, every blob and the chain; raises StudyDamaged naming what is wrong."""
        self.verify_apart_from_turns()
        for _ in self.rounds():
            pass

    def verify_apart_from_turns(self) -> None:
        """Check what `rounds` does not read: the database's pages, interned rows, stray rows, fingerprints, blobs."""
        with reported(self.folder), snapshot(self._connection):
            for fault in faults(self._connection, self._chain.last_turn):
                raise self._damaged(fault)
            for place in (*self._interned.damaged(), *self._fingerprints.damaged()):
                raise self._damaged(f"{place} is not what its hash says")
        with reported(self.folder):
            self._adapters.verify()

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a query on the tables and views of `schema` (Any: what the columns hold)."""
        with reported(self.folder):
            return self._connection.execute(statement, values).fetchall()

    def close(self) -> None:
        """Close the database and let the next writer in."""
        with reported(self.folder):
            self._connection.close()
        if self._lock is not None:
            release(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _position(self, student: str) -> int:
        if student not in self._positions:
            raise StoreError(f"{self.name} seats no student {student!r}; it seats {', '.join(self._positions)}")
        return self._positions[student]

    def _turn(self, number: int, position: int, name: str) -> Turn:
        with reported(self.folder):
            try:
                return self._reader.turn(number, position, name)
            except BROKEN as error:
                raise self._damaged(f"turn {number} of {name!r} cannot be rebuilt ({error})") from error

    def _damaged(self, what: str) -> StudyDamaged:
        return StudyDamaged(f"{self.folder / DATABASE}: {what}; {REMEDY}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit what happens inside, or nothing of it."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            self._interned.forget()
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
