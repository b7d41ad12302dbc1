"""Every paid reply and every coin, in a database of its own: a transaction before each call and one after it.

Before a call its worst price is reserved, or the call is not made; afterwards the reservation becomes what the call
cost. A process that is killed leaves its open reservations counted, so a budget is never exceeded, also across resumes.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from agents.remote.budget import NANO, Budget, Prices
from agents.remote.endpoint import Call
from simulation.core.calls import Completion
from simulation.core.errors import ModelError, StoreError

FILE = "replies.db"
VERSION = 1
TABLES = """
CREATE TABLE spent (one INTEGER PRIMARY KEY CHECK (one = 1), requests INTEGER NOT NULL, tokens INTEGER NOT NULL,
    nano INTEGER NOT NULL) STRICT;
INSERT INTO spent VALUES (1, 0, 0, 0);
CREATE TABLE calls (id INTEGER PRIMARY KEY, key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'unusable', 'unknown', 'free')),
    tokens INTEGER NOT NULL, nano INTEGER NOT NULL) STRICT;
CREATE INDEX calls_by_key ON calls (key);
CREATE TABLE replies (key TEXT PRIMARY KEY, text TEXT NOT NULL, tokens INTEGER NOT NULL, logprob REAL,
    stop TEXT NOT NULL, model TEXT NOT NULL) STRICT;
