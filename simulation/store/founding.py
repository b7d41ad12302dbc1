"""How a study's folder begins, and which folders and formats are refused."""

import re
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Any, Literal

from simulation.core.errors import StoreError, StudyNotBegun
from simulation.core.questions import Measure, as_record
from simulation.core.types import Question, Seat
from simulation.scenario.reading import written_out
from simulation.store.adapters import sync_folder, write_durably
from simulation.store.canonical import check, dump
from simulation.store.columns import json_text
from simulation.store.fingerprints import Fingerprints
from simulation.store.interning import Interned
from simulation.store.schema import (
    ATTEMPTS,
    DATABASE,
    GROWN_SINCE,
    INDEXES,
    LATER_VIEWS,
    OLDEST,
    SUMS,
    TABLES,
    VERSION,
    VIEWS,
    connect,
)

SCENARIO = "scenario.yaml"
BLOBS = "blobs"


def new_folder(runs: Path, name: str) -> Path:
    """Return a folder for a new study that no other has: a readable name and a short id."""
    readable = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")[:60] or "study"
    while (folder := runs / f"{readable}-{secrets.token_hex(3)}").exists():
        pass
    return folder


def study_folders(runs: Path) -> list[Path]:
    """Return the folders of all studies under `runs`, by name."""
    return sorted(path.parent for path in runs.glob(f"*/{DATABASE}"))


def make_folder(folder: Path, scenario: Mapping[str, Any]) -> None:
    """Make a study's folder with its resolved scenario (Any: whatever JSON holds)."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise StoreError(f"{folder} is already there; open it, or choose another name") from error
    except OSError as error:
        if error.errno in (ENOSPC, EDQUOT):
            raise  # said of every file of a study
        raise StoreError(f"{folder} cannot be made ({error.strerror}); choose another place with --out") from error
    (folder / BLOBS).mkdir()
    text = written_out(dict(scenario))
    write_durably(folder / SCENARIO, text.encode("utf-8"))
    sync_folder(folder.parent)


def make_database(
    folder: Path,
    scenario: Mapping[str, Any],
    seats: Sequence[Seat],
    measures: Sequence[Measure],
    *,
    sets: Mapping[str, Sequence[Question]],
    fingerprint: Mapping[str, str],
    keep: str,
) -> sqlite3.Connection:
    """Make a study's database in one transaction, before which there is no study."""
    for measure in measures:
        check(measure, f"measure {measure.name!r}")
    dump(scenario)  # refuses numbers that JSON does not have, and would lose
    study_row = (VERSION, json_text(scenario), keep, json_text([*map(as_record, measures)]))
    seat_rows = [(position, seat.name, seat.number, seat.seed, seat.label) for position, seat in enumerate(seats)]
    connection = connect(folder, "rwc")
    try:
        connection.executescript(f"BEGIN; {TABLES} {SUMS} {INDEXES} {VIEWS}")
        connection.execute("INSERT INTO study VALUES (1, ?, ?, ?, 'running', '', ?)", study_row)
        connection.executemany("INSERT INTO seats VALUES (?, ?, ?, ?, ?)", seat_rows)
        interned = Interned(connection)
        for name, questions in sets.items():
            question_rows = [(name, i, interned.question_id(question)) for i, question in enumerate(questions)]
            connection.executemany("INSERT INTO question_sets VALUES (?, ?, ?)", question_rows)
        Fingerprints(connection).add(0, fingerprint)
        connection.execute("COMMIT")
        sync_folder(folder)
    except BaseException:
        connection.close()
        raise
    return connection


def open_database(folder: Path, mode: Literal["ro", "rw"]) -> sqlite3.Connection:
    """Open a study's database, if a study was begun in it and by this version's format."""
    connection = connect(folder, mode)
    try:
        connection.execute("PRAGMA temp_store = MEMORY")
        if check_version(folder, connection) < GROWN_SINCE:
            connection.execute(ATTEMPTS.format(temporary="TEMPORARY"))
        connection.executescript(LATER_VIEWS)
    except BaseException:
        connection.close()
        raise
    return connection


def check_version(folder: Path, connection: sqlite3.Connection) -> int:
    """Return a study's format; refuse one that was never begun, or whose format this program does not read.

    Every version of this program reads all formats from `OLDEST` on: who raises `VERSION` lets `reading`, `interning`
    and `sums` read the older ones too, and adds a study of the new one to tests/store/formats, where one of each lies.
    """
    row = None
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'study'").fetchone():
        row = connection.execute("SELECT version FROM study").fetchone()
    if row is None:
        raise StudyNotBegun(f"{folder} was never begun: its making was interrupted; delete the folder and run again")
    if row[0] < OLDEST:
        raise StoreError(
            f"{folder} has format {row[0]}, which version {WROTE_OLDER} of this program wrote and reads; this one "
            f"reads formats from {OLDEST} on: resume it with the program that began it"
        )
    if row[0] > VERSION:
        raise StoreError(
            f"{folder} has format {row[0]}, which a later version of this program wrote; this one reads formats up to "
            f"{VERSION}: resume it with the program that began it"
        )
    return int(row[0])


WROTE_OLDER = "0.1.0"
"""The version of this program that wrote formats before `OLDEST`."""
