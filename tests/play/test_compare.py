"""A comparison from the command line: its files and lines, whatever divides it, kills it or fails in it."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from simulation.commands.main import main
from simulation.core.roles import Context
from simulation.core.types import Question, Selection
from simulation.play.folders import Comparison

ROOT = Path(__file__).resolve().parents[2]
SURROGATE = str(ROOT / "scenarios" / "surrogate.yaml")
SMALL = ["turns=4", "ask.questions=10", "ask.candidates=40", "evaluate.questions=60"]
POLICIES = ["--vary", "ask.policy=random,hard_to_easy"]
OUTCOMES = ("tables.txt", "verdicts.json")


@dataclass(frozen=True)
class BreaksForSeedOne:
    """Asks the first candidates, but breaks in turn 3 for whom the stream begins in a certain way."""

    needs: ClassVar[frozenset[str]] = frozenset()

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        if context.turn == 3 and context.generator.random() < 0.5:
            raise ValueError("out of luck")
        return [Selection(item=each, reason="first") for each in candidates[:k]]


def compare(out: Path, *arguments: str) -> Path:
    """Play a comparison of the surrogate in this process and return its folder."""
    code = main(["compare", SURROGATE, *SMALL, *arguments, "--out", str(out), "--quiet"])
    assert code == 0
    return folder_in(out)


def folder_in(out: Path) -> Path:
    """Return the one comparison that was made."""
    (found,) = out.iterdir()
    return found


def outcome(folder: Path) -> list[bytes]:
    """Return what a comparison found, byte for byte."""
    return [(folder / name).read_bytes() for name in OUTCOMES]


def test_a_comparison_ends_in_verdicts_tables_pictures_and_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = compare(tmp_path, *POLICIES, "--seeds", "3", "--workers", "1")
    said = capsys.readouterr().out
    assert "hard_to_easy" in said and "seeds" in said
    (verdict, *_) = json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))["measures"][0]["verdicts"]
    assert verdict["text"] in " ".join((folder / "tables.txt").read_text(encoding="utf-8").split())
    assert {path.name for path in folder.iterdir()} >= {"report.html", "learning_curves.png", "comparison.yaml"}
    assert main(["report", str(folder)]) == 0
    assert main(["replay", str(folder)]) == 0
    assert capsys.readouterr().out.count("replayed byte for byte") == 1


def test_the_json_contract(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = [SURROGATE, *SMALL, *POLICIES, "--seeds", "2", "--workers", "2", "--out", str(tmp_path), "--json"]
    assert main(["compare", *arguments]) == 0
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert lines[0]["event"] == "started" and lines[0]["labels"] == ["random", "hard_to_easy"]
    evaluations = [line for line in lines if line["event"] == "evaluation"]
    assert len(evaluations) == 2 * 2 * 3
    assert set(evaluations[0]) >= {"turn", "student", "label", "seed", "accuracy", "questions"}
    verdicts = [line for line in lines if line["event"] == "verdict"]
    assert len(verdicts) == 1 and all(
        set(line) >= {"a", "b", "difference", "low", "high", "p", "text"} for line in verdicts
    )
    assert lines[-1]["event"] == "finished" and len(lines[-1]["trace_hashes"]) == 2


def test_cohorts_and_workers_change_nothing(tmp_path: Path) -> None:
    together = compare(tmp_path / "one", *POLICIES, "--seeds", "4", "--workers", "1")
    apart = compare(tmp_path / "two", *POLICIES, "--seeds", "4", "--workers", "2")
    assert len(Comparison.open(apart).cohorts) == 2
    assert outcome(together) == outcome(apart)


def test_a_policy_is_not_told_from_itself_under_another_name(tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.yaml" for name in ("one", "two")]
    for path in files:
        text = Path(SURROGATE).read_text(encoding="utf-8").replace("name: surrogate", f"name: {path.stem}")
        path.write_text(text, encoding="utf-8")
    arguments = [*map(str, files), *SMALL, "--seeds", "3", "--workers", "1", "--out", str(tmp_path / "out"), "--quiet"]
    assert main(["compare", *arguments]) == 0
    found = json.loads((folder_in(tmp_path / "out") / "verdicts.json").read_text(encoding="utf-8"))
    for family in found["measures"]:
        (verdict,) = family["verdicts"]
        assert verdict["difference"] == 0 and not verdict["tells"] and "cannot tell" in verdict["text"]


def test_a_failed_student_is_reported_and_stops_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = f"ask.policy=random,{__name__}:BreaksForSeedOne"
    folder = compare(tmp_path, "--vary", broken, "--seeds", "6", "--workers", "1")
    text = (folder / "tables.txt").read_text(encoding="utf-8")
    assert "out of luck" in text
    assert "ValueError" in text
    capsys.readouterr()


def started(out: Path) -> "subprocess.Popen[bytes]":
    """Start a comparison in a process of its own."""
    command = [sys.executable, "-m", "simulation", "compare", SURROGATE, *SMALL[1:], "turns=40", *POLICIES]
    command += ["--seeds", "4", "--workers", "2", "--out", str(out), "--quiet"]
    return spawned(command)


def spawned(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start a process whose output nobody reads."""
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_killed_at_random_times_and_resumed_it_ends_in_the_same_tables(tmp_path: Path) -> None:
    undisturbed = started(tmp_path / "whole")
    assert undisturbed.wait() == 0
    process = started(tmp_path / "killed")
    stream, kills = random.Random(0), 0
    while not (list((tmp_path / "killed").glob("*/comparison.yaml"))):
        time.sleep(0.02)
        assert process.poll() is None
    while kills < 3:
        time.sleep(stream.uniform(0.3, 2.5))
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
        folder = folder_in(tmp_path / "killed")
        process = spawned([sys.executable, "-m", "simulation", "resume", str(folder), "--quiet"])
    assert process.wait() == 0, "a worker of one that was killed holds a cohort"
    assert kills
    assert outcome(folder_in(tmp_path / "killed")) == outcome(folder_in(tmp_path / "whole"))


def test_a_worker_whose_parent_is_gone_before_it_begins_ends_and_plays_nothing(tmp_path: Path) -> None:
    folder = compare(tmp_path, *POLICIES, "--seeds", "1", "--workers", "1")
    for study in folder.glob("cohort-*"):
        shutil.rmtree(study)
    command = [sys.executable, "-m", "simulation", "resume", str(folder), "--cohort", "0", "--leash", "--quiet"]
    orphan = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True)
    assert orphan.returncode == -signal.SIGKILL
    assert not list(folder.glob("cohort-*/study.db"))
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as held:
        assert held.wait() == 0
    assert Comparison.open(folder).finished(0)


def test_ctrl_c_stops_the_workers_after_a_turn_and_resume_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simulation", "compare", SURROGATE, *SMALL[1:], "turns=60", *POLICIES]
    command += ["--seeds", "2", "--workers", "2", "--out", str(tmp_path), "--json"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    seen = 0
    while seen < 4:
        seen += '"evaluation"' in process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert '"interrupted"' in out.splitlines()[-1]
    assert "failed" not in out + said and "go on with" in said and "stopping when" in said
    comparison = Comparison.open(folder_in(tmp_path))
    assert not any(comparison.finished(index) for index in range(2))
    assert main(["resume", str(comparison.folder), "--quiet", "--workers", "2"]) == 0
    assert all(comparison.finished(index) for index in range(2))
