"""What is read for sums over a study is what its turns add up to, and damage is refused here too."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from simulation.core.errors import StudyDamaged
from simulation.core.types import Turn
from simulation.store import DATABASE, Study, StudySums
from simulation.store.turn_sums import TurnSums
from tests.support.random_turns import rounds
from tests.support.studies import filled, make


def told(outcome: TurnSums) -> str:
    """Return all of an outcome; NaN equals itself, and -0.0 is 0.0, as in the trace."""
    evaluations = {
        name: (each.questions, dict(each.metrics), each.names, each.truths.tolist(), each.choices)
        for name, each in sorted(outcome.evaluations.items())
    }
    parts = (outcome.turn, outcome.student, [*outcome.verdicts], outcome.scored, outcome.update, outcome.failure)
    return repr((*parts, evaluations)).replace("-0.0,", "0.0,").replace("-0.0}", "0.0}").replace("-0.0]", "0.0]")


@settings(max_examples=30, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(played=rounds(["student-0", "student-1"]))
def test_outcomes_are_those_of_the_turns(played: list[tuple[Turn, ...]], disks: Any) -> None:
    folder = disks() / "s"
    with make(folder) as study:
        for turns in played:
            study.append(turns, {}, seconds={})
    with Study.open(folder) as study:
        assert [told(each) for each in StudySums(study)] == [told(TurnSums.of(turn)) for turn in study.turns()]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE results SET truths = x'66'",
        "UPDATE results SET choices = x'00'",
        "UPDATE results SET questions = 9999",
        "DELETE FROM turns WHERE t = 1 AND s = 1",
        "UPDATE answers SET question = 9999",
    ],
)
def test_damage_is_named(damage: str, disk: Path) -> None:
    study, _ = filled(disk / "s", 2)
    study.close()
    with sqlite3.connect(disk / "s" / DATABASE) as connection:
        connection.execute(damage)
    connection.close()
    with Study.open(disk / "s") as study, pytest.raises(StudyDamaged, match=r"study\.db: turn \d cannot be rebuilt"):
        list(StudySums(study))
