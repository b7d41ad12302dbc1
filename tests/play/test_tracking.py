"""Trackers hear of every turn once, after it was committed, also when a study was killed; none can change or end it."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

import pytest

from simulation.commands.main import main
from simulation.core.types import Turn
from simulation.play import tracking
from simulation.play.session import begin
from simulation.scenario import readiness
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import Scenario, load_scenario
from simulation.store import Study
from simulation.views.progress import Quiet
from tests.documents.pages import ROOT

SCENARIO = ROOT / "scenarios" / "surrogate.yaml"
SMALL = ("turns=4", "ask.questions=5", "evaluate.questions=10", "evaluate.every=2", "track=[tensorboard]")


def run(out: Path, *more: str) -> Path:
    assert main(["run", str(SCENARIO), *SMALL, *more, "--quiet", "--out", str(out)]) == 0
    (folder,) = out.iterdir()
    return folder


def recorded(folder: Path) -> dict[str, dict[int, list[float]]]:
    """Return what TensorBoard reads: the values of each name by turn."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # type: ignore[import-untyped]

    events = EventAccumulator(str(folder / tracking.FOLDER), size_guidance={"scalars": 0})
    events.Reload()
    values: dict[str, dict[int, list[float]]] = {}
    for name in events.Tags()["scalars"]:
        for event in events.Scalars(name):
            values.setdefault(name, {}).setdefault(event.step, []).append(event.value)
    return values


def stored(folder: Path) -> dict[str, dict[int, list[Any]]]:
    """Return the same from the store (Any: equal to what is equal to seven digits)."""
    values: dict[str, dict[int, list[Any]]] = {}
    with Study.open(folder) as study:
        for turns in study.rounds():
            for name, value in tracking.readings(turns, alone=len(study.seats) == 1).items():
                values.setdefault(name, {})[turns[0].turn] = [pytest.approx(value, rel=1e-6)]
    return values


def trace_hash(folder: Path) -> str:
    with Study.open(folder) as study:
        return study.trace_hash


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("whole"))


def test_tensorboard_holds_what_the_store_holds(whole: Path) -> None:
    assert recorded(whole) == stored(whole)
    assert set(stored(whole)["held_out/accuracy"]) == {0, 2, 4} and set(stored(whole)["asked/score"]) == {1, 2, 3, 4}


