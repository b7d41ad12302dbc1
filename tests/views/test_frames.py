"""A notebook gets a study's rows as pandas tables, from studies of every format and from whole comparisons."""

import os
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest

import simulation
from simulation.core.errors import StoreError
from simulation.play.folders import DOCUMENT, Cohort, Comparison
from simulation.play.runner import play
from simulation.scenario.entries import Entry, Lineup
from simulation.scenario.scenario import load_scenario
from simulation.store import Study
from simulation.store.schema import OLDEST, VERSION
from simulation.views.export import export
from simulation.views.frames import TABLES
from tests.documents.pages import ROOT, blocks
from tests.play.test_runner import Ears
from tests.store.test_formats import rebuilt
from tests.support.scripted import LeastSure, scripted_world, seats, stepper
from tests.support.scripted_scenario import GOOD
from tests.support.studies import make


@pytest.fixture
def folder(disk: Path) -> Path:
    world = scripted_world(seats(2), ask=LeastSure(), turns=4)
    with make(disk / "study", sets={"held_out": world.held_out, "probe": world.probe[:3]}) as study:
        play(study, world, stepper(world), Ears())
    return disk / "study"


def test_the_documented_notebook_plots_and_tests_in_fifteen_lines(
    folder: Path, disk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (script,) = [block for block in blocks(ROOT / "docs" / "trace.md", "python") if "open_study" in block]
    assert len([line for line in script.splitlines() if line.strip()]) <= 15
    mpl.use("agg")
    monkeypatch.chdir(disk)
    exec(script.replace("runs/STUDY", str(folder)), {})  # it is shown to be run
    assert (disk / "accuracy.png").stat().st_size > 1000
    with Study.open(folder) as study:
        first, *_, last = (turn.evaluations["held_out"] for turn in study.turns("student-0") if turn.evaluations)
    before, after = ({result.question_id: result.truth for result in sheet.results} for sheet in (first, last))
    gained = sum(after[question] > before[question] for question in before)
    assert capsys.readouterr().out.startswith(f"{gained} turned right")


def test_tables_are_those_of_parquet_with_who_played(folder: Path, disk: Path) -> None:
    tables = simulation.open_study(folder)
    with Study.open(folder) as study:
        files = {path.stem: path for path in export(study, disk / "out", "parquet")}
    assert set(TABLES) == set(files) - {"study"}
    for name in TABLES:
        rows = getattr(tables, name)
        pd.testing.assert_frame_equal(rows[[*pd.read_parquet(files[name]).columns]], pd.read_parquet(files[name]))
    who = tables.answers[["study", "student", "label", "seed"]].drop_duplicates()
    assert who.values.tolist() == [["study", seat.name, seat.label, seat.seed] for seat in seats(2)]
    assert "seed" not in tables.questions and tables.about[0]["study"] == "study"
    assert tables.answers is tables.answers and "query(SQL)" in repr(tables)


def test_the_views_say_what_was_taught_and_examined(folder: Path) -> None:
    tables = simulation.open_study(folder)
    taught, lessons = tables.query("SELECT * FROM taught ORDER BY turn, student, position"), tables.lessons
    lessons = lessons.sort_values(["turn", "student", "position"])
    for column in ("turn", "student", "from_turn", "question", "reason"):
        assert taught[column].tolist() == lessons[column].tolist()
    examined = tables.query("SELECT * FROM examined WHERE question_set = ?", "held_out")
    held_out = tables.questions.query("question_set == 'held_out'")
    assert examined["prompt"].tolist() == held_out["prompt"].tolist()
    assert examined["reference"].tolist() == held_out["reference"].tolist()
    with pytest.raises(StoreError, match="cannot be run: no such column: absent; correct it"):
        tables.query("SELECT absent FROM taught")


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("VACUUM INTO 'other.db'", ()), ("ATTACH 'other.db' AS a", ()), ("DELETE FROM turns", ()),
        ("SELECT ?", (2**70,)), ("SELECT ?", ("\ud800",)), ("SELECT ?", ()),
    ],
)  # fmt: skip
def test_a_query_writes_nothing_and_says_what_is_wrong(
    statement: str, values: tuple[object, ...], folder: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(disk)
    with pytest.raises(StoreError, match=r"cannot be run: .*; correct it"):
        simulation.open_study(folder).query(statement, *values)
    assert not (disk / "other.db").exists()


def test_a_comparison_of_which_nothing_was_begun_is_refused(disk: Path) -> None:
    (disk / DOCUMENT).write_text("")
    with pytest.raises(StoreError, match=r"none of the studies of .* was begun; resume it"):
        simulation.open_study(disk)


@pytest.mark.parametrize("version", range(OLDEST, VERSION + 1))
def test_a_study_of_each_format_has_all_tables_and_views(version: int, disk: Path) -> None:
    tables = simulation.open_study(rebuilt(version, disk / "s"))
    assert len(tables.questions) == len(tables.query("SELECT * FROM examined")) > 0
    assert len(tables.lessons) == len(tables.query("SELECT * FROM taught")) > 0
    assert all(len(getattr(tables, name)) for name in TABLES if name != "attempts")


def test_a_comparison_is_all_its_studies(folder: Path, disk: Path) -> None:
    whole = disk / "whole"
    scenario = disk / "tiny.yaml"
    scenario.write_text(GOOD, encoding="utf-8")
    entry = Entry(label="alone", scenario=load_scenario(scenario))
    lineup, cohort = Lineup(entries=(entry,), seeds=(0,)), Cohort(labels=("alone",), seeds=(0,))
    Comparison.create(whole, lineup, [cohort, cohort], None)
    for number in range(2):
        (whole / f"cohort-{number}").symlink_to(folder)
    one, both = simulation.open_study(folder), simulation.open_study(whole)
    assert len(both.answers) == 2 * len(one.answers)
    assert both.answers["study"].unique().tolist() == ["cohort-0", "cohort-1"]
    assert both.query("SELECT count(*) AS n FROM answered")["n"].sum() == len(both.answers)


def test_what_is_no_study_is_refused_at_once(disk: Path) -> None:
    with pytest.raises(StoreError, match="is no study"):
        simulation.open_study(disk / "nowhere")


def test_to_import_the_project_is_light() -> None:
    code = "import sys, simulation; print({'pandas', 'numpy', 'torch', 'sqlite3'} & set(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert ran.stdout.strip() == "set()"
