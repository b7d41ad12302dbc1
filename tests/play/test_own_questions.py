"""A class of four plays a spreadsheet of questions; what each wrong option shows is on the trace and in the report."""

import csv
import json
import shutil
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest

from simulation.commands.main import main
from simulation.store import Study
from simulation.views.web.catalog import Catalog
from simulation.views.web.site import Site
from tests.views.web.crawling import read

pytestmark = pytest.mark.usefixtures("one_thread")
SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Play the shipped scenario, all 30 questions a turn, from a folder of its own."""
    folder = tmp_path_factory.mktemp("class")
    for ending in ("yaml", "csv"):
        shutil.copy(SCENARIOS / f"own_questions.{ending}", folder)
    written = ["ask.questions=30", "students.count=4", "threads=1"]
    begun = time.process_time()
    assert main(["run", str(folder / "own_questions.yaml"), *written, "--quiet", "--out", str(folder / "runs")]) == 0
    assert time.process_time() - begun < 120, "a class of four should be done while its teacher waits"
    (played,) = (folder / "runs").iterdir()
    return played


def table() -> dict[str, dict[str, str]]:
    """Return of each question what every option's text shows, "" of the right one."""
    with (SCENARIOS / "own_questions.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["question"]: {row[f"option_{name}"]: row[f"misconception_{name}"] for name in "abcd"}
            for row in csv.DictReader(file)
        }


def test_every_answer_has_the_misconception_that_was_written_beside_its_option(study: Path) -> None:
    shows = table()
    with sqlite3.connect(study / "study.db") as database:
        answered = database.execute("SELECT turn, student, prompt, answer, explanation FROM answered").fetchall()
    asked = [row for row in answered if row[0] > 0]
    assert len(asked) >= 4 * 2 * 30
    assert {(turn, student) for turn, student, *_ in asked} >= {(t, f"student-{n}") for t in (1, 2) for n in range(4)}
    wrong = 0
    for _, _, prompt, answer, explanation in answered:
        remark = shows[prompt.partition(" a) ")[0]][answer]
        assert explanation == "Right." if not remark else explanation.endswith(f"this misconception: {remark}.")
        wrong += bool(remark)
    assert wrong > 50


def test_the_report_and_the_page_count_misconceptions(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(study)]) == 0
    report = capsys.readouterr().out
    remarks = {remark for shows in table().values() for remark in shows.values() if remark}
    assert sum(remark in report for remark in remarks) >= 2
    assert any(remark in (study / "report.html").read_text(encoding="utf-8") for remark in remarks)


def test_the_page_of_the_class_names_its_commonest_misconception(study: Path) -> None:
    shows = table()
    with Study.open(study) as stored:
        questions = {question.id: question for question in stored.question_set("held_out")}
        seen = Counter(
            (turn.turn, shows[questions[result.question_id].prompt][result.text])
            for turn in stored.turns()
            for result in turn.evaluations["held_out"].results
        )
    counts = Counter[str]()
    for (_, remark), count in seen.items():
        counts[remark] += count if remark else 0
    page = read(Site(Catalog(study.parent)), f"{study.name}/index.html")
    rows = page.table("commonest misconceptions")
    assert next(iter(rows)) == min(remark for remark, count in counts.items() if count == max(counts.values()))
    for remark, cells in list(rows.items())[:5]:
        assert [int(cell.split(" ")[0]) for cell in cells] == [seen[turn, remark] for turn in (0, 1, 2)]
    (commonest,) = [own for tag, own in page.tags if tag == "a" and "reveals=" in str(own.get("href"))][:1]
    assert "answers.html?reveals=" in str(commonest["href"])
    assert len(page.table("students by held-out")) == 4


def test_a_finished_study_is_replayed_from_anywhere(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["replay", str(study)]) == 0
    assert capsys.readouterr().out


def test_a_question_without_options_is_played_too(tmp_path: Path) -> None:
    sums = {f"what is {number} and {number} ?": str(2 * number) for number in range(12)}
    rows = [json.dumps({"question": prompt, "correct": answer}) for prompt, answer in sums.items()]
    (tmp_path / "own.jsonl").write_text("\n".join(rows), encoding="utf-8")
    scenario = (SCENARIOS / "own_questions.yaml").read_text(encoding="utf-8").replace("own_questions.csv", "own.jsonl")
    (tmp_path / "own.yaml").write_text(scenario.replace("name: own_questions", "name: own"), encoding="utf-8")
    overrides = ["turns=1", "students.count=1", "students.mode=generate"]
    assert main(["run", str(tmp_path / "own.yaml"), *overrides, "--quiet", "--out", str(tmp_path / "runs")]) == 0
    (played,) = (tmp_path / "runs").iterdir()
    with sqlite3.connect(played / "study.db") as database:
        rows_answered = database.execute("SELECT prompt, reference FROM answered").fetchall()
    assert rows_answered
    assert all(sums[prompt.removesuffix("answer:").strip()] == reference for prompt, reference in rows_answered)
