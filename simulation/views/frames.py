"""A study, or all studies of a comparison, as pandas tables: what a notebook begins with.

import simulation
study = simulation.open_study("runs/STUDY")
study.evaluations.pivot_table(index="turn", columns="student", values="value").plot()
"""

import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.core.errors import StoreError
from simulation.play.folders import Comparison, is_comparison, studies_in
from simulation.store import Study
from simulation.store.founding import open_database
from simulation.store.schema import reported
from simulation.views.export import about

if TYPE_CHECKING:
    from pandas import DataFrame

KEYS = ("study", "label", "seed")
"""What stands at the end of every row of a student, so that comparisons are told apart and paired."""


class Tables:
    """The tables that `export --format parquet` writes, read when they are first asked for; nothing is written."""

    def __init__(self, folder: Path) -> None:
        """Refuse what is neither a study nor a comparison."""
        self.folder = folder
        self._folders = studies_in(folder)
        if not self._folders:
            raise StoreError(f"none of the studies of {folder} was begun; resume it")
        for place in self._folders:
            Study.open(place).close()
        if is_comparison(folder) and (gaps := Comparison.open(folder).gaps):
            warnings.warn(gaps, stacklevel=3)

    def __repr__(self) -> str:
        """Name the folder and what may be asked for."""
        return f"<{self.folder}: {', '.join(TABLES)}, query(SQL), about>"

    @cached_property
    def picks(self) -> "DataFrame":
        """What was picked and why."""
        return self._read("picks")

    @cached_property
    def answers(self) -> "DataFrame":
        """What was answered, and what was said of it."""
        return self._read("answers")

    @cached_property
    def attempts(self) -> "DataFrame":
        """What was answered again."""
        return self._read("attempts")

    @cached_property
    def results(self) -> "DataFrame":
        """Each answer of each evaluation."""
        return self._read("results")

    @cached_property
    def evaluations(self) -> "DataFrame":
        """Each measure of each evaluation."""
        return self._read("evaluations")

    @cached_property
    def updates(self) -> "DataFrame":
        """Each update of a student."""
        return self._read("updates")

    @cached_property
    def lessons(self) -> "DataFrame":
        """Each lesson of each update, why it was one, and what the update did to it."""
        return self._read("lessons")

    @cached_property
    def questions(self) -> "DataFrame":
        """The questions that evaluations put, with texts, forms and keys."""
        return self._read("questions")

    @cached_property
    def about(self) -> list[dict[str, Any]]:
        """What each study is: scenario, seats, measures, fingerprint, trace hash (Any: JSON)."""
        return [about(study) for study in self._studies()]

    def query(self, statement: str, *values: object) -> "DataFrame":
        """Return what a query on the tables and views of the database gives, of all studies one after the other."""
        import pandas as pd

        frames: list[pd.DataFrame] = []
        for place in self._folders:
            with reported(place), closing(open_database(place, "ro")) as connection:
                connection.set_authorizer(writes_nothing)
                try:
                    cursor = connection.execute(statement, values)
                except (sqlite3.DatabaseError, OverflowError, UnicodeEncodeError) as error:
                    if type(error) is sqlite3.DatabaseError and "authoriz" not in str(error):
                        raise  # the database is damaged
                    raise StoreError(f"the query {statement!r:.200} cannot be run: {error}; correct it") from error
                columns = [column for column, *_ in cursor.description or ()]
                frames.append(pd.DataFrame(cursor.fetchall(), columns=columns).assign(study=place.name))
        return pd.concat(frames, ignore_index=True)

    def _read(self, name: str) -> "DataFrame":
        import pandas as pd

        from simulation.views.parquet import frame

        frames: list[pd.DataFrame] = []
        for study in self._studies():
            rows = frame(study, name)
            rows["study"] = study.name
            if "student" in rows:
                rows["label"] = rows["student"].map({seat.name: seat.label for seat in study.seats})
                rows["seed"] = rows["student"].map({seat.name: seat.seed for seat in study.seats})
            frames.append(rows)
        return pd.concat(frames, ignore_index=True)

    def _studies(self) -> Iterator[Study]:
        for place in self._folders:
            with Study.open(place) as study:
                yield study


TABLES = tuple(name for name, member in vars(Tables).items() if isinstance(member, cached_property) and name != "about")
"""The names of the tables."""


def writes_nothing(action: int, *_: str | None) -> int:
    """Let a query read whatever it likes, and no other file be made: an authorizer of SQLite."""
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK
