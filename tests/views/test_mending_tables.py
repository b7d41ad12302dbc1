"""A report, JSON lines and exports say how often feedback mended an answer, with the numbers of the record."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from simulation.core.types import Turn
from simulation.measures.mending import Mending, total
from simulation.measures.summary import add_up
from simulation.store import Study, StudySums
from simulation.views.export import export
from simulation.views.mending_tables import cells, compared_mending, mending_of, mending_sentence
from simulation.views.report import report
from tests.support.comparisons import concluded, found, planned, play
from tests.support.second_tries import studied


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    with studied(tmp_path_factory.mktemp("told") / "s") as study:
        yield study


def told(study: Study) -> str:
    console = Console(file=StringIO(), width=160, force_terminal=True, color_system=None)
    report(study, StudySums(study), console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_the_report_tells_it_by_category_with_n(study: Study) -> None:
    lines = told(study).splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("answered again"))
    rows = {line.split()[0]: line.split() for line in lines[start + 2 : start + 10] if line.split()}
    courses = add_up(StudySums(study), study.measures[0])
    everything = total(own for course in courses for own in course.again.values())
    both = (everything.questions, everything.wrong, everything.mended)
    assert rows["all"][1:4] == [str(number) for number in both]
    assert rows["all"][-2:] == [str(everything.right), str(everything.spoiled)]
    products = total(course.again["product"] for course in courses)
    assert rows["product"][1:4] == [str(number) for number in (products.questions, products.wrong, products.mended)]


def test_a_study_without_attempts_tells_nothing_of_them(tmp_path: Path) -> None:
    with studied(tmp_path / "s", 1) as study:
        assert "answered again" not in told(study)


def test_graded_measures_tell_means_beside_the_counts() -> None:
    own = Mending(wrong=3, mended=1, right=1, spoiled=0, first=2.0, last=3.0)
    assert cells(own, graded=True) == ("4", "3", "1", "33.3 (6.1–79.2)", "1", "0", "0.500", "0.750")
    assert cells(Mending(right=1, spoiled=1, first=1.0), graded=False) == ("1", "0", "0", "", "1", "1")


def test_a_turn_is_said_in_a_sentence(study: Study) -> None:
    turn = next(iter(study.turns("student-0", start=1)))
    own = mending_of(turn)
    assert own.questions == len(turn.attempts) and own.wrong and own.right
    assert mending_sentence(own) == (
        f"{len(turn.attempts)} answered again: what the teacher said mended {own.mended} of {own.wrong} wrong answers "
        f"and spoiled {own.spoiled} of {own.right} right ones that were called wrong"
    )
    assert mending_sentence(mending_of(Turn(turn=1, student="a"))) == ""


def test_parquet_has_a_row_a_further_answer(study: Study, tmp_path: Path) -> None:
    export(study, tmp_path / "out", "parquet")
    rows = pd.read_parquet(tmp_path / "out" / "attempts.parquet").to_dict("records")
    pairs = [(turn, attempt) for turn in study.turns() for attempt in turn.attempts]
    assert len(rows) == len(pairs) > 50
    for row, (turn, attempt) in zip(rows, pairs, strict=True):
        assert (row["turn"], row["student"], row["position"]) == (turn.turn, turn.student, attempt.position)
        assert (row["answer"], row["truth"], row["attempt"]) == (attempt.answer.text, attempt.truth, attempt.number)
        assert row["model_input"] == attempt.answer.model_input
        assert row["first_truth"] == turn.experiences[attempt.position].truth


def test_the_view_attempted_says_what_the_types_say(study: Study) -> None:
    rows = study.query("SELECT turn, student, position, attempt, prompt, answer, truth, first_truth FROM attempted")
    assert sorted(rows) == sorted(
        (
            turn.turn,
            turn.student,
            attempt.position,
            attempt.number,
            attempt.answer.prompt,
            attempt.answer.text,
            attempt.truth,
            turn.experiences[attempt.position].truth,
        )
        for turn in study.turns()
        for attempt in turn.attempts
    )


def test_a_comparison_tells_it_by_label(tmp_path: Path) -> None:
    mode = ("students.mode=generate",)
    comparison = play(planned(tmp_path / "c", 2, vary=("ask.attempts=1,2",), overrides=mode))
    findings = found(comparison)
    sheet = compared_mending(findings)
    assert sheet is not None and "ANSWERED AGAIN" in concluded(comparison, 160)
    ((label, *row),) = sheet.rows
    own = Mending()
    for _, folder in comparison.studies:
        with Study.open(folder) as study:
            own += total(mending_of(turn) for turn in study.turns())
    assert own.questions and row[:3] == [str(own.questions), str(own.wrong), str(own.mended)]
    assert label == "ask.attempts=2"
