"""seccomp: which system calls a program may make; what is not listed fails with EPERM, what is hostile kills.

The filter is assembled here as classic BPF over `struct seccomp_data` (linux/seccomp.h): number, architecture,
instruction pointer, six arguments. A short list of deaths and a default of EPERM: with a default of death, programs die
by chance, when some library tries a call that it can do without.
"""

import ctypes
import errno

from agents.sandbox.inside import kernel

ARCHITECTURE = 0xC000003E
X32 = 0x40000000
LOAD, JUMP_EQUAL, JUMP_GREATER_EQUAL, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL = 0x7FFF0000, 0x80000000
CLONE_THREAD = 0x00010000
NUMBER, MACHINE, ARGUMENTS = 0, 4, 16

ALLOWED = {
    "read": 0, "write": 1, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7, "lseek": 8, "mmap": 9,
    "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15,
    "pread64": 17, "pwrite64": 18, "readv": 19, "writev": 20, "access": 21, "pipe": 22, "select": 23,
    "sched_yield": 24, "mremap": 25, "madvise": 28, "dup": 32, "dup2": 33, "pause": 34, "nanosleep": 35,
    "getitimer": 36, "alarm": 37, "setitimer": 38, "getpid": 39, "recvfrom": 45,
    "recvmsg": 47, "shutdown": 48, "getsockname": 51, "getpeername": 52, "getsockopt": 55, "exit": 60, "uname": 63,
    "flock": 73, "fsync": 74, "fdatasync": 75, "ftruncate": 77, "getcwd": 79,
    "chdir": 80, "fchdir": 81, "rename": 82, "mkdir": 83, "rmdir": 84, "creat": 85, "unlink": 87, "readlink": 89,
    "umask": 95, "gettimeofday": 96, "getrlimit": 97, "getrusage": 98, "sysinfo": 99, "times": 100, "getuid": 102,
    "getgid": 104, "geteuid": 107, "getegid": 108, "getppid": 110, "getpgrp": 111, "getgroups": 115,
    "getresuid": 118, "getresgid": 120, "rt_sigpending": 127, "rt_sigtimedwait": 128, "sigaltstack": 131,
    "statfs": 137, "fstatfs": 138, "sched_getparam": 143, "sched_getscheduler": 145, "gettid": 186, "futex": 202,
    "sched_getaffinity": 204, "epoll_create": 213, "getdents64": 217, "set_tid_address": 218, "restart_syscall": 219,
    "fadvise64": 221, "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230, "exit_group": 231,
    "epoll_wait": 232, "epoll_ctl": 233, "mkdirat": 258, "newfstatat": 262, "unlinkat": 263,
    "renameat": 264, "readlinkat": 267, "faccessat": 269, "pselect6": 270, "ppoll": 271, "set_robust_list": 273,
    "epoll_pwait": 281, "eventfd2": 290, "epoll_create1": 291, "dup3": 292, "pipe2": 293, "preadv": 295,
    "pwritev": 296, "renameat2": 316, "getrandom": 318, "membarrier": 324, "statx": 332, "rseq": 334,
    "close_range": 436, "faccessat2": 439, "futex_waitv": 449,
}  # fmt: skip
"""What Python and its libraries use to compute, to thread and to write into their own folder.

Not `sendmsg`: the address of its message lies in memory, where no filter looks, and it hands out descriptors. Not
`truncate`: it needs no open file, and Landlock judges it from version 3 of its interface only.
"""

