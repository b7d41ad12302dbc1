"""A graded measure, and any that is named, gets the report that the share of right answers has."""

import json
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from simulation.commands.main import main
from simulation.core.questions import Measure
from simulation.measures.arrays import known_to
from simulation.measures.naming import chosen
from simulation.measures.summary import by_turn, summarise
from simulation.play.folders import Comparison
from simulation.store.turn_sums import TurnSums
from simulation.views.comparison_report import held_out
from simulation.views.measure_table import measure_table
from simulation.views.report import report
from tests.support.comparisons import concluded, found, planned, play
from tests.support.courses import ACCURACY, HELD_OUT, KnownStudy, turns
from tests.support.graded import GRADED
from tests.support.scripted_scenario import GOOD

QUESTIONS = {each.id: each for each in HELD_OUT}
NDCG = Measure(name="ndcg@10", graded=True)


@pytest.fixture(scope="module")
def played(disks: Callable[[], Path]) -> Comparison:
    """Two policies over four seeds, whose answers are graded."""
    return play(planned(disks() / "compare", 4, vary=["ask.policy=random,round_robin"], overrides=GRADED))


@pytest.fixture(scope="module")
def said(played: Comparison) -> str:
    """The report by the truth alone."""
    return " ".join(concluded(played).split())


def test_graded_means_are_numbers_and_their_differences_too(played: Comparison, said: str) -> None:
    standing = found(played).standings[0]
    assert "held-out closeness of 4 seeds and 30 questions" in said
    assert f"{standing.last.value:.3f} ({standing.last.low:.3f}–{standing.last.high:.3f})" in said
    assert "closeness at turn 4: differences pair difference 95 % interval" in said
    assert "rose: answers with a higher value at last than at first, fell: with a lower one" in said
    assert "points" not in said and "gained" not in said and "accuracy" not in said


def test_of_graded_answers_rises_and_falls_are_counted(played: Comparison) -> None:
    findings = found(played)
    (first, last) = (findings.values["random"][:, place] for place in (0, -1))
    assert findings.standings[0].rose == pytest.approx((last > first + 1e-9).sum(axis=1).mean())
    assert findings.standings[0].fell == pytest.approx((last < first - 1e-9).sum(axis=1).mean())


def test_a_teacher_of_graded_answers_is_told_by_its_distance(played: Comparison, said: str) -> None:
    sums = found(played).reliability(["random"])
    assert 0 < sums.scores.distance < sums.verdicts
    assert "mean distance" in said and "score is the truth" in said and "kappa" not in said
    assert not (played.folder / "teacher.png").exists()


