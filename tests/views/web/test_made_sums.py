"""A study that keeps no sums has the same pages; its folder is only read; who must wait is told how long."""

import hashlib
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from benchmarks.pages_study import without_sums
from simulation.store import Study, StudySums
from simulation.views.web.catalog import Catalog
from simulation.views.web.made_sums import MadeSums
from simulation.views.web.site import Site
from simulation.views.web.summaries import Summaries
from tests.views.web.crawling import parsed, read

PATHS = ("class/index.html", "class/student-1/index.html", "class/student-0/turn-2.html", "class/curve-dark.svg")


@pytest.fixture(scope="module")
def old(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the class as a study of format 5."""
    folder = tmp_path_factory.mktemp("old")
    shutil.copytree(runs / "class", folder / "class")
    without_sums(folder / "class")
    return folder


def content(folder: Path) -> dict[str, str]:
    """Return a hash of every file below a folder but those in which SQLite's readers say where they are."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("study.db-shm", "study.db-wal")
    }


def test_pages_are_the_same_and_change_no_file(site: Site, old: Path) -> None:
    before = content(old)
    own = Site(Catalog(old))
    for path in PATHS:
        assert own.reply(path).status == 200
        assert own.reply(path).body == site.reply(path).body, path
    for query in ({"truth": "wrong"}, {"category": "gain"}, {"teacher": "wrong", "seat": "1"}):
        assert own.reply("class/answers.html", query).body == site.reply("class/answers.html", query).body
    assert content(old) == before
    assert Study.open(old / "class").sums is None


def test_a_folder_that_cannot_be_written_is_read(old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(old, tmp_path / "old", ignore=shutil.ignore_patterns("*-shm", "*-wal"))
    for path in (tmp_path / "old" / "class").iterdir():
        path.chmod(0o555 if path.is_dir() else 0o444)
    (tmp_path / "old" / "class").chmod(0o555)
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write everywhere
    assert Site(Catalog(tmp_path / "old")).reply("class/index.html").status == 200
    assert not (tmp_path / "old" / "class" / "study.db-shm").exists()


def test_a_page_that_has_to_wait_says_how_far_it_is_and_comes_again(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, read_turn = Event(), StudySums._round

    def slow(self: StudySums, number: int) -> object:
        assert number < 2 or gate.wait(60)
        return read_turn(self, number)

    monkeypatch.setattr(StudySums, "_round", slow)
    own = Site(Catalog(old), summaries=Summaries(patience_seconds=0.2))
    for path in ("class/index.html", "class/answers.html"):
        reply = own.reply(path)
        page = parsed(reply.body)
        assert reply.status == 503 and "of 4 turns. This page comes by itself" in page.text
        (bar,) = (attributes for tag, attributes in page.tags if tag == "progress")
        assert bar["max"] == "4"
        assert ("meta", {"http-equiv": "refresh", "content": "2"}) in page.tags
    assert own.reply("class/student-0/turn-2.html").status == 200
    gate.set()
    own.summaries._patience_seconds = 60
    assert own.reply("class/index.html").status == 200


def test_sums_follow_a_study_that_goes_on(old: Path, tmp_path: Path) -> None:
    shutil.copytree(old / "class", tmp_path / "runs" / "class")
    own = Site(Catalog(tmp_path / "runs"))
    assert "turn 4" not in read(own, "class/student-0/index.html").text
    with Study.open(tmp_path / "runs" / "class", write=True) as study:
        turns = [replace(turn, turn=4, experiences=(), lessons=(), update=None) for turn in study.turns(start=3)]
        study.append(turns, {}, seconds={})
    assert "turn 4" in read(own, "class/student-0/index.html").text


def test_a_turn_that_is_being_added_is_taken_up_whole(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(old / "class", tmp_path / "class")
    own = Summaries()
    with Study.open(tmp_path / "class", write=True) as study:
        own.courses(study)
        turns = [replace(turn, turn=4, experiences=(), lessons=(), update=None) for turn in study.turns(start=3)]
        study.append(turns, {}, seconds={})
        monkeypatch.setattr(MadeSums, "ready", lambda *_: True)  # as a page was told before the thread began
        made = own._of(study).made
        assert made is not None
        for seat, sums in enumerate(StudySums(study).since(4)):
            made.sums.add(sums, seat)
            assert all(course.measurements[-1].turn < 4 for course in own.courses(study))
        made.turns_made = 5
        followed = [course.measurements[-1].turn for course in own.courses(study)]
    assert len(followed) > 1 and {*followed} == {4}


def test_damage_is_told_instead_of_sums(old: Path, tmp_path: Path) -> None:
    shutil.copytree(old / "class", tmp_path / "runs" / "class")
    with sqlite3.connect(tmp_path / "runs" / "class" / "study.db") as connection:
        connection.execute("UPDATE results SET scores = x'66' WHERE t = 2")
    connection.close()
    reply = Site(Catalog(tmp_path / "runs")).reply("class/index.html")
    assert reply.status == 500 and b"turn 2 cannot be rebuilt" in reply.body
