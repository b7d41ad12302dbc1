"""A study that goes on, one that is damaged, hostile texts: the pages say what is so, and show the others."""

import os
import shutil
import sqlite3
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from simulation.store import DATABASE, Study
from simulation.views.web.catalog import Catalog
from simulation.views.web.links import Target
from simulation.views.web.rendering import HTMX
from simulation.views.web.report_page import report_page, write_report
from simulation.views.web.site import HTML, MOST_BYTES, Site
from tests.support.hostile import HOSTILE
from tests.support.studies import filled
from tests.support.unprivileged import become_nobody
from tests.views.web.crawling import PageReader, pages, parsed, read


def test_a_turn_is_seen_as_soon_as_it_is_committed(disk: Path) -> None:
    study, played = filled(disk / "runs" / "other", turns=3)
    study.close()
    with Study.create(
        disk / "runs" / "going",
        scenario={
            "name": "going",
            "seed": 0,
            "turns": 3,
            "ask": {"policy": {"name": "random"}},
            "learn": {"trainer": None},
        },
        seats=study.seats,
        measures=study.measures,
        fingerprint={"numpy": "1"},
    ) as going:
        site = Site(Catalog(disk / "runs"))
        assert "no turn is committed yet" in read(site, "index.html").text
        assert "No evaluation is on record yet" in read(site, "going/index.html").text
        for number in range(4):
            assert site.reply(f"going/student-0/turn-{number}.html").status == 404
            both = played[2 * number : 2 * number + 2]
            going.append(both, {}, seconds={"play": 0.1})
            page = read(site, f"going/student-0/turn-{number}.html")
            main = next(own for tag, own in page.tags if tag == "main")
            assert main["hx-get"] == f"turn-{number}.html?since={number}-running"
            for path in ("going/index.html", "going/answers.html", f"going/student-0/turn-{number}.html"):
                same = site.reply(path, {"since": f"{number}-running"})
                assert (same.status, same.body) == (204, b"")
                assert site.reply(path, {"since": f"{number - 1}-running"}).body == site.reply(path).body
            right = sum(experience.truth >= 1 for turn in both for experience in turn.experiences)
            asked = sum(len(turn.experiences) for turn in played[: 2 * number + 2])
            if number:
                everything = read(site, "going/index.html")
                assert next(row for row in everything.rows if row[0] in ("all", "none") and len(row) == 7)[1] == str(
                    asked
                )
                assert right >= 0 and f"{number} of 3" in read(site, "index.html").text
        going.finish()
        reply = site.reply("going/student-0/turn-3.html", {"since": "3-running"})
        assert reply.status == 200 and b"hx-get" not in reply.body and HTMX.name.encode() not in reply.body


