"""A study whose bytes were changed is refused, with what and where and what to do; never a wrong turn."""

import random
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulation.core.errors import StoreError, StudyDamaged
from simulation.core.types import Feedback, LessonEffect, Outcome, Ranking, Selection, Transition, Turn
from simulation.store import Study
from simulation.store.schema import DATABASE
from tests.support.scripted import LeastSure, scripted_world, seats, stepper
from tests.support.studies import MEASURES

UNHASHED = {("study", "version"), ("study", "keep"), ("study", "status"), ("study", "base")}
"""Not part of what happened; the version and the status have checks of their own."""
TRACE = [
    *("seats", "chain", "fingerprints", "texts", "questions", "turns", "adapters", "picks", "answers", "feedback"),
    *("transitions", "lessons", "updates", "evaluations", "results", "study"),
]


@pytest.fixture(scope="module")
def whole(disks: Any) -> tuple[Path, list[Turn]]:
    """Return a study with something in every column, and its turns."""
    folder = disks() / "s"
    turns: list[Turn] = []
    with Study.create(
        folder, scenario={"name": "a"}, seats=seats(2), measures=MEASURES, fingerprint={"x": "1"}
    ) as study:
        world = scripted_world(seats(2), ask=LeastSure(), turns=2)
        step = stepper(world)
        for number in range(2):
            played = tuple(filled(turn) if turn.turn else measured(turn) for turn in step(number))
            study.append(played, {turn.student: world.model.dump(turn.student) for turn in played}, seconds={})
            turns += played
    return folder, turns


def filled(turn: Turn) -> Turn:
    """Return a turn whose first experience, pick and lesson have something in every field."""
    assert turn.update is not None
    first, *others = turn.experiences
    ranking = Ranking(taken=0, logprobs=(-0.5, -1.5), alternatives=("1", "2"))
    answer = replace(first.answer, logprob=-0.5, tokens=3, model_input=f"<{first.answer.prompt}>", ranking=ranking)
    first = replace(first, answer=answer, feedback=judged(first.feedback))
    return replace(
        turn,
        experiences=(first, *others),
        picks=(replace(turn.picks[0], propensity=0.25), *turn.picks[1:]),
        transitions=(
            Transition(
                observation="a", action="b", reward=0.5, next_observation="c", terminated=False, truncated=False
            ),
        ),
        lessons=(Selection(item=first, score=0.5, propensity=0.25, reason="first"),),
        update=replace(turn.update, effects=(LessonEffect(lesson=0, taught_before=-2.5, taught_after=-1.5),)),
    )


def judged(feedback: Feedback) -> Feedback:
    outcome = Outcome(part="test 1", score=0.0, reason="failed", detail="wrong", evidence="printed")
    return replace(feedback, metrics={"certainty": 0.25}, outcomes=(outcome,))


def measured(turn: Turn) -> Turn:
    found = {}
    for name, evaluation in turn.evaluations.items():
        first, *others = evaluation.results
        first = replace(first, reason="failed", metrics={"pass_rate": 0.5})
        found[name] = replace(evaluation, results=(first, *others))
    return replace(turn, evaluations=found)


def copied(whole: tuple[Path, list[Turn]], disk: Path) -> Path:
    return Path(shutil.copytree(whole[0], disk / "s"))


def damaged(folder: Path) -> str:
    """Return the complaint of a study that must be refused."""
    with pytest.raises(StudyDamaged) as caught, Study.open(folder) as study:
        study.verify()
    assert "run its scenario.yaml again" in str(caught.value)
    return str(caught.value)


def columns() -> list[tuple[str, str]]:
    """Return every table and column of the trace, keys excepted."""
    connection = sqlite3.connect(":memory:")
    from simulation.store.schema import TABLES

    connection.executescript(TABLES)
    found = [
        (table, row[1])
        for table in TRACE
        for row in connection.execute(f"PRAGMA table_info({table})")
        if row[1] not in ("id", "t", "s", "i") and (table, row[1]) not in UNHASHED
    ]
    connection.close()
    return found


