"""What a lane is made of: its layers' names, and what it says where one is missing."""

import os
import sys

FOLDERS = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo")
"""Shared libraries that extension modules of the standard library load, and time zones."""


class Missing(Exception):
    """A layer does not work on this machine."""

    def __init__(self, layer: str, why: str) -> None:
        super().__init__(layer, why)
        self.layer, self.why = layer, why


def interpreter_folders() -> list[str]:
    """Return the folders that a running interpreter needs; none is within another."""
    library = os.path.dirname(os.path.realpath(os.__file__))
    folders = [path for path in FOLDERS if os.path.isdir(path)]
    outside = not any(library.startswith(os.path.realpath(path) + "/") for path in folders)
    return [*folders, library] if outside else folders


def unused_user() -> int | None:
    """Return a user of the machine that nobody is, for this lane alone; None where this process may not choose."""
    if os.geteuid() != 0:
        return None
    with open("/proc/self/uid_map") as file:
        spans = [tuple(int(field) for field in line.split()) for line in file]
    first, _, count = max(spans, key=lambda span: span[2])
    if count < 1 << 15:
        return None
    return min(0x70000000, first + count - (1 << 13)) + os.getpid() % (1 << 12)


def address_space() -> int:
    """Return the bytes of address space of this process."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def preload() -> None:
    """Import what programs commonly need, so that each of them finds it ready."""
    names = """abc array ast bisect cmath collections collections.abc contextlib copy dataclasses datetime decimal enum
    fractions functools heapq io itertools json keyword math numbers operator random re reprlib socket string struct sys
    symtable textwrap threading time traceback types typing unicodedata warnings weakref"""
    for name in names.split():
        __import__(name)
    sys.modules.pop("this", None)
