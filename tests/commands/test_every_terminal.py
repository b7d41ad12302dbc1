"""Every command in terminals of any width and encoding, and with a stdout that is full or closed, which is said."""

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from simulation.commands.main import main
from simulation.core.types import Turn
from simulation.play.session import begin
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from simulation.store import Study
from simulation.views import doctor
from simulation.views.progress import Quiet
from simulation.views.streams import legible
from tests.support.scripted_scenario import GOOD
from tests.support.terminals import in_terminal, with_stdout

WIDTHS, ENCODINGS = (40, 80, 200), ("utf-8", "cp1252", "ascii", "cp437")
VARIED = ["--vary", "ask.policy=random,category", "--seeds", "2", "--workers", "1"]
COMMANDS = {
    "run": ["run", "tiny.yaml", "--out", "new"],
    "resume": ["resume", "new/stopped"],
    "resume of a comparison": ["resume", "new/half", "--workers", "1"],
    "compare": ["compare", "tiny.yaml", *VARIED, "--out", "new"],
    "power": ["power"],
    "view": ["view", "--help"],
    "report": ["report", "whole"],
    "report of a comparison": ["report", "compared"],
    "replay": ["replay", "whole"],
    "export": ["export", "whole", "--to", "new/tables"],
    "studies": ["studies", "--out", "."],
    "list": ["list"],
    "check": ["check", "tiny.yaml"],
    "doctor": ["doctor"],
    "a wrong word": ["run", "tiny.yaml", "ask.questoins=3"],
}
PLAYING = ("run", "resume", "resume of a comparison", "compare")
BEGUN = {"resume": "stopped", "resume of a comparison": "half"}
"""What a command goes on with, of what lies in `new`."""
MACHINE = {
    "libraries": {"numpy": "2.4.6", "torch": "missing: run `make setup`, or `pip install 'torch>=2.6,<2.14'`"},
    "fast paths": {"embedded/student": "tree scoring, key-value cache, reserved cache, constrained search"},
}
NOTE = "left out at columns: loading the model …"
"""Words that only narrow terminals show, and those that a display shows where it is drawn before the first turn."""


class Stopping(Quiet):
    """Stops a study after its first turn."""

    def turn(self, turns: Sequence[Turn], seconds: float) -> None:
        super().turn(turns, seconds)
        if turns[0].turn == 1:
            raise KeyboardInterrupt


def blank(_figure: Figure, to: Path | BytesIO, **_: object) -> None:
    """Save an empty picture."""
    (to.write_bytes if isinstance(to, Path) else to.write)(b"<svg></svg>")


@pytest.fixture(scope="module", autouse=True)
def without_pictures() -> Iterator[None]:
    """Draw nothing: no terminal changes a picture."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", blank)
        yield


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scenario, its study, a comparison, and in `stopped` both as they are before their ends."""
    folder = tmp_path_factory.mktemp("shelf")
    scenario = folder / "tiny.yaml"
    scenario.write_text(GOOD.replace("turns: 4", "turns: 2"), encoding="utf-8")
    assert main(["run", str(scenario), "--quiet", "--out", str(folder / "runs")]) == 0
    assert main(["compare", str(scenario), *VARIED, "--quiet", "--out", str(folder / "runs")]) == 0
    compared, whole = sorted((folder / "runs").iterdir())
    compared.rename(folder / "compared")
    whole.rename(folder / "whole")
    prepared = prepare(load_scenario(scenario, []))
    shutil.copytree(folder / "compared", folder / "begun/half")
    shutil.rmtree(folder / "begun/half/cohort-0")
    assert not begin(
        folder / "begun/stopped", prepared.scenario.resolved(), [prepared], Stopping(), print, keep="newest"
    )
    return folder


@pytest.fixture(autouse=True)
def beside(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in that folder, and without a look at the machine."""
    monkeypatch.chdir(shelf)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(doctor, "examine", lambda *_: MACHINE)
    shutil.copytree("begun", "new")
    yield
    shutil.rmtree("new")


def hashes(folder: Path) -> list[str]:
    """Return the trace hashes of the studies in a folder, each of which is whole."""
    trace_hashes = []
    for database in sorted(folder.rglob("study.db")):
        with Study.open(database.parent) as study:
            assert study.status == "finished", database
            trace_hashes.append(study.trace_hash)
    return trace_hashes


def assert_same_study(command: str) -> None:
    """See that what a command has played is what it is without a terminal."""
    if command in PLAYING:
        for folder in {"half", "stopped"} - {BEGUN.get(command)}:
            shutil.rmtree(f"new/{folder}")
        assert hashes(Path("new")) == hashes(Path("compared" if "compar" in command else "whole"))


def words_of(text: str, encoding: str, command: str) -> set[str]:
    """Return the words of a text, as an encoding spells them; of a display that is drawn anew no numbers."""
    named = re.sub(r"-[0-9a-f]{6}\b", "-id", legible(text, encoding))
    words = {word.strip(",│┃|") for word in named.split()}
    return {word for word in words if any(map(str.isalpha if command in PLAYING else str.isalnum, word))}


@pytest.fixture(scope="module")
def known_words() -> dict[str, str]:
    """What each command says where there is room for all."""
    return {}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("command", COMMANDS)
def test_no_terminal_splits_words_or_ends_a_command(
    command: str, columns: int, encoding: str, known_words: dict[str, str]
) -> None:
    if command not in known_words:
        known_words[command] = in_terminal(400, "utf-8", *COMMANDS[command])[1]
        shutil.rmtree("new")
        shutil.copytree("begun", "new")
    code, text = in_terminal(columns, encoding, *COMMANDS[command])
    assert code == {"a wrong word": 2, "doctor": 1}.get(command, 0) and "Traceback" not in text, text
    for line in text.splitlines():
        assert len(line) <= columns or len(line.split()) == 1, f"{line!r} is longer than {columns} columns"
    known = words_of(f"{known_words[command]} {NOTE} {columns}", encoding, command)
    assert (strangers := words_of(text, "utf-8", command) - known) == set(), f"{strangers} were split:\n{text}"
    assert_same_study(command)


@pytest.mark.parametrize("command", COMMANDS)
def test_no_stdout_ends_a_command(command: str) -> None:
    for state in ("full", "closed"):
        full = os.open("/dev/full", os.O_WRONLY)
        code, said = with_stdout(full if state == "full" else None, *COMMANDS[command])
        os.close(full)
        assert "Traceback" not in said and "Exception ignored" not in said, said
        assert code == {"a wrong word": 2}.get(command, 1), f"{command} with {state} stdout: {said}"
        reason = "No space left on device" if state == "full" else "it is closed"
        assert (f"stdout could not be written ({reason})" in said) == (command != "a wrong word"), said
        assert_same_study(command)
        shutil.rmtree("new")
        shutil.copytree("begun", "new")
