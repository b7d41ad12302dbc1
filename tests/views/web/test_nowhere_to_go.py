"""Where something is missing or broken a reader gets one clear sentence, and everything else is still shown."""

import socket
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from simulation.commands.main import main
from simulation.store import DATABASE, Study
from simulation.views.web.catalog import Catalog
from simulation.views.web.report_page import report_page
from simulation.views.web.site import Site
from tests.support.comparisons import concluded, planned, play
from tests.support.random_classes import Class
from tests.support.random_classes import play as play_class
from tests.views.web.crawling import PageReader, pages, read


def without_evaluations(folder: Path) -> Path:
    """Make a study that was never evaluated."""
    play_class(Class(seed=3, turns=2), folder.parent.parent / "source")
    with Study.open(folder.parent.parent / "source") as source:
        turns = [replace(turn, evaluations={}) for turn in source.turns()]
        with Study.create(
            folder,
            scenario=source.scenario,
            seats=source.seats,
            measures=source.measures,
            fingerprint={"numpy": "1"},
        ) as study:
            for number in range(3):
                study.append([turn for turn in turns if turn.turn == number], {}, seconds={"play": 0.1})
    return folder


def test_a_study_without_evaluations_shows_its_turns_and_says_what_it_lacks(disk: Path) -> None:
    without_evaluations(disk / "runs" / "unmeasured")
    site = Site(Catalog(disk / "runs"))
    everything = pages(site, most=80)
    assert {reply.status for reply in everything.values()} == {200} and len(everything) > 20
    assert "not evaluated" in read(site, "index.html").text
    for path in ("unmeasured/index.html", "unmeasured/student-1/index.html"):
        assert "No evaluation is on record yet." in read(site, path).text
    turn = read(site, "unmeasured/student-0/turn-2.html").text
    assert "8 answers" in turn and "Between the evaluations" not in turn
    assert "Not both were evaluated" in read(site, "unmeasured/compare.html").text
    assert site.reply("unmeasured/curve-light.svg").status == 404
    with Study.open(disk / "runs" / "unmeasured") as study:
        report = PageReader(report_page(study))
    assert "No evaluation is on record yet." in report.text
    assert len([own for tag, own in report.tags if tag == "article" and "id" in own]) == 2 * 2 * 8


def test_a_student_that_failed_is_named_with_the_reason_wherever_it_stands(disk: Path) -> None:
    play_class(Class(seed=4, turns=3, failing=2), disk / "runs" / "failing")
    site = Site(Catalog(disk / "runs"))
    assert {reply.status for reply in pages(site).values()} == {200}
    sentence = "student-1 plays no more since turn 2: its model answered nothing: out of memory"
    for path in ("failing/index.html", "failing/student-1/index.html"):
        assert sentence in read(site, path).text
    assert sentence not in read(site, "failing/student-0/index.html").text
    assert "out of memory" in read(site, "failing/student-1/turn-3.html").text
    row = read(site, "failing/index.html").table("students by held-out")["student-1"]
    assert row[-1] == "since turn 2: its model answered nothing: out of memory"


def broken(folder: Path) -> None:
    """Overwrite the middle of a database."""
    path = folder / DATABASE
    data = bytearray(path.read_bytes())
    data[4096 : len(data) // 2] = b"x" * (len(data) // 2 - 4096)
    path.write_bytes(bytes(data))


def test_a_damaged_part_of_a_comparison_hides_no_other(disk: Path) -> None:
    concluded(play(planned(disk / "compare", 2, workers=2)))
    play_class(Class(seed=1, turns=1), disk / "fine")
    broken(disk / "compare" / "cohort-1")
    site = Site(Catalog(disk))
    page = read(site, "compare/index.html")
    assert "The students of cohort-1 are not shown:" in page.text and "restore" in page.text
    assert "has the highest accuracy" in page.text
    assert len(page.table("3 students of 3 labels")) == 3
    rows = {row[0]: " ".join(row) for row in read(site, "index.html").rows}
    assert "cannot be read" in rows["compare"] and "finished" in rows["fine"]
    assert site.reply("compare/cohort-1/student-0/index.html").status == 500


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("verdicts.json", "{", "report the comparison again"),
        ("verdicts.json", '{"measures": 3}', "report the comparison again"),
        ("comparison.yaml", "a: [", "is not what a comparison wrote"),
    ],
)
def test_a_comparison_with_a_broken_file_says_which(disk: Path, name: str, text: str, sentence: str) -> None:
    concluded(play(planned(disk / "compare", 2)))
    play_class(Class(seed=1, turns=1), disk / "fine")
    (disk / "compare" / name).write_text(text, encoding="utf-8")
    site = Site(Catalog(disk))
    reply = site.reply("compare/index.html")
    assert reply.status == 500 and sentence in PageReader(reply.body.decode("utf-8")).text
    rows = {row[0]: " ".join(row) for row in read(site, "index.html").rows}
    assert "cannot be read" in rows["compare"] and "finished" in rows["fine"]


def test_a_study_that_is_being_written_is_shown_as_far_as_it_is(disk: Path) -> None:
    play_class(Class(seed=2, turns=2), disk / "runs" / "going")
    writer = sqlite3.connect(disk / "runs" / "going" / DATABASE)
    writer.execute("UPDATE study SET status = 'running'")
    writer.commit()
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM answers")
    try:
        site = Site(Catalog(disk / "runs"))
        assert "8 answers" in read(site, "going/student-0/turn-1.html").text
        assert "This study goes on" in read(site, "going/index.html").text
    finally:
        writer.rollback()
        writer.close()


def one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the command says when it refuses."""
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and "Traceback" not in captured.err
    return captured.err


def test_the_command_refuses_in_one_line(disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (disk / "empty").mkdir()
    assert "holds no study and no comparison; play one" in one_line(["view", str(disk / "empty")], capsys)
    assert "is not there" in one_line(["view", str(disk / "nothing")], capsys)
    play_class(Class(seed=1, turns=1), disk / "runs" / "drawn")
    (disk / "empty" / "mine.txt").write_text("mine", encoding="utf-8")
    full = ["view", str(disk / "runs"), "--bundle", str(disk / "empty")]
    assert "is not empty; name a new folder" in one_line(full, capsys)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        taken = ["view", str(disk / "runs"), "--no-browser", "--port", port]
        assert "choose another --port" in one_line(taken, capsys)
