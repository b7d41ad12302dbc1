"""The studies and comparisons that lie in a folder: what is known of each at a glance, and how one is removed."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from simulation.core.errors import SimulationError, StoreError, StudyNotBegun, nearest
from simulation.play.folders import Comparison, can_be_read, is_comparison, studies_in
from simulation.store import DATABASE, Study, lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """A study or a comparison as a list shows it."""

    name: str
    kind: str
    """"study" or "comparison"."""
    status: str
    """"finished", "stopped", "being written", "never begun" or why it cannot be read."""
    turn: int
    """The last turn that every part of it has played, -1 before turn 0."""
    turns: int
    """How many there will be; 0 where that is not known."""
    students: int
    bytes: int
    """On disk, all files of the folder."""


def folders(runs: Path) -> list[Path]:
    """Return the folders of the studies and comparisons right below a folder, by name."""
    if not runs.is_dir():
        return []
    try:
        return sorted(path for path in runs.iterdir() if is_comparison(path) or can_be_read(path / DATABASE))
    except OSError as error:
        raise StoreError(f"{runs} cannot be read ({error.strerror}); get the right to") from error


def shelved(folder: Path) -> Shelved:
    """Say what a study or a comparison is; what cannot be read is said to be so."""
    kind, parts, turns = "study", [folder], 0
    states, students, last_turns = [], 0, []
    try:
        if is_comparison(folder):
            kind, parts = "comparison", studies_in(folder)
            comparison = Comparison.open(folder)
            turns = comparison.lineup.turns
            states += ["stopped"] * (len(parts) < len(comparison.cohorts))
        for part in parts:
            with Study.open(part) as study:
                states.append("finished" if study.status == "finished" else "stopped")
                students += len(study.seats)
                last_turns.append(study.last_turn)
                turns = turns or int(study.scenario.get("turns", 0))
        status = "stopped" if "stopped" in states or not states else "finished"
        status = "being written" if any(map(is_written, parts)) else status
    except StudyNotBegun:
        status = "never begun"
    except SimulationError as error:
        status = f"cannot be read: {error}"
    return Shelved(
        name=folder.name,
        kind=kind,
        status=status,
        turn=min(last_turns, default=-1),
        turns=turns,
        students=students,
        bytes=size(folder),
    )


def size(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(place) / name).lstat().st_size
            except FileNotFoundError:
                continue  # a file of a study that is being written may go between two looks
    return total


def is_written(study: Path) -> bool:
    """Tell whether a process holds a study for writing."""
    path = study / lock.NAME
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def found(runs: Path, name: str) -> Path:
    """Return the folder of a study or comparison by its name below `runs`, or by its path; refuses anything else."""
    all_folders = {path.name: path for path in folders(runs)}
    if name in all_folders:
        return all_folders[name]
    path = Path(name)
    try:
        if is_comparison(path) or (path / DATABASE).is_file():
            return within(runs, path)
    except (OSError, ValueError):
        pass  # no name that a folder could have
    hint = nearest(name, all_folders).partition("known:")[0].strip()
    raise StoreError(f"{name:.200} is no study or comparison below {runs}; {hint or '`studies` shows those there are'}")


def within(runs: Path, path: Path) -> Path:
    """Return the folder of a study that lies right below `runs`; refuses one from elsewhere."""
    if is_comparison(path.parent):
        raise StoreError(f"{path} is a part of the comparison {path.parent}; name that, to remove it as a whole")
    if path.parent.resolve() != runs.resolve():
        raise StoreError(f"{path} lies in {path.parent}, not in {runs}; if it is meant, say --out {path.parent}")
    return path


def remove(folder: Path) -> None:
    """Remove a study or a comparison with all that is in it; raises StudyBusy while any of it is being written."""
    if folder.is_symlink():
        raise StoreError(f"{folder} is a link to {folder.resolve()}; remove that, then the link")
    with held(studies_in(folder)):
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise StoreError(f"{folder} could not be removed whole ({error.strerror}); remove it by hand") from error


@contextmanager
def held(studies: list[Path]) -> Iterator[None]:
    """Hold studies for writing, so that nobody begins to write one meanwhile."""
    with ExitStack() as stack:
        for study in studies:
            if study.is_dir():
                stack.callback(lock.release, lock.take(study))
        yield
