"""Courses taken from the sums that a study keeps are those that all of its rows add up to."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from simulation.core.types import Turn
from simulation.measures.kept_courses import KeptCourses
from simulation.measures.summary import Course, Measurement, summarise
from simulation.store import Study, StudySums
from simulation.store.kept_sums import KeptSums
from tests.support.formats import MEASURES, SEATS
from tests.support.formats import QUESTIONS as OF_EVERY_KIND
from tests.support.formats import rounds as of_every_kind
from tests.support.studies import filled, make


def from_rows(study: Study) -> list[Course]:
    """Return the courses as they are added up from whole turns."""
    return summarise(study.turns(), study.measures[0], study.held_out())


def same(own: Course, other: Course) -> None:
    """Compare two courses in everything; sums of floats up to the order in which they were added."""
    for name in ("student", "measure", "truth", "last_turn", "asked", "draw", "tokens", "exams"):
        assert getattr(own, name) == getattr(other, name), name
    assert own.credit == pytest.approx(other.credit)
    for end in ("first", "latest"):
        left, right = getattr(own, end), getattr(other, end)
        assert (left is None) == (right is None)
        if left is not None:
            assert left.questions == right.questions and np.array_equal(left.values, right.values)
    assert len(own.measurements) == len(other.measurements)
    for measurement, expected in zip(own.measurements, other.measurements, strict=True):
        for field in fields(Measurement):
            left, right = getattr(measurement, field.name), getattr(expected, field.name)
            assert left == (pytest.approx(right) if field.name == "credit" else right), field.name
    assert {name: table.tolist() for name, table in own.reliability.categories.items()} == {
        name: table.tolist() for name, table in other.reliability.categories.items()
    }
    for name, sums in own.reliability.sums.items():
        expected_sums = other.reliability.sums[name]
        assert (sums.score, sums.truth, sums.distance, sums.same) == pytest.approx(
            (expected_sums.score, expected_sums.truth, expected_sums.distance, expected_sums.same)
        )


def in_memory(study: Study) -> KeptSums:
    """Return the sums that are made from a study's rows, as of a study that keeps none."""
    sums = KeptSums.in_memory(study.folder, study.held_out)
    places = {seat.name: place for place, seat in enumerate(study.seats)}
    for turn_sums in StudySums(study):
        sums.add(turn_sums, places[turn_sums.student])
    return sums


@pytest.mark.parametrize("where", ["kept", "in memory"])
def test_courses_from_sums_are_those_from_all_turns(where: str, disk: Path) -> None:
    with filled(disk / "s", 5)[0] as study:
        sums = study.sums if where == "kept" else in_memory(study)
        assert sums is not None
        kept = KeptCourses(study)
        kept.follow(study, sums)
        expected = from_rows(study)
        assert len(expected) == 2 and all(len(course.measurements) > 1 for course in expected)
        assert all(course.reliability.verdicts for course in expected)
        for own, other in zip(kept.courses, expected, strict=True):
            same(own, other)


def test_courses_follow_a_study_that_goes_on(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulation.measures.kept_courses.ROWS_AT_ONCE", 2)
    study, turns = filled(disk / "whole", 5)
    study.close()
    with make(disk / "s") as study:
        kept = KeptCourses(study)
        for number in range(6):
            study.append([turn for turn in turns if turn.turn == number], {}, seconds={})
            if number != 2:
                assert study.sums is not None
                kept.follow(study, study.sums)
                kept.follow(study, study.sums)
        for own, other in zip(kept.courses, from_rows(study), strict=True):
            same(own, other)


def test_graded_answers_of_every_kind_and_a_student_that_fails(disk: Path) -> None:
    with Study.create(
        disk / "s",
        scenario={"name": "formats"},
        seats=SEATS,
        measures=MEASURES,
        fingerprint={},
        sets={"held_out": OF_EVERY_KIND[:3]},
    ) as study:
        played: list[tuple[Turn, ...]] = [*of_every_kind()]
        for turns in played:
            study.append(turns, {}, seconds={})
        assert study.sums is not None
        kept = KeptCourses(study)
        kept.follow(study, study.sums)
        for own, other in zip(kept.courses, from_rows(study), strict=True):
            same(own, other)
