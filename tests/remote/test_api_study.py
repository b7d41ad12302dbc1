"""Whole studies with a model behind an API: killed, resumed, replayed, and without a trace of the key."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulation.store import Study
from tests.support.api_students import VARIABLE
from tests.support.fault_server import KEY, FaultServer, Heard, Sent, good, reply

ROOT = Path(__file__).resolve().parents[2]


def written(folder: Path, url: str, **changes: Any) -> Path:
    """A scenario file whose students are an API model, with some parts changed (Any: YAML)."""
    api = {"name": "api", "provider": "custom", "base_url": url, "model": "small", "key_variable": VARIABLE}
    scenario = {
        "name": "api_model",
        "seed": 3,
        "turns": 3,
        "environment": "math_word_problems",
        "students": api,
        "teacher": "answer_key",
        "ask": {"policy": "random", "questions": 5, "samples": 3, "temperature": 0.8},
        "learn": {"trainer": "none"},
        "evaluate": {"every": 1, "questions": 8},
        **changes,
    }
    if changes.get("students") != api and "students" in changes:
        scenario["ask"]["sampler"] = api
    path = folder / "scenario.yaml"
    path.write_text(yaml.safe_dump(scenario))
    return path


def command(*arguments: str, environment: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "simulation", *arguments],
        cwd=ROOT,
        env={**os.environ, VARIABLE: KEY, "OPENAI_LOG": "debug", **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(*arguments: str) -> tuple[int, str]:
    process = command(*arguments)
    out, error = process.communicate()
    return process.returncode, out + error


def only(runs: Path) -> Path:
    (found,) = runs.iterdir()
    return found


def turns(folder: Path) -> list[Any]:
    with Study.open(folder) as study:
        study.verify()
        assert study.status == "finished"
        return list(study.turns())


def assert_no_key(*where: Path, told: str = "") -> None:
    for path in (path for folder in where for path in folder.rglob("*") if path.is_file()):
        found = path.read_bytes()
        assert not any(KEY[start : start + 8].encode() in found for start in range(len(KEY) - 7)), path
    assert not any(KEY[start : start + 8] in told for start in range(len(KEY) - 7))


def echo(heard: Heard) -> Sent:
    """Now and then the server is busy or down, as a function of nothing but chance; it never says anything else."""
    return good(heard) if random.random() < 0.8 else Sent(status=random.choice([429, 500]), body=KEY.encode())


def test_a_killed_study_ends_as_one_that_was_not_and_no_call_is_billed_twice(tmp_path: Path) -> None:
    with FaultServer(seconds=0.01) as server:
        server.always = echo
        scenario = written(tmp_path, server.url)
        code, told = ended("run", str(scenario), "--quiet", "--out", str(tmp_path / "whole"))
        assert code == 0, told
        whole, calls = only(tmp_path / "whole"), dict(server.bills)
        server.bills.clear()
        server._stored.clear()
        process = command("run", str(scenario), "--quiet", "--out", str(tmp_path / "killed"))
        for part in (0.3, 0.7):
            while process.poll() is None and len(server.bills) < part * len(calls):
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
            told += "".join(process.communicate())
            killed = only(tmp_path / "killed")
            process = command("resume", str(killed), "--quiet")
        told += "".join(process.communicate())
        assert process.returncode == 0, told
        assert turns(killed) == turns(whole)
        assert server.bills.keys() == calls.keys() and set(server.bills.values()) == {1}
    code, replayed = ended("replay", str(killed))
    assert code == 0 and "byte for byte" in replayed
    assert_no_key(tmp_path, told=told + replayed)


def test_a_study_out_of_budget_says_how_to_go_on_and_goes_on(tmp_path: Path) -> None:
    with FaultServer() as server:
        scenario = written(tmp_path, server.url)
        budget = "students.budget.requests=30"
        code, told = ended("run", str(scenario), budget, "--quiet", "--out", str(tmp_path / "runs"))
        study = only(tmp_path / "runs")
        assert code == 2 and "Traceback" not in told
        assert f'such as {{"requests": 61}}, into {study}/budget.json' in told
        assert len(server.heard) == 30
        (study / "budget.json").write_text('{"requests": 61}')
        assert ended("resume", str(study), "--quiet")[0] == 0
        assert len(turns(study)) == 4
        assert len(server.heard) == 8 + 3 * 15 == len(server.bills)


def test_other_students_learn_from_what_the_api_answers(tmp_path: Path) -> None:
    def knows(heard: Heard) -> Sent:
        return Sent(body=json.dumps(reply(heard, text="a)")).encode(), bill=True)

    with FaultServer() as server:
        server.always = knows
        scenario = written(tmp_path, server.url, students={"name": "irt_learner", "count": 2}, learn={})
        code, told = ended("run", str(scenario), "--quiet", "--out", str(tmp_path / "runs"))
        assert code == 0, told
    study = only(tmp_path / "runs")
    for turn in turns(study)[2:]:
        assert len(turn.experiences) == 15
        assert all(each.answer.choice == 0 and each.answer.text == "a)" for each in turn.experiences)
        assert turn.update is not None
    assert_no_key(tmp_path, told=told)


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("learn.trainer=dpo", "learn.trainer: small at http://127.0.0.1:9/v1 cannot be trained; set none"),
        ("ask.policy=log_probability", "tells no probability of options"),
        ("ask={policy: random, beams: 3}", "has no beam search"),
    ],
)
def test_what_an_api_cannot_do_is_refused_before_anything_is_sent(tmp_path: Path, override: str, told: str) -> None:
    scenario = written(tmp_path, "http://127.0.0.1:9/v1")
    code, found = ended("run", str(scenario), override, "--quiet", "--out", str(tmp_path / "runs"))
    assert code == 2 and told in found
    assert not (tmp_path / "runs").exists()


def test_a_model_behind_an_api_reads_what_it_was_told_and_answers_again(tmp_path: Path) -> None:
    with FaultServer() as server:
        scenario = written(tmp_path, server.url, ask={"policy": "random", "questions": 5, "attempts": 2})
        code, told = ended("run", str(scenario), "--quiet", "--out", str(tmp_path / "runs"))
        assert code == 0, told
        study = only(tmp_path / "runs")
        played = turns(study)
        again = [attempt for turn in played for attempt in turn.attempts]
        wrong = [one for turn in played for one in turn.experiences if one.feedback.score < 1]
        assert len(again) == len(wrong) > 0
        prompts = [heard.body["messages"][-1]["content"] for heard in server.heard]
        assert sorted(prompt for prompt in prompts if "You were told: wrong." in prompt) == sorted(
            attempt.answer.prompt for attempt in again
        )
    code, replayed = ended("replay", str(study))
    assert code == 0 and "byte for byte" in replayed
