"""minionerec.yaml in small: it plays, stops, goes on and replays; it is compared with counting, told by any measure."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from simulation.commands.main import main
from simulation.core.errors import ScenarioError
from simulation.core.questions import recorded
from simulation.core.types import Turn
from simulation.play.session import begin
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from simulation.store import Study
from simulation.views.progress import Quiet

FILE = Path(__file__).resolve().parents[2] / "scenarios" / "minionerec.yaml"
SMALL = (
    "turns=2", "evaluate.every=1", "evaluate.questions=12", "ask.questions=160", "ask.candidates=160",
    "environment.held_out_size=12", "environment.probe_size=8", "environment.made_of=structure",
)  # fmt: skip
pytestmark = pytest.mark.usefixtures("one_thread")


class StopsAtOnce(Quiet):
    """A user who stops a study after its first turn."""

    def turn(self, turns: Sequence[Turn], seconds: float) -> None:
        del seconds
        if turns[0].turn == 1:
            raise KeyboardInterrupt


def done(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """Run a command that is to end well; return what it printed."""
    capsys.readouterr()
    code = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    return printed.out


def test_it_plays_stops_resumes_to_the_same_trace_and_replays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, watch in (("whole", Quiet()), ("stopped", StopsAtOnce())):
        prepared = prepare(load_scenario(FILE, SMALL, "model"))
        played = begin(tmp_path / name, prepared.scenario.resolved(), [prepared], watch, print, keep="newest")
        assert played == (name == "whole")
    done(capsys, "resume", tmp_path / "stopped", "--quiet")
    assert "replayed byte for byte" in done(capsys, "replay", tmp_path / "stopped")
    with Study.open(tmp_path / "whole") as whole, Study.open(tmp_path / "stopped") as stopped:
        assert whole.trace_hash == stopped.trace_hash
        turns = list(stopped.turns())
    assert len({turn.model_version for turn in turns}) == 3
    results = [result for turn in turns for result in turn.evaluations["held_out"].results]
    assert len(results) == 3 * 12
    assert all(result.ranking and len({*result.ranking.alternatives}) == 50 for result in results)


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model beside counting, over two seeds."""
    out = tmp_path_factory.mktemp("comparison")
    vary = ("--vary", "preset=model,co_occurrence", "--seeds", "2", "--workers", "1")
    assert main(["compare", str(FILE), *SMALL, *vary, "--out", str(out), "--quiet"]) == 0
    (folder,) = out.iterdir()
    return folder


def verdicts(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the verdict of a comparison of two by measure, at the last turn (Any: JSON)."""
    families = json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))["measures"]
    return {family["name"]: family["verdicts"][0] for family in families if "at turn" in family["measure"]}


def test_a_comparison_gives_verdicts_also_by_measures_that_were_stored(
    comparison: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ((truth, verdict),) = verdicts(comparison).items()
    assert truth == "hit@10" and {verdict["a"], verdict["b"]} == {"model", "co_occurrence"}
    text = done(capsys, "report", comparison, "--measure", "ndcg@10,hit@50")
    assert "ndcg@10" in text and "hit@50" in text
    by_measure = verdicts(comparison)
    assert [*by_measure] == ["ndcg@10", "hit@50"]
    assert all(one["low"] <= one["difference"] <= one["high"] and one["text"] for one in by_measure.values())
    done(capsys, "replay", comparison)
    done(capsys, "report", comparison)


def test_what_was_played_is_reported_and_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = tmp_path / "study"
    prepared = prepare(load_scenario(FILE, SMALL, "co_occurrence"))
    assert begin(study, prepared.scenario.resolved(), [prepared], Quiet(), print, keep="newest")
    assert "hit@10" in done(capsys, "report", study)
    assert "ndcg@10" in done(capsys, "report", study, "--measure", "ndcg@10")
    for form in ("jsonl", "parquet"):
        done(capsys, "export", study, "--to", tmp_path / form, "--format", form)
    lines = (tmp_path / "jsonl" / "turns.jsonl").read_text(encoding="utf-8").splitlines()
    about = json.loads((tmp_path / "jsonl" / "study.json").read_text(encoding="utf-8"))
    with Study.open(study) as opened:
        turns = list(opened.turns())
        assert tuple(map(recorded, about["measures"])) == opened.measures
    assert [json.loads(line)["student"] for line in lines] == [turn.student for turn in turns]
    answers = pd.read_parquet(tmp_path / "parquet" / "answers.parquet")
    assert len(answers) == sum(len(turn.experiences) for turn in turns)
    evaluations = pd.read_parquet(tmp_path / "parquet" / "evaluations.parquet")
    assert {"hit@10", "ndcg@10", "hit@50"} <= {*evaluations["measure"]}


def test_what_is_overridden_by_hand_wins_over_a_preset_that_is_compared() -> None:
    by_preset = load_scenario(FILE, own=["preset=more_sft"])
    assert (by_preset.turns, by_preset.ask.questions) == (5, 1280)
    by_hand = load_scenario(FILE, ["turns=2"], own=["preset=more_sft"])
    assert (by_hand.turns, by_hand.ask.questions) == (2, 1280)
    with pytest.raises(ScenarioError, match="no preset 'more'; did you mean"):
        load_scenario(FILE, ["preset=more"])


def test_check_tells_what_the_identifiers_are_like_before_anything_is_trained(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printed = done(capsys, "check", FILE)
    assert "identifiers: 600 of 600 items have one; 0 items share theirs" in printed
    assert "level 3: 64 codes used, 0 not" in printed


def test_a_part_of_a_comparison_is_told_as_a_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vary = ("--vary", "preset=popularity,co_occurrence", "--seeds", "1", "--workers", "1")
    done(capsys, "compare", FILE, *SMALL, *vary, "--out", tmp_path, "--quiet")
    (cohort,) = tmp_path.glob("*/cohort-0")
    assert main(["report", str(cohort)]) == 2
    assert f"report {cohort.parent}" in capsys.readouterr().err
