"""Whoever reads the pages, on whatever screen, with a mouse, a keyboard or neither, reads the same and all of it.

`make test-pages` installs what this needs (Debian's chromium, playwright, axe-core) and runs it; else it is skipped.
"""

import os
from itertools import pairwise
from typing import Any

import pytest

from simulation.store import DATABASE, Study
from tests.support.browsers import ROOT, Served

AXE = ROOT / "build" / "axe" / "package" / "axe.min.js"
SERIOUS = """axe.run({resultTypes: ['violations'], preload: false}).then((findings) => findings.violations
    .filter((one) => ['serious', 'critical'].includes(one.impact))
    .map((one) => [one.id, one.nodes[0].html.slice(0, 200)]))"""
pytestmark = pytest.mark.skipif(
    not os.environ.get("TEST_PAGES"), reason="needs a browser; make test-pages installs it and runs this"
)
KINDS = (
    "index.html", "class/index.html", "class/student-1/index.html", "class/student-0/turn-0.html",
    "class/student-0/turn-2.html", "class/student-0/QUESTION.html", "class/answers.html",
    "class/answers.html?truth=wrong&teacher=wrong&seat=0", "class/compare.html",
    "class/compare.html?a_student=0&a_turn=1&b_student=1&b_turn=3", "class/nothing.html",
    "code/index.html", "code/student-0/turn-1.html", "code/student-0/QUESTION.html", "code/answers.html",
    "code/report.html", "compare/index.html", "compare/report.html", "compare/cohort-0/index.html",
    "compare/cohort-0/student-0/index.html", "compare/cohort-0/student-0/turn-2.html",
    "hostile/index.html", "hostile/student-0/turn-1.html", "hostile/student-0/QUESTION.html", "hostile/answers.html",
)  # fmt: skip
"""A page of each kind of a real class, of a code run, of a comparison and of a study of hostile texts."""


