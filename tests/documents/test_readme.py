"""The README is short, its policy holds what a policy promises, its scenario is good, its tree is the tree there is."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulation.commands.main import main
from simulation.core.registry import components
from tests.documents.pages import PAGES, ROOT, blocks, text_of
from tests.support.scripted_scenario import GOOD

README = PAGES[0]
MOST_WORDS = 1500
CONTRACTS = ("tests/contracts/test_contracts_policies.py", "tests/contracts/test_contracts.py")
WITH_ROOMS = ("simulation", "agents", "training")
"""Packages of which the tree names every room."""


def test_it_has_at_most_1500_words() -> None:
    assert len(text_of(README).split()) <= MOST_WORDS


def test_it_counts_the_policies_that_there_are() -> None:
    text = " ".join(text_of(README).split())
    for kind in ("question_policy", "experience_policy"):
        assert f"{len(components(kind))} {kind.replace('_', ' ').replace('policy', 'policies')}" in text


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """Return the policy of the README as a module of its own."""
    (code,) = (block for block in blocks(README, "python") if "@question_policy" in block)
    path = tmp_path / "least_asked.py"
    path.write_text(code, encoding="utf-8")
    return path


def called(*arguments: str | Path, modules: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a module of this interpreter from the root, with a folder of further modules."""
    command = [sys.executable, "-m", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(modules or "")}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180)


def test_its_policy_is_typed_and_formatted(policy: Path) -> None:
    pytest.importorskip("mypy")
    settings = ("--config", ROOT / "pyproject.toml", policy)
    for check in (("mypy", "--strict", policy), ("ruff", "check", *settings), ("ruff", "format", "--check", *settings)):
        done = called(*check)
        assert done.returncode == 0, done.stdout + done.stderr


def test_its_policy_holds_the_contracts_of_question_policies(policy: Path) -> None:
    done = called("pytest", "-q", "-p", policy.stem, "-k", policy.stem, *CONTRACTS, modules=policy.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None and int(passed[1]) > 10, done.stdout


def test_its_policy_plays_in_a_scenario(policy: Path) -> None:
    named = GOOD.replace("policy: random", f'policy: {{name: "{policy.stem}:LeastAsked", floor: 5}}')
    (policy.parent / "tiny.yaml").write_text(named, encoding="utf-8")
    command = ("simulation", "run", policy.parent / "tiny.yaml", "--out", policy.parent / "runs")
    done = called(*command, modules=policy.parent)
    assert done.returncode == 0, done.stderr
    assert "asks by least_asked:LeastAsked" in done.stdout


def test_its_scenario_is_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (scenario,) = blocks(README, "yaml")
    path = tmp_path / "my_study.yaml"
    path.write_text(scenario, encoding="utf-8")
    assert main(["check", str(path)]) == 0, capsys.readouterr().err


def tree() -> Iterator[tuple[Path, str]]:
    """Yield each folder of the tree with what is said of it."""
    (block,) = (block for block in blocks(README, "") if block.startswith("simulation/"))
    package = Path()
    for line in block.splitlines():
        name, _, description = line.strip().partition(" ")
        package = package if line.startswith(" ") else ROOT / name
        yield (package / name if line.startswith(" ") else package), description


def test_the_tree_names_what_is_there() -> None:
    for folder, description in tree():
        assert folder.is_dir(), folder
        for name in re.findall(r"[\w/]+(?:\.py\b|/(?=\W|$))", description):
            assert (folder / name).exists(), f"{folder.name}/{name}"


def test_the_tree_leaves_no_room_out() -> None:
    named = {folder / name for folder, text in tree() for name in ("", *re.findall(r"(\w+)/(?=\W)", text))}
    rooms = {path.parent for package in WITH_ROOMS for path in (ROOT / package).glob("*/*.py")}
    assert rooms <= named, f"the README's tree does not name {sorted(map(str, rooms - named))}"
