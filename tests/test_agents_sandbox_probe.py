"""What the machine lacks is said by name, and no weaker level is ever used unasked."""

import subprocess
import sys
from pathlib import Path

import pytest

from agents.sandbox import Program, Sandbox, SandboxUnavailable, process
from agents.sandbox.probe import WORKS, probe

PROGRAM = Program(source="def f(): return 1", tests=("assert f() == 1",))
WITHOUT = """
import sys, types
import agents.sandbox.inside.{module} as broken
def absent(*a, **k):
    raise OSError(38, "not here")
broken.{name} = absent
"""


def test_the_table_names_every_layer_and_level():
    table = probe()
    assert list(table)[-2:] == ["level full", "level lock"] and len(table) == 14
    assert all(state == WORKS or state.startswith("missing: ") for state in table.values())
    layers = {name: state for name, state in table.items() if not name.startswith("level")}
    if all(state == WORKS for state in layers.values()):
        assert table["level full"] == table["level lock"] == WORKS


@pytest.mark.parametrize(
    ("module", "name", "layer", "weakest"),
    [
        ("namespaces", "leave", "user namespace", "lock"),
        ("namespaces", "rebuild_root", "mount namespace", "lock"),
        ("landlock", "ruleset", "landlock", "rlimits"),
        ("seccomp", "restrict", "seccomp", "rlimits"),
    ],
)
def test_a_missing_layer_is_named_and_a_weaker_level_only_by_leave(monkeypatch, module, name, layer, weakest):
    code = WITHOUT.format(module=module, name=name)
    monkeypatch.setattr(process, "MAIN", code + process.MAIN)
    with pytest.raises(SandboxUnavailable, match=f"{layer}.*not here.*Ways out"):
        Sandbox(level="full")
    with Sandbox(level="full", allow_weaker=True) as sandbox:
        (report,) = sandbox.run([PROGRAM])
    assert (report.verdict, report.level) == ("passed", weakest)


def test_a_lane_that_is_killed_is_replaced_and_its_program_run_again():
    with Sandbox() as sandbox:
        sandbox.lanes[0].process.kill()
        (report,) = sandbox.run([PROGRAM])
    assert report.verdict == "passed"


def test_nothing_is_left_when_the_framework_dies():
    code = "import os, signal, time\nfrom agents.sandbox import Sandbox\n"
    code += "s = Sandbox(lanes=2)\nprint(*[l.process.pid for l in s.lanes], flush=True)\nos.kill(os.getpid(), 9)"
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(process.__file__).parents[2], capture_output=True)
    lanes = [Path("/proc") / pid for pid in done.stdout.decode().split()]
    assert len(lanes) == 2
    for _ in range(100):
        if not any(path.exists() and "Z" not in (path / "stat").read_text().split()[2] for path in lanes):
            return
        subprocess.run(["sleep", "0.05"], check=True)
    raise AssertionError("a lane outlived its framework")