def test_a_study_that_cannot_be_read_stands_among_the_others_with_the_reason(disk: Path, runs: Path) -> None:
    folder = disk / "runs"
    for name in ("class", "torn", "later", "empty"):
        (folder / name).mkdir(parents=True)
        shutil.copy(runs / "class" / DATABASE, folder / name / DATABASE)
    data = bytearray((folder / "torn" / DATABASE).read_bytes())
    data[4096 : len(data) // 2] = b"x" * (len(data) // 2 - 4096)
    (folder / "torn" / DATABASE).write_bytes(bytes(data))
    with sqlite3.connect(folder / "later" / DATABASE) as connection:
        connection.execute("UPDATE study SET version = 99")
    connection.close()
    (folder / "empty" / DATABASE).write_bytes(b"")
    site = Site(Catalog(folder))
    rows = {row[0]: " ".join(row) for row in read(site, "index.html").rows}
    assert "finished" in rows["class"]
    assert "restore" in rows["torn"] and "later version" in rows["later"] and "never begun" in rows["empty"]
    for name in ("torn", "later", "empty"):
        reply = site.reply(f"{name}/index.html")
        assert reply.status == 500 and b'<h1 id="title">Not to be shown</h1>' in reply.body
    assert site.reply("class/index.html").status == 200


def test_a_study_that_nobody_may_write_is_shown(runs: Path) -> None:
    path = "class/student-0/turn-1.html"
    shown = Site(Catalog(runs)).reply(path).body  # and all that a page needs is loaded
    with TemporaryDirectory() as temporary:
        folder = Path(temporary, "runs")
        shutil.copytree(runs / "class", folder / "class")
        for leftover in (folder / "class").glob("study.db-*"):
            leftover.unlink()
        for place in (Path(temporary), folder, folder / "class"):
            place.chmod(0o555)
        before = sorted(place.name for place in (folder / "class").iterdir())
        reader = os.fork()
        if reader == 0:
            same = False
            try:
                if os.geteuid() == 0:  # who may write anything
                    become_nobody()
                same = Site(Catalog(folder)).reply(path).body == shown
            finally:
                os._exit(0 if same else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(reader, 0)[1]) == 0
        assert sorted(place.name for place in (folder / "class").iterdir()) == before
        for place in (Path(temporary), folder, folder / "class"):
            place.chmod(0o755)


@pytest.fixture(scope="module")
def hostile_pages(runs: Path) -> dict[Target, bytes]:
    """The pages of the study of hostile texts, each with how long it took."""
    site = Site(Catalog(runs / "hostile"))
    replies = pages(site, most=400)
    assert {reply.status for reply in replies.values()} == {200}
    return {target: reply.body for target, reply in replies.items() if reply.content_type == HTML}


def test_hostile_texts_stay_texts(hostile_pages: dict[Target, bytes]) -> None:
    assert len(hostile_pages) > 60
    escaped = HOSTILE.encode("unicode_escape")
    for target, body in hostile_pages.items():
        assert len(body) <= MOST_BYTES, target
        page = parsed(body)
        assert not {tag for tag, _ in page.tags} & {"iframe", "object", "base"}
        scripts = [str(own.get("src")) for tag, own in page.tags if tag == "script"]
        going_on = target.path != "index.html"
        assert [script.split("static/")[-1] for script in scripts] == ["pages.js", *[HTMX.name] * going_on]
        assert not any(name.startswith("on") for _, own in page.tags for name in own)
        assert b"\x00" not in body and "\u202e".encode() not in body and b"\x1b" not in body
    turn = hostile_pages[Target("hostile/student-0/turn-1.html")].decode("utf-8")
    assert "\\x00\\u202egnp\\x1b[2J" in turn and escaped and "&lt;script&gt;alert(1)&lt;/script&gt;" in turn


def test_ten_megabytes_and_ten_thousand_options_are_read_in_pieces(runs: Path) -> None:
    site = Site(Catalog(runs / "hostile"))
    first = site.reply("hostile/student-0/answer-1-0-answer.txt")
    assert first.content_type.startswith("text/plain") and len(first.body) < MOST_BYTES
    assert b"[piece 1 of 112; the next: answer-1-0-answer.txt?page=2]" in first.body
    last = site.reply("hostile/student-0/answer-1-0-answer.txt", {"page": "112"})
    assert last.status == 200 and last.body.endswith(b"x")
    assert site.reply("hostile/student-0/answer-1-0-answer.txt", {"page": "113"}).status == 404
    bodies = [site.reply("hostile/student-0/answer-1-1-options.txt", {"page": str(page)}).body for page in range(1, 13)]
    options = b"".join(body.split(b"\n\n[piece ")[0] for body in bodies)
    assert options.count(b"alert(1)") == 10_000


@pytest.mark.parametrize(
    "path", ["index.html", "hostile/index.html", "hostile/student-0/turn-1.html", "hostile/answers.html"]
)
def test_a_hostile_page_takes_less_than_a_second(runs: Path, path: str) -> None:
    site = Site(Catalog(runs / "hostile"))
    site.reply(path)
    begun = time.process_time()
    assert site.reply(path).status == 200
    assert time.process_time() - begun < 1.0


def test_the_report_of_a_run_holds_every_answer_and_needs_nothing_else(runs: Path) -> None:
    with Study.open(runs / "class") as study:
        text = report_page(study)
        asked = study.query("SELECT count(*) FROM answers")[0][0]
        prompts = [experience.question.prompt for turn in study.turns() for experience in turn.experiences]
    page = PageReader(text)
    assert page.open == []
    assert len([own for tag, own in page.tags if tag == "article" and "id" in own]) == asked == 72
    assert all(" ".join(prompt.split()) in page.text for prompt in prompts)
    ids = [own["id"] for _, own in page.tags if "id" in own]
    assert len(ids) == len(set(ids))
    for _, own in page.tags:
        assert "href" not in own or str(own["href"]).startswith("#"), own
        assert "src" not in own or str(own["src"]).startswith("data:image/svg+xml;base64,")
        assert "style" not in own and not any(name.startswith("on") for name in own)
    policy = next(str(own["content"]) for _, own in page.tags if own.get("http-equiv") == "Content-Security-Policy")
    assert "unsafe" not in policy and policy.startswith("default-src 'none'")


def test_a_report_of_a_long_study_says_what_it_leaves_out(
    runs: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulation.views.web.report_page.MOST_CHARACTERS", 100_000)
    shutil.copytree(runs / "class", disk / "class")
    with Study.open(disk / "class") as study:
        path = write_report(study)
    page = PageReader(path.read_text(encoding="utf-8"))
    turns = sum(tag == "details" and own.get("class") == "turn" for tag, own in page.tags)
    assert 0 < turns < 6 and f"{6 - turns} turns are left out" in page.text
