"""A file that stands on another says only what differs, and each key keeps its place and its folder."""

from pathlib import Path

import pytest

from simulation.core.errors import ScenarioError
from simulation.scenario.scenario import Scenario, load_scenario
from tests.support.scripted_scenario import GOOD

BASE = (
    GOOD.replace("teacher: tests", "keep: evaluated\nteacher: tests")
    + "presets: {quick: {turns: 1}, slow: {turns: 9}}\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "below").mkdir()
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    return tmp_path


def standing(folder: Path, text: str, *overrides: str, preset: str | None = None, at: str = "own.yaml") -> Scenario:
    (folder / at).write_text(text, encoding="utf-8")
    return load_scenario(folder / at, overrides, preset)


def test_what_a_file_does_not_say_is_what_its_base_says(folder: Path) -> None:
    own = standing(folder, "base: base.yaml\nname: own\nask: {questions: 5}\n")
    base = load_scenario(folder / "base.yaml")
    assert own.resolved() == {**base.resolved(), "name": "own", "ask": {**base.resolved()["ask"], "questions": 5}}
    assert own.presets == base.presets and own.base is None


def test_a_component_named_anew_begins_anew_and_parameters_alone_are_laid_over(folder: Path) -> None:
    laid = standing(folder, "base: base.yaml\nstudents: {count: 7}\nlearn: {trainer: {learning_rate: 0.5}}\n")
    assert laid.students.name == "tests.support.scripted:ScriptedStudents" and laid.students.parameters["count"] == 7
    assert laid.learn.policy.name == "mistakes"
    assert laid.learn.trainer is not None and laid.learn.trainer.parameters == {"learning_rate": 0.5}
    anew = standing(folder, 'base: base.yaml\nlearn: {trainer: {name: "tests.support.scripted:ScriptedTrainer"}}\n')
    assert anew.learn.trainer is not None and anew.learn.trainer.parameters == {}
    bare = standing(folder, "base: base.yaml\nask: {policy: {source: probe, name: category}}\n")
    assert bare.ask.policy.parameters == {"source": "probe"} and bare.ask.questions == 6


def test_parameters_are_laid_over_a_component_that_the_base_names_barely(folder: Path) -> None:
    (folder / "base.yaml").write_text(BASE.replace("policy: random", "policy: category"), encoding="utf-8")
    assert standing(folder, "base: base.yaml\nask: {policy: {source: probe}}\n").ask.policy.name == "category"


def test_presets_and_comparisons_are_replaced_as_a_whole(folder: Path) -> None:
    text = "base: base.yaml\npresets: {quick: {turns: 2}}\ncompare: {seeds: 3}\n"
    assert standing(folder, text).presets == {"quick": {"turns": 2}}
    assert standing(folder, text, preset="quick").turns == 2
    with pytest.raises(ScenarioError, match="no preset 'slow'"):
        standing(folder, text, preset="slow")


def test_a_path_starts_from_the_folder_of_the_file_that_says_it(folder: Path) -> None:
    rows = BASE.replace(
        'environment: {name: "tests.support.scripted:TinyEnvironment", held: 20}',
        "environment: {name: math_word_problems, rows: ./rows.jsonl}",
    )
    (folder / "base.yaml").write_text(rows, encoding="utf-8")
    below = standing(folder, "base: ../base.yaml\nname: own\n", at="below/own.yaml")
    assert below.environment.parameters["rows"] == str(folder / "rows.jsonl")
    own = standing(folder, "base: ../base.yaml\nenvironment: {rows: ./rows.jsonl}\n", at="below/own.yaml")
    assert own.environment.parameters["rows"] == str(folder / "below" / "rows.jsonl")


def test_presets_and_comparisons_of_the_base_start_from_its_folder(folder: Path) -> None:
    rows = "presets: {real: {environment.rows: ./rows.jsonl}}\ncompare: {vary: {environment.rows: [./a.jsonl]}}\n"
    text = GOOD.replace('{name: "tests.support.scripted:TinyEnvironment", held: 20}', "math_word_problems") + rows
    (folder / "base.yaml").write_text(text, encoding="utf-8")
    below = standing(folder, "base: ../base.yaml\nname: own\n", preset="real", at="below/own.yaml")
    assert below.environment.parameters["rows"] == str(folder / "rows.jsonl")
    varied = load_scenario(folder / "below" / "own.yaml", own=['environment.rows="./a.jsonl"'])
    assert varied.environment.parameters["rows"] == str(folder / "a.jsonl")


def test_what_neither_says_is_missing_in_the_file_that_was_asked_for(folder: Path) -> None:
    (folder / "base.yaml").write_text("presets: {quick: {turns: 1}}\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"own.yaml:1: the key 'environment' is missing"):
        standing(folder, "base: base.yaml\nname: own\n")


def test_a_base_is_no_override(folder: Path) -> None:
    with pytest.raises(ScenarioError, match="a base is named in the file alone"):
        standing(folder, "base: base.yaml\nname: own\n", "base=other.yaml")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("base: nowhere.yaml\n", r"own.yaml:1: base: .*nowhere.yaml: no such file"),
        ("base: [1]\n", r"own.yaml:1: base: write the path of a scenario file; got \[1\]"),
        ("base: own.yaml\n", r"own.yaml:1: base: .*own.yaml stands on a base itself; only one level is read"),
        ("base: base.yaml\nask: {questoins: 3}\n", r"own.yaml:2: ask.questoins: unknown key 'questoins'"),
        ("name: x\nbase: base.yaml\nask: {questions: 0}\n", r"own.yaml:3: ask.questions: .*got 0"),
    ],
)
def test_what_is_wrong_is_said_with_the_place_that_says_it(folder: Path, text: str, reason: str) -> None:
    with pytest.raises(ScenarioError, match=reason):
        standing(folder, text)


def test_what_is_wrong_in_the_base_is_said_with_its_place(folder: Path) -> None:
    (folder / "base.yaml").write_text(BASE.replace("turns: 4", "turns: 0"), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"base.yaml:4: turns: .*got 0"):
        standing(folder, "base: base.yaml\nname: own\n")


def test_the_shipped_files_that_stand_on_another_say_less_than_it() -> None:
    root = Path(__file__).resolve().parents[2] / "scenarios"
    texts = {path.name: path.read_text(encoding="utf-8") for path in root.glob("*.yaml")}
    based = {name: text for name, text in texts.items() if "\nbase: " in text}
    assert len(based) >= 6
    for name in based:
        assert load_scenario(root / name).name == Path(name).stem
