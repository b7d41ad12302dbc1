"""A comparison's report says what its studies hold: the same bytes for the same studies, and no more than is known."""

import json
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from simulation.measures.arrays import COSTS, read_results
from simulation.measures.findings import find_all, from_nothing, look_at
from simulation.measures.methods import estimate_of
from simulation.measures.statistics import at_budget
from simulation.measures.verdicts import judge_pairs
from simulation.play.folders import Comparison
from simulation.views.comparison_report import held_out, plain
from simulation.views.comparison_tables import chosen_pairs, pairs_sheet, table
from simulation.views.report_sections import heading, sections
from simulation.views.teacher_tables import crosswise
from simulation.views.text import SHARES
from tests.support.comparisons import concluded, found, planned, play
from tests.support.courses import ACCURACY

DETERMINISTIC = ("tables.txt", "verdicts.json")


@pytest.fixture(scope="module")
def played(disks: Callable[[], Path]) -> Comparison:
    """Three policies over three seeds, played and reported."""
    comparison = play(planned(disks() / "compare-a"))
    concluded(comparison)
    return comparison


def text(comparison: Comparison) -> str:
    findings = found(comparison)
    return plain(heading(findings, comparison.lineup), sections([findings], comparison.lineup))


def test_a_comparison_that_died_and_went_on_reports_the_same_bytes(played: Comparison, disk: Path) -> None:
    again = play(planned(disk / "compare-b"), dying=2)
    concluded(again, width=80)
    apart = play(planned(disk / "compare-c", workers=3))
    concluded(apart)
    assert len(apart.cohorts) == 3
    for name in DETERMINISTIC:
        assert (again.folder / name).read_bytes() == (played.folder / name).read_bytes()
        assert (apart.folder / name).read_bytes() == (played.folder / name).read_bytes()


def test_reporting_again_changes_nothing_and_leaves_no_part_behind(played: Comparison) -> None:
    before = {path.name: path.read_bytes() for path in played.folder.iterdir() if path.is_file()}
    concluded(played)
    assert {path.name: path.read_bytes() for path in played.folder.iterdir() if path.is_file()} == before
    assert {*DETERMINISTIC, "report.html", "learning_curves.png", "differences.png", "flows.png"} <= set(before)


def test_the_text_file_is_what_the_terminal_shows(played: Comparison) -> None:
    shown = "".join(f"{line.rstrip()}\n" for line in concluded(played).splitlines())
    written = (played.folder / "tables.txt").read_text(encoding="utf-8")
    assert shown.startswith(written)
    assert "time of all cohorts" in shown and "time" not in written and "compare-a" not in written
    assert max(map(len, written.splitlines())) <= 120


def test_the_numbers_are_those_of_the_studies(played: Comparison) -> None:
    told = json.loads((played.folder / "verdicts.json").read_text(encoding="utf-8"))
    results = read_results(played.lineup, played.studies)
    last = {label: results.values(ACCURACY, label, results.seeds)[:, -1] for label in results.labels}
    for each in told["standings"]:
        assert each["last"]["value"] == last[each["label"]].mean()
        assert each["last"]["low"] <= each["last"]["value"] <= each["last"]["high"]
    first = told["measures"][0]
    assert first["measure"] == "accuracy at turn 4" and len(first["verdicts"]) == 3
    for verdict in first["verdicts"]:
        assert verdict["difference"] == pytest.approx(last[verdict["b"]].mean() - last[verdict["a"]].mean())
    assert told["spent"]["scored"]["tests.support.scripted_LeastSure"] == 4 * 30
    assert told["spent"]["scored"]["random"] == 0


def test_what_only_a_policy_needed_is_counted_and_told(played: Comparison) -> None:
    written = (played.folder / "tables.txt").read_text(encoding="utf-8")
    assert (
        "tests.support.scripted_LeastSure: for 24 questions asked its policy had 120 scored and 90 probed, 8.8 for each"
        in " ".join(written.split())
    )
    assert "24 questions asked under every label: accuracy at turn 4 is accuracy at this equal budget." in written
    assert "accuracy after 24 questions asked, scored or probed" in written


