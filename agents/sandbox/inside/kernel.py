"""The system calls that Python's os module has not, through libc."""

import ctypes
import fcntl
import os
import resource

LIBC = ctypes.CDLL(None, use_errno=True)
SIGNAL, EXIT = LIBC.signal, LIBC._exit
"""Looked up once: a forked child that looks a function up copies the pages that hold all of them."""
NUMBERS = {
    "pivot_root": 155,
    "capset": 126,
    "seccomp": 317,
    "setns": 308,
    "unshare": 272,
    "close_range": 436,
    "mount_setattr": 442,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
}
"""Of x86-64; from 424 on they are the same on every architecture."""

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
SIGKILL = 9
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18
MNT_DETACH = 2
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 1, 2, 4
AT_RECURSIVE = 0x8000
CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
CAPABILITY_HEADER, NO_CAPABILITIES = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000


def checked(result: int, what: str) -> int:
    """Return a result that is no error."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def call(name: str, *arguments: object) -> int:
    """Make a system call by number."""
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return checked(LIBC.syscall(ctypes.c_long(NUMBERS[name]), *wide), name)


def prctl(option: int, *arguments: int) -> None:
    """Set a property of this process."""
    wide = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    checked(LIBC.prctl(option, *wide), "prctl")


def end_by(number: int) -> None:
    """Let a signal end this process where a program sets no handler: the first of a namespace ignores it by default."""
    checked(-1 if SIGNAL(number, EXIT) == -1 else 0, "signal")


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """Mount a file system."""
    texts = [None if text is None else text.encode() for text in (source, target, kind, data)]
    result = LIBC.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3])
    checked(result, f"mount {source} on {target}")


def unmount(target: str) -> None:
    """Take a file system away, even where it is in use."""
    checked(LIBC.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def seal_mounts(target: str) -> None:
    """Make a mount and all within it read-only, without devices and set-uid."""
    attributes = (ctypes.c_uint64 * 4)(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, 0, 0, 0)
    call("mount_setattr", -100, target.encode(), AT_RECURSIVE, ctypes.byref(attributes), 32)


def drop_capabilities() -> None:
    """Give up every capability."""
    call("capset", ctypes.byref(CAPABILITY_HEADER), ctypes.byref(NO_CAPABILITIES))


def drop_bounding_set() -> None:
    """Never gain a capability again, not by running a program either."""
    with open("/proc/sys/kernel/cap_last_cap") as file:
        last = int(file.read())
    for capability in range(last + 1):
        prctl(PR_CAPBSET_DROP, capability)


def keep_only(descriptors: list[int]) -> None:
    """Give descriptors their new numbers, 0 upwards without a gap, and close every other."""
    high = {new: fcntl.fcntl(old, fcntl.F_DUPFD, len(descriptors)) for new, old in enumerate(descriptors)}
    for new, old in high.items():
        os.dup2(old, new, inheritable=True)
    call("close_range", len(descriptors), (1 << 31) - 1, 0)


def limit(what: int, value: int) -> None:
    """Set both the soft and the hard limit, never above the hard one in force."""
    hard = resource.getrlimit(what)[1]
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (bound, bound))
