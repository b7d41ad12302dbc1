"""What the beginning of a study decides is decided once and kept: the day that a template prints."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agents.models import chat
from simulation.commands.main import main
from simulation.scenario.entries import read_lineup
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario, restore_scenario
from simulation.scenario.settling import settled
from simulation.store import Study
from tests.support.families.families import FAMILIES

SCENARIO = Path("scenarios/random_selection.yaml")
SMALL = ["turns=1", "ask.questions=2", "evaluate.questions=2", "students.lora.rank=2"]


def on(monkeypatch: pytest.MonkeyPatch, day: str) -> None:
    class Today(date):
        @classmethod
        def today(cls) -> Any:
            return date.fromisoformat(day)

    monkeypatch.setattr(chat, "date", Today)


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(FAMILIES["llama"].save(tmp_path_factory.mktemp("llama")))


def test_a_study_keeps_the_day_on_which_it_began(llama: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, "2031-02-03")
    assert main(["run", str(SCENARIO), f"students.model={llama}", *SMALL, "--quiet", "--out", str(tmp_path)]) == 0
    [folder] = tmp_path.iterdir()
    on(monkeypatch, "2031-02-04")
    with Study.open(folder) as study:
        assert study.scenario["students"]["chat"]["date"] == study.fingerprint["chat_date"] == "2031-02-03"
        inputs = {row[0] for row in study.query("SELECT model_input FROM answered")}
        restored = restore_scenario(study.scenario, folder)
    assert inputs and all("Today Date: 03 Feb 2031" in text for text in inputs)
    assert settled([restored]) == (restored,)
    students: Any = prepare(restored).students
    assert students.chat.date == "2031-02-03"
    monkeypatch.undo()
    assert main(["replay", str(folder)]) == 0


def test_what_leaves_nothing_open_stays_as_it_is() -> None:
    scenario = load_scenario(SCENARIO, [])
    assert settled([scenario])[0] is scenario
    assert "chat" not in scenario.resolved()["students"]


def test_scenarios_that_are_compared_get_one_day(llama: str, monkeypatch: pytest.MonkeyPatch) -> None:
    days = iter(["2031-02-03", "2031-02-04"])

    class Passing(date):
        @classmethod
        def today(cls) -> Any:
            return date.fromisoformat(next(days))

    monkeypatch.setattr(chat, "date", Passing)
    lineup = read_lineup([SCENARIO], ["ask.policy=random,category"], [f"students.model={llama}", *SMALL], (0,))
    resolved = lineup.settled().resolved()
    assert [entry["scenario"]["students"]["chat"]["date"] for entry in resolved["entries"]] == ["2031-02-03"] * 2
