"""Every command that a document shows is run: for real but small where it is ours, else as far as it costs nothing.

`python -m simulation …` is run on few questions into a folder of the test; a scenario that needs the Hub or an API is
checked offline. Of `make` the steps are read, of `pytest` the tests are collected, of benchmarks and of what made the
shipped models the options are parsed. A command that none of this fits fails.
"""

import contextlib
import importlib
import io
import json
import re
import runpy
import sqlite3
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import pytest

from simulation.commands.grammar import parse
from simulation.commands.main import main
from simulation.play.session import begin
from simulation.scenario.prepare import prepare
from simulation.scenario.readiness import elsewhere
from simulation.scenario.scenario import Scenario, load_scenario
from simulation.store import DATABASE, Study
from simulation.views.progress import Quiet
from tests.documents.pages import PAGES, ROOT, Command, blocks, commands, modules
from tests.support import published_rows
from tests.support.readers_rows import rows, workbook

pytestmark = pytest.mark.usefixtures("one_thread")
COMMANDS = commands()
MODULES = modules(ROOT / "docs" / "extend.md")
OWN = ("python -m simulation ", ".venv/bin/simulation ")
PARSED = ("python -m benchmarks.", "python benchmarks/", "python -m training.making.", "python -m environments.")
LAUNCHER = Path(sys.executable).with_name("simulation")
SMALL = ("turns=1", "ask.questions=4", "evaluate.questions=8")
SCENARIO = "scenarios/random_selection.yaml"
MADE_WITH_ROWS = {
    "mathqa_local": "mathqa", "btp_code": "mbpp.jsonl", "minionerec": "parts", "minionerec_published": "parts",
    "own_questions": "own_questions.csv", "bigrec_published_game": "games", "bigrec_published_movie": "films",
}  # fmt: skip
"""Scenarios that are shown with rows of the reader's own (PATH), and the rows that the test gives them."""


def beginning(*starts: str) -> list[Command]:
    return [command for command in COMMANDS if command.text.startswith(starts)]


def named(command: Command) -> str:
    return f"{command.page}: {command.text}"


def test_there_is_a_way_to_run_every_command() -> None:
    known = (*OWN, *PARSED, "make ", "pytest ", "sqlite3 ")
    assert not [named(each) for each in COMMANDS if not each.text.startswith(known)], "say in this file how it is run"
    assert len(COMMANDS) > 30


@dataclass(frozen=True)
class Places:
    """What the placeholders of commands stand for."""

    study: Path
    """A study that was stopped after its first turn."""
    comparison: Path
    rows: Path
    visits: Path
    """A study of users to whom lists were shown."""

    def put_into(self, word: str, scenario: str, folder: Path) -> str:
        """Return a word of a command with its placeholder replaced; what is written goes into `folder`."""
        if word == "environment.rows=PATH":
            return f"environment.rows={self.rows / MADE_WITH_ROWS[scenario]}"
        module = word.partition(":")[0]
        if module in MODULES:
            (folder / f"{module}.py").write_text(MODULES[module], encoding="utf-8")
            return str(folder / f"{module}.py{word.removeprefix(module)}")
        paths = {"runs/STUDY": self.study, "runs/COMPARISON": self.comparison, "FILE": folder / "file"}
        return str(paths.get(word, folder / "to" if word.startswith("exports/") else word))


class StopsAfterTurn1(Quiet):
    """A user who stops a study after its first turn."""

    def turn(self, turns: Sequence[object], seconds: float) -> None:
        del seconds
        if any(getattr(turn, "turn", 0) == 1 for turn in turns):
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    folder = tmp_path_factory.mktemp("places")
    few = [*SMALL, "turns=2", "evaluate.every=1"]
    prepared = prepare(load_scenario(ROOT / SCENARIO, few))
    study = folder / "study"
    with StopsAfterTurn1() as watch:
        assert not begin(study, prepared.scenario.resolved(), [prepared], watch, print, keep="newest")
    surrogate = ["compare", str(ROOT / "scenarios" / "surrogate.yaml"), *SMALL, "--vary", "ask.policy=random,category"]
    assert main([*surrogate, "--seeds", "2", "--workers", "1", "--out", str(folder / "runs"), "--quiet"]) == 0
    (comparison,) = (folder / "runs").iterdir()
    visits = prepare(load_scenario(ROOT / "scenarios" / "recommender_user.yaml", SMALL))
    assert begin(folder / "visits", visits.scenario.resolved(), [visits], Quiet(), print, keep="newest")
    return Places(study, comparison, rows(folder / "rows"), folder / "visits")


