"""A study of a million answers and 12,750 evaluations: a few turns by the store's writer, their rows again and again.

The first turns are played by simulated students (`scenarios/surrogate.yaml`) and written by the store as in every run.
Their rows are then repeated under later turn numbers, table by table, because to play them all takes a quarter of an
hour. Pages read the same rows and indexes as of a study that was played to its end; only the hash chain does not hold.
"""

import sqlite3
from pathlib import Path

from benchmarks.record import ROOT
from simulation.play.session import begin
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from simulation.store import DATABASE
from simulation.views.progress import Quiet

PLAYED = 4
"""Turns that are played; every second one ends with an evaluation, as turn 0 does."""
OVERRIDES = ("teacher.name=noisy", "teacher.flip=0.1", "ask.questions=40", "evaluate.every=2", "evaluate.questions=600")
APART = ("texts", "questions", "question_sets", "study", "seats", "fingerprints", "adapters")
"""Tables whose rows are not of turns, or that pages do not read."""


def make(folder: Path, students: int, turns: int) -> None:
    """Make the study in a folder that is not there yet; `turns` is a multiple of those played."""
    scenario = load_scenario(
        ROOT / "scenarios" / "surrogate.yaml", [f"students.count={students}", f"turns={PLAYED}", *OVERRIDES]
    )
    prepared = prepare(scenario)
    begin(folder, prepared.scenario.resolved(), [prepared], Quiet(), lambda _: None, keep="newest")
    repeat(folder, turns)


def repeat(folder: Path, turns: int) -> None:
    """Repeat the rows of the played turns up to a turn."""
    connection = sqlite3.connect(folder / DATABASE, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    for table in [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]:
        if table not in APART:
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            columns = ", ".join(f"{name} + ?" if name in ("t", "from_t") else name for name in names)
            statement = f"INSERT INTO {table} SELECT {columns} FROM {table} WHERE t BETWEEN 1 AND {PLAYED}"
            for step in range(PLAYED, turns, PLAYED):
                connection.execute(statement, (step,) * columns.count("?"))
    connection.execute("UPDATE study SET scenario = json_set(scenario, '$.turns', ?)", (turns,))
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def without_sums(folder: Path) -> None:
    """Turn a copy of the study into one of format 5, which kept no sums and had no such indexes."""
    connection = sqlite3.connect(folder / DATABASE, isolation_level=None)
    connection.executescript(
        "DROP TABLE turn_sums; DROP TABLE answer_sums; DROP TABLE evaluation_sums; DROP INDEX answers_by_question; "
        "DROP INDEX answers_by_reveals; UPDATE study SET version = 5"
    )
    connection.close()
