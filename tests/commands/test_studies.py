"""The command `studies` shows what there is and removes only what it is told to and nobody writes."""

import json
from pathlib import Path

import pytest

from simulation.commands.main import main
from simulation.store import Study
from tests.support.scripted_scenario import GOOD


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    scenario = tmp_path / "tiny.yaml"
    scenario.write_text(GOOD, encoding="utf-8")
    assert main(["run", str(scenario), "--out", str(tmp_path / "runs"), "--quiet", "turns=1"]) == 0
    (tmp_path / "runs" / "notes").mkdir()
    return tmp_path / "runs"


def test_studies_are_listed_with_status_and_size(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (study,) = runs.glob("tiny-*")
    capsys.readouterr()
    assert main(["studies", "--out", str(runs), "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    entry = json.loads(line)
    files = sum(path.stat().st_size for path in study.rglob("*") if path.is_file())
    assert (entry["name"], entry["status"], entry["turn"], entry["students"]) == (study.name, "finished", 1, 2)
    assert entry["bytes"] == files > 10_000
    with Study.open(study, write=True):
        assert main(["studies", "--out", str(runs)]) == 0
    told = capsys.readouterr().out
    assert study.name in told and "being written" in told and "notes" not in told


def test_a_study_is_removed_once_nobody_writes_it(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (study,) = runs.glob("tiny-*")
    remove = ["studies", "remove", study.name, "--out", str(runs)]
    assert main(remove) == 2 and "say --yes" in capsys.readouterr().err
    with Study.open(study, write=True):
        assert main([*remove, "--yes"]) == 2 and "is being written by process" in capsys.readouterr().err
    assert study.is_dir()
    assert main([*remove, "--yes"]) == 0 and "removed: study" in capsys.readouterr().out
    assert not study.exists() and (runs / "notes").is_dir()


@pytest.mark.parametrize("name", ["notes", "..", "/", "x" * 300, "tiny"])
def test_what_is_no_study_is_never_removed(name: str, runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(runs.rglob("*"))
    assert main(["studies", "remove", name, "--out", str(runs), "--yes"]) == 2
    assert "is no study or comparison" in capsys.readouterr().err and sorted(runs.rglob("*")) == before
