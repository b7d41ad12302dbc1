"""The page is one file that fetches and runs nothing, says what the report says, and escapes what others wrote."""

import re
import shlex
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import fields, replace
from hashlib import sha256
from html.parser import HTMLParser
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from simulation.core.types import Selection
from simulation.play.folders import Comparison
from simulation.scenario.entries import read_lineup
from simulation.views.comparison_tables import PlainTable
from simulation.views.lesson_effects import SampleLesson
from simulation.views.page import TEMPLATE, command, environment, scenarios
from simulation.views.report_sections import sections
from simulation.views.sample_turns import SampleQuestion, asked, excerpts
from simulation.views.section import Section
from simulation.views.text import LONGEST, clipped, why
from tests.support.comparisons import concluded, found, planned, play
from tests.support.contexts import experience, question

HOSTILE = "<script>alert(1)</script> \" ' & \u202etxt\x1b[2J {{ 7 * 7 }}"
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Reader(HTMLParser):
    """Keeps a page's tags, attributes and text, and what was left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        """All words with single spaces."""
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def reported(disks: Callable[[], Path]) -> Comparison:
    """Three policies over three seeds, played and reported."""
    comparison = play(planned(disks() / "compare"))
    concluded(comparison)
    return comparison


@pytest.fixture(scope="module")
def written(reported: Comparison) -> str:
    """The page."""
    return (reported.folder / "report.html").read_text(encoding="utf-8")


def test_the_page_fetches_nothing_and_runs_nothing(written: str) -> None:
    page = Reader(written)
    assert page.open == []
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "iframe", "object", "embed", "form", "base", "svg"}
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        if "href" in attributes:
            assert str(attributes["href"]).startswith("#")
        if "src" in attributes:
            assert tag == "img" and str(attributes["src"]).startswith("data:image/png;base64,")
            assert attributes["alt"]
    policy = next(each["content"] for tag, each in page.tags if each.get("http-equiv") == "Content-Security-Policy")
    (style,) = re.findall(r"<style>(.*?)</style>", written, re.DOTALL)
    digest = b64encode(sha256(style.encode("utf-8")).digest()).decode("ascii")
    assert policy == f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'"
    assert "@import" not in written and "url(" not in written
    assert len(written) < 3_000_000


def test_every_link_within_the_page_leads_somewhere(written: str) -> None:
    tags = Reader(written).tags
    ids = {each["id"] for _, each in tags if "id" in each}
    assert {str(each["href"])[1:] for _, each in tags if "href" in each} <= ids


def test_the_page_holds_the_pictures_that_were_drawn(reported: Comparison, written: str) -> None:
    held = {b64decode(each) for each in re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", written)}
    assert held == {path.read_bytes() for path in reported.folder.glob("*.png")}
    assert len(held) >= 4


def test_the_page_says_what_the_report_says_the_verdict_first(reported: Comparison, written: str) -> None:
    text = Reader(written).text
    parts = sections([found(reported)], reported.lineup)
    assert parts[0].title == "Verdicts"
    for part in parts:
        for sentence in (*part.sentences, *part.notes):
            assert " ".join(sentence.split()) in text
        for sheet in part.sheets:
            assert sheet.title in text
            assert all(" ".join(cell.split()) in text for row in sheet.rows for cell in row)
    assert text.index(parts[0].sentences[0]) < text.index(parts[0].sentences[1]) < text.index("held-out accuracy")


def test_the_page_plays_again_under_the_same_labels(reported: Comparison, tmp_path: Path) -> None:
    """Under labels that are names; others are made names."""
    words = shlex.split(command(reported.lineup))
    assert words[:4] == ["python", "-m", "simulation", "compare"] and words[-2:] == ["--seeds", "3"]
    for name, text in scenarios(reported.lineup):
        (tmp_path / name).write_text(text, encoding="utf-8")
    again = read_lineup([tmp_path / name for name in words[4:-2]], [], [], (0, 1, 2))
    assert again.labels == reported.lineup.labels
    for ours, theirs in zip(again.entries, reported.lineup.entries, strict=True):
        assert ours.scenario.resolved() | {"name": ""} == theirs.scenario.resolved() | {"name": ""}


def test_labels_that_only_punctuation_tells_apart_get_files_of_their_own(disk: Path) -> None:
    lineup = planned(disk / "compare").lineup
    entries = tuple(replace(lineup.entries[0], label=label) for label in ("a(b)", "a=b", "a-b", "=", "()"))
    names = [name for name, _ in scenarios(replace(lineup, entries=entries))]
    assert names == ["a-b.yaml", "a-b-2.yaml", "a-b-3.yaml", "scenario.yaml", "scenario-2.yaml"]


def test_an_excerpt_is_what_the_study_holds(reported: Comparison) -> None:
    taken = excerpts(reported, found(reported))
    assert [each.label for each in taken] == list(reported.lineup.labels)
    first = taken[0]
    assert first.student == "random-0" and [glance.turn for glance in first.turns] == [1, 2, 4]
    assert first.turns[0].summary.startswith("Asked 6 of 30 candidates;")
    each = first.turns[0].asked[0]
    assert each.prompt.endswith("= ") and sum(alternative.right for alternative in each.alternatives) == 1
    assert each.reason.startswith("uniform; ")
    assert "held-out accuracy" in first.turns[1].changed[-1]
    least = taken[2].turns[0].asked[0]
    assert least.reason.startswith("least sure; probe")


def test_a_teachers_error_is_marked() -> None:
    wrongly = asked(experience(question("q"), score=1.0, truth=0.0), None)
    assert wrongly.erred and wrongly.judged == "right" and wrongly.reason == "not on record"
    assert not asked(experience(question("q"), score=0.0, truth=0.0), None).erred


def test_a_pick_says_why() -> None:
    pick = Selection(item=question("q"), score=0.24, propensity=0.1, reason="learnable")
    assert why(pick) == "learnable; score 0.24; picked with probability 0.1"
    assert why(replace(pick, propensity=1.0)) == "learnable; score 0.24; sure to be picked"
    assert why(Selection(item=question("q"))) == "the policy gives no reason"


def test_long_texts_are_cut_and_say_so() -> None:
    assert clipped("x" * LONGEST) == "x" * LONGEST
    assert clipped("x" * (LONGEST + 5)).endswith("… (5 more characters)")


def test_what_others_wrote_stays_text() -> None:
    """Wherever it appears: titles, sentences, cells, prompts, scenarios (Any: what a template names)."""
    sheet = PlainTable(title=HOSTILE, names=(HOSTILE, "n"), rows=((HOSTILE, HOSTILE),), words=2, caption=HOSTILE)
    part = Section(title=HOSTILE, sentences=(HOSTILE,), sheets=(sheet,), notes=(HOSTILE,), picture=HOSTILE)
    each: dict[str, Any] = dict.fromkeys(map(attrgetter("name"), fields(SampleQuestion)), HOSTILE)
    each |= {"prompt": f"{HOSTILE}\n{HOSTILE}", "erred": True, "style": "code", "more": 3}
    each["alternatives"] = [{"text": HOSTILE, "taken": True, "right": True}]
    lesson = dict.fromkeys(map(attrgetter("name"), fields(SampleLesson)), HOSTILE)
    glance = {"turn": 1, "summary": HOSTILE, "asked": [each], "lessons": [lesson], "changed": [HOSTILE]}
    text = (
        environment()
        .get_template(TEMPLATE)
        .render(
            title=HOSTILE,
            css=Markup("p { margin: 0; }"),
            css_hash="'sha256-AA=='",
            measure=HOSTILE,
            graded=True,
            folder=HOSTILE,
            parts=[part],
            pictures={HOSTILE: "data:image/png;base64,AA=="},
            excerpts=[{"label": HOSTILE, "student": HOSTILE, "turns": [glance]}],
            more_labels=1,
            scenarios=[(HOSTILE, f"name: {HOSTILE}\nseed: 0\n")],
            command=HOSTILE,
            hashes=[HOSTILE],
        )
    )
    page = Reader(text)
    assert page.open == [] and "script" not in {tag for tag, _ in page.tags}
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert "\u202e" not in text and "\x1b" not in text and "49" not in page.text
    assert page.text.count("\\u202etxt\\x1b[2J") >= 20
    assert "name: <script>" in page.text and "\nseed: 0" in text
