"""A measure is asked for by its name: any that is stored, and no other."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from simulation.core.errors import ScenarioError
from simulation.core.questions import Measure
from simulation.measures.arrays import known_to, read_results
from simulation.measures.naming import chosen, known_before
from simulation.play.folders import Comparison
from simulation.quality.sets import DESCRIPTIONS
from simulation.store import Study
from tests.support.comparisons import planned, play
from tests.support.graded import CLOSENESS, EXACT, GRADED

SAMPLED = (
    *GRADED,
    "students.mode=generate",
    "students.temperature=1.0",
    "evaluate.samples=3",
    "evaluate.temperature=1.0",
)


@pytest.fixture(scope="module")
def sampled(disks: Callable[[], Path]) -> Comparison:
    """Graded answers, three to a question."""
    return play(planned(disks() / "compare", 2, vary=["ask.policy=random,round_robin"], overrides=SAMPLED))


def test_before_anything_is_played_the_environments_measures_are_known(disk: Path) -> None:
    assert known_before(planned(disk / "a", overrides=GRADED).lineup) == {"closeness": CLOSENESS, "exact": EXACT}
    sampled = known_before(planned(disk / "b", overrides=SAMPLED).lineup)
    assert list(sampled)[:5] == ["closeness", "exact", "pass@1", "pass@2", "pass@3"]
    assert {"maj", "distinct", "distinct_right", "distinct_n", "self_bleu", "vendi"} < set(sampled)
    assert not sampled["pass@2"].graded
    assert not {"score", "best_by_score"} & set(sampled)
    scored = known_before(planned(disk / "c", overrides=[*SAMPLED, "evaluate.scorer.name=answer_key"]).lineup)
    assert {"score", "best_by_score"} == set(scored) - set(sampled)


def test_a_study_knows_all_that_was_measured_of_every_answer(sampled: Comparison) -> None:
    known = known_to(sampled.lineup, sampled.studies)
    assert list(known)[:2] == ["closeness", "exact"]
    own = {"closeness", "exact", "digits", "pass@1", "pass@2", "pass@3"}
    assert set(known) == own | DESCRIPTIONS.keys() - {"best_by_score"}
    assert known["digits"].graded and not known["exact"].graded and not known["pass@3"].graded


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    known = {"accuracy": Measure(name="accuracy"), "pass@5": Measure(name="pass@5")}
    assert chosen([], known) == (known["accuracy"],)
    assert chosen(["pass@5", "accuracy"], known) == (known["pass@5"], known["accuracy"])
    with pytest.raises(ScenarioError, match="pass@5 stands twice; write it once"):
        chosen(["pass@5", "accuracy", "pass@5"], known)
    with pytest.raises(ScenarioError, match="--measure pas@5: no such measure is stored; did you mean 'pass@5'"):
        chosen(["pas@5"], known)


def test_values_are_the_means_of_each_questions_answers(sampled: Comparison) -> None:
    known = known_to(sampled.lineup, sampled.studies)
    measures = chosen(["closeness", "exact", "digits", "pass@3"], known)
    results = read_results(sampled.lineup, sampled.studies, measures)
    with Study.open(sampled.study_folder(0)) as study:
        (last,) = study.turns("random-1", start=4)
    evaluation = last.evaluations["held_out"]
    for measure in measures:
        values = results.values(measure, "random", [1])[0, -1]
        assert values.shape == (30,)
        assert values.mean() == pytest.approx(evaluation.metrics[measure.name])
    right_by_question = np.array([result.truth >= 1 for result in evaluation.results]).reshape(30, 3)
    np.testing.assert_array_equal(results.values(measures[3], "random", [1])[0, -1], right_by_question.any(axis=1))
    closeness = np.array([result.truth for result in evaluation.results]).reshape(30, 3).mean(axis=1)
    np.testing.assert_allclose(results.values(CLOSENESS, "random", [1])[0, -1], closeness, rtol=1e-12)


def test_without_a_name_only_the_truth_is_read(sampled: Comparison) -> None:
    results = read_results(sampled.lineup, sampled.studies)
    assert results.measures == (CLOSENESS,) == (results.truth,)
    assert set(results.students["random", 0][0].values) == {"closeness"}
