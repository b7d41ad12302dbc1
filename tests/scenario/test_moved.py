"""A study goes on, replays and is exported where it was moved to with its rows and its module, or without them."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from simulation.commands.main import main
from simulation.core.types import Turn
from simulation.play.folders import Comparison, divide
from simulation.play.session import begin
from simulation.scenario.entries import read_lineup
from simulation.scenario.moved import moved_path
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from simulation.store import Study
from simulation.views.progress import Quiet

SCENARIO = """\
name: own_rows
turns: 3
environment: {name: math_word_problems, rows: rows.jsonl, probe_size: 5}
students: {name: irt_learner}
teacher: answer_key
ask: {policy: "chooser:First", questions: 5, candidates: 5}
learn: {trainer: none}
evaluate: {questions: 5}
"""
POLICY = """\
from dataclasses import dataclass
from simulation.core.types import Selection

@dataclass(frozen=True)
class First:
    needs = frozenset()

    def select(self, candidates, k, context):
        return [Selection(item=item, reason="it stands first") for item in candidates[:k]]
"""


class StopsAfterTurn1(Quiet):
    """A user who stops a study after its first turn."""

    def turn(self, turns: Sequence[Turn], seconds: float) -> None:
        super().turn(turns, seconds)
        if turns[0].turn == 1:
            raise KeyboardInterrupt


def project(folder: Path) -> Path:
    """Return a project with a scenario, its rows and its policy, and a study that was stopped."""
    folder.mkdir()
    rows = [
        {"Problem": f"what is {n} plus 2 ?", "options": " , ".join(f"{o} ) {n + i}" for i, o in enumerate("abcde")),
         "correct": "c", "category": "gain"}
        for n in range(60)
    ]  # fmt: skip
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (folder / "chooser.py").write_text(POLICY, encoding="utf-8")
    (folder / "own.yaml").write_text(SCENARIO, encoding="utf-8")
    prepared = prepare(load_scenario(folder / "own.yaml"))
    with StopsAfterTurn1() as watch:
        study = folder / "runs" / "own"
        assert not begin(study, prepared.scenario.resolved(), [prepared], watch, print, keep="newest")
    return folder


def trace_hash(study: Path) -> str:
    with Study.open(study) as opened:
        return opened.trace_hash


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    return project(tmp_path / "project")


@pytest.mark.parametrize("what", ["project", "study"])
def test_a_study_goes_on_from_where_it_was_moved_to(
    what: str, stopped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = tmp_path / "whole"
    shutil.copytree(stopped / "runs" / "own", whole)
    assert main(["resume", str(whole), "--quiet"]) == 0
    (tmp_path / "away").mkdir()
    moved = stopped if what == "project" else stopped / "runs" / "own"
    shutil.move(moved, tmp_path / "away" / "other")
    study = tmp_path / "away" / "other" / ("runs/own" if what == "project" else "")
    monkeypatch.chdir(tmp_path / "away")
    assert main(["resume", str(study.relative_to(tmp_path / "away")), "--quiet"]) == 0
    assert trace_hash(study) == trace_hash(whole)
    said = capsys.readouterr().err
    assert ("moved along with the study: environment.rows is " in said) == (what == "project")
    for command in (["replay", str(study)], ["report", str(study)]):
        assert main(command) == 0
    for form in ("jsonl", "parquet"):
        assert main(["export", str(study), "--to", str(tmp_path / form), "--format", form]) == 0


def test_a_cohort_that_begins_after_a_move_keeps_the_words_of_its_comparison(stopped: Path, tmp_path: Path) -> None:
    lineup = read_lineup([stopped / "own.yaml"], ["ask.questions=1,2"], [], seeds=(0, 1))
    pair = stopped / "runs" / "pair"
    assert len(Comparison.create(pair, lineup, divide(lineup, workers=2), None).cohorts) == 2
    shutil.copytree(pair, tmp_path / "whole")
    assert main(["resume", str(tmp_path / "whole"), "--cohort", "0", "--quiet"]) == 0
    assert main(["resume", str(tmp_path / "whole"), "--cohort", "1", "--quiet"]) == 0
    (tmp_path / "away").mkdir()
    shutil.move(stopped, tmp_path / "away" / "other")
    moved = tmp_path / "away" / "other" / "runs" / "pair"
    assert main(["resume", str(moved), "--quiet"]) == 0
    for cohort in ("cohort-0", "cohort-1"):
        with Study.open(moved / cohort) as study, Study.open(tmp_path / "whole" / cohort) as whole:
            assert study.scenario == whole.scenario and study.trace_hash == whole.trace_hash
    assert main(["resume", str(moved), "--quiet"]) == 0


def test_a_file_is_looked_for_from_the_study_upwards(tmp_path: Path) -> None:
    study = tmp_path / "b" / "project" / "runs" / "s"
    study.mkdir(parents=True)
    lost = "/nowhere/project/data/rows.jsonl"
    assert moved_path(lost, study) == lost
    for name in ("rows.jsonl", "b/data/rows.jsonl", "b/project/data/rows.jsonl"):
        place = tmp_path / name
        place.parent.mkdir(exist_ok=True)
        place.touch()
        assert moved_path(lost, study) == str(place), "the most alike"
        nearer = tmp_path / "b" / "project" / "runs" / "rows.jsonl"
        nearer.touch()
        assert moved_path(lost, study) == (lost if name == "rows.jsonl" else str(place)), "two are equally alike"
        nearer.unlink()
    assert moved_path(str(tmp_path / "rows.jsonl"), study) == str(tmp_path / "rows.jsonl"), "it is where it was"
    assert moved_path("embedded", study) == "embedded"