"""
"""The state of a call: under way or lost with its process, answered, answered unusably, without any known end, or
not billed. Money is in billionths."""
GIVEN_UP = "CREATE TABLE IF NOT EXISTS given_up (key TEXT PRIMARY KEY, stop TEXT NOT NULL) STRICT"
"""Calls that were given up in a turn that is not committed yet: when it is played again, they are not made again."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a server says a call used."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent so far, open reservations included."""

    requests: int
    tokens: int
    money: float


class Shortage(ModelError):
    """The budget does not cover the worst price of a call."""

    def __init__(self, name: str, limit: float, used: float, needed: float) -> None:
        super().__init__(
            f"the budget of {limit:,.10g} {name} is used up: {used:,.10g} are spent or held and the next call may take "
            f"{needed:,.10g}"
        )
        larger_limit = 2 * limit + needed
        self.larger = {name: larger_limit if name == "money" else int(larger_limit)}
        """A budget that would do for as much again."""


class Ledger:
    """The replies and costs of one study."""

    def __init__(self, connection: sqlite3.Connection, budget: Budget, prices: Prices, place: str) -> None:
        """Take over an open database; use `at`."""
        self._connection = connection
        self._budget = budget
        self._prices = prices
        self._place = place

    @classmethod
    def at(cls, path: Path | None, budget: Budget, prices: Prices) -> Self:
        """Open or begin the database at a path, or one in memory."""
        place = ":memory:" if path is None else str(path)
        with _reported(place):
            connection = sqlite3.connect(place, isolation_level=None, timeout=60, check_same_thread=False)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in TABLES.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {VERSION}")
            if version in (0, VERSION):
                connection.execute(GIVEN_UP)
            connection.execute("COMMIT")
        if version not in (0, VERSION):
            connection.close()
            raise StoreError(f"{place} has format {version}, this program reads {VERSION}; use what wrote it")
        return cls(connection, budget, prices, place)

    @property
    def spent(self) -> Spent:
        """Return what was spent so far."""
        with _reported(self._place):
            requests, tokens, nano = self._connection.execute("SELECT requests, tokens, nano FROM spent").fetchone()
        return Spent(requests, tokens, nano / NANO)

    def reply(self, key: str) -> Completion | None:
        """Return the reply to a call that was answered before, or given up in this turn."""
        with _reported(self._place):
            row = self._connection.execute(
                "SELECT text, tokens, logprob, stop FROM replies WHERE key = ? "
                "UNION ALL SELECT '', 0, NULL, stop FROM given_up WHERE key = ?",
                (key, key),
            ).fetchone()
        return None if row is None else Completion(text=row[0], tokens=row[1], logprob=row[2], stop=row[3])

    def give_up(self, key: str, stop: str) -> None:
        """Write down that a call was given up, and what its answer ends with instead."""
        with self._transaction():
            self._connection.execute("INSERT OR REPLACE INTO given_up VALUES (?, ?)", (key, stop))

    def let_go(self, keys: Iterable[str] | None = None) -> None:
        """Forget that calls were given up, by default all of them: whoever asks the same again may be answered."""
        with _reported(self._place):
            given_up = {key for (key,) in self._connection.execute("SELECT key FROM given_up")}
        if gone := given_up if keys is None else given_up.intersection(keys):
            with self._transaction():
                self._connection.executemany("DELETE FROM given_up WHERE key = ?", [(key,) for key in gone])

    def unusable(self, key: str) -> int:
        """Return how many paid replies to a call could not be used."""
        with _reported(self._place):
            unusable_replies: int = self._connection.execute(
                "SELECT count(*) FROM calls WHERE key = ? AND state = 'unusable'", (key,)
            ).fetchone()[0]
        return unusable_replies

    def reserve(self, call: Call) -> int:
        """Write down that a call is about to be made, and return the entry's number; raises Shortage."""
        tokens = call.prompt_tokens + call.completion_tokens
        nano = self._prices.nano(call.prompt_tokens, call.completion_tokens)
        with self._transaction():
            self._check(tokens, nano)
            self._connection.execute(
                "UPDATE spent SET requests = requests + 1, tokens = tokens + ?, nano = nano + ?", (tokens, nano)
            )
            entry = self._connection.execute(
                "INSERT INTO calls (key, state, tokens, nano) VALUES (?, 'open', ?, ?)", (call.key, tokens, nano)
            ).lastrowid
        assert entry is not None
        return entry

    def _check(self, tokens: int, nano: int) -> None:
        spent = self._connection.execute("SELECT requests, tokens, nano FROM spent").fetchone()
        needs = (1, tokens, nano)
        limits = {"requests": self._budget.requests, "tokens": self._budget.tokens, "money": self._budget.money}
        for (name, limit), used, needed in zip(limits.items(), spent, needs, strict=True):
            unit = NANO if name == "money" else 1
            if limit is not None and used + needed > int(limit * unit):
                raise Shortage(name, limit, used / unit, needed / unit)

    def settle(
        self,
        entry: int,
        state: str,
        usage: Usage | None = None,
        reply: tuple[str, Completion, str] | None = None,
    ) -> None:
        """Write down how a call ended, with its reply (key, completion, served model) in the same transaction.

        A call of unknown usage keeps its reservation, unless it is "free".
        """
        with self._transaction():
            tokens, nano = self._connection.execute("SELECT tokens, nano FROM calls WHERE id = ?", (entry,)).fetchone()
            cost = (tokens, nano)
            if state == "free":
                cost = (0, 0)
            elif usage is not None:
                used = (usage.prompt_tokens, usage.completion_tokens)
                cost = (sum(used), self._prices.nano(*used))
            self._connection.execute(
                "UPDATE calls SET state = ?, tokens = ?, nano = ? WHERE id = ?", (state, *cost, entry)
            )
            self._connection.execute(
                "UPDATE spent SET tokens = tokens + ?, nano = nano + ?", (cost[0] - tokens, cost[1] - nano)
            )
            if reply is not None:
                key, completion, model = reply
                self._connection.execute(
                    "INSERT OR IGNORE INTO replies VALUES (?, ?, ?, ?, ?, ?)",
                    (key, completion.text, completion.tokens, completion.logprob, completion.stop, model),
                )

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit what happens inside, durably, or nothing of it."""
        with _reported(self._place):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


@contextmanager
def _reported(place: str) -> Iterator[None]:
    """Turn what SQLite raises into an error of the user's."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(
            f"{place}: {error}; free the disk or restore a copy, and do not delete it: "
            "it holds all replies that were paid for"
        ) from error