def changed(value: object) -> object:
    """Return another value of the same kind."""
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(value, str):
        return value.replace('"', '"x', 1) if value.startswith(("{", "[")) else f"{value} "
    assert isinstance(value, (int, float)), value
    return 1 - value if value in (0, 1) else value + 1


@pytest.mark.parametrize(("table", "column"), columns(), ids=lambda value: str(value))
def test_a_changed_value_of_any_column_is_found(
    table: str, column: str, whole: tuple[Path, list[Turn]], disk: Path
) -> None:
    folder = copied(whole, disk)
    connection = sqlite3.connect(folder / DATABASE)
    row = connection.execute(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL LIMIT 1").fetchone()
    update = f"UPDATE {table} SET {column} = ? WHERE {column} = ?"
    connection.execute(update, (changed(row[0]), row[0]))
    assert connection.total_changes
    connection.commit()
    connection.close()
    assert DATABASE in damaged(folder)


@pytest.mark.parametrize("table", [table for table in TRACE if table not in ("study", "seats")])
def test_a_deleted_row_is_found(table: str, whole: tuple[Path, list[Turn]], disk: Path) -> None:
    folder = copied(whole, disk)
    connection = sqlite3.connect(folder / DATABASE)
    key = connection.execute(f"PRAGMA table_info({table})").fetchone()[1]
    connection.execute(f"DELETE FROM {table} WHERE {key} = (SELECT max({key}) FROM {table})")
    assert connection.total_changes
    connection.commit()
    connection.close()
    damaged(folder)


def test_the_turn_that_was_changed_is_named(whole: tuple[Path, list[Turn]], disk: Path) -> None:
    folder = copied(whole, disk)
    with sqlite3.connect(folder / DATABASE) as connection:
        connection.execute("UPDATE answers SET tokens = 7 WHERE t = 1 AND s = 1 AND i = 2")
    connection.close()
    assert "turn 1 is not what its hash says" in damaged(folder)


def test_one_changed_byte_of_an_adapter_is_named_and_refused(whole: tuple[Path, list[Turn]], disk: Path) -> None:
    folder = copied(whole, disk)
    blob = sorted((folder / "blobs").iterdir())[0]
    content = bytearray(blob.read_bytes())
    content[-3] ^= 1
    blob.write_bytes(content)
    told = damaged(folder)
    assert blob.name in told
    assert "student-" in told
    assert "after turn 1" in told
    with Study.open(folder, write=True) as study, pytest.raises(StudyDamaged, match=blob.name):
        [study.adapter(seat.name) for seat in study.seats]


def test_a_missing_adapter_is_named(whole: tuple[Path, list[Turn]], disk: Path) -> None:
    folder = copied(whole, disk)
    blob = sorted((folder / "blobs").iterdir())[0]
    blob.unlink()
    assert f"{blob.name}, the adapter of" in damaged(folder)


@pytest.mark.parametrize("seed", range(40))
def test_a_changed_byte_anywhere_in_the_database_is_refused_or_harmless(
    seed: int, whole: tuple[Path, list[Turn]], disk: Path
) -> None:
    folder, chance = copied(whole, disk), random.Random(seed)
    content = bytearray((folder / DATABASE).read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    (folder / DATABASE).write_bytes(content)
    try:
        with Study.open(folder) as study:
            study.verify()
            assert list(study.turns()) == whole[1]
    except StoreError as error:
        assert str(folder) in str(error)


@pytest.mark.parametrize("cut", [0, 1, 100, 5000, 30_000])
def test_a_database_cut_short_is_refused(cut: int, whole: tuple[Path, list[Turn]], disk: Path) -> None:
    folder = copied(whole, disk)
    content = (folder / DATABASE).read_bytes()
    (folder / DATABASE).write_bytes(content[:cut])
    with pytest.raises(StoreError, match=r"never begun|whole study"), Study.open(folder) as study:
        study.verify()


def test_damage_is_refused_when_a_study_is_opened_too(disk: Path) -> None:
    Study.create(disk / "s", scenario={}, seats=seats(1), measures=MEASURES, fingerprint={}).close()
    (disk / "s" / DATABASE).write_bytes(b"no database at all".ljust(8192, b"."))
    with pytest.raises(StudyDamaged, match=r"study\.db"):
        Study.open(disk / "s")