def scenario_of(parsed: Namespace) -> Scenario:
    """Return the first scenario that a command plays."""
    words = [parsed.scenario, *parsed.overrides] if parsed.command == "run" else parsed.scenarios
    overrides = [word for word in map(str, words) if "=" in word]
    return load_scenario(ROOT / words[0], overrides, parsed.preset)


def fewer(stem: str, rows: Path) -> list[str]:
    """Return what makes a scenario of lists small enough for rows of ours; a published one gets a tiny model."""
    tiny_model = [f"students.model={rows / 'qwen2'}"] if "published" in stem else []
    return [*published_rows.SMALL.get(stem, ()), *tiny_model]


def in_small(words: list[str], parsed: Namespace, folder: Path, own: Sequence[str]) -> list[str]:
    """Return a command that plays little into a folder; where it needs the Hub, an API or minutes, one that checks.

    `own` are overrides for rows of ours.
    """
    scenario = scenario_of(parsed)
    if (elsewhere(scenario) and not own) or scenario.name.startswith("smollm2"):
        return ["check", "--offline", words[1]]
    drawn = {"ask": scenario.ask.samples, "evaluate": scenario.evaluate.samples}
    few = [*SMALL, *own, *(f"{key}.samples=2" for key, samples in drawn.items() if samples > 2)]
    few = [*{text.partition("=")[0]: text for text in few}.values()]  # what stands later counts
    words = without(words, [*(text.partition("=")[0] for text in few), "seeds", "workers", "out"])
    alone = ["--seeds", "2", "--workers", "1"] if parsed.command == "compare" else []
    return [*words, *few, *alone, *([] if parsed.json else ["--quiet"]), "--out", str(folder / "runs")]


def without(words: list[str], keys: Sequence[str]) -> list[str]:
    """Return a command without what sets these keys, be it an override or an option that is short for one."""
    kept = [word for word in words if word.partition("=")[0] not in keys]
    places = [kept.index(f"--{key}") for key in keys if f"--{key}" in kept]
    return [word for place, word in enumerate(kept) if not {place, place - 1} & {*places}]


