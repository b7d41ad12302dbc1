"""One study in two processes: torchrun starts them, rank 0 plays, and both train as one would have."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from simulation.commands.main import main
from simulation.core.errors import USER_ERROR, StoreError
from simulation.store import Study

SCENARIO = """
name: shared
seed: 3
turns: 2
environment: math_word_problems
students: {{model: embedded, dtype: float64}}
teacher: answer_key
ask: {{policy: random, questions: 13}}
learn: {{trainer: {{name: {trainer}, backend: trl, batch_size: 6}}, policy: mistakes}}
evaluate: {{every: 2, questions: 10}}
"""
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Launched:
    """A command in several processes, in a session of their own."""

    process: subprocess.Popen[bytes]
    log: Path

    def ended(self, within_seconds: float | None = None) -> int:
        """Wait for its end; return the launcher's exit code."""
        return self.process.wait(within_seconds)


def launched(log: Path, processes: int, *words: str) -> Launched:
    """Start a command in so many processes."""
    here = ["--standalone", "--local-addr", "127.0.0.1"]  # where a machine does not know its own name, too
    torchrun = ["torch.distributed.run", "--nproc-per-node", str(processes), *here, "-m"]
    command = [sys.executable, "-m", *torchrun, "simulation", *words]
    loopback = {"GLOO_SOCKET_IFNAME": "lo"} if sys.platform == "linux" else {}
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **loopback}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    return Launched(process, log)


def played(folder: Path, trainer: str, processes: int) -> Path:
    """Play a study to its end and return its folder, the only one that was made."""
    file = folder / "shared.yaml"
    file.write_text(SCENARIO.format(trainer=trainer))
    words = ["run", str(file), "--quiet", "--out", str(folder / "runs")]
    if processes == 1:
        assert main(words) == 0
    else:
        run = launched(folder / "log", processes, *words)
        assert run.ended() == 0, run.log.read_text()
    (study,) = (folder / "runs").iterdir()
    return study


def weights(folder: Path) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return what the student was trained to."""
    with Study.open(folder) as study:
        content = study.adapter(study.seats[0].name)
    header = 8 + int.from_bytes(content[:8], "little")
    return np.frombuffer(content[header:], np.float64)


@pytest.fixture(scope="module")
def by_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return played(tmp_path_factory.mktemp("two"), "dpo", 2)


def updates_of(folder: Path) -> list[dict[str, float]]:
    with Study.open(folder) as study:
        return [{**turn.update.metrics} for turn in study.trace(study.seats[0].name).turns if turn.update]


@pytest.mark.parametrize("trainer", ["dpo", "sft"])
def test_two_processes_play_one_study_and_train_as_one_does(
    trainer: str, by_two: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    two = by_two if trainer == "dpo" else played(tmp_path_factory.mktemp("two"), trainer, 2)
    one = played(tmp_path, trainer, 1)
    assert [update["processes"] for update in updates_of(two)] == [2.0] * 2
    assert not any("processes" in update for update in updates_of(one))
    sizes = [int(update["pairs" if trainer == "dpo" else "demonstrations"]) for update in updates_of(two)]
    assert any(size % 2 for size in sizes), "a batch that cannot be shared evenly is among them"
    with Study.open(two) as study:
        assert study.fingerprint["processes"] == "2"
    trained = weights(one)
    assert trained.size > 10_000 and float(np.abs(trained).max()) > 1e-3
    np.testing.assert_allclose(weights(two), trained, rtol=0, atol=TOLERANCE)


@pytest.fixture
def underway(tmp_path: Path) -> Iterator[tuple[Launched, Path]]:
    """Yield a study in two processes that has finished its first turn."""
    file = tmp_path / "shared.yaml"
    file.write_text(SCENARIO.format(trainer="dpo"))
    run = launched(tmp_path / "log", 2, "run", str(file), "--quiet", "--out", str(tmp_path / "runs"))
    try:
        yield run, first_turn(run, tmp_path / "runs")
    finally:
        if run.process.poll() is None:
            os.killpg(run.process.pid, signal.SIGKILL)
        run.ended()


def first_turn(run: Launched, runs: Path) -> Path:
    """Wait until the only study in a folder has a turn that was learned from."""
    while run.process.poll() is None:
        for file in runs.glob("shared-*/study.db"):
            with suppress(StoreError), Study.open(file.parent) as study:  # it is being made
                if study.last_turn >= 1:
                    return file.parent
        time.sleep(0.1)
    raise AssertionError(run.log.read_text())


def process_of(rank: int, launcher: int) -> int:
    """Return the number of a launcher's process of a rank."""
    children = Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split()
    return next(
        int(child) for child in children if f"RANK={rank}" in Path(f"/proc/{child}/environ").read_text().split("\0")
    )


@pytest.mark.skipif(sys.platform != "linux", reason="processes are told apart by /proc")
@pytest.mark.parametrize("rank", [0, 1])
def test_a_killed_process_ends_all_and_the_study_goes_on(
    rank: int, by_two: Path, tmp_path: Path, underway: tuple[Launched, Path]
) -> None:
    run, folder = underway
    os.kill(process_of(rank, run.process.pid), signal.SIGKILL)
    assert run.ended(within_seconds=30) != 0, run.log.read_text()
    if rank == 1:
        again = launched(tmp_path / "again", 2, "resume", str(folder), "--quiet")
        assert again.ended() == 0, again.log.read_text()
        with Study.open(folder) as resumed, Study.open(by_two) as undisturbed:
            assert resumed.trace_hash == undisturbed.trace_hash


def test_several_processes_are_refused_where_one_would_play_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")
    assert main(["run", "scenarios/surrogate.yaml", "--out", str(tmp_path / "runs")]) == USER_ERROR
    assert capsys.readouterr().err.splitlines()[-1].startswith("2 processes were started, of which trainer ")
    assert main(["compare", "scenarios/surrogate.yaml", "--vary", "seed=0,1"]) == USER_ERROR
    assert "a comparison starts its own" in capsys.readouterr().err
    monkeypatch.setenv("RANK", "1")
    assert main(["run", "scenarios/surrogate.yaml", "--out", str(tmp_path / "runs")]) == USER_ERROR
    assert capsys.readouterr().err == "", "rank 0 says it"
    assert main(["list"]) == 0 and capsys.readouterr().out == ""
    assert not (tmp_path / "runs").exists()


def test_a_launcher_that_started_one_process_where_more_were_asked_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "no")
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    assert main(["run", "scenarios/surrogate.yaml"]) == USER_ERROR
    assert "asked for several processes and started one" in capsys.readouterr().err
