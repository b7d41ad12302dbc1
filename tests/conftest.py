"""Fixtures that several test modules share."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")  # only where it is; a new folder in it is the test's own


@pytest.fixture(scope="session")
def disks() -> Iterator[Callable[[], Path]]:
    """Return a function that makes a folder, in memory where that is possible: an fsync there costs nothing."""
    root = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
    yield lambda: Path(tempfile.mkdtemp(dir=root))
    shutil.rmtree(root)


@pytest.fixture
def disk(disks: Callable[[], Path]) -> Iterator[Path]:
    """Return a folder of the test's own."""
    folder = disks()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def sandboxed() -> None:
    """Skip where this machine lacks a layer of the sandbox."""
    from agents.judges.executor import Executor
    from agents.sandbox import SandboxUnavailable

    try:
        Executor().check()
    except SandboxUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Compute on one thread, so that equal work gives equal bits and busy machines wait for nobody."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True, scope="session")
def _lines_are_whole() -> None:
    """Let no width that the caller asks for break lines that are read here."""
    os.environ.pop("COLUMNS", None)


@pytest.fixture(autouse=True, scope="session")
def _signals_arrive() -> None:
    """Take SIGINT and SIGHUP up where shells and `nohup` have them ignored; children inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
