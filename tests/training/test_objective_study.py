"""A study that learns by GEM's loss is killed, resumed and replayed like any other; a loss that is none is refused."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simulation.commands.main import main
from simulation.core.errors import ScenarioError
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from simulation.store import Study

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = """\
name: gem
turns: 3
environment: math_word_problems
students: {model: embedded}
teacher: answer_key
ask: {policy: random, questions: 8}
learn: {trainer: {name: sft, loss: gem_logsigmoid, beta: 0.5}}
evaluate: {every: 3, questions: 10}
"""


def study_in(folder: Path) -> Path:
    (database,) = folder.rglob("study.db")
    return database.parent


def trace_hash(folder: Path) -> str:
    with Study.open(study_in(folder)) as study:
        return study.trace_hash


def test_a_study_killed_after_its_first_turn_ends_as_one_never_killed_and_replays(tmp_path: Path) -> None:
    file = tmp_path / "gem.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert main(["run", str(file), "--quiet", "--out", str(whole)]) == 0
    begun = [sys.executable, "-m", "simulation", "run", str(file), "--json", "--out", str(killed)]
    with subprocess.Popen(begun, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any(json.loads(line)["event"] == "turn" for line in process.stdout)
        process.send_signal(signal.SIGKILL)
    assert trace_hash(killed) != trace_hash(whole)
    assert main(["resume", str(study_in(killed)), "--quiet"]) == 0
    assert trace_hash(killed) == trace_hash(whole)
    assert main(["replay", str(study_in(killed))]) == 0


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        ("loss: gem_linear, beta: 0", "write a number from 0.001 to 1000, or null; got 0"),
        ("loss: gem_linear, beta: -0.7", "write a number from 0.001 to 1000, or null; got -0.7"),
        ("beta: 0.7", "beta: 0.7 is for GEM's losses"),
        ("loss: gem_liner", "gem_linear"),
    ],
)
def test_a_loss_that_is_none_is_refused_with_its_line(loss: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "gem.yaml"
    file.write_text(SCENARIO.replace("loss: gem_logsigmoid, beta: 0.5", loss), encoding="utf-8")
    with pytest.raises(ScenarioError) as refused:
        prepare(load_scenario(file))
    assert words in str(refused.value) and f"{file}:7" in str(refused.value)
