"""What the machine lacks is said by name, and no weaker level is ever used unasked."""

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from agents.sandbox import Program, Sandbox, SandboxUnavailable, process
from agents.sandbox.inside import seccomp
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


def filtered(number, arguments=(0, 0, 0, 0, 0, 0), machine=seccomp.ARCHITECTURE):
    """Run the filter as the kernel does."""
    data, accumulator, at, code = struct.pack("<iIQ6Q", number, machine, 0, *arguments), 0, 0, seccomp.program()
    while True:
        operation, yes, no, value = code[at]
        if operation == seccomp.RETURN:
            return value
        if operation == seccomp.LOAD:
            (accumulator,) = struct.unpack_from("<I", data, value)
        else:
            holds = {
                seccomp.JUMP_EQUAL: accumulator == value,
                seccomp.JUMP_GREATER_EQUAL: accumulator >= value,
                seccomp.JUMP_ANY_BIT: bool(accumulator & value),
            }
            at += yes if holds[operation] else no
        at += 1


def test_the_filter_does_what_the_lists_say():
    allowed, hostile, special = seccomp.ALLOWED.values(), seccomp.HOSTILE.values(), seccomp.special()
    assert not set(allowed) & set(hostile) and not set(special) & {*allowed, *hostile}
    denied = seccomp.refuse(1)
    for number in set(range(600)) - set(special):
        wanted = seccomp.ALLOW if number in allowed else seccomp.KILL if number in hostile else denied
        assert filtered(number) == wanted, number
    assert filtered(0, machine=0x40000003) == filtered(seccomp.X32) == seccomp.KILL
    assert filtered(56, (17, 0, 0, 0, 0, 0)) == seccomp.KILL and filtered(56, (0x10F00, 0, 0, 0, 0, 0)) == seccomp.ALLOW
    assert filtered(435) == seccomp.refuse(38)
    assert filtered(16, (0, 0x5412, 0, 0, 0, 0)) == filtered(72, (0, 8, 9, 0, 0, 0)) == denied
    assert filtered(53, (2, 1, 0, 0, 0, 0)) == denied and filtered(53, (1, 1, 0, 0, 0, 0)) == seccomp.ALLOW
    assert filtered(302, (0, 7, 0, 1, 0, 0)) == seccomp.ALLOW
    assert filtered(302, (9, 7, 0, 1, 0, 0)) == filtered(302, (0, 7, 1 << 40, 0, 0, 0)) == seccomp.KILL
