"""bigrec.yaml: both arms play in small, stop, go on and replay; the shipped base spells every title."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from agents.students.language_model import LanguageModelStudents
from simulation.commands.main import main
from simulation.core.registry import build
from simulation.core.types import Seat, Turn
from simulation.play.session import begin
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from simulation.store import Study
from simulation.views.progress import Quiet

FILE = Path(__file__).resolve().parents[2] / "scenarios" / "bigrec.yaml"
SMALL = (
    "turns=2", "evaluate.every=1", "evaluate.questions=12", "ask.questions=160", "ask.candidates=160",
    "environment.held_out_size=12", "environment.probe_size=8",
)  # fmt: skip
pytestmark = pytest.mark.usefixtures("one_thread")


class StopsAfterOne(Quiet):
    """A user who stops a study after its first turn."""

    def turn(self, turns: Sequence[object], seconds: float) -> None:
        del seconds
        if any(getattr(turn, "turn", 0) == 1 for turn in turns):
            raise KeyboardInterrupt


def turns_of(folder: Path) -> list[Turn]:
    with Study.open(folder) as study:
        return list(study.turns())


@pytest.mark.parametrize("preset", ["grounded", "beams20"])
def test_an_arm_plays_stops_resumes_and_replays(
    preset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared = prepare(load_scenario(FILE, SMALL, preset))
    with StopsAfterOne() as watch:
        assert not begin(tmp_path / "study", prepared.scenario.resolved(), [prepared], watch, print, keep="newest")
    for command in (["resume", str(tmp_path / "study"), "--quiet"], ["replay", str(tmp_path / "study")]):
        assert main(command) == 0, capsys.readouterr().err
    whole = prepare(load_scenario(FILE, SMALL, preset))
    assert begin(tmp_path / "whole", whole.scenario.resolved(), [whole], Quiet(), print, keep="newest")
    interrupted, uninterrupted = turns_of(tmp_path / "study"), turns_of(tmp_path / "whole")
    assert [turn.turn for turn in interrupted] == [0, 1, 2]
    assert [turn.evaluations for turn in interrupted] == [turn.evaluations for turn in uninterrupted]
    assert len({turn.model_version for turn in interrupted}) == 3
    texts = 20 if preset == "beams20" else 50
    for result in interrupted[-1].evaluations["held_out"].results:
        assert result.ranking is None or len(set(result.ranking.alternatives)) == texts


def test_a_title_is_four_tokens_and_a_closed_one_ends_as_an_answer_does() -> None:
    environment = build("environment", "recommendation", {"wants": "titles"})
    students: LanguageModelStudents = build("students", "language_model", {"model": "embedded/titles"})
    model = students.learner([Seat(name="one", number=0, seed=0)])
    titles = environment.catalogue.texts
    trees = [model.encode(f'"{titles[0]}", "{title}"', (title,)) for title in titles]
    branches = [tree.branches[0] for tree in trees]
    assert {len(tree.prompt) for tree in trees} == {8} and {len(branch) for branch in branches} == {4}
    assert [tree.prompt[4:] for tree in trees] == branches  # in a history as in an answer
    assert len(set(branches)) == len(titles)
    assert [model.tokenizer.decode(branch[:-1]) for branch in branches] == list(titles)
    assert model.tokenizer.unk_token_id not in {token for branch in branches for token in branch}
