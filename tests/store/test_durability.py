"""Whatever kills a study, the disk included, no committed turn is lost and it goes on to the same trace hash."""

import errno
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from simulation.core.errors import StoreError, StudyBusy
from simulation.play.runner import play
from simulation.store import Study
from tests.play.test_runner import Ears
from tests.support.scripted import ScriptedStudents, TinyEnvironment, scripted_world, seats, stepper
from tests.support.studies import MEASURES

TURNS = 2
ROOT = Path(__file__).parents[2]


def go_on(folder: Path, seconds: float = 0.0) -> str:
    """Begin the study or go on with it, play it to its end, and return its trace hash."""
    try:
        study = Study.open(folder, write=True)
    except StoreError as error:
        assert not isinstance(error, StudyBusy)
        assert "is no study" in str(error) or "never begun" in str(error), error
        shutil.rmtree(folder, ignore_errors=True)
        study = Study.create(folder, scenario={"name": "a"}, seats=seats(2), measures=MEASURES, fingerprint={})
    with study:
        world = scripted_world(
            seats(2),
            students=ScriptedStudents(seconds=seconds),
            environment=TinyEnvironment(numbers=8, held=6),
            questions=3,
            turns=TURNS,
        )
        play(study, world, stepper(world), Ears())
        return study.trace_hash


def child(work: Callable[[], Any]) -> int:
    """Do the work in a forked process and return its number."""
    number = os.fork()
    if number:
        return number
    try:
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001  # a forked process must never return into the test runner
        traceback.print_exc()
        os._exit(1)


def ended(number: int) -> int:
    """Wait for a process and return its exit code, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


@pytest.fixture(scope="module")
def whole(disks: Any) -> str:
    """Return the trace hash of the study that nothing disturbed."""
    return go_on(disks() / "s")


class Countdown:
    """Kills this process before its n-th act on the disk: a call that writes, or a turn of a transaction."""

    def __init__(self, before: int) -> None:
        self.left = before
        self.acts: list[str] = []

    def act(self, name: str) -> None:
        self.acts.append(name)
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1

    def statement(self, text: str) -> None:
        if text.split()[0] in ("BEGIN", "COMMIT", "UPDATE") or text.startswith("INSERT INTO chain"):
            self.act(text)

    def watch(self) -> None:
        """Count from now on; only ever called in a process of its own."""
        for name in ("open", "write", "fsync", "replace", "unlink", "mkdir"):
            setattr(os, name, self._counted(name, getattr(os, name)))
        connect = sqlite3.connect

        def counted(*arguments: Any, **options: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*arguments, **options)
            connection.set_trace_callback(self.statement)
            return connection

        sqlite3.connect = counted  # type: ignore[assignment]

    def _counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def acted(*arguments: Any, **options: Any) -> Any:
            self.act(name)
            return call(*arguments, **options)

        return acted


def killed_before(act: int, folder: Path) -> int:
    """Play in a process that is killed before its act of this number; return how it ended."""

    def work() -> None:
        Countdown(act).watch()
        go_on(folder)

    return ended(child(work))


def test_kill_before_every_act_on_the_disk_loses_nothing(whole: str, disk: Path) -> None:
    act, killed = 0, True
    while killed:
        folder = disk / str(act)
        killed = killed_before(act, folder) == -signal.SIGKILL
        assert go_on(folder) == whole, f"killed before act {act}"
        shutil.rmtree(folder)
        act += 1
    assert act > 40, "the countdown saw fewer acts than a study needs"


def test_kill_at_random_times_again_and_again_loses_nothing(whole: str, disk: Path) -> None:
    chance, kills = random.Random(0), 0
    while kills < 15:
        folder = disk / str(kills)
        work = partial(go_on, folder, seconds=0.003)
        began = time.perf_counter()
        assert ended(child(work)) == 0
        whole_seconds = time.perf_counter() - began
        shutil.rmtree(folder)
        for _ in range(6):
            number = child(work)
            time.sleep(chance.uniform(0.0, whole_seconds))
            os.kill(number, signal.SIGKILL)
            kills += ended(number) != 0
        assert go_on(folder) == whole


def test_the_lock_goes_with_the_process_however_it_ends(disk: Path) -> None:
    Study.create(disk / "s", scenario={}, seats=seats(1), measures=MEASURES, fingerprint={}).close()
    read, write = os.pipe()

    def hold() -> None:
        Study.open(disk / "s", write=True)
        os.write(write, b"held")
        time.sleep(60)

    holder = child(hold)
    assert os.read(read, 4) == b"held"
    with pytest.raises(StudyBusy, match=f"process {holder}"):
        Study.open(disk / "s", write=True)
    Study.open(disk / "s").close()
    os.kill(holder, signal.SIGKILL)
    assert ended(holder) == -signal.SIGKILL
    Study.open(disk / "s", write=True).close()
    os.close(read)
    os.close(write)


FULL_DISK = """
import sys
from functools import partial
from pathlib import Path
from simulation.core.errors import StoreError
from tests.store.test_durability import go_on
folder = Path(sys.argv[1])
ballast = folder / "ballast"
refused = 0
for size in range(400, 0, -20):  # kibibytes taken away from a disk of 500; a little is given back each time
    ballast.unlink(missing_ok=True)
    ballast.write_bytes(b"x" * 1024 * size)
    try:
        print(go_on(folder / "s"))
        break
    except StoreError as error:
        assert "no space left" in str(error) and "resume" in str(error), error
        refused += 1
