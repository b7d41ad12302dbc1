"""A comparison's page says what its report says; two studies stand side by side by what both were asked."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from simulation.measures.methods import estimate_of
from simulation.play.folders import Comparison
from simulation.store import Study
from simulation.views.web.catalog import Catalog
from simulation.views.web.site import Site
from tests.support.comparisons import concluded, found, planned, play
from tests.support.random_classes import Class
from tests.support.random_classes import play as play_class
from tests.views.web.crawling import PageReader, read


@pytest.fixture(scope="module")
def compared(disks: Callable[[], Path]) -> Comparison:
    """Three policies over four seeds, and what was found."""
    comparison = play(planned(disks() / "compare", 4))
    concluded(comparison)
    return comparison


@pytest.fixture(scope="module")
def page(compared: Comparison) -> PageReader:
    """The page of the comparison."""
    return read(Site(Catalog(compared.folder.parent)), "compare/index.html")


def test_the_curves_have_the_report_s_means_and_intervals(compared: Comparison, page: PageReader) -> None:
    findings = found(compared)
    rows = page.table("held-out accuracy, % by turn")
    assert list(rows) == list(findings.values)
    for label, values_SEQ in findings.values.items():
        estimates = [estimate_of(values_SEQ[:, place], graded=False) for place in range(len(findings.turns))]
        assert rows[label] == [
            f"{100 * one.value:.1f} ({100 * one.low:.1f} to {100 * one.high:.1f})" for one in estimates
        ]
        last = estimates[-1]
        printed = (compared.folder / "tables.txt").read_text(encoding="utf-8")
        assert f"{100 * last.value:.1f} ({100 * last.low:.1f}–{100 * last.high:.1f})" in printed
        assert f"{label} {100 * last.value:.1f} %" in page.text


def test_the_curves_are_drawn_in_light_and_dark(compared: Comparison) -> None:
    site = Site(Catalog(compared.folder.parent))
    pictures = {palette: site.reply(f"compare/curve-{palette}.svg") for palette in ("light", "dark")}
    assert {reply.status for reply in pictures.values()} == {200}
    assert pictures["light"].body != pictures["dark"].body
    for reply in pictures.values():
        assert reply.body.startswith(b"<?xml") and b"<script" not in reply.body
        assert reply.body.count(b"FillBetweenPolyCollection") >= 3 or reply.body.count(b"PolyCollection") >= 3


def test_every_pair_and_what_it_cost_is_said(compared: Comparison, page: PageReader) -> None:
    numbers = json.loads((compared.folder / "verdicts.json").read_text(encoding="utf-8"))
    for verdict in numbers["measures"][0]["verdicts"]:
        assert " ".join(verdict["text"].split()) in page.text
    findings = found(compared)
    spent = page.table("what was spent")
    for label in findings.values:
        assert spent[label] == [
            f"{findings.spent(cost, label):,.0f}" for cost in ("asked", "trained", "tokens", "scored", "measured")
        ]
    budgets = page.table("held-out accuracy, % at equal budgets")
    aspects = [aspect for aspect in findings.aspects if aspect.budget]
    assert aspects
    for label in findings.values:
        assert budgets[label] == [
            f"{100 * one.value:.1f} ({100 * one.low:.1f} to {100 * one.high:.1f})"
            for one in (aspect.means[label] for aspect in aspects)
        ]
    for aspect in aspects:
        told = any(verdict.tells for verdict in aspect.family.verdicts)
        assert (f"{aspect.name}: no label is told from another." in page.text) == (not told)


def test_what_changed_under_each_label_is_the_report_s(compared: Comparison, page: PageReader) -> None:
    for standing in found(compared).standings:
        first, last = (100 * one.value for one in (standing.first, standing.last))
        expected = [
            f"{first:.1f}",
            f"{last:.1f}",
            f"{last - first:+.1f}",
            f"{standing.rose:.1f}",
            f"{standing.fell:.1f}",
        ]
        assert page.table("how each label changed")[standing.label] == expected


def test_a_comparison_without_a_report_says_so_and_lists_its_students(disk: Path) -> None:
    play(planned(disk / "compare", 2), dying=2)
    page = read(Site(Catalog(disk)), "compare/index.html")
    assert "is not reported yet" in page.text and not any(tag == "img" for tag, _ in page.tags)
    assert len(page.table("6 students of 3 labels")) == 6
    assert Site(Catalog(disk)).reply("compare/curve-light.svg").status == 404


@pytest.fixture(scope="module")
def two(disks: Callable[[], Path]) -> Path:
    """Two studies of the same held-out questions, of which one has more turns, and one of other questions."""
    folder = disks() / "runs"
    play_class(Class(seed=1, turns=2, held_out=120), folder / "short")
    play_class(Class(seed=1, turns=4, held_out=120, students=3), folder / "long")
    play_class(Class(seed=2, turns=1), folder / "another")
    play_class(Class(seed=1, turns=1, graded=True), folder / "graded")
    return folder


def exam(folder: Path, name: str, student: str, turn: int) -> dict[str, float]:
    """Return the truth of each held-out answer."""
    with Study.open(folder / name) as study:
        (own,) = study.turns(student, start=turn, stop=turn + 1)
        return {result.question_id: result.truth for result in own.evaluations["held_out"].results}


def test_two_studies_stand_side_by_side(two: Path) -> None:
    site = Site(Catalog(two))
    page = read(site, "short/compare.html", b="long", b_student="2", b_turn="3")
    left, right = exam(two, "short", "student-0", 2), exam(two, "long", "student-2", 3)
    assert "short: student-0, turn 2 (left) beside long: student-2, turn 3 (right)" in page.text
    better = sum(right[name] > left[name] for name in left)
    worse = sum(right[name] < left[name] for name in left)
    assert f"{better} held-out answers that are better on the right side" in page.text
    assert f"{worse} held-out answers that are worse on the right side" in page.text
    listed = [row[1] for way in ("better", "worse") for row in rows_of(site, way)]
    assert len(listed) == len(set(listed)) == better + worse > 50
    assert "Both were put 120 held-out questions" in page.text
    means = [sum(own.values()) for own in (left, right)]
    rows = page.table("held-out by category")
    assert sum(float(row[1]) for row in rows.values()) > 0 and means[0] > 0
    hrefs = [str(own["href"]) for tag, own in page.tags if tag == "a"]
    assert {"student-0/turn-2.html", "../long/student-2/turn-3.html"} <= set(hrefs)


def rows_of(site: Site, way: str) -> list[list[str]]:
    """Return all rows of one of the tables of answers."""
    rows = []
    for number in ("1", "2", "3"):
        reply = site.reply("short/compare.html", {"b": "long", "b_student": "2", "b_turn": "3", "changes": number})
        page = PageReader(reply.body.decode("utf-8"))
        captions = [own for own in page.captions if re.match(rf"\d+ held-out answers that are {way}", own)]
        rows += page.table_rows(captions[0]) if captions else []
    return rows


def test_categories_of_two_studies_are_means_of_the_common_questions(two: Path) -> None:
    page = read(Site(Catalog(two)), "short/compare.html", b="long", a_turn="1", b_turn="4")
    with Study.open(two / "short") as study:
        categories = {question.id: question.category for question in study.question_set("held_out")}
    sides = [exam(two, "short", "student-0", 1), exam(two, "long", "student-0", 4)]
    for category in set(categories.values()):
        means = [
            float(np.mean([truth for name, truth in own.items() if categories[name] == category])) for own in sides
        ]
        row = page.table("held-out by category")[category or "none"]
        assert row[:2] == [f"{100 * value:.1f}" for value in means]


def test_studies_without_a_common_question_or_measure_say_so(two: Path) -> None:
    site = Site(Catalog(two))
    assert "no held-out question in common" in read(site, "short/compare.html", b="another").text
    assert "not compared" in read(site, "short/compare.html", b="graded").text
    for name in ("nothing", "../short", "short/cohort-0", "a/b/c", "<script>"):
        assert site.reply("short/compare.html", {"b": name}).status == 404, name
