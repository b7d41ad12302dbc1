"""Visits are played by the loop as any questions are: recorded, measured and replayed."""

from pathlib import Path

import pytest

from simulation.commands.main import main
from simulation.core.types import Turn
from simulation.store import Study

SCENARIO = """\
name: visits
turns: 4
seed: 0
environment: {name: recommender_users, users: 12, stay: 3, made_of: structure}
students: {name: co_occurrence}
teacher: recommender_user
ask: {policy: random, questions: 8, candidates: 12}
learn: {trainer: null}
evaluate: {questions: 20, every: 2}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "visits.yaml").write_text(SCENARIO, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def played(folder: Path) -> tuple[Turn, ...]:
    """Return the turns of a run of the scenario, which a replay finds to be as recorded."""
    assert main(["run", "visits.yaml", "--quiet", "--out", "runs"]) == 0
    (study,) = (folder / "runs").iterdir()
    assert main(["replay", str(study)]) == 0
    with Study.open(study) as opened:
        return tuple(opened.turns())


@pytest.mark.usefixtures("one_thread")
def test_users_who_were_asked_come_again_with_what_they_clicked(folder: Path) -> None:
    turns = played(folder)
    visits = [experience for turn in turns for experience in turn.experiences]
    assert len(visits) == 4 * 8
    first = {experience.question.key.user: experience for experience in turns[1].experiences}  # type: ignore[attr-defined]
    for experience in turns[2].experiences:
        user = experience.question.key.user  # type: ignore[attr-defined]
        if user in first:
            clicked = [outcome.part for outcome in first[user].feedback.outcomes if outcome.score == 1.0]
            history = first[user].question.prompt.split()
            assert experience.question.prompt.split() == [*history, *clicked][-10:]
    assert any(experience.feedback.score for experience in visits)
    assert all(0 <= experience.truth <= 1 for experience in visits)
    evaluations = [turn.evaluations["held_out"] for turn in turns if turn.evaluations]
    assert all({"clicks", "hit@10", "ndcg@10"} <= evaluation.metrics.keys() for evaluation in evaluations)
