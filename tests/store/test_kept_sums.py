"""The sums that are kept with a turn are what all of its rows add up to, also after a resume, and damage is named."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from simulation.core.errors import StudyDamaged
from simulation.core.types import Turn
from simulation.store import DATABASE, Study
from simulation.store.schema import VERSION
from tests.store.test_formats import rebuilt
from tests.support.random_turns import rounds
from tests.support.scripted import LeastSure, scripted_world, seats, stepper
from tests.support.studies import filled, make

BY_HAND = """
SELECT t, s, coalesce(rest ->> '$.tags[0]', '') AS category, count(*), sum(truth >= 1), sum(score >= 1),
    sum(truth >= 1 AND score >= 1), sum(abs(score - truth) <= 1e-9), sum(truth >= 1 AND abs(score - truth) <= 1e-9),
    total(truth), total(score), total(abs(score - truth))
FROM answers JOIN feedback USING (t, s, i) JOIN questions q ON q.id = question GROUP BY t, s, category
"""
KEPT = """
SELECT t, s, text, answers, right, called_right, both_right, same, same_right, truth, score, distance
FROM answer_sums JOIN texts ON texts.id = category ORDER BY t, s, text
"""


def counted(study: Study) -> None:
    """Compare what is kept with a count over all rows by SQL."""
    by_hand, kept = study.query(BY_HAND), study.query(KEPT)
    assert [row[:9] for row in kept] == [row[:9] for row in by_hand]
    for own, other in zip(kept, by_hand, strict=True):
        assert own[9:] == pytest.approx(other[9:], rel=1e-12)
    turns = "SELECT t, s, count(answers.i), total(truth) FROM turns LEFT JOIN answers USING (t, s) GROUP BY t, s"
    sums = study.query("SELECT t, s, answers, truth FROM turn_sums ORDER BY t, s")
    assert sums == [pytest.approx(row) for row in study.query(turns)]


@settings(max_examples=30, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(played=rounds(["student-0", "student-1"]))
def test_what_is_kept_of_any_turns_is_what_they_add_up_to(played: list[tuple[Turn, ...]], disks: Any) -> None:
    folder = disks() / "s"
    with make(folder) as study:
        for turns in played:
            study.append(turns, {}, seconds={})
    with Study.open(folder) as study:
        assert study.sums is not None and study.sums.last_turn == len(played) - 1
        assert [*study.rounds()] == played


def test_sums_are_a_count_over_all_rows(disk: Path) -> None:
    study, turns = filled(disk / "s", 3)
    with study:
        counted(study)
        (answers,) = study.query("SELECT sum(answers) FROM turn_sums")[0]
        assert answers == sum(len(turn.experiences) for turn in turns) > 20
        for t, s, reasons in study.query("SELECT t, s, reasons FROM evaluation_sums"):
            assert study.sums is not None
            kept = {study.sums.name(int(number)): own for number, own in json.loads(reasons).items()}
            (turn,) = (own for own in turns if (own.turn, own.student) == (t, f"student-{s}"))
            results = [result for result in turn.evaluations["held_out"].results if result.reason]
            assert sum(count for count, _ in kept.values()) >= len(results) > 0
            for reason in {result.reason for result in results}:
                truths = [result.truth for result in results if result.reason == reason]
                assert kept[reason] == [len(truths), sum(truths)]


def test_sums_go_on_after_a_resume_and_a_turn_that_failed_leaves_none(disk: Path) -> None:
    world = scripted_world(seats(2), ask=LeastSure(), turns=4)
    step = stepper(world)
    with make(disk / "s") as study:
        for number in range(2):
            study.append(step(number), {}, seconds={})
    with Study.open(disk / "s", write=True) as study:
        both = step(2)
        with pytest.raises(ValueError, match="next turn"):
            study.append(both[:1], {}, seconds={})
        with pytest.raises(sqlite3.IntegrityError), study._transaction():
            study._writer.add(both[0], 0)
            study._writer.add(both[0], 0)
        counted(study)
        study.append(both, {}, seconds={})
        counted(study)
    with Study.open(disk / "s") as study:
        study.verify()
        assert study.query("SELECT max(t) FROM turn_sums") == [(2,)]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE answer_sums SET same = same + 1 WHERE t = 1 AND s = 1",
        "DELETE FROM answer_sums WHERE t = 1 AND s = 1",
        "UPDATE turn_sums SET truth = truth + 0.5 WHERE t = 1",
        "UPDATE evaluation_sums SET reasons = '{}'",
        "DELETE FROM turn_sums WHERE t = 1 AND s = 0",
    ],
)
def test_sums_that_were_changed_are_named_with_their_turn(damage: str, disk: Path) -> None:
    filled(disk / "s", 2)[0].close()
    with sqlite3.connect(disk / "s" / DATABASE) as connection:
        connection.execute(damage)
    connection.close()
    with Study.open(disk / "s") as study, pytest.raises(StudyDamaged, match=r"the sums of turn [012] are not what"):
        study.verify()


def test_a_study_of_a_format_without_sums_stays_one_when_it_goes_on(disk: Path) -> None:
    folder = rebuilt(5, disk / "s")
    with Study.open(folder, write=True) as study:
        assert study.sums is None and VERSION > 5
        turns = [Turn(turn=3, student=seat.name) for seat in study.seats]
        study.append(turns, {}, seconds={})
        study.verify()
        assert study.query("SELECT version FROM study") == [(5,)]
        assert not study.query("SELECT 1 FROM sqlite_schema WHERE name LIKE '%_sums'")
