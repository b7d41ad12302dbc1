"""What can be wrong with a study's database beside its turns: its pages, its chain, rows after the last turn."""

import sqlite3
from collections.abc import Iterator

APART = ("study", "seats", "chain", "timings", "committed", "fingerprints", "texts", "questions", "question_sets")
"""Tables without rows of turns, or with such as the trace does not hold."""


def faults(connection: sqlite3.Connection, last_turn: int) -> Iterator[str]:
    """Yield what is wrong, the worst first."""
    page_check = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if page_check != "ok":
        yield page_check
    if [row[0] for row in connection.execute("SELECT t FROM chain ORDER BY t")] != [*range(last_turn + 1)]:
        yield "a turn is missing from the chain"
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    for table in tables:
        if (
            table not in APART
            and connection.execute(f"SELECT 1 FROM {table} WHERE t > ? LIMIT 1", (last_turn,)).fetchone()
        ):
            yield f"table {table} has rows after turn {last_turn}, the last"