@pytest.fixture(scope="module")
def kinds(reading: Served) -> tuple[str, ...]:
    """The pages, each with the number of a question that was asked."""
    numbers = {}
    for name in ("class", "code", "hostile"):
        with Study.open(reading.folder / name) as study:
            numbers[name] = study.query("SELECT question FROM answers WHERE s = 0 ORDER BY t DESC, i LIMIT 1")[0][0]
    return tuple(path.replace("QUESTION", f"question-{numbers.get(path.split('/')[0])}") for path in KINDS)


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_hinders_a_reader(reading: Served, kinds: tuple[str, ...], width: int) -> None:
    before = record(reading)
    page, complaints = reading.page(viewport={"width": width, "height": 900})
    for path in kinds:
        reply = page.goto(f"{reading.base}/{path}")
        assert reply.status == (404 if "nothing" in path else 200), path
        page.context.new_cdp_session(page).send(
            "Runtime.evaluate", {"expression": f"{AXE.read_text(encoding='utf-8')};0"}
        )
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate(SERIOUS) == [], (path, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert [text for text in complaints if "404" not in text] == []
    assert record(reading) == before


def record(reading: Served) -> dict[str, tuple[str, bytes]]:
    """Return the hash of each trace and all that its file holds."""
    folders = {name: reading.folder / name for name in ("class", "code", "hostile", "compare/cohort-0")}
    states = {}
    for name, folder in folders.items():
        with Study.open(folder) as study:
            states[name] = (study.trace_hash, (folder / DATABASE).read_bytes())
    return states


def test_a_wide_screen_has_short_lines(reading: Served, kinds: tuple[str, ...]) -> None:
    page, _ = reading.page(viewport={"width": 2560, "height": 1440})
    for path in kinds:
        page.goto(f"{reading.base}/{path}")
        widths = page.evaluate(
            "[document.documentElement.scrollWidth, ...[...document.querySelectorAll('p, dd, figure, main')]"
            ".filter((one) => one.offsetWidth).map((one) => one.offsetWidth)]"
        )
        assert widths[0] == 2560 and max(widths[1:]) <= 1200, path


def test_every_page_says_the_same_without_scripts(reading: Served, kinds: tuple[str, ...]) -> None:
    readers = [reading.page()[0], reading.page(java_script_enabled=False)[0]]
    for path in kinds:
        with_scripts, without = [words(page, f"{reading.base}/{path}") for page in readers]
        assert with_scripts == without and len(without) > 20, path


def words(page: Any, address: str) -> str:
    """Return all that a page says; fields that only scripts serve say nothing."""
    page.goto(address)
    labels = page.locator("label:has(#words), label:has(#category)")
    fields = [label.inner_text() for label in labels.all() if label.is_visible()]
    text: str = page.locator("body").inner_text()
    for field in fields:
        text = text.replace(field, "")
    return " ".join(text.split())


def test_keys_lead_to_the_next_turn_and_back(reading: Served) -> None:
    page, complaints = reading.page()
    page.goto(f"{reading.base}/class/student-0/turn-1.html")
    page.keyboard.press("j")
    page.wait_for_url("**/turn-2.html")
    page.keyboard.press("k")
    page.wait_for_url("**/turn-1.html")
    page.goto(f"{reading.base}/class/answers.html")
    page.get_by_label("words").press("j")
    assert page.get_by_label("words").input_value() == "j" and complaints == []


def test_a_tab_goes_from_the_top_down_and_is_seen_wherever_it_is(reading: Served) -> None:
    page, _ = reading.page(viewport={"width": 1280, "height": 900})
    steps = 0
    for path in ("class/index.html", "class/student-0/turn-2.html", "class/answers.html", "class/compare.html"):
        page.goto(f"{reading.base}/{path}")
        places = []
        for _ in range(25):
            page.keyboard.press("Tab")
            place = page.evaluate(
                "(() => { const one = document.activeElement, box = one.getBoundingClientRect(),"
                " look = getComputedStyle(one); return [one.tagName, look.outlineStyle, parseFloat(look.outlineWidth),"
                " box.width * box.height, box.top + scrollY, one.className] })()"
            )
            if place[0] == "BODY":
                break
            places.append(place)
        assert places[0][5] == "skip", path
        for tag, outline, thickness, area, _, _ in places:
            assert outline != "none" and thickness >= 1 and area > 0, (path, tag)
        tops = [place[4] for place in places]
        assert all(later > earlier - 60 for earlier, later in pairwise(tops)), (path, tops)
        steps += len(places)
    assert steps > 40


def test_who_skips_to_the_content_is_there(reading: Served) -> None:
    page, _ = reading.page()
    page.goto(f"{reading.base}/class/student-0/turn-2.html")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_filter_hides_what_is_not_looked_for(reading: Served) -> None:
    page, complaints = reading.page()
    page.goto(f"{reading.base}/class/student-0/turn-1.html")
    shown = page.locator("article[id]:visible")
    counts = {kind: page.locator(f"article.{kind}[id]").count() for kind in ("is-wrong", "is-right", "is-erred")}
    assert shown.count() == 12 == counts["is-wrong"] + counts["is-right"] and 0 < counts["is-wrong"] < 12
    for label, kind in (("wrong answers", "is-wrong"), ("right answers", "is-right"), ("erred", "is-erred")):
        page.get_by_label(label).check()
        assert shown.count() == counts[kind], label
    assert complaints == []


def test_the_list_of_answers_is_filtered_by_its_form(reading: Served) -> None:
    page, complaints = reading.page()
    page.goto(f"{reading.base}/class/answers.html")
    page.get_by_label("student").select_option("1")
    page.get_by_label("truly").select_option("wrong")
    page.get_by_role("button", name="Show").press("Enter")
    page.wait_for_url("**/answers.html?*truth=wrong*")
    with Study.open(reading.folder / "class") as study:
        wrong = study.query("SELECT count(*) FROM answered WHERE student = 'student-1' AND truth < 1")[0][0]
    assert page.get_by_text(f"{wrong} answers of student-1 that are truly wrong").count() == 1 and wrong > 5
    assert page.locator("tbody tr").count() == wrong and complaints == []