assert refused > 3, refused
"""


def test_a_full_disk_is_one_clear_error_and_the_study_goes_on_when_there_is_space(whole: str, disk: Path) -> None:
    mounted = f"mount -t tmpfs -o size=500k tmpfs {disk}"
    probe = subprocess.run(["unshare", "-rm", "sh", "-c", mounted], capture_output=True, text=True, check=False)
    if probe.returncode:
        pytest.skip(f"no small disk can be mounted here: {probe.stderr.strip()}")
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", f'{mounted} && exec "$@"', "sh", sys.executable, "-c", FULL_DISK, disk],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == whole


@pytest.mark.parametrize("kibibytes", [8, 40, 120, 200, 260])
def test_a_write_that_fails_in_the_database_is_one_clear_error(kibibytes: int, whole: str, disk: Path) -> None:
    """The limit on a file's size makes SQLite's own writes fail, as a broken disk does."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (kibibytes * 1024, kibibytes * 1024))
        try:
            go_on(disk / "s")
        except StoreError as error:
            assert "check the disk" in str(error)
            os._exit(3)

    assert ended(child(limited)) == 3
    assert go_on(disk / "s") == whole


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_a_failing_adapter_write_is_one_clear_error(
    call: str, code: int, whole: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = getattr(os, call), 4

    def failing(*arguments: Any, **options: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            raise OSError(code, os.strerror(code), "blob")
        return real(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(os, call, failing)
        with pytest.raises(StoreError, match=r"no space left|check the disk"):
            go_on(disk / "s")
    assert go_on(disk / "s") == whole


def test_a_turn_refused_for_space_can_be_put_again(disk: Path) -> None:
    world = scripted_world(seats(2), questions=40)
    step = stepper(world)
    with Study.create(disk / "s", scenario={}, seats=seats(2), measures=MEASURES, fingerprint={}) as study:
        study.append(step(0), {}, seconds={})
        first = step(1)
        pages = study.query("PRAGMA page_count")[0][0]
        study.query(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(StoreError, match="no space left"):
            study.append(first, {}, seconds={})
        assert study.last_turn == 0
        study.query("PRAGMA max_page_count = 100000")
        study.append(first, {}, seconds={})
        study.verify()
        assert list(study.turns(start=1)) == list(first)