def test_named_measures_get_verdicts_pictures_and_numbers_of_their_own(played: Comparison) -> None:
    measures = chosen(["exact", "digits"], known_to(played.lineup, played.studies))
    text = " ".join(concluded(played, measures=measures).split())
    assert "held-out exact, %, of 4 seeds and 30 questions" in text and "VERDICTS BY DIGITS" in text
    assert "held-out digits of 4 seeds and 30 questions" in text
    names = {path.name for path in played.folder.glob("*.png")}
    assert {"learning_curves.png", "learning_curves-2-digits.png", "differences-2-digits.png"} <= names
    told = json.loads((played.folder / "verdicts.json").read_text(encoding="utf-8"))
    assert [each["name"] for each in told["standings"]] == ["exact", "exact", "digits", "digits"]
    assert {each["name"]: each["measure"] for each in told["measures"]}["exact"].startswith("exact")
    page = (played.folder / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/png") == len(names) and "Held-out digits" in page
    concluded(played)
    assert not [path.name for path in played.folder.glob("*-2-*.png")]


def test_a_measure_that_is_not_stored_is_refused_in_one_line(
    played: Comparison, disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = disk / "tiny.yaml"
    file.write_text(GOOD, encoding="utf-8")
    vary = ["--vary", "ask.policy=random,round_robin", "--seeds", "2", "--out", str(disk / "runs")]
    assert main(["compare", str(file), *vary, "--measure", "acuracy"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "--measure acuracy: no such measure is stored; did you mean 'accuracy'? known: accuracy"
    ]
    assert not (disk / "runs").exists()
    assert main(["report", str(played.folder), "--measure", "exat"]) == 2
    assert "did you mean 'exact'" in capsys.readouterr().err
    assert main(["power", "--pilot", str(played.folder), "--measure", "closenes"]) == 2
    assert "did you mean 'closeness'" in capsys.readouterr().err


def test_power_is_that_of_the_measure_that_is_named(played: Comparison, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["power", "--pilot", str(played.folder), "--measure", "exact", "--json"]) == 0
    exact = json.loads(capsys.readouterr().out)
    assert main(["power", "--pilot", str(played.folder)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "variances of exact" in exact["source"] and not exact["graded"]
    assert "variances of closeness" in told and "To show 0.03 with 80 % power" in told


def told_by(measure: Measure, tmp_path: Path) -> str:
    """The report of a study whose questions have values of their own by this measure."""
    played = []
    for turn in turns(4):
        evaluations = {
            name: replace(
                evaluation,
                metrics={**evaluation.metrics, "ndcg@10": 0.5, "pass@1": 0.3, "pass@2": 0.4},
                results=tuple(
                    replace(result, metrics={"ndcg@10": (3 * result.truth + place % 5) / 8})
                    for place, result in enumerate(evaluation.results)
                ),
            )
            for name, evaluation in turn.evaluations.items()
        }
        played.append(replace(turn, evaluations=evaluations))
    console = Console(file=StringIO(), width=160, color_system=None)
    study = KnownStudy(tmp_path, played)
    report(study, map(TurnSums.of, study.turns()), console, measure)
    assert isinstance(console.file, StringIO)
    return " ".join(console.file.getvalue().split())


def test_a_study_is_told_by_a_measure_that_is_named(tmp_path: Path) -> None:
    text = told_by(NDCG, tmp_path)
    assert "ada: ndcg@10 0.3" in text and "better by 0.1" in text and "McNemar" not in text
    assert "rose: held-out answers to a higher value, fell: to a lower value" in text
    assert "ndcg@10 by category" in text and "guessing" not in text
    assert "ada: accuracy 30.0 % → 80.0 % of 60 held-out questions" in told_by(ACCURACY, tmp_path)


def test_all_that_was_measured_stands_in_one_table() -> None:
    courses = summarise(turns(4), ACCURACY, QUESTIONS)
    assert measure_table(by_turn(courses), ACCURACY, [ACCURACY]) is None
    played = [
        replace(
            turn,
            evaluations={
                name: replace(
                    evaluation, metrics={**evaluation.metrics, "pass@1": 0.3, "pass@2": 0.4, "pass_rate": 0.7}
                )
                for name, evaluation in turn.evaluations.items()
            },
        )
        for turn in turns(4)
    ]
    table = measure_table(by_turn(summarise(played, ACCURACY, QUESTIONS)), ACCURACY, [ACCURACY])
    assert table is not None
    names = [str(column.header) for column in table.columns]
    assert names[:4] == ["turn", "accuracy, %", "pass@2, %", "pass_rate"]
    cells = [list(column.cells)[-1] for column in table.columns]
    assert cells[:5] == ["4", "80.0", "40.0", "0.700", f"{100 * 0.5 / 0.7:.1f}"]


def test_measures_stand_as_their_environment_lists_them_and_the_caption_counts_the_rest() -> None:
    names = ("hit@10", "ndcg@10", "hit@1", "hit@3", "hit@20", "hit@50", "code 1@10", "code 2@10")
    listed = [ACCURACY, *(Measure(name=name, graded=True) for name in names)]
    more = {**dict.fromkeys(names, 0.25), "extra": 0.5}
    played = [
        replace(
            turn,
            evaluations={
                name: replace(evaluation, metrics={**evaluation.metrics, **more})
                for name, evaluation in turn.evaluations.items()
            },
        )
        for turn in turns(4)
    ]
    table = measure_table(by_turn(summarise(played, ACCURACY, QUESTIONS)), ACCURACY, listed)
    assert table is not None
    assert [str(column.header) for column in table.columns][1:7] == ["accuracy, %", *names[:5]]
    assert "4 more are on record" in str(table.caption)


def test_the_held_out_questions_are_those_of_all_measures(played: Comparison) -> None:
    assert len(held_out(played)) == 30
