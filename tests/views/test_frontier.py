"""A comparison over several temperatures tells who is right more often at equal difference, and a report each one."""

import json
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from simulation.measures.arrays import read_results
from simulation.measures.exams import Exams, curveless
from simulation.measures.frontier import DIFFERENCES, frontiers
from simulation.play.folders import Comparison
from simulation.store import Study, StudySums
from simulation.views.frontier_words import frontier_section
from simulation.views.report import report
from tests.support.comparisons import concluded, planned, play

WRITTEN = ("students.mode=generate", "evaluate.samples=6")
CURVE = (*WRITTEN, "evaluate.temperature=[0,0.5,1,2,4]")
PLAIN = (*WRITTEN, "evaluate.temperature=1.0")
VARY = ("ask.policy=random,round_robin",)


@pytest.fixture(scope="module")
def curved(disks: Callable[[], Path]) -> Comparison:
    """Two policies over four seeds, measured at five temperatures."""
    return play(planned(disks() / "compare", 4, vary=VARY, overrides=CURVE))


def test_the_curves_are_those_of_the_evaluations_on_record(curved: Comparison) -> None:
    results = read_results(curved.lineup, curved.studies, (), DIFFERENCES)
    assert results.exams is not None
    assert results.exams.temperatures == (0.5, 1.0, 2.0, 4.0)
    assert results.exams.names == ("held_out@0.5", "held_out", "held_out@2", "held_out@4")
    found = frontiers(results, results.labels, results.seeds)
    assert [frontier.different.name for frontier in found] == list(DIFFERENCES)
    (first, *_) = found
    with Study.open(curved.study_folder(0)) as study:
        (last,) = study.turns("random-0", start=study.last_turn)
    values = [last.evaluations[name].metrics["distinct"] for name in results.exams.names]
    row = [results.exam(name, "distinct", "random", [0]).mean() for name in results.exams.names]
    assert row == pytest.approx(values)
    means = [point.different.value for point in first.points["random"]]
    assert means == sorted(means), "hotter is more different"
    assert first.family.seeds == 4 and len(first.family.verdicts) == 1


def test_the_report_tells_it_in_words_in_tables_in_numbers_and_in_a_picture(curved: Comparison) -> None:
    text = concluded(curved)
    assert "RIGHT AT EQUAL DIFFERENCE" in text
    assert text.count("At equal ") >= len(DIFFERENCES)
    assert "one temperature alone" in text
    assert "where random is as different as another at temperature 1" in text
    assert (curved.folder / "frontier.png").read_bytes().startswith(b"\x89PNG")
    assert "Right at equal difference" in (curved.folder / "report.html").read_text(encoding="utf-8")
    stored = json.loads((curved.folder / "verdicts.json").read_text(encoding="utf-8"))["frontiers"]
    assert [frontier["different"] for frontier in stored] == list(DIFFERENCES)
    assert {point["temperature"] for point in stored[0]["points"]["round_robin"]} == {0.5, 1.0, 2.0, 4.0}
    assert all(frontier["samples"] == 6 for frontier in stored)


def test_a_student_s_report_has_a_row_for_every_temperature(curved: Comparison) -> None:
    with Study.open(curved.study_folder(0)) as study:
        console = Console(file=StringIO(), width=160, color_system=None)
        scenario = study.scenario["entries"][0]["scenario"]
        single = _Single(study, scenario)
        report(single, StudySums(study), console)  # type: ignore[arg-type]
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert "answers together: 6 to each question" in text
    lines = [line.split() for line in text.splitlines() if line.split()[:1] == ["4"]]
    assert [line[1] for line in lines if len(line) > 8][-4:] == ["0.5", "1", "2", "4"]
    assert "maj@6" in text and "against its 5 siblings" in " ".join(text.split())


def test_one_temperature_or_one_answer_makes_no_curve(disk: Path) -> None:
    assert Exams.of(planned(disk / "a", overrides=PLAIN).lineup) is None
    one = ("students.mode=generate", "evaluate.temperature=[0.5,1]")
    assert Exams.of(planned(disk / "b", overrides=one).lineup) is None
    different = planned(disk / "c", vary=("evaluate.samples=2,3",), overrides=["evaluate.temperature=[0.5,1]"])
    assert Exams.of(different.lineup) is None


@pytest.mark.parametrize(
    ("vary", "overrides", "said"),
    [
        ("evaluate.samples=2,3", ["evaluate.temperature=[0.5,1]"], "different numbers of samples"),
        ("evaluate.top_k=2,3", ["evaluate.samples=2", "evaluate.temperature=[0.5,1]"], r"different cuts \(top_k"),
        ("ask.questions=2,3", ["evaluate.temperature=[0.5,1]"], "set evaluate.samples"),
        ("ask.questions=2,3", ["evaluate.samples=2", "evaluate.temperature=[0.5,1]"], "^$"),
        ("ask.questions=2,3", [], "^$"),
    ],
)
def test_a_comparison_of_several_temperatures_without_curves_says_why(
    disk: Path, vary: str, overrides: list[str], said: str
) -> None:
    lineup = planned(disk / "d", vary=(vary,), overrides=["students.mode=generate", *overrides]).lineup
    assert re.search(said, curveless(lineup))
    section = frontier_section((), curveless(lineup))
    assert (section is None) == (said == "^$")


class _Single:
    """A study of a comparison as if it were of one scenario."""

    def __init__(self, study: Study, scenario: dict[str, object]) -> None:
        self._study, self.scenario = study, scenario

    def __getattr__(self, name: str) -> object:
        return getattr(self._study, name)