HOSTILE = {
    "fork": 57, "vfork": 58, "execve": 59, "kill": 62, "ptrace": 101, "setuid": 105, "setgid": 106, "setreuid": 113,
    "setregid": 114, "setgroups": 116, "setresuid": 117, "setresgid": 119, "setfsuid": 122, "setfsgid": 123,
    "capset": 126, "rt_sigqueueinfo": 129, "mknod": 133, "personality": 135, "modify_ldt": 154, "pivot_root": 155,
    "adjtimex": 159, "setrlimit": 160, "chroot": 161, "acct": 163, "settimeofday": 164, "mount": 165, "umount2": 166,
    "swapon": 167, "swapoff": 168, "reboot": 169, "sethostname": 170, "setdomainname": 171, "iopl": 172,
    "ioperm": 173, "init_module": 175, "delete_module": 176, "quotactl": 179, "tkill": 200, "clock_settime": 227,
    "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250, "mknodat": 259, "unshare": 272,
    "vmsplice": 278, "rt_tgsigqueueinfo": 297, "perf_event_open": 298, "fanotify_init": 300, "open_by_handle_at": 304,
    "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "finit_module": 313, "bpf": 321,
    "kexec_file_load": 320, "execveat": 322, "userfaultfd": 323, "pidfd_send_signal": 424, "io_uring_setup": 425,
    "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429, "fsopen": 430,
    "fsconfig": 431, "fsmount": 432, "pidfd_open": 434, "pidfd_getfd": 438, "mount_setattr": 442,
    "memfd_secret": 447,
}  # fmt: skip
"""What no solution of a task does: other processes, other users, the machine itself."""

CLONE, CLONE3, IOCTL, SENDTO, SOCKETPAIR, PRLIMIT, FCNTL, OPEN, OPENAT = 56, 435, 16, 44, 53, 302, 72, 2, 257
FIONREAD, FIONBIO, FIOCLEX, FIONCLEX = 0x541B, 0x5421, 0x5451, 0x5450
TERMINAL = 0x5401
"""TCGETS, with which Python asks whether a file is a terminal."""
UNIX = 1
STREAM = (0x1, 0x801, 0x80001, 0x80801)
"""SOCK_STREAM, with or without SOCK_NONBLOCK and SOCK_CLOEXEC: an end of such a pair reaches the other alone, where one
of datagrams sends to any socket that it names."""
WRITE_ONLY, READ_AND_WRITE, TRUNCATING = 0x1, 0x2, 0x200
"""Flags of an opened file, for reading where neither of the first two is set."""
FCNTL_COMMANDS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032)
"""Duplicating, flags and locks; not whom a descriptor signals, which would be a way to kill."""
Instruction = tuple[int, int, int, int]
Block = tuple[Instruction, ...]


def refuse(number: int) -> int:
    """Return the action that makes a call fail."""
    return 0x00050000 | number


def among(argument: int, values: tuple[int, ...]) -> Block:
    """Return instructions that go on only with a call whose argument (low half) is one of some values."""
    load = (LOAD, 0, 0, ARGUMENTS + 8 * argument)
    tests = [(JUMP_EQUAL, len(values) - index, 0, value) for index, value in enumerate(values)]
    return (load, *tests, (RETURN, 0, 0, refuse(errno.EPERM)))


def only(argument: int, values: tuple[int, ...]) -> Block:
    """Return instructions that allow a call whose argument (low half) is one of some values."""
    return (*among(argument, values), (RETURN, 0, 0, ALLOW))


def zero(halves: tuple[int, ...], otherwise: int) -> Block:
    """Return instructions that allow a call where these halves of arguments (offsets) are zero, or act otherwise."""
    code: list[Instruction] = []
    for offset in halves:
        code += [(LOAD, 0, 0, offset), (JUMP_EQUAL, 1, 0, 0), (RETURN, 0, 0, otherwise)]
    return (*code, (RETURN, 0, 0, ALLOW))


def opening(argument: int) -> Block:
    """Return instructions that allow flags of an opened file which Landlock judges as a whole.

    Neither reading nor writing (both flags set) it lets pass, whatever the file, and a device is opened all the same;
    emptying what is opened only for reading it judges from version 3 of its interface only.
    """
    return (
        (LOAD, 0, 0, ARGUMENTS + 8 * argument),
        (JUMP_ANY_BIT, 0, 1, WRITE_ONLY),
        (JUMP_ANY_BIT, 3, 2, READ_AND_WRITE),
        (JUMP_ANY_BIT, 1, 0, READ_AND_WRITE),
        (JUMP_ANY_BIT, 1, 0, TRUNCATING),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, refuse(errno.EPERM)),
    )


