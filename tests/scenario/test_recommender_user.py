"""recommender_user.yaml in small: whenever it is killed it goes on to the same trace, and replays without torch."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from simulation.core.errors import StoreError
from simulation.play.session import begin, go_on
from simulation.scenario.entries import Lineup
from simulation.store import Study
from simulation.views.progress import Quiet
from tests.replay.test_replay import WITHOUT_TORCH
from tests.store.test_durability import ROOT, child, ended
from tests.support.online import lineup

IMPORTED_FIRST = ("agents.models.causal", "training.cohort.loop", "training.cohort.sampling", "mesa")
TURNS = 2
COMMITTED = ("INSERT INTO study", "INSERT INTO chain", "UPDATE study")
"""How statements begin of which each transaction that counts holds one: a study is begun, played a turn, or ended."""


def small() -> Lineup:
    """Return a student who learns near the model it began as, over two turns."""
    return lineup(TURNS).only(["grpo_kl"], [1])


def ignore(line: str) -> None:
    """Hear a warning."""
    del line


def finished(folder: Path) -> str:
    """Begin the study or go on with it, play it to its end, and return its trace hash."""
    try:
        Study.open(folder).close()
        go_on(folder, Quiet(), ignore)
    except StoreError as error:
        assert "is no study" in str(error) or "never begun" in str(error), error
        shutil.rmtree(folder, ignore_errors=True)
        begin(folder, small().resolved(), small().prepared(), Quiet(), ignore, keep="newest")
    with Study.open(folder) as study:
        assert study.status == "finished"
        return study.trace_hash


class Guillotine:
    """Kills this process at the first commit that counts: before it, or before the next statement."""

    def __init__(self, *, before: bool) -> None:
        self.before = before
        self.counts = self.committed = False

    def statement(self, text: str) -> None:
        if self.committed or (self.counts and self.before and text.startswith("COMMIT")):
            os.kill(os.getpid(), signal.SIGKILL)
        self.committed = self.counts and text.startswith("COMMIT")
        self.counts = not self.committed and (self.counts or text.startswith(COMMITTED))

    def watch(self) -> None:
        """Watch every connection from now on; only ever called in a process of its own."""
        connect = sqlite3.connect

        def watched(*arguments: Any, **options: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*arguments, **options)
            connection.set_trace_callback(self.statement)
            return connection

        sqlite3.connect = watched  # type: ignore[assignment]


def played_to_commit(folder: Path, *, before: bool) -> None:
    """Play until the first commit kills this process."""
    Guillotine(before=before).watch()
    finished(folder)


def is_finished(folder: Path) -> bool:
    """Tell whether a study was played to its end."""
    try:
        with Study.open(folder) as study:
            return study.status == "finished"
    except StoreError:
        return False


def tormented(folder: Path) -> dict[str, Any]:
    """Kill a study before and after each commit, another one at random times; return how they ended.

    Only for a process that has computed nothing yet: what is forked of it begins as it does.
    """
    for module in IMPORTED_FIRST:
        import_module(module)
    small().prepared()  # what is drawn of the shop is kept, and every child has it
    began = time.perf_counter()
    assert ended(child(partial(finished, folder / "whole"))) == 0
    seconds, commits, kills, chance = time.perf_counter() - began, 0, 0, random.Random(1)
    while not is_finished(folder / "commits"):
        for before in (True, False):
            assert ended(child(partial(played_to_commit, folder / "commits", before=before))) == -signal.SIGKILL
        commits += 1
    for _ in range(3):
        number = child(partial(finished, folder / "times"))
        time.sleep(chance.uniform(0.0, seconds))
        os.kill(number, signal.SIGKILL)
        kills += ended(number) != 0
    assert ended(child(partial(finished, folder / "times"))) == 0
    hashes = []
    for name in ("whole", "commits", "times"):
        with Study.open(folder / name) as study:
            study.verify()
            hashes.append(study.trace_hash)
    return {"hashes": hashes, "commits": commits, "kills": kills}


def run(code: str, *arguments: str | Path) -> str:
    """Run Python in a process of its own; return what it printed."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


TORMENT = """
import json, sys
from pathlib import Path
from tests.scenario.test_recommender_user import tormented
print(json.dumps(tormented(Path(sys.argv[1]))))
"""


def test_killed_at_every_commit_and_at_random_times_the_trace_is_the_same_and_replays_without_torch(disk: Path) -> None:
    outcome = json.loads(run(TORMENT, disk).splitlines()[-1])
    assert len(set(outcome["hashes"])) == 1
    assert outcome["commits"] == 3 + TURNS + 1, "a study is begun, names its model, looks once, plays turns and ends"
    assert outcome["kills"] > 0
    said = run(WITHOUT_TORCH, disk / "commits")
    assert "replayed byte for byte" in said and outcome["hashes"][0] in said
