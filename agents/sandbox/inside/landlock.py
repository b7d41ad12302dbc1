"""Landlock: which files a process may open, whatever their permissions say."""

import ctypes
import os

from agents.sandbox.inside import kernel

READ = 1 << 2 | 1 << 3
"""read_file, read_dir"""
ALL_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Rights over files by the version of the interface that brought them: 2 refer, 3 truncate, 5 device ioctl."""
WRITE = (1 << 15) - 1 & ~(1 << 0 | 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12)
"""All of version 3 but execute and making devices, sockets, pipes, block files and symbolic links."""
FILE_RIGHTS = 1 << 1 | 1 << 2 | 1 << 14
"""Of those, the ones that a rule on a single file may name."""
NETWORK = 1 << 0 | 1 << 1
"""bind and connect of TCP, from version 4."""
SCOPES = 1 << 0 | 1 << 1
"""Abstract Unix sockets and signals stay within, from version 6."""


def version() -> int:
    """Return the version of the interface."""
    return kernel.call("landlock_create_ruleset", 0, 0, 1)


def ruleset(readable: list[str], writable: list[str]) -> int:
    """Return a descriptor of rules: read these paths, write those, and nothing else."""
    interface = version()
    rights = ALL_FILES[max(earlier_version for earlier_version in ALL_FILES if earlier_version <= interface)]
    fields = (ctypes.c_uint64 * 3)(rights, NETWORK if interface >= 4 else 0, SCOPES if interface >= 6 else 0)
    size = 24 if interface >= 6 else 16 if interface >= 4 else 8
    rules = kernel.call("landlock_create_ruleset", ctypes.byref(fields), size, 0)
    for path in readable:
        allow(rules, path, READ & rights)
    for path in writable:
        allow(rules, path, WRITE & rights)
    return rules


def allow(rules: int, path: str, rights: int) -> None:
    """Add a rule for what lies under a path."""
    target = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):
            rights &= FILE_RIGHTS
        attribute = ctypes.create_string_buffer(rights.to_bytes(8, "little") + target.to_bytes(4, "little"), 12)
        kernel.call("landlock_add_rule", rules, 1, ctypes.byref(attribute), 0)
    finally:
        os.close(target)


def restrict(rules: int) -> None:
    """Put this process under the rules for good; needs no_new_privs."""
    kernel.call("landlock_restrict_self", rules, 0)
