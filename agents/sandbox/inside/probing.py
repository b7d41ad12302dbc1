"""Which layers this machine has, found by trying each in a child and seeing whether it holds."""

import errno
import os
import resource
import signal
import socket
from collections.abc import Callable
from functools import partial

from agents.sandbox.inside import kernel, landlock, layers, namespaces, seccomp

WORKS = "works"
Trial = Callable[[], None]


def in_child(trial: Trial) -> str:
    """Try something in a child; return that it works, or what was wrong."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            trial()
            os.write(writing, WORKS.encode())
        except BaseException as error:  # noqa: BLE001 - whatever went wrong is the finding
            os.write(writing, f"missing: {getattr(error, 'why', '') or error or type(error).__name__}".encode()[:1000])
        finally:
            os._exit(0)
    os.close(writing)
    state = os.read(reading, 1000).decode("utf-8", "replace")
    os.close(reading)
    _, status = os.waitpid(child, 0)
    return state or f"missing: the trial ended with {os.waitstatus_to_exitcode(status)}"


def namespace(flag: int) -> None:
    """Enter a namespace, in a user namespace where rights are needed."""
    if flag != kernel.CLONE_NEWUSER:
        kernel.call("unshare", kernel.CLONE_NEWUSER)
    kernel.call("unshare", flag)


def own_root() -> None:
    """Leave the machine's files and see that they are gone."""
    folders = layers.interpreter_folders()
    namespaces.separate(layers.unused_user())
    child = os.fork()
    if child == 0:
        status = 1
        try:
            namespaces.rebuild_root(folders)
            namespaces.own_work_folder(1, 16)
            status = int(os.path.exists("/etc") or os.path.exists("/proc"))
        finally:
            os._exit(status)
    if os.waitpid(child, 0)[1] != 0:
        raise OSError(errno.EPERM, "mount and pivot_root do not give a root of one's own")


def files() -> None:
    """Forbid all files but the interpreter's and see that another cannot be opened."""
    rules = landlock.ruleset([os.path.realpath(path) for path in layers.interpreter_folders()], [])
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    landlock.restrict(rules)
    with open(os.path.realpath(os.__file__)):
        pass
    for path in ("/proc/self/status", "/"):
        try:
            os.close(os.open(path, os.O_RDONLY))
        except PermissionError:
            continue
        raise OSError(errno.EPERM, f"{path} could still be opened")


def calls() -> None:
    """Install the filter; see one call fail and another kill."""
    if os.uname().machine != "x86_64":
        raise OSError(errno.ENOSYS, f"no filter is known for {os.uname().machine}")
    filter_program, _instructions = seccomp.assembled()
    child = os.fork()
    if child == 0:
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        seccomp.restrict(filter_program)
        try:
            socket.socket()
        except PermissionError:
            os.kill(os.getpid(), signal.SIGTERM)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code != -signal.SIGSYS:
        raise OSError(errno.EPERM, f"a forbidden call ended with {code}, not with SIGSYS")


def limits() -> None:
    """Limit address space and files; see both hold."""
    kernel.limit(resource.RLIMIT_AS, layers.address_space() + (64 << 20))
    try:
        bytearray(256 << 20)
    except MemoryError:
        return
    raise OSError(errno.EPERM, "an address space beyond its limit was given")


def user() -> None:
    """Become a user that nobody is, where this process may choose one; else it is unprivileged already."""
    unused_user = layers.unused_user()
    if unused_user is None and os.geteuid() == 0:
        raise OSError(errno.EPERM, "root of a namespace with too few users: programs would run as root")
    if unused_user is not None:
        os.setgroups([])
        os.setresgid(unused_user, unused_user, unused_user)
        os.setresuid(unused_user, unused_user, unused_user)


def processor_waits() -> None:
    """See that the kernel counts what a process waits for a processor: without that, nothing of it is given back."""
    with open("/proc/self/schedstat") as file:
        if not any(map(int, file.read().split())):  # that a process has begun is counted from the first
            raise OSError(errno.ENOSYS, "the kernel does not count how long a process waits for a processor")


def table() -> dict[str, str]:
    """Return each layer and whether it works."""
    states = {name: in_child(partial(namespace, flag)) for name, flag in namespaces.NAMESPACES.items()}
    trials: dict[str, Trial] = {
        "root of its own": own_root,
        "landlock": files,
        "seccomp": calls,
        "resource limits": limits,
        "unprivileged user": user,
        "processor waits": processor_waits,
    }
    return states | {name: in_child(trial) for name, trial in trials.items()}
