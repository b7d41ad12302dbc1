"""Benchmarks of recommenders read the record's numbers, pair them over worlds, and know the generator's own list."""

import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.minionerec import BASELINES, MODEL, ranks
from benchmarks.worlds import differences, means, plain, told, ways
from environments.recommendation import Recommendation
from simulation.commands.main import main
from simulation.core.kinds.taken import Foreseen
from simulation.measures.statistics import Estimate
from simulation.scenario.scenario import load_scenario
from simulation.store import Study
from tests.support.scripted_scenario import GOOD

MINIONEREC = Path(__file__).resolve().parents[2] / "scenarios" / "minionerec.yaml"


def test_a_way_has_the_scores_and_measures_that_the_study_s_turns_have(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(GOOD, encoding="utf-8")
    assert main(["run", str(tmp_path / "tiny.yaml"), "--quiet", "--out", str(tmp_path / "runs")]) == 0
    (folder,) = (tmp_path / "runs").iterdir()
    with Study.open(folder) as study:
        traces = [study.trace(seat.name) for seat in study.seats]
    for way, trace in zip(ways(tmp_path / "runs"), traces, strict=True):
        scores = [[one.feedback.score for one in turn.experiences] for turn in trace.turns if turn.experiences]
        assert way.scores == pytest.approx([np.mean(row) for row in scores])
        results = {turn.turn: turn.evaluations["held_out"].results for turn in trace.turns if turn.evaluations}
        truths = {turn: np.mean([one.truth for one in row]) for turn, row in results.items()}
        assert {turn: row["accuracy"] for turn, row in way.figures.items()} == pytest.approx(truths)
        assert way.first is way.figures[0]


def test_differences_are_paired() -> None:
    rows, others = [{"hits": 0.5}, {"hits": 0.7}], [{"hits": 0.4}, {"hits": 0.6}]
    paired = differences(rows, others)["hits"]
    assert paired == pytest.approx((0.1, 0.1, 0.1))
    assert means(rows)["hits"].value == pytest.approx(0.6)
    assert plain(means(rows[:1])) == {"hits": [0.5, None, None]}
    assert told(Estimate(0.1234, -0.05, 0.3), sign="+") == "+.123 (-.050 to +.300)"


def test_the_oracle_s_rank_is_that_in_the_likeliest() -> None:
    keys = [Foreseen(item="b", likeliest=("a", "b")), Foreseen(item="c", likeliest=("a", "b"))]
    assert list(ranks(iter(keys))) == [2, math.inf]


def test_all_arms_learn_from_every_window_that_may_be_asked() -> None:
    scenarios = [load_scenario(MINIONEREC, (), arm) for arm in (MODEL, *BASELINES)]
    first = scenarios[0]
    assert all(
        (one.ask, one.environment, one.turns) == (first.ask, first.environment, first.turns) for one in scenarios
    )
    parameters = dict(first.environment.parameters)
    pool = Recommendation(**parameters).questions(first.seed).pool
    assert first.ask.policy.name == "round_robin"
    assert first.ask.candidates == len(pool) <= first.turns * (first.ask.questions or 0)
