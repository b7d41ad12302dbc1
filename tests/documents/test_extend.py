"""Each role that docs/extend.md shows is short, typed, formatted, holds its contract and really plays."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from simulation.commands.main import main
from simulation.store import Study
from tests.documents.pages import ROOT, blocks, modules

PAGE = ROOT / "docs" / "extend.md"
MODULES = modules(PAGE)
MOST_LINES = 20
CLASSES = {
    "capitals": "Capitals",
    "moods": "Moods",
    "brief": "Brief",
    "seldom": "Seldom",
    "hardest": "Hardest",
    "nudge": "Nudge",
    "stubborn": "StubbornStudents",
}
"""Of each module, what a scenario names."""
PLAYED = {
    "capitals": (),
    "moods": ('environment="moods:Moods"',),
    "brief": ('teacher={name: "brief:Brief", longest: 5}', "learn.trainer=none"),
    "seldom": ('ask.policy="seldom:Seldom"',),
    "hardest": ('learn.policy="hardest:Hardest"',),
    "nudge": ('learn.trainer={name: "nudge:Nudge", size: 0.01}', "learn.policy=recency"),
    "stubborn": ('students={name: "stubborn:StubbornStudents"}', "learn.trainer=null"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with all that the page shows: its modules and its scenario."""
    for name, code in MODULES.items():
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    (scenario,) = (block for block in blocks(PAGE, "yaml") if block.startswith("name:"))
    (tmp_path / "scenario.yaml").write_text(scenario, encoding="utf-8")
    return tmp_path


def test_every_role_is_shown() -> None:
    assert set(MODULES) == set(CLASSES) == set(PLAYED)


@pytest.mark.parametrize("name", MODULES)
def test_a_role_is_shown_whole_in_at_most_20_lines(name: str) -> None:
    lines = MODULES[name].splitlines()
    classes = [node for node in ast.parse(MODULES[name]).body if isinstance(node, ast.ClassDef)]
    spans = [lines[node.lineno - 1 : node.end_lineno] for node in classes]
    assert sum(bool(line.strip()) for span in spans for line in span) <= MOST_LINES


def test_what_is_shown_is_typed_and_formatted(folder: Path) -> None:
    pytest.importorskip("mypy")
    settings = ["--config", str(ROOT / "pyproject.toml")]
    files = [str(path) for path in sorted(folder.glob("*.py"))]
    shown = ["--ignore", "D100,D102,ARG002,I001"]  # a page says beside the code what docstrings would
    checks = (["mypy", "--strict"], ["ruff", "check", *settings, *shown], ["ruff", "format", "--check", *settings])
    environment = {"MYPYPATH": f"{ROOT}:{folder}", "PATH": "/usr/bin:/bin"}
    for check in checks:
        command = [sys.executable, "-m", *check, *files]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", MODULES)
def test_what_is_shown_holds_its_contract(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", f"{folder / name}.py:{CLASSES[name]}"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.usefixtures("one_thread")
def test_what_is_shown_plays_resumes_and_replays(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    base = folder / f"{name}_study.yaml"
    told = "\n".join(override.replace("=", ": ", 1) for override in PLAYED[name] if "." not in override.split("=")[0])
    base.write_text(f"base: scenario.yaml\n{told}\n", encoding="utf-8")
    dotted = [override for override in PLAYED[name] if "." in override.split("=")[0]]
    monkeypatch.chdir(folder)
    assert main(["run", str(base), *dotted, "--quiet", "--out", str(folder / "runs")]) == 0, capsys.readouterr().err
    monkeypatch.chdir(ROOT)
    (study,) = (folder / "runs").iterdir()
    for command in ("replay", "resume", "report"):
        assert main([command, str(study)]) == 0, capsys.readouterr().err
    with Study.open(study) as played:
        assert [turn.turn for turn in played.turns()] == [0, 1, 2]