def program() -> list[Instruction]:
    """Return the filter."""
    code: list[Instruction] = [
        (LOAD, 0, 0, MACHINE),
        (JUMP_EQUAL, 1, 0, ARCHITECTURE),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        (JUMP_GREATER_EQUAL, 0, 1, X32),
        (RETURN, 0, 0, KILL),
    ]
    return code + search(ranges())


def special() -> dict[int, Block]:
    """Return what is done for the calls that are judged by their arguments, or fail in a way of their own."""
    flags = (LOAD, 0, 0, ARGUMENTS)
    return {
        # a thread shares everything; a process would be one more to watch
        CLONE: (flags, (JUMP_ANY_BIT, 1, 0, CLONE_THREAD), (RETURN, 0, 0, KILL), (RETURN, 0, 0, ALLOW)),
        # its flags lie in memory, where no filter looks; libc falls back to clone
        CLONE3: ((RETURN, 0, 0, refuse(errno.ENOSYS)),),
        IOCTL: only(1, (TERMINAL, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX)),
        SOCKETPAIR: (*among(0, (UNIX,)), *only(1, STREAM)),
        # without an address, what is sent goes to the other end
        SENDTO: zero((ARGUMENTS + 32, ARGUMENTS + 36), refuse(errno.EPERM)),
        FCNTL: only(1, FCNTL_COMMANDS),
        # of oneself (process 0) and without new limits
        PRLIMIT: zero((ARGUMENTS, ARGUMENTS + 16, ARGUMENTS + 20), KILL),
        OPEN: opening(1),
        OPENAT: opening(2),
    }


def ranges() -> list[tuple[int, Block]]:
    """Return the first number of every run of calls that are treated alike, with what is done for them."""
    allow: Block = ((RETURN, 0, 0, ALLOW),)
    kill: Block = ((RETURN, 0, 0, KILL),)
    fail: Block = ((RETURN, 0, 0, refuse(errno.EPERM)),)
    blocks: dict[int, Block] = dict.fromkeys(ALLOWED.values(), allow) | dict.fromkeys(HOSTILE.values(), kill)
    blocks |= special()
    runs: list[tuple[int, Block]] = []
    for number in range(max(blocks) + 2):
        block = blocks.get(number, fail)
        if not runs or runs[-1][1] != block:
            runs.append((number, block))
    return runs


def search(runs: list[tuple[int, Block]]) -> list[Instruction]:
    """Return a binary search for the run that holds the number: the kernel walks the filter for every call it knows."""
    if len(runs) == 1:
        return list(runs[0][1])
    middle = len(runs) // 2
    low, high = search(runs[:middle]), search(runs[middle:])
    return [(JUMP_GREATER_EQUAL, len(low), 0, runs[middle][0]), *low, *high]


def assembled() -> tuple[ctypes.Array[ctypes.c_char], ctypes.Array[ctypes.c_char]]:
    """Return `struct sock_fprog` and the instructions it points to."""
    code = b"".join(
        operation.to_bytes(2, "little") + bytes((yes, no)) + value.to_bytes(4, "little")
        for operation, yes, no, value in program()
    )
    instructions = ctypes.create_string_buffer(code, len(code))
    length = (len(code) // 8).to_bytes(8, "little")
    address = ctypes.addressof(instructions).to_bytes(8, "little")
    return ctypes.create_string_buffer(length + address, 16), instructions


def restrict(filter_program: ctypes.Array[ctypes.c_char]) -> None:
    """Put this process under the filter for good; needs no_new_privs."""
    kernel.call("seccomp", 1, 0, ctypes.byref(filter_program))
