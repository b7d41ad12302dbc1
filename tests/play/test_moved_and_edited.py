"""A study of files beside its scenario goes on anywhere, and one whose readable copy was edited says so."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from simulation.commands.main import main
from simulation.play.session import begin
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from simulation.views.progress import Quiet

SCENARIO = """\
name: moved
turns: 2
environment: {name: questions, rows: data/own.csv}
students: tests.support.scripted:ScriptedStudents
teacher: answer_key
ask: {policy: random, questions: 2, candidates: 8}
learn: {trainer: none}
evaluate: {every: 2, questions: 4}
"""


class StopsAfterTurn1(Quiet):
    """A user who stops a study after its first turn."""

    def turn(self, turns: Sequence[object], seconds: float) -> None:
        del seconds
        if any(getattr(turn, "turn", 0) == 1 for turn in turns):
            raise KeyboardInterrupt


@pytest.fixture
def project(disk: Path) -> Path:
    """A folder with a scenario and the rows that it names from there."""
    folder = disk / "project"
    (folder / "data").mkdir(parents=True)
    rows = [f"What is {number} plus {number % 7}?;{number + number % 7}" for number in range(80)]
    (folder / "data" / "own.csv").write_text("\n".join(["question;answer", *rows]) + "\n", encoding="utf-8")
    (folder / "mine.yaml").write_text(SCENARIO, encoding="utf-8")
    return folder


def stopped(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Begin a study from the project's folder and stop it after its first turn."""
    monkeypatch.chdir(project)
    prepared = prepare(load_scenario(Path("mine.yaml")))
    study = Path("runs") / "study"
    with StopsAfterTurn1() as watch:
        assert not begin(study, prepared.scenario.resolved(), [prepared], watch, print, keep="newest")
    return project / study


def used(study: Path, to: Path) -> None:
    """Go on with a study, replay it, report it and export it."""
    assert main(["resume", str(study), "--quiet"]) == 0
    assert main(["replay", str(study)]) == 0
    assert main(["report", str(study)]) == 0
    assert main(["export", str(study), "--to", str(to)]) == 0


def test_a_study_of_relative_rows_goes_on_from_another_folder_and_after_a_move(
    project: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = stopped(project, monkeypatch)
    shutil.copytree(study, disk / "copy")
    (disk / "elsewhere").mkdir()
    monkeypatch.chdir(disk / "elsewhere")
    used(study, disk / "to")
    moved = Path("moved")
    shutil.move(disk / "copy", moved)
    used(moved, disk / "to-2")
    for name in ("to", "to-2"):
        assert (disk / name).is_dir()


def test_an_edited_copy_is_named_with_what_differs_and_what_to_do(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    study = stopped(project, monkeypatch)
    copy = study / "scenario.yaml"
    before = copy.read_text(encoding="utf-8")
    written = yaml.safe_load(before)
    written["turns"] = 5
    written["ask"]["questions"] = 3
    copy.write_text(yaml.safe_dump(written), encoding="utf-8")
    assert main(["resume", str(study), "--quiet"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{copy} was edited: ask.questions is 3, the study has 2; turns is 5, the study has 2; " in line
    assert "undo the edit" in line and "begin a new study from it" in line
    for broken in ("a: [", 'seed: "', "[" * 3000):
        copy.write_text(broken, encoding="utf-8")
        assert main(["resume", str(study), "--quiet"]) == 2
        assert "cannot be read" in capsys.readouterr().err
    copy.write_text(before, encoding="utf-8")
    assert main(["resume", str(study), "--quiet"]) == 0


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("turns: 2\n", "turns: 3\n", "turns is 3, the study has 2"),
        ("turns: 2\n", "", "turns is missing, the study has 2"),
        ("turns: 2\n", "turns: '2'\n", "turns is '2', the study has 2"),
        ("turns: 2\n", "turns: 2\nmore: 1\n", "more is 1, which the study has not"),
        ("name: random\n", "name: category\n", "ask.policy.name is 'category', the study has 'random'"),
        ("seed: 0\n", "seed: false\n", "seed is False, the study has 0"),
        ("keep: newest\n", "keep: null\n", "keep is None, the study has 'newest'"),
        ("environment:\n", "environment: &e\n", ""),
        ("turns: 2\n", "turns: 2 # two\n", ""),
    ],
)
def test_whatever_somebody_changed_in_the_copy_is_named(
    old: str, new: str, says: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    study = stopped(project, monkeypatch)
    copy = study / "scenario.yaml"
    text = copy.read_text(encoding="utf-8")
    assert old in text
    copy.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert main(["resume", str(study), "--quiet"]) == (2 if says else 0)
    told = capsys.readouterr().err
    assert (f"{copy} was edited: {says}; a study plays what it began with" in told) == bool(says)
    assert main(["report", str(study)]) == 0
    assert (f"warning: {copy} was edited: {says}; the study is told as it was" in capsys.readouterr().err) == bool(says)


def test_a_copy_that_is_gone_or_only_laid_out_otherwise_says_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = stopped(project, monkeypatch)
    copy = study / "scenario.yaml"
    text = copy.read_text(encoding="utf-8")
    copy.write_text(json.dumps(yaml.safe_load(text)), encoding="utf-8")
    assert main(["resume", str(study), "--quiet"]) == 0
    assert "top_p: 1.0\n" in text and "seed: 0\n" in text
    copy.write_text(text.replace("top_p: 1.0\n", "top_p: 1\n").replace("seed: 0\n", "seed: 0x0\n"), encoding="utf-8")
    assert main(["resume", str(study), "--quiet"]) == 0
    copy.write_text(text.replace("top_p: 1.0\n", "top_p: 10e-1\n"), encoding="utf-8")
    assert main(["resume", str(study), "--quiet"]) == 0
    copy.write_text(text.replace("top_p: 1.0\n", "top_p: true\n"), encoding="utf-8")
    assert main(["resume", str(study), "--quiet"]) == 2
    copy.unlink()
    assert main(["resume", str(study), "--quiet"]) == 0


def test_an_edited_comparison_is_not_gone_on_with(
    disk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(disk)
    few = ["turns=1", "ask.questions=2", "evaluate.questions=2", "--vary", "ask.policy=random,category"]
    assert main(["compare", "surrogate", *few, "--seeds", "1", "--workers", "1", "--quiet", "--out", "runs"]) == 0
    (comparison,) = (disk / "runs").iterdir()
    document = comparison / "comparison.yaml"
    text = document.read_text(encoding="utf-8")
    document.write_text(text.replace("questions: 2\n", "questions: 3\n", 1), encoding="utf-8")
    capsys.readouterr()
    code = main(["resume", str(comparison), "--quiet"])
    assert code != 0
    shown = capsys.readouterr().err
    assert "was edited, of cohort-0 entries.0.scenario.ask.questions is 3, the study has 2" in shown
    document.write_text(text, encoding="utf-8")
    assert main(["resume", str(comparison), "--quiet"]) == 0
