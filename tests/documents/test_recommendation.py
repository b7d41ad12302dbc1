"""What docs/recommendation.md shows of a record and a judge of one's own is played as it is shown."""

import random
from pathlib import Path

import pytest

from simulation.commands.main import main
from simulation.store import Study
from tests.documents.pages import ROOT, blocks, modules

PAGE = ROOT / "docs" / "recommendation.md"
USERS, FILMS, EACH = 20, 20, 12
pytestmark = pytest.mark.usefixtures("one_thread")


def played(folder: Path) -> Study:
    """Return the one study in a folder."""
    (path,) = folder.iterdir()
    return Study.open(path)


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """The scenario that is shown, beside a record of as many users and films as the page says."""
    (scenario,) = blocks(PAGE, "yaml")
    ratings, movies = blocks(PAGE, "csv")
    stream = random.Random(0)
    rows = [
        f"{user},{film},{stream.choice((1, 3.5, 5))},{1000 * user + place}\n"
        for user in range(USERS)
        for place, film in enumerate(stream.sample(range(FILMS), EACH))
    ]
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "ratings.csv").write_text(ratings.splitlines(keepends=True)[0] + "".join(rows))
    titles = "".join(f"{film},Film {film} (1990),Drama\n" for film in range(FILMS))
    (tmp_path / "films" / "movies.csv").write_text(movies.splitlines(keepends=True)[0] + titles)
    path = tmp_path / "films.yaml"
    path.write_text(scenario, encoding="utf-8")
    return path


def test_the_rows_that_are_shown_are_read(tmp_path: Path, films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of two rows there is one window, which is too little to split: nothing else is found wrong with them."""
    for name, block in zip(("ratings.csv", "movies.csv"), blocks(PAGE, "csv"), strict=True):
        (tmp_path / "films" / name).write_text(block, encoding="utf-8")
    assert main(["check", str(films), "environment.ranked=2", "environment.count=2"]) == 2
    assert "0 windows for training, 0 for validation and 1 for testing" in capsys.readouterr().err


@pytest.mark.parametrize("preset", ["model", "co_occurrence", "popularity"])
def test_a_record_of_twenty_users_is_played(films: Path, preset: str, tmp_path: Path) -> None:
    out = tmp_path / "runs"
    assert main(["run", str(films), "--preset", preset, "--quiet", "--out", str(out)]) == 0
    with played(out) as study:
        last = list(study.turns())[-1]
    assert last.evaluations["held_out"].questions == 20
    assert last.evaluations["held_out"].metrics["hit@20"] == 1.0, "a ranking of all films holds every one"


def test_a_judge_of_ones_own_reads_lists_and_rewards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (name, code), *others = modules(PAGE).items()
    assert name == "aisle" and not others
    (tmp_path / "aisle.py").write_text(code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "aisle:Aisle", "--environment", "recommender_users"]) == 0
    scenario = tmp_path / "aisle.yaml"
    base = ROOT / "scenarios" / "recommender_user.yaml"
    scenario.write_text(f'name: aisle\nbase: {base}\nteacher: "aisle:Aisle"\n', encoding="utf-8")
    small = ["turns=2", "ask.questions=32", "evaluate.questions=8"]
    assert main(["run", str(scenario), *small, "--quiet", "--out", str(tmp_path / "runs")]) == 0
    with played(tmp_path / "runs") as study:
        scores = {experience.feedback.score for turn in study.turns() for experience in turn.experiences}
    assert len(scores) > 1 and all(0 <= score <= 1 for score in scores)