def test_of_a_killed_study_each_turn_is_told_once(whole: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "simulation", "run", str(SCENARIO), *SMALL, "--json", "--out", str(tmp_path)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any(json.loads(line).get("turn") == 2 for line in process.stdout)
        process.send_signal(signal.SIGKILL)
    (folder,) = tmp_path.iterdir()
    assert main(["resume", str(folder), "--quiet"]) == 0
    assert trace_hash(folder) == trace_hash(whole)
    assert recorded(folder) == stored(folder) == stored(whole)


class StopsAfterTurn2(Quiet):
    """A user who stops a study while it is told of turn 2."""

    def turn(self, turns: Sequence[Turn], seconds: float) -> None:
        super().turn(turns, seconds)
        if turns[0].turn == 2:
            raise KeyboardInterrupt


@pytest.mark.parametrize("noted", [{}, {"tensorboard": 0}, {"tensorboard": 1}, "not JSON", "[1]", "5"])
def test_turns_that_were_told_and_not_noted_are_forgotten_and_told_again(
    noted: object, whole: Path, tmp_path: Path
) -> None:
    prepared = prepare(load_scenario(SCENARIO, SMALL))
    with StopsAfterTurn2() as watch:
        assert not begin(tmp_path / "s", prepared.scenario.resolved(), [prepared], watch, print, keep="newest")
    text = (tmp_path / "s" / tracking.NOTES).read_text(encoding="utf-8")
    assert json.loads(text) == {"tensorboard": 1}, "turn 2 was committed and not told"
    (tmp_path / "s" / tracking.NOTES).write_text(
        noted if isinstance(noted, str) else json.dumps(noted), encoding="utf-8"
    )
    assert main(["resume", str(tmp_path / "s"), "--quiet"]) == 0
    assert recorded(tmp_path / "s") == stored(whole)


class Hears:
    """A tracker that keeps all that it is told, as those do that forget nothing."""

    def __init__(self) -> None:
        self.turns: list[int | None] = []
        self.beginnings = 0

    def start(self) -> None:
        """Nothing is opened."""

    def store_init_configuration(self, _: object) -> None:
        self.beginnings += 1

    def log(self, _: object, step: int | None) -> None:
        self.turns.append(step)

    def finish(self) -> None:
        """Nothing is closed."""


@pytest.mark.parametrize("broken", ["not JSON", "[1]", '{"wandb": "one"}', '{"wandb": 99}', None])
def test_a_tracker_that_forgets_nothing_is_told_no_turn_twice_where_its_record_is_lost(
    broken: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wandb, board = Hears(), Hears()
    last: list[int] = []
    trackers = {"wandb": wandb, "tensorboard": board}

    def tracker_of(name: str, _: object, told: int) -> Hears:
        last.append(told)
        return trackers[name]

    monkeypatch.setattr(tracking, "tracker_of", tracker_of)
    monkeypatch.setattr(readiness, "find_spec", lambda _: True)
    prepared = prepare(load_scenario(SCENARIO, [*SMALL[:-1], "track=[wandb,tensorboard]"]))
    study = tmp_path / "s"
    with StopsAfterTurn2() as watch:
        assert not begin(study, prepared.scenario.resolved(), [prepared], watch, print, keep="newest")
    assert wandb.turns == [0, 1], "turn 2 was committed and not told"
    record = study / tracking.NOTES
    if broken is None:
        record.unlink()
    else:
        record.write_text(broken, encoding="utf-8")
    assert main(["resume", str(study), "--quiet"]) == 0
    assert wandb.turns == [0, 1, 3, 4] and wandb.beginnings == 1
    assert board.turns == [0, 1, 0, 1, 2, 3, 4] and last == [-1, -1, 2, -1]
    (line,) = [line for line in capsys.readouterr().err.splitlines() if tracking.NOTES in line]
    assert "tensorboard is told all turns again and forgets the first; wandb: of turns from 3 on" in line


class Breaks:
    """A tracker that breaks in one of its acts."""

    def __init__(self, act: str) -> None:
        self.act = act

    def __getattr__(self, act: str) -> Callable[..., None]:
        def does(*_: object) -> None:
            if act == self.act:
                raise RuntimeError(f"{act} has no network")

        return does


@pytest.mark.parametrize("act", ["start", "store_init_configuration", "log", "finish"])
def test_a_tracker_that_raises_ends_no_study_and_changes_no_hash(
    act: str, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tracking, "tracker_of", lambda *_: Breaks(act))
    assert trace_hash(run(tmp_path)) == trace_hash(whole)
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "tensorboard" in line]
    assert f"tensorboard follows this study no longer (RuntimeError: {act} has no network)" in line


def test_a_tracker_that_is_not_installed_is_refused_before_anything_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert find_spec("mlflow") is None
    assert main(["run", str(SCENARIO), "track=[mlflow]", "--out", str(tmp_path / "runs")]) == 2
    assert "mlflow is not installed; write: " in capsys.readouterr().err and not (tmp_path / "runs").exists()


def test_without_the_key_a_scenario_is_what_it_was() -> None:
    assert "track" not in load_scenario(SCENARIO).resolved()
    assert load_scenario(SCENARIO, ["track=[wandb]"]).resolved()["track"] == ["wandb"]


def test_each_tracker_of_a_scenario_is_one_of_accelerate_s() -> None:
    from accelerate.tracking import LOGGER_TYPE_TO_CLASS  # type: ignore[import-untyped]

    names = get_args(get_args(Scenario.model_fields["track"].annotation)[0])
    assert names and set(names) <= set(LOGGER_TYPE_TO_CLASS)
