"""The README says what is so: its tables are those of `list`, and its one-file policy plays."""

import os
import re
import subprocess
import sys
from pathlib import Path

from simulation.views.listing import markdown
from tests.support.scripted_scenario import GOOD

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_tables_of_components_and_scenarios_are_those_of_list() -> None:
    missing = [line for line in markdown(ROOT / "scenarios") if line not in README.splitlines()]
    assert not missing, f"paste the output of `python -m simulation list --markdown`; missing: {missing[:3]}"


def test_every_file_the_tree_names_exists() -> None:
    tree = README.split("## The files")[1].split("```")[1]
    folder = Path()
    for line in tree.strip().splitlines():
        for name in re.findall(r"(?:^|\s)(\w+(?:\.py|/))(?=\s)", line):
            if line.startswith(name):
                folder = ROOT / name
                assert folder.is_dir(), name
            else:
                assert (folder / name).exists(), f"{folder.name}/{name}"


def test_the_policy_in_one_file_plays(tmp_path: Path) -> None:
    code = next(block for block in re.findall(r"```python\n(.*?)```", README, re.S) if "@question_policy" in block)
    name = re.search(r"class (\w+)", code)
    assert name is not None
    (tmp_path / "one_file.py").write_text(code, encoding="utf-8")
    (tmp_path / "tiny.yaml").write_text(GOOD, encoding="utf-8")
    override = f'ask.policy={{name: "one_file:{name[1]}", floor: 5}}'
    played = subprocess.run(
        [sys.executable, "-m", "simulation", "run", tmp_path / "tiny.yaml", override, "--out", tmp_path / "runs"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert played.returncode == 0, played.stderr
    assert "asks by one_file:" in played.stdout
