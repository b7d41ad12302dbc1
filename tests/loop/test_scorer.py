"""A scorer judges what only measures: best of k by its score, recorded and replayed, of no weight for anything else."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from simulation.core.errors import ScenarioError
from simulation.core.types import Answer, Evaluation, Feedback, Question, Turn
from simulation.loop.world import Sampling, World
from simulation.replay.replay import replay
from simulation.scenario.prepare import prepare
from simulation.scenario.readiness import check_models
from simulation.scenario.scenario import load_scenario
from simulation.store import Study
from tests.support.scripted import ScriptedStudents, scripted_world, seats, stepper
from tests.support.sums import ACCURACY

WRITING = ScriptedStudents(mode="generate")


class LikesLength:
    """Scores an answer by its length."""

    name = "likes_length"

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        del questions, seeds
        return [Feedback(score=min(1.0, len(answer.text) / 50), judge=self.name) for answer in answers]


def world(scorers: Sequence[LikesLength | None]) -> World:
    made = scripted_world(seats(len(scorers)), students=WRITING, turns=2)
    exams = {"held_out": Sampling(samples=4, temperature=1.0)}
    students = tuple(
        replace(student, settings=replace(student.settings, exams=exams, scorer=scorer))
        for student, scorer in zip(made.students, scorers, strict=True)
    )
    return replace(made, students=students)


def played(acting: World) -> list[Turn]:
    step = stepper(acting)
    return [turn for number in range(3) for turn in step(number)]


def by_hand(evaluation: Evaluation) -> float:
    """The truth of the longest of each four, ties shared, mean over the questions."""
    values = []
    for first in range(0, len(evaluation.results), 4):
        results = evaluation.results[first : first + 4]
        longest = max(min(1.0, len(result.text) / 50) for result in results)
        best = [result.truth for result in results if min(1.0, len(result.text) / 50) == longest]
        values.append(sum(best) / len(best))
    return sum(values) / len(values)


def test_the_best_by_score_and_the_score_are_measured_of_who_has_a_scorer() -> None:
    for turn in played(world([LikesLength(), None])):
        for evaluation in turn.evaluations.values():
            if turn.student == "student-1":
                assert not {"best_by_score", "score"} & evaluation.metrics.keys()
                continue
            assert evaluation.metrics["best_by_score"] == pytest.approx(by_hand(evaluation))
            scores = [result.metrics["score"] for result in evaluation.results]
            assert scores == [min(1.0, len(result.text) / 50) for result in evaluation.results]
            assert len(set(scores)) > 1


def test_a_scorer_changes_nothing_but_what_it_adds() -> None:
    added = {"best_by_score", "score"}
    for turn, plain in zip(played(world([LikesLength()])), played(world([None])), strict=True):
        evaluations = {
            name: replace(
                evaluation,
                metrics={key: value for key, value in evaluation.metrics.items() if key not in added},
                results=tuple(
                    replace(result, metrics={key: value for key, value in result.metrics.items() if key not in added})
                    for result in evaluation.results
                ),
            )
            for name, evaluation in turn.evaluations.items()
        }
        assert replace(turn, evaluations=evaluations) == plain


def test_a_scored_study_is_replayed_from_its_record(disk: Path) -> None:
    with Study.create(disk / "s", scenario={"name": "a"}, seats=seats(2), fingerprint={}, measures=ACCURACY) as study:
        acting = world([LikesLength(), None])
        step = stepper(acting)
        for number in range(3):
            turns = step(number)
            study.append(turns, {turn.student: acting.model.dump(turn.student) for turn in turns}, seconds={})
        study.finish()
        assert replay(study, world([LikesLength(), None])).trace_hash == study.trace_hash


def test_a_scorer_is_named_in_a_scenario_and_checked() -> None:
    path = Path("scenarios/gem_instructions.yaml")
    prepared = prepare(load_scenario(path, ["evaluate.scorer.name=conditions"]))
    assert prepared.settings.scorer is not None and prepared.settings.scorer.name == "conditions"
    missing = load_scenario(path, ["evaluate.scorer.name=reward_model", "evaluate.scorer.model=./nowhere"])
    with pytest.raises(ScenarioError, match=r"evaluate\.scorer"):
        check_models(prepare(missing))
