"""Processes killed while they call an API: nothing that was kept is lost or paid again, and no budget is exceeded."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agents.remote.ledger import Ledger
from tests.support.api_students import VARIABLE, asked, learner, proper
from tests.support.fault_server import KEY, FaultServer

ROOT = Path(__file__).resolve().parents[2]
COUNT = 90
CONCURRENCY = 4
PROGRAM = """
import json, sys
from pathlib import Path
from simulation.core.errors import ModelError
from tests.support.api_students import asked, learner
url, folder, count, concurrency, budget = sys.argv[1:]
model = learner(url, Path(folder), concurrency=int(concurrency), budget=json.loads(budget))
try:
    for first in range(0, int(count), 30):
        found = model.generate(asked(30, first=first))
except ModelError as error:
    print(error)
    sys.exit(2)
"""


def begin(server: FaultServer, folder: Path, budget: dict[str, int]) -> subprocess.Popen[str]:
    """Start a process that asks all questions in four batches."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, server.url, str(folder), str(COUNT), str(CONCURRENCY), json.dumps(budget)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), VARIABLE: KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def kill_until_done(server: FaultServer, folder: Path, budget: dict[str, int], seed: int) -> tuple[int, str]:
    """Kill the process after some more calls, again and again, until one ends by itself; return kills and output."""
    kills, stream = 0, random.Random(seed)
    while True:
        process = begin(server, folder, budget)
        enough = len(server.heard) + stream.randrange(10, 50)
        while process.poll() is None and len(server.heard) < enough:
            time.sleep(0.002)
        if process.poll() is None:
            time.sleep(stream.random() * 0.03)
            process.send_signal(signal.SIGKILL)
        told, _ = process.communicate()
        if process.returncode != -signal.SIGKILL:
            return kills, told
        kills += 1
        assert spent(folder) >= server.tokens


def spent(folder: Path) -> int:
    """Return the tokens in the books of a study."""
    from agents.remote.budget import Budget, Prices

    books = Ledger.at(folder / "replies.db", Budget(), Prices())
    found = books.spent.tokens
    books.close()
    return found


def test_killed_again_and_again_it_loses_nothing_and_has_no_call_billed_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    with FaultServer(seconds=0.01) as server:
        kills, told = kill_until_done(server, tmp_path, {}, 1)
        assert kills >= 2 and told == ""
        calls = len(server.heard)
        assert learner(server, tmp_path).generate(asked(COUNT)) == [proper(each) for each in asked(COUNT)]
        assert len(server.heard) == calls, "all of it was kept"
    assert len(server.bills) == COUNT
    assert set(server.bills.values()) == {1}
    assert calls <= COUNT + kills * CONCURRENCY, "only what was under way at a kill is asked again"
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_killed_again_and_again_it_stays_within_its_budget_though_the_server_bills_every_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    budget = {"tokens": 1650, "requests": 10 * COUNT}
    with FaultServer(seconds=0.01, honours_keys=False) as server:
        kills, told = kill_until_done(server, tmp_path, budget, 2)
        assert "the budget of 1,650 tokens is used up" in told and "budget.json" in told
        assert server.tokens <= spent(tmp_path) <= 1650
        assert sum(server.bills.values()) <= len(server.bills) + kills * CONCURRENCY
        (tmp_path / "budget.json").write_text('{"tokens": 16500}')
        more, told = kill_until_done(server, tmp_path, budget, 3)
        assert told == ""
        assert server.tokens <= spent(tmp_path) <= 60_000
        assert sum(server.bills.values()) <= COUNT + (kills + more) * CONCURRENCY
        assert learner(server, tmp_path).generate(asked(COUNT)) == [proper(each) for each in asked(COUNT)]
