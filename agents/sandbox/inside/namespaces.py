"""Namespaces of a lane: a machine of its own with nothing in it but the interpreter and its libraries, read-only."""

import os

from agents.sandbox.inside import kernel
from agents.sandbox.inside.layers import Missing

INSIDE_USER = 1000
"""The user a program sees itself as."""
WORK = "/box/tmp"
"""Where each candidate has its own writable folder; rules of Landlock name the folder above it."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
NAMESPACES = {
    "user namespace": kernel.CLONE_NEWUSER,
    "mount namespace": kernel.CLONE_NEWNS,
    "network namespace": kernel.CLONE_NEWNET,
    "ipc namespace": kernel.CLONE_NEWIPC,
    "uts namespace": kernel.CLONE_NEWUTS,
    "pid namespace": kernel.CLONE_NEWPID,
    "cgroup namespace": kernel.CLONE_NEWCGROUP,
}


def separate(outside_user: int | None) -> None:
    """Leave the machine's namespaces; the next child is the first process of the lane's.

    An unprivileged process maps only its own user. Root maps itself, to read an interpreter that only root reaches, and
    an unused user for the programs; only a process outside may write such a map, so a child is left behind to do it.
    """
    own_user, own_group = os.geteuid(), os.getegid()
    if outside_user is None:
        leave()
        with open("/proc/self/setgroups", "w") as file:
            file.write("deny")
        write_maps("self", f"{INSIDE_USER} {own_user} 1", f"{INSIDE_USER} {own_group} 1")
        return
    reading, writing = os.pipe()
    parent = os.getpid()
    writer = os.fork()
    if writer == 0:
        status = 1
        try:
            os.close(writing)
            if os.read(reading, 1):
                id_map = f"0 0 1\n{INSIDE_USER} {outside_user} 1"
                write_maps(str(parent), id_map, id_map)
                status = 0
        finally:
            os._exit(status)
    leave()
    os.write(writing, b"1")
    os.close(writing)
    os.close(reading)
    if os.waitpid(writer, 0)[1] != 0:
        raise Missing("user namespace", "the map of users could not be written")


def leave() -> None:
    """Enter new namespaces of every kind; name the first that the machine denies."""
    for name, flag in NAMESPACES.items():
        try:
            kernel.call("unshare", flag)
        except OSError as error:
            raise Missing(name, str(error)) from None


def write_maps(process: str, users: str, groups: str) -> None:
    """Say which users and groups of the machine the lane's are."""
    try:
        for name, text in (("uid_map", users), ("gid_map", groups)):
            with open(f"/proc/{process}/{name}", "w") as file:
                file.write(text)
    except OSError as error:
        raise Missing("user namespace", str(error)) from None


def rebuild_root(folders: list[str]) -> None:
    """Leave the machine's files for a root that holds read-only views of these folders, three devices, and no more."""
    sources = {path: os.open(os.path.realpath(path), os.O_PATH) for path in (*folders, *DEVICES)}
    links = {path: os.readlink(path) for path in folders if os.path.islink(path)}
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    base = "/tmp"
    kernel.mount("root", base, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=1m,mode=755")
    for path in folders:
        if path in links and os.path.realpath(path) in folders:
            os.symlink(links[path], base + path)
            continue
        os.makedirs(base + path, exist_ok=True)
        view(sources[path], base + path)
        kernel.seal_mounts(base + path)
    os.mkdir(base + "/dev")
    for path in DEVICES:
        os.close(os.open(base + path, os.O_CREAT, 0o600))
        view(sources[path], base + path)
    os.makedirs(base + WORK)
    os.symlink(WORK[1:], base + "/tmp")
    for descriptor in sources.values():
        os.close(descriptor)
    os.chdir(base)
    kernel.call("pivot_root", b".", b".")
    kernel.unmount(".")
    os.chdir("/")
    kernel.mount("root", "/", None, kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kernel.MS_NOSUID)


def view(source: int, target: str) -> None:
    """Show what a descriptor names at another place."""
    kernel.mount(f"/proc/self/fd/{source}", target, None, kernel.MS_BIND | kernel.MS_REC)


def own_work_folder(mebibytes: int, entries: int) -> None:
    """Give this process a writable folder that no other sees and that ends with it."""
    kernel.call("unshare", kernel.CLONE_NEWNS)
    options = f"size={mebibytes}m,nr_inodes={entries},mode=700,uid={INSIDE_USER},gid={INSIDE_USER}"
    kernel.mount("work", WORK, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC, options)
    os.chdir(WORK)