def test_few_seeds_and_questions_are_warned_of(played: Comparison) -> None:
    written = " ".join((played.folder / "tables.txt").read_text(encoding="utf-8").split())
    assert "3 seeds: the exact sign-flip test cannot go below p = 0.25" in written
    assert "30 held-out questions are few" in written


def test_who_is_missing_is_named_and_the_others_are_compared_without(disk: Path) -> None:
    comparison = play(planned(disk / "compare", workers=3), cohorts=[0, 2])
    said = concluded(comparison)
    assert "3 of 9 did not come to the end" in said and "not begun" in said
    assert "Compared over the 2 seeds of 3 at which all labels came to the end" in " ".join(said.split())
    assert found(comparison).seeds == (0, 2)


def test_nothing_is_said_of_a_comparison_of_which_nothing_is_finished(disk: Path) -> None:
    comparison = planned(disk / "compare")
    said = concluded(comparison)
    assert "No student has come to the end yet" in said and "9 of 9 did not come to the end" in said
    assert sorted(path.name for path in comparison.folder.iterdir()) == ["comparison.yaml", *DETERMINISTIC]


def test_a_label_that_never_came_to_the_end_is_left_out(played: Comparison) -> None:
    results = read_results(played.lineup, played.studies)
    lost = replace(results, missing=tuple(("random", seed, "diverged") for seed in results.seeds))
    (findings,) = find_all(lost, held_out(played))
    assert findings.labels == ("round_robin", "tests.support.scripted_LeastSure") and findings.seeds == results.seeds
    said = " ".join(plain("", sections([findings], played.lineup)).split())
    assert "random did not come to the end at any seed and is left out" in said
    alone = replace(lost, missing=(*lost.missing, *(("round_robin", seed, "x") for seed in results.seeds)))
    said = plain("", sections(find_all(alone, held_out(played)), played.lineup))
    assert "Only tests.support.scripted_LeastSure came to the end" in said


def test_labels_that_share_no_seed_are_not_compared(played: Comparison) -> None:
    results = read_results(played.lineup, played.studies)
    missing = [("random", 0, "x"), ("random", 1, "x"), ("round_robin", 2, "x")]
    all_findings = find_all(replace(results, missing=tuple(missing)), held_out(played))
    written = " ".join(plain("", sections(all_findings, played.lineup)).split())
    assert "so nothing can be paired" in written


def test_one_seed_speaks_of_questions_only(disk: Path) -> None:
    said = " ".join(concluded(play(planned(disk / "compare", 1))).split())
    assert "One seed: the intervals speak of other questions only" in said


def test_a_class_is_one_unit(disk: Path) -> None:
    comparison = play(planned(disk / "compare", 2, overrides=["students.count=3"]))
    findings = found(comparison)
    assert findings.values["random"].shape == (2, 3, 30)
    assert findings.spent("asked", "random") == 3 * 4 * 6
    members = findings.results.students["random", 1]
    assert findings.values["random"][1, -1].mean() == pytest.approx(
        np.mean([each.course.measurements[-1].value for each in members])
    )
    concluded(comparison)


def test_before_anything_is_spent_stands_the_value_at_first() -> None:
    """A policy that had 30 questions probed before its first one has learned nothing at a budget of 20."""
    truths_SEQ = np.array([[[0.0, 1.0], [1.0, 1.0]]])
    assert at_budget(*from_nothing(np.array([[30.0, 50.0]]), truths_SEQ), 20.0).tolist() == [[0.0, 1.0]]
    assert at_budget(*from_nothing(np.array([[30.0, 50.0]]), truths_SEQ), 40.0).tolist() == [[0.5, 1.0]]