def looked_at(words: list[str], parsed: Namespace, places: Places, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a command that writes pages, or one that stops as soon as it would serve them."""
    if parsed.bundle is None:
        monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: None)
        words = [*words, "--no-browser"]
    if parsed.turns is not None:
        words = [*without(words, ["turns"]), "--turns", "0,1"]  # all that was played here
    return words if len(words) > 2 else [*words, str(places.study)]


@pytest.mark.parametrize("command", beginning(OWN[0]), ids=named)
def test_a_command_of_the_program_does_what_it_is_shown_for(
    command: Command,
    places: Places,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(ROOT)
    words = command.words[3:]
    stem = next((Path(word).stem for word in words if word.endswith(".yaml")), "")
    words = [places.put_into(word, stem, tmp_path) for word in words]
    parsed = parse(words)
    own = fewer(stem, places.rows) if "environment.rows=PATH" in command.words else []
    if parsed.command in ("run", "compare"):
        words = in_small(words, parsed, tmp_path, own)
    else:
        words += own
    if parsed.command == "view":
        words = looked_at(words, parsed, places, monkeypatch)
    if stem.startswith("btp_"):
        request.getfixturevalue("sandboxed")
    code = main(words)
    shown = capsys.readouterr()
    assert code == 0 or (parsed.command == "doctor" and code == 1), shown.err
    assert shown.out or parsed.command == "list", "a command says what it did"
    if getattr(parsed, "json", False):
        events = [json.loads(line) for line in shown.out.splitlines()]
        assert events[-1]["event"] == "finished"
    if parsed.command == "resume" and parsed.study == places.study:
        with Study.open(places.study) as study:
            assert study.status == "finished"


@pytest.mark.parametrize("command", beginning(OWN[1]), ids=named)
def test_the_launcher_runs_from_any_folder(command: Command, tmp_path: Path) -> None:
    if not LAUNCHER.exists():
        pytest.skip(f"{LAUNCHER} is not there; `make setup` makes it")
    done = subprocess.run([LAUNCHER, *command.words[1:]], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stdout, done.stderr


@pytest.mark.parametrize("command", beginning("make "), ids=named)
def test_make_knows_the_target(command: Command) -> None:
    done = subprocess.run(["make", "-n", *command.words[1:]], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_pytest_finds_the_tests() -> None:
    shown = [word for command in beginning("pytest ") for word in command.words[1:]]
    assert shown
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *dict.fromkeys(shown)]
    done = subprocess.run(collect, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not [path for path in shown if path not in done.stdout]


@pytest.mark.parametrize("command", beginning(*PARSED), ids=named)
def test_a_module_takes_the_options(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values are parsed before `--help` ends it, and every option shown is one that the help tells of."""
    first, *rest = command.words[1:]
    words = rest if first == "-m" else [first.removesuffix(".py").replace("/", "."), *rest]
    monkeypatch.setattr(sys, "argv", [*words, "--help"])
    program = f"{words[0]}.__main__" if hasattr(importlib.import_module(words[0]), "__path__") else words[0]
    monkeypatch.delitem(sys.modules, program, raising=False)  # it may have been imported by another test
    written = io.StringIO()
    with contextlib.redirect_stdout(written), pytest.raises(SystemExit) as ended:
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    assert ended.value.code == 0
    unknown = [word for word in words if word.startswith("--") and word not in written.getvalue()]
    assert not unknown


@pytest.mark.parametrize("command", beginning("sqlite3 "), ids=named)
def test_a_query_finds_rows(command: Command, places: Places) -> None:
    _, path, query = command.words
    assert path == f"runs/STUDY/{DATABASE}"
    with contextlib.closing(sqlite3.connect(places.study / DATABASE)) as database:
        assert database.execute(query).fetchall()


def programs() -> Iterator[tuple[str, str]]:
    """Yield the Python of the documents but for components, which have tests of their own."""
    for page in PAGES:
        for number, block in enumerate(blocks(page, "python")):
            if not re.search(r"^@\w+\(|\A# \w+\.py$", block, re.MULTILINE):  # test_extend.py plays modules
                yield f"{page.name} {number}", block


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.*:FutureWarning")  # PEFT reads an older name
@pytest.mark.parametrize("program", [code for _, code in programs()], ids=[name for name, _ in programs()])
def test_a_program_of_a_document_runs(
    program: str, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    mpl.use("agg")
    for placeholder, study in (("runs/STUDY", places.study), ("runs/VISITS", places.visits)):
        program = program.replace(placeholder, str(study))
    exec(compile(program, "document", "exec"), {})
    assert capsys.readouterr().out.strip()


@pytest.mark.usefixtures("sandboxed")
def test_a_part_of_a_scenario_is_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Blocks without a name change a scenario that is there, and may name a workbook of the reader's own."""
    workbook(tmp_path / "aufgaben.xlsx")
    pairs = [json.dumps({"prompt": f"{number}?", "chosen": "yes", "rejected": "no"}) for number in range(12)]
    (tmp_path / "pairs.jsonl").write_text("\n".join(pairs), encoding="utf-8")
    for page in PAGES:
        for number, block in enumerate(blocks(page, "yaml")):
            if not block.startswith("name:"):
                path = tmp_path / f"{page.stem}_{number}.yaml"
                base = "own_questions" if page.stem == "own_questions" else "btp_code"
                path.write_text(f"name: part\nbase: {ROOT / 'scenarios' / base}.yaml\n{block}", encoding="utf-8")
                for module, code in MODULES.items():
                    (tmp_path / f"{module}.py").write_text(code, encoding="utf-8")
                assert main(["check", "--offline", str(path)]) == 0, capsys.readouterr().err
