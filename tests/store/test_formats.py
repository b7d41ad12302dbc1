"""A study of every format since 5 is read by this program and by all that come after it."""

import sqlite3
from pathlib import Path

import pytest

from simulation.core.types import Turn
from simulation.store import DATABASE, Study, StudySums, canonical, chained
from simulation.store.schema import OLDEST, VERSION
from simulation.store.turn_sums import TurnSums
from tests.support.formats import FOLDER, MEASURES, QUESTIONS, SEATS, make, rounds


def rebuilt(version: int, folder: Path) -> Path:
    """Return the folder of the study that lies here as a script."""
    (folder / "blobs").mkdir(parents=True)
    with sqlite3.connect(folder / DATABASE) as connection:
        connection.executescript((FOLDER / f"{version}.sql").read_text(encoding="utf-8"))
    connection.close()
    return folder


@pytest.mark.parametrize("version", range(OLDEST, VERSION + 1))
def test_a_study_of_each_format_is_read(version: int, disk: Path) -> None:
    turns = [turn for pair in rounds(version) for turn in pair]
    with Study.open(rebuilt(version, disk / "s")) as study:
        study.verify()
        assert [*study.turns()] == turns
        assert (study.seats, study.measures, study.status) == (SEATS, MEASURES, "finished")
        assert study.question_set("held_out") + study.question_set("probe") == QUESTIONS
        assert study.scenario == {"name": "formats", "rate": 0.1}
        assert [sums.verdicts for sums in StudySums(study)] == [TurnSums.of(turn).verdicts for turn in turns]


def test_turns_without_further_attempts_have_the_trace_hash_of_format_5(disk: Path) -> None:
    with Study.open(rebuilt(5, disk / "old")) as old:
        link = old.genesis
        for number, turns in enumerate(rounds(5)):
            link = chained(link, turns, old.adapter_hashes(number))
        assert link.hex() == old.trace_hash
        assert all(b"attempts" not in canonical(turn) for turn in old.turns())


def test_a_study_of_format_5_goes_on(disk: Path) -> None:
    with Study.open(rebuilt(5, disk / "s"), write=True) as study:
        before = study.trace_hash
        study.append([Turn(turn=3, student="a"), Turn(turn=3, student="b")], {}, seconds={})
        study.verify()
        assert study.trace_hash != before


def test_the_oldest_format_stays_5() -> None:
    """Who raises it takes their studies from people."""
    assert OLDEST == 5


def test_the_newest_format_is_what_this_program_writes(disk: Path) -> None:
    """Where the same study comes out otherwise, it is another format: raise VERSION and write it down."""
    make(disk / "new")
    with Study.open(disk / "new") as new, Study.open(rebuilt(VERSION, disk / "old")) as old:
        assert new.trace_hash == old.trace_hash
        assert [*map(canonical, new.turns())] == [*map(canonical, old.turns())]
        tables = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name"
        assert new.query(tables) == old.query(tables)
        for (table,) in new.query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name != 'committed'"):
            assert new.query(f"SELECT * FROM {table}") == old.query(f"SELECT * FROM {table}"), table