def test_equal_spending_and_none_show_nothing_new() -> None:
    generator = np.random.default_rng(0)
    truths = {label: generator.integers(0, 2, (6, 2, 40)).astype(float) for label in ("a", "b")}
    costs = {cost: {label: np.zeros((6, 2)) for label in truths} for cost in COSTS}
    for label in truths:
        costs["asked"][label] = np.tile([0.0, 10.0], (6, 1))
    costs["trained"] = {"a": np.tile([0.0, 4.0], (6, 1)), "b": np.tile([0.0, 8.0], (6, 1))}
    aspects, same = look_at(ACCURACY, (0, 2), truths, costs)
    assert same == ("asked", "tokens", "put")
    assert [aspect.budget for aspect in aspects] == ["", "", "trained"]
    halfway = (truths["b"][:, 0] + truths["b"][:, 1]) / 2
    assert aspects[2].means["b"].value == pytest.approx(halfway.mean())


def test_the_interval_of_a_mean_holds_the_truth_as_often_as_it_says() -> None:
    """Over seeds and questions that both vary, about 95 of 100 intervals hold the mean."""
    generator, held = np.random.default_rng(0), 0
    for _ in range(200):
        chances_SQ = 0.5 + generator.normal(0, 0.05, (6, 1)) + generator.normal(0, 0.15, (1, 100))
        estimate = estimate_of((generator.random((6, 100)) < chances_SQ).astype(float), graded=False)
        held += estimate.low <= 0.5 <= estimate.high
    assert held >= 184


def test_many_pairs_show_those_with_the_first_label_and_those_told_apart() -> None:
    generator = np.random.default_rng(0)
    hard = generator.random(200)
    levels = {f"label {number}": 0.5 + 0.1 * (number == 9) for number in range(12)}
    truths = {
        label: (hard + generator.normal(0, 0.1, (8, 200)) < level).astype(float) for label, level in levels.items()
    }
    family = judge_pairs(truths)
    chosen = chosen_pairs(family.verdicts, 30)
    assert len(family.verdicts) == 66 and len(chosen) == 30
    assert sum(each.a == "label 0" for each in chosen) == 11
    assert all(each in chosen for each in family.verdicts if each.tells)
    assert chosen == [each for each in family.verdicts if each in chosen]


def test_a_table_does_not_read_labels_as_markup(played: Comparison) -> None:
    aspect = found(played).aspects[0]
    verdicts = tuple(replace(each, a="[red]x[/]", b="\x1b[2J") for each in aspect.family.verdicts)
    sheet = pairs_sheet(replace(aspect, family=replace(aspect.family, verdicts=verdicts)), SHARES, explained=True)
    console = Console(file=StringIO(), width=120, color_system=None)
    console.print(table(sheet))
    assert isinstance(console.file, StringIO)
    assert "\\x1b[2J − [red]x[/]" in console.file.getvalue()


def test_grading_error_is_corrected_by_the_rates_of_other_seeds(disk: Path) -> None:
    judges = (
        "teacher={name: tests.support.scripted:ScriptedJudge, error_rate: 0.3},tests.support.scripted:ExactJudge",
    )
    comparison = play(planned(disk / "compare", 8, vary=judges, overrides=["ask.questions=20"]))
    findings = found(comparison)
    noisy, exact = findings.labels
    told = findings.reliability([noisy])
    truly = told.matrix[1].sum() / told.verdicts
    assert told.agreed / told.verdicts == pytest.approx(0.7, abs=0.06)
    assert crosswise(findings, noisy) == pytest.approx(truly, abs=0.1)
    assert crosswise(findings, exact) == pytest.approx(
        findings.reliability([exact]).matrix[1].sum() / findings.reliability([exact]).verdicts
    )
    said = concluded(comparison)
    assert said.count("errors of the teacher under") == 1
    assert (comparison.folder / "teacher.png").is_file()


def test_reliability_by_category_adds_up(played: Comparison) -> None:
    told = found(played).reliability(["random"])
    assert set(told.categories) == {"sum", "difference", "product"}
    assert told.verdicts == 3 * 4 * 6 == sum(int(each.sum()) for each in told.categories.values())
