"""What the machine lacks is said by name, and no weaker level is ever used unasked."""

import os
import socket
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
    assert list(table)[-2:] == ["level full", "level lock"] and len(table) == 15
    assert all(state == WORKS or state.startswith("missing: ") for state in table.values())
    layers = {name: state for name, state in table.items() if not name.startswith("level")}
    if Path("/proc/self/schedstat").exists():
        assert layers["processor waits"] == WORKS
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


ELSEWHERE = {
    "sendfile": 40, "socket": 41, "connect": 42, "accept": 43, "sendmsg": 46, "bind": 49, "listen": 50,
    "setsockopt": 54, "truncate": 76, "link": 86, "symlink": 88, "prctl": 157, "io_setup": 206, "io_submit": 209,
    "mq_open": 240, "splice": 275, "tee": 276, "accept4": 288, "recvmmsg": 299, "sendmmsg": 307, "memfd_create": 319,
    "copy_file_range": 326, "pwritev2": 328, "openat2": 437, "process_madvise": 440,
}  # fmt: skip
"""Calls that reach what lies outside, or help to; libraries try some of them, so they fail and do not kill."""


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
    assert filtered(302, (0, 7, 0, 1, 0, 0)) == seccomp.ALLOW
    assert filtered(302, (9, 7, 0, 1, 0, 0)) == filtered(302, (0, 7, 1 << 40, 0, 0, 0)) == seccomp.KILL


def test_the_filter_leaves_of_sockets_only_the_pair_of_streams_and_sending_to_its_other_end():
    for flags in (0, socket.SOCK_NONBLOCK, socket.SOCK_CLOEXEC, socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC):
        kinds = {kind: filtered(53, (socket.AF_UNIX, kind | flags, 0, 0, 0, 0)) for kind in range(16)}
        assert {kind for kind, action in kinds.items() if action == seccomp.ALLOW} == {socket.SOCK_STREAM}
        assert set(kinds.values()) == {seccomp.ALLOW, seccomp.refuse(1)}
    for family in (socket.AF_INET, socket.AF_NETLINK, 40):
        assert filtered(53, (family, socket.SOCK_STREAM, 0, 0, 0, 0)) == seccomp.refuse(1)
    assert filtered(53, (1, 1 | 1 << 20, 0, 0, 0, 0)) == filtered(53, (1, 2 | 1 << 32, 0, 0, 0, 0)) == seccomp.refuse(1)
    assert filtered(44, (3, 1 << 40, 9, 1 << 14, 0, 110)) == seccomp.ALLOW
    for address in (1, 1 << 31, 1 << 32, 1 << 63, 0x7FFF00000000):
        assert filtered(44, (3, 1 << 40, 9, 0, address, 110)) == seccomp.refuse(1)
    assert {filtered(number) for number in ELSEWHERE.values()} == {seccomp.refuse(1)}


def test_the_filter_lets_files_be_opened_only_as_landlock_judges_them():
    for number, at in ((2, 1), (257, 2)):
        for rest in (0, os.O_CREAT, os.O_PATH | os.O_CLOEXEC, os.O_APPEND | 1 << 40):
            for access in range(4):
                for emptied in (0, os.O_TRUNC):
                    arguments = [access | emptied | rest if index == at else 1 << 33 for index in range(6)]
                    allowed = access in ((os.O_WRONLY, os.O_RDWR) if emptied else (os.O_RDONLY, os.O_WRONLY, os.O_RDWR))
                    assert filtered(number, arguments) == (seccomp.ALLOW if allowed else seccomp.refuse(1))
