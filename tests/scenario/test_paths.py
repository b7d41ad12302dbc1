"""A path in a scenario file is relative to that file, an override's to where it is given, and a name stays a name."""

import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulation.core.errors import ScenarioError
from simulation.scenario.entries import read_lineup
from simulation.scenario.scenario import Scenario, load_scenario

MATHEMATICS = """\
name: own_rows
turns: 1
environment: {name: math_word_problems, rows: rows.jsonl, probe_size: 5}
students: {name: irt_learner}
teacher: %s
ask: {policy: random, questions: 5, candidates: 5}
learn: {trainer: none}
evaluate: {questions: 5}
presets:
  other: {environment.rows: data/other.jsonl}
compare:
  seeds: 1
  vary: {environment.rows: {other: data/other.jsonl, same: ./rows.jsonl}}
"""


def row(number: int) -> dict[str, Any]:
    options = " , ".join(f"{letter} ) {number + place}" for place, letter in enumerate("abcde"))
    return {"Problem": f"what is {number} plus 2 ?", "options": options, "correct": "c", "category": "gain"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a scenario, its rows, and rows of other places."""
    (tmp_path / "data").mkdir()
    (tmp_path / "embedded").mkdir()
    for name in ("rows.jsonl", "data/other.jsonl"):
        (tmp_path / name).write_text("\n".join(json.dumps(row(number)) for number in range(60)), encoding="utf-8")
    (tmp_path / "taught.jsonl").write_text('{"reference": "4", "answer": "4", "correct": true}\n', encoding="utf-8")
    return tmp_path


def loaded(folder: Path, *overrides: str, teacher: str = "answer_key", preset: str | None = None) -> Scenario:
    path = folder / "own.yaml"
    path.write_text(MATHEMATICS % teacher, encoding="utf-8")
    return load_scenario(path, overrides, preset)


def rows_of(scenario: Scenario) -> str:
    return str(scenario.environment.parameters["rows"])


def test_paths_of_the_file_and_of_its_presets_start_from_its_folder(folder: Path) -> None:
    assert rows_of(loaded(folder)) == str(folder / "rows.jsonl")
    assert rows_of(loaded(folder, preset="other")) == str(folder / "data" / "other.jsonl")


def test_paths_of_an_override_start_from_where_it_is_given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "data")
    assert rows_of(loaded(folder, "environment.rows=other.jsonl")) == str(folder / "data" / "other.jsonl")
    whole = loaded(folder, "environment={name: math_word_problems, rows: ./other.jsonl}")
    assert rows_of(whole) == str(folder / "data" / "other.jsonl")
    assert rows_of(loaded(folder, "environment.rows=~/x.jsonl")) == str(Path("~/x.jsonl").expanduser())


def test_what_the_file_compares_starts_from_its_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(folder)
    monkeypatch.chdir(folder / "data")
    first, second = read_lineup([folder / "own.yaml"], [], []).entries
    assert rows_of(first.scenario) == str(folder / "data" / "other.jsonl")
    assert rows_of(second.scenario) == str(folder / "rows.jsonl")


def test_a_bare_file_name_is_never_looked_for_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "rows.jsonl").unlink()
    (folder / "data" / "rows.jsonl").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(folder / "data")
    assert rows_of(loaded(folder)) == str(folder / "rows.jsonl")


@pytest.mark.parametrize("rows", ["~nobodyhere/x", f"./{'x' * 300}", "./loop"])
def test_a_text_that_no_path_can_be_made_of_is_refused_in_one_line(folder: Path, rows: str) -> None:
    (folder / "loop").symlink_to(folder / "loop")
    path = folder / "own.yaml"
    path.write_text((MATHEMATICS % "answer_key").replace("rows: rows.jsonl", f"rows: {rows!r}"), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"own.yaml:3: environment.rows: .* is no path"):
        load_scenario(path)


def test_the_script_does_nothing_in_a_process_that_was_spawned() -> None:
    runpy.run_path(str(Path(sys.executable).with_name("simulation")), run_name="__mp_main__")


def test_a_name_that_is_no_file_stays_a_name(folder: Path) -> None:
    assert rows_of(loaded(folder, "environment.rows=allenai/math_qa")) == "allenai/math_qa"
    students = loaded(folder, "students={name: language_model, model: embedded}").students
    assert students.parameters["model"] == "embedded"
    hub = loaded(folder, "students={name: language_model, model: google/gemma-2b-it}").students
    assert hub.parameters["model"] == "google/gemma-2b-it"


@pytest.mark.parametrize(
    "teacher",
    [
        "{name: classifier, train: {rows: taught.jsonl}}",
        "{name: noisy, judged_by: {name: classifier, train: {rows: taught.jsonl}}}",
    ],
)
def test_paths_inside_a_component_and_inside_one_it_rests_on_are_found(folder: Path, teacher: str) -> None:
    parameters = loaded(folder, teacher=teacher).teacher.parameters
    inner = parameters.get("judged_by", parameters)
    assert inner["train"]["rows"] == str(folder / "taught.jsonl")


def test_a_study_is_played_resumed_and_replayed_from_other_folders(folder: Path) -> None:
    loaded(folder)
    command = Path(sys.executable).with_name("simulation")
    assert command.exists(), "`make setup` puts the command beside python"
    (folder / "data" / "agents").mkdir()
    (folder / "data" / "agents" / "__init__.py").write_text("raise RuntimeError('another package of this name')")

    def simulate(*arguments: str, cwd: Path) -> str:
        ended = subprocess.run([command, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    simulate("run", "../own.yaml", "--quiet", "--out", str(folder / "runs"), cwd=folder / "data")
    (study,) = (folder / "runs").iterdir()
    assert "replayed byte for byte" in simulate("replay", str(study), cwd=Path("/"))
    assert "simulation replay" in simulate("resume", str(study), "--quiet", cwd=folder)
