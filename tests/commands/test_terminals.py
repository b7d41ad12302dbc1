"""What is shown never ends a study: terminals of any width and encoding, closed and full streams, requests to end."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from importlib import import_module
from pathlib import Path

import pytest

from simulation.commands.main import main
from simulation.core.errors import SimulationError
from simulation.store import Study
from simulation.views.streams import legible
from tests.support.scripted_scenario import GOOD

ROOT = Path(__file__).resolve().parents[2]
VARIED = ["--seeds", "2", "--vary", "ask.policy=random,category", "--workers", "1"]
COMMAND = [sys.executable, "-m", "simulation"]


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scenario") / "tiny.yaml"
    path.write_text(GOOD.replace("turns: 4", "turns: 2"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def whole(scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The trace hash of the study where nothing happens to what is shown."""
    runs = tmp_path_factory.mktemp("whole")
    assert main(["run", str(scenario), "--out", str(runs), "--quiet"]) == 0
    return trace_hash(runs)


def trace_hash(runs: Path) -> str:
    (folder,) = runs.iterdir()
    with Study.open(folder) as study:
        assert study.status == "finished"
        return study.trace_hash


def in_terminal(columns: int, encoding: str, *words: str | Path) -> tuple[int, str]:
    """Return the exit code of a command in a terminal of a width and an encoding, and all that it wrote there."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "TERM": "xterm", "PYTHONPATH": str(ROOT)}
    environment.pop("COLUMNS", None)
    process = subprocess.Popen(
        [*COMMAND, *map(str, words)], cwd=ROOT, env=environment, stdin=child, stdout=child, stderr=child
    )
    os.close(child)
    written = b""
    while True:
        try:
            piece = os.read(parent, 65536)
        except OSError:  # how Linux says that nobody holds the other end any more
            break
        if not piece:
            break
        written += piece
    os.close(parent)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode(encoding.partition(":")[0])).replace("\r", "")
    return process.wait(timeout=60), text


def test_a_process_in_a_narrow_terminal_of_another_encoding_plays_the_same_study(
    scenario: Path, whole: str, tmp_path: Path
) -> None:
    code, text = in_terminal(40, "ascii", "run", scenario, "--out", tmp_path / "runs")
    assert code == 0 and "Traceback" not in text and "->" in text, text
    assert trace_hash(tmp_path / "runs") == whole


def run_through_shell(redirection: str, scenario: Path, runs: Path, *more: str) -> subprocess.CompletedProcess[str]:
    line = f'"$0" -m simulation run "$1" --out "$2" {" ".join(more)} {redirection}'
    return subprocess.run(
        ["bash", "-c", line, sys.executable, str(scenario), str(runs)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("redirection", "shows"),
    [
        ("<&- >&- 2>&-", ""),
        (">/dev/full", ""),
        (">/dev/full 2>/dev/full", "--json"),
        ("| head -c 1 >/dev/null", "--json"),
        ("| head -1 >/dev/null", ""),
        ("| true", ""),
        ("2>&1 | head -c 1 >/dev/null", ""),
        ("2>&-", "--json"),
        (">&- 2>/dev/full", "--quiet"),
    ],
)
def test_a_stream_that_cannot_be_written_does_not_end_a_study(
    redirection: str, shows: str, scenario: Path, whole: str, tmp_path: Path
) -> None:
    ended = run_through_shell(redirection, scenario, tmp_path / "runs", shows)
    assert "Traceback" not in ended.stderr and "Exception ignored" not in ended.stderr, ended.stderr
    assert trace_hash(tmp_path / "runs") == whole
    if redirection == ">/dev/full":
        assert ended.returncode == 1 and "stdout could not be written (No space left on device)" in ended.stderr


def test_a_name_stays_that_name_where_an_encoding_lacks_its_letters() -> None:
    assert legible("größe naïve 学 ﬁt → …", "ascii") == r"gr\xf6\xdfe na\xefve \u5b66 fit -> ..."
    assert len({legible(name, "ascii") for name in ("cafe", "café", "cafè", "cafê")}) == 4
    assert legible("größe", "cp1252") == "größe"


@pytest.mark.parametrize("words", ["list", "--help", "completion bash"])
@pytest.mark.parametrize("redirection", [">/dev/full", ">&-", "| true"])
def test_a_command_whose_words_are_lost_says_so_without_a_traceback(words: str, redirection: str) -> None:
    line = f'"$0" -m simulation {words} {redirection}'
    ended = subprocess.run(["bash", "-c", line, sys.executable], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in ended.stderr and "Exception ignored" not in ended.stderr
    if redirection != "| true":
        assert ended.returncode == 1 and "stdout could not be written" in ended.stderr


def halt(*_: object, **__: object) -> None:
    """Stand for what takes long before anything can be shown."""
    raise SimulationError("halted")


LOADING = "reading the questions and loading the models …"


@pytest.mark.parametrize(
    ("words", "slow", "says"),
    [
        ("run SCENARIO", "scenario.settling.settled", LOADING),
        ("run SCENARIO --json", "scenario.settling.settled", LOADING),
        ("run SCENARIO --out OUT", "play.session.begin", LOADING),
        ("resume STUDY", "play.session.prepared_scenarios", LOADING),
        ("resume STUDY --json", "play.session.load_world", LOADING),
        (
            "compare SCENARIO --out OUT VARIED",
            "commands.comparison.play_comparison",
            "random, category; 2 seeds",
        ),
        ("compare SCENARIO --out OUT VARIED --json", "commands.comparison.play_comparison", '"event": "started"'),
        ("doctor", "views.doctor.examine", "looking at the machine and trying the models …"),
    ],
)
def test_what_takes_long_says_what_it_does_first_where_there_is_no_terminal(
    words: str, slow: str, says: str, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for module in ("commands.comparison", "commands.study", "play.session", "views.doctor"):
        import_module(f"simulation.{module}")  # now, so that none of them keeps what stands in for a while
    runs = tmp_path / "runs"
    if "STUDY" in words:
        assert main(["run", str(scenario), "--out", str(runs), "--quiet"]) == 0
        capsys.readouterr()
    study = next(runs.iterdir(), runs) if runs.is_dir() else runs
    named = {"SCENARIO": scenario, "STUDY": study, "OUT": runs, "VARIED": " ".join(VARIED)}
    for name, value in named.items():
        words = words.replace(name, str(value))
    monkeypatch.setattr(f"simulation.{slow}", halt)
    assert main(words.split()) == 2
    told = capsys.readouterr()
    assert says in told.out + told.err and told.err.endswith("halted\n")
    assert "--json" not in words or all(json.loads(line) for line in told.out.splitlines())


STOPS = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT]


def stopped(words: list[str], turn: int, number: signal.Signals) -> str:
    """Play until a turn is measured, then ask to end; return what was said aside."""
    process = subprocess.Popen(
        [*COMMAND, *words, "--json"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if '"evaluation"' in line and json.loads(line)["turn"] == turn:
            break
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in err, err
    assert json.loads(out.splitlines()[-1])["event"] == "interrupted"
    return err


@pytest.mark.parametrize("number", STOPS)
@pytest.mark.parametrize("command", ["run", "compare"])
def test_a_request_to_end_lets_the_turn_end_and_says_how_to_go_on(
    number: signal.Signals, command: str, scenario: Path, tmp_path: Path
) -> None:
    more = VARIED * (command == "compare")
    paced = [command, str(scenario), "turns=1000", "students.seconds=0.05", "--out", str(tmp_path), *more]
    err = stopped(paced, 2, number)
    (folder,) = tmp_path.iterdir()
    assert f"no finished turn is lost; go on with: python -m simulation resume {folder}" in err
    if number is not signal.SIGINT:
        again = stopped(["resume", str(folder)], 4, number)
        assert f"no finished turn is lost; go on with: python -m simulation resume {folder}" in again
