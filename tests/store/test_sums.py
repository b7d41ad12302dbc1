"""What is read for sums over a study is what its turns add up to, and damage is refused here too."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from simulation.core.errors import StudyDamaged
from simulation.core.types import Evaluation, Ranking, Result, Turn
from simulation.store import DATABASE, Study, StudySums
from simulation.store.turn_sums import Marks, TurnSums
from tests.support.random_turns import rounds
from tests.support.studies import filled, make


def told(outcome: TurnSums) -> str:
    """Return all of an outcome; -0.0 is 0.0, as in the trace."""
    evaluations = {
        name: (
            each.questions,
            sorted(each.metrics.items()),
            each.names,
            each.truths.tolist(),
            each.choices,
            each.reasons,
            sorted((measure, values.tolist()) for measure, values in each.values.items()),
        )
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
        stored = list(study.turns())
        evaluations = [each for turn in stored for each in turn.evaluations.values()]
        measures = {name for each in evaluations for result in each.results for name in result.metrics}
        measures |= {f"pass@{k}" for each in evaluations for k in range(1, len(each.results) + 1)}
        assert [told(each) for each in StudySums(study, measures)] == [told(TurnSums.of(turn)) for turn in stored]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE results SET scores = x'66'",
        "UPDATE results SET rankings = x'00'",
        "UPDATE results SET reasons = x'0000000031'",
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


def several(*rows: tuple[str, float, str, dict[str, float]]) -> Evaluation:
    """Return an evaluation of answers: question, truth, reason, metrics."""
    results = tuple(
        Result(question_id=name, text="", truth=truth, reason=reason, metrics=metrics, ranking=Ranking(taken=place))
        for place, (name, truth, reason, metrics) in enumerate(rows)
    )
    return Evaluation(questions=len({name for name, *_ in rows}), metrics={}, results=results)


def test_several_answers_to_a_question_become_means_and_pass_at_k() -> None:
    marks = Marks.of(
        several(
            ("a", 1.0, "passed", {"rate": 1.0, "some": 1.0}),
            ("a", 0.0, "failed", {"rate": 0.5}),
            ("b", 0.0, "timeout", {"rate": 0.0, "some": 0.0}),
            ("b", 0.0, "failed", {"rate": 0.25}),
        )
    )
    assert (marks.names, marks.choices, marks.reasons) == (("a", "b"), (0, 2), ("passed", "timeout"))
    assert marks.truths.tolist() == [0.5, 0.0]
    assert {name: values.tolist() for name, values in marks.values.items()} == {
        "rate": [0.75, 0.125],
        "pass@1": [0.5, 0.0],
        "pass@2": [1.0, 0.0],
    }


def test_one_answer_a_question_has_no_pass_at_k_and_other_measures_as_they_are() -> None:
    marks = Marks.of(several(("a", 1.0, "", {"rate": 1.0}), ("b", 0.0, "", {"rate": 0.5})))
    assert {name: values.tolist() for name, values in marks.values.items()} == {"rate": [1.0, 0.5]}


def test_only_the_measures_named_are_read(disk: Path) -> None:
    evaluation = several(*[(name, 1.0, "", {"rate": 0.5, "other": 0.25}) for name in "aabb"])
    turn = Turn(turn=0, student="student-0", evaluations={"held_out": evaluation})
    with make(disk / "s", 1) as study:
        study.append([turn], {}, seconds={})
        for measures in ((), ("rate",), ("rate", "pass@2", "absent")):
            (sums,) = StudySums(study, measures)
            assert set(sums.evaluations["held_out"].values) == set(measures) - {"absent"}
