"""What the documents say of tables, events, limits, attacks and versions is what the program and the results say."""

import json
import re
import sqlite3
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from agents.judges.executor import Executor
from agents.sandbox import Limits
from agents.sandbox.program import Verdict
from environments.own.columns import SINGLE
from simulation.commands.main import main
from simulation.store.schema import SUMS, TABLES, VIEWS
from tests.documents.pages import ROOT, prose, text_of
from tests.sandbox.attacks import attacks
from tests.support.scripted_scenario import GOOD

TRACE, SANDBOX, RESULTS, OWN = (
    ROOT / "docs" / f"{name}.md" for name in ("trace", "sandbox", "results", "own_questions")
)
VERSIONS = ("torch", "transformers", "tokenizers", "peft", "trl", "accelerate", "datasets", "numpy", "scipy", "mesa")


def table_rows(page: Path) -> list[list[str]]:
    """Return the cells of every row of a page's tables."""
    lines = re.findall(r"^\| (.*) \|$", prose(page), re.MULTILINE)
    return [[cell.strip() for cell in line.split(" | ")] for line in lines]


def said_of(page: Path, name: str) -> str:
    """Return the last cell of the only row that a name begins."""
    (row,) = (row for row in table_rows(page) if row[0] == f"`{name}`")
    return row[-1]


def test_the_trace_s_tables_and_views_have_the_columns_that_are_told() -> None:
    database = sqlite3.connect(":memory:")
    database.executescript(f"{TABLES} {SUMS} {VIEWS}")
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")]
    for name in names:
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({name})")]
        assert said_of(TRACE, name) == ", ".join(columns)


@pytest.mark.parametrize("command", ["run", "compare"])
def test_the_events_have_the_keys_that_are_told(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tiny.yaml").write_text(GOOD, encoding="utf-8")
    words = [command, str(tmp_path / "tiny.yaml"), "--json", "--out", str(tmp_path / "runs")]
    vary = ["--vary", "ask.policy=random,round_robin", "--seeds", "2", "--workers", "1"] if command == "compare" else []
    assert main([*words, *vary]) == 0
    (part,) = (
        text
        for text in re.split(r"^\| event of ", text_of(TRACE), flags=re.MULTILINE)
        if text.startswith(f"`{command}`")
    )
    told = dict(re.findall(r"^\| `(\w+)` \| ([\w, ]+)", part, re.MULTILINE))
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for event in events:
        keys = set(told[event["event"]].split(", and")[0].replace(" ", "").split(","))
        assert keys <= event.keys(), event
    assert {event["event"] for event in events} >= {"started", "evaluation", "finished"}


def test_the_columns_of_ones_own_questions_are_those_that_are_read() -> None:
    told = {re.sub(r"[\s_]+", "", name).casefold() for name in re.findall(r"`([^`\n]+)`", text_of(OWN))}
    assert {alias for names in SINGLE.values() for alias in names} - told == set()
    assert {"optiona", "option1", "answera", "misconceptiona", "wrongideaa", "mistakea"} <= told


def test_the_sandbox_s_limits_and_verdicts_are_those_told() -> None:
    limits = {row[2].strip("`"): row[1] for row in table_rows(SANDBOX) if len(row) == 3 and row[2].startswith("`")}
    told = {key: float(limit.split()[0]) for key, limit in limits.items()}
    judge, defaults = Executor(), Limits()
    assert told == {key: getattr(judge, key) for key in told} == {key: getattr(defaults, key) for key in told}
    assert len(told) == 3
    verdicts = {name for row in table_rows(SANDBOX) for name in re.findall(r"`(\w+)`", row[0])}
    assert set(get_args(Verdict)) <= verdicts


def test_as_many_attacks_are_told_as_there_are() -> None:
    counts = Counter(attack.family for attack in attacks())
    benign = counts.pop("benign")
    text = " ".join(text_of(SANDBOX).split())
    assert f"{sum(counts.values())} attacks in {len(counts)} families ({', '.join(told_families(text))})" in text
    assert sorted(told_families(text)) == sorted(counts)
    assert f"{benign} benign programs" in text


def told_families(text: str) -> list[str]:
    (names,) = re.findall(r"families \(([\w, ]+)\)", text)
    return str(names).split(", ")


def test_all_results_were_measured_as_is_told() -> None:
    text = " ".join(text_of(RESULTS).split())
    for path in sorted((ROOT / "benchmarks" / "results").glob("*.json")):
        measured = json.loads(path.read_text(encoding="utf-8"))
        cores = measured["machine"]["cores"]
        assert f"{measured['machine']['cpu']}, {cores} core{'s' if cores > 1 else ''}" in text, path.name
        assert f"Python {measured['versions']['python']}" in text, path.name
        for name in VERSIONS:
            assert f"{name} {measured['versions'][name]}" in text, path.name


@pytest.mark.parametrize(("name", "shipped"), [("learning", "embedded"), ("code_learning", "embedded/coder")])
def test_the_gains_that_are_told_were_measured(name: str, shipped: str) -> None:
    measured = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))["result"]
    rows = table_rows(RESULTS)
    for checkpoint, gain in measured["checkpoints"].items():
        label = checkpoint if checkpoint.startswith("seed-") else shipped
        shares = [f"{100 * gain[key]:.1f} %" for key in ("start", "end")]
        assert [label, *shares, f"{100 * gain['gain']:+.1f}", f"{100 * gain['sd']:.1f}"] in rows
    text = text_of(RESULTS)
    for mean, low, high in list(measured["gain"].values())[:2]:
        assert f"Mean gain {100 * mean:+.1f} points" in text
        assert f"{100 * low:+.1f} to {100 * high:+.1f}" in text
