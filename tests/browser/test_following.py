"""A page of a study that goes on follows it by itself, and takes nothing from who reads it."""

import os
import time
from collections.abc import Callable

import pytest

from tests.support.browsers import Served

pytestmark = pytest.mark.skipif(
    not os.environ.get("TEST_PAGES"), reason="needs a browser; make test-pages installs it and runs this"
)


def test_a_new_turn_is_there_within_three_seconds_and_the_reader_stays_where_he_is(
    reading: Served, going: Callable[[], None]
) -> None:
    student, complaints = reading.page()
    student.goto(f"{reading.base}/going/student-0/index.html")
    turn, more = reading.page()
    turn.goto(f"{reading.base}/going/student-0/turn-1.html#answer-0")
    turn.get_by_text("More about this answer").first.click()
    turn.get_by_label("right answers").check()
    student.get_by_role("link", name="turn 1", exact=True).focus()
    links = [page.get_by_role("link", name=name) for page, name in ((student, "turn 2"), (turn, "turn 2 →"))]
    assert [link.count() for link in links] == [0, 0]
    before = turn.evaluate("scrollTo(0, 90), scrollY")

    going()
    committed = time.monotonic()
    for link in links:
        link.first.wait_for(timeout=20_000)
    assert time.monotonic() - committed < 3.0

    assert student.evaluate("document.activeElement.textContent") == "turn 1"
    assert turn.get_by_label("right answers").is_checked() and turn.evaluate("scrollY") == before
    assert turn.locator("details[open]").count() == 1
    turn.keyboard.press("j")
    turn.wait_for_url("**/turn-2.html")

    going()
    student.get_by_role("link", name="turn 3", exact=True).first.wait_for(timeout=20_000)
    assert student.locator("[hx-get]").count() == 0 and "goes on" not in student.locator("main").inner_text()
    assert complaints + more == []
