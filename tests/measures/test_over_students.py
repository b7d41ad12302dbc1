"""The mean over students has an interval that is never a point."""

from dataclasses import replace
from pathlib import Path

import pytest

from simulation.measures.statistics import mean_interval, wilson
from simulation.measures.summary import by_turn, over_students, summarise
from tests.support.studies import filled


def test_equal_students_have_the_interval_over_questions_and_others_that_over_students(disk: Path) -> None:
    study, _ = filled(disk / "s")
    with study:
        one, *_ = by_turn(summarise(study.turns(), study.measures[0]))[0]
    alike = over_students([one, one, one])
    assert alike.value == one.value and alike[1:] == one.interval
    assert one.interval == pytest.approx(wilson(one.value * one.questions, one.questions)) and alike.low < alike.high
    assert over_students([one])[1:] == one.interval
    several = [replace(one, value=value) for value in (0.2, 0.3, 0.4)]
    assert over_students(several) == pytest.approx(mean_interval([0.2, 0.3, 0.4]))
    assert over_students([replace(one, value=value) for value in (0.0, 1.0)])[1:] == (0.0, 1.0)
