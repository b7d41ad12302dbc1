"""A page of a study that goes on follows it by itself, and takes nothing from who reads it."""

import os
import time
from collections.abc import Callable

import pytest

from tests.support.browsers import Served

pytestmark = pytest.mark.skipif(
    not os.environ.get("TEST_PAGES"), reason="needs a browser; make test-pages installs it and runs this"
)


def test_a_new_turn_is_there_within_three_seconds(reading: Served, going: Callable[[], None]) -> None:
    page, complaints = reading.page()
    page.goto(f"{reading.base}/going/student-0/index.html")
    waits = []
    for number in (2, 3, 4):
        link = page.get_by_role("link", name=f"turn {number}", exact=True).first
        assert link.count() == 0
        going()
        committed = time.monotonic()
        link.wait_for(timeout=30_000)
        waits.append(time.monotonic() - committed)
    assert min(waits) < 3.0  # of a machine that others keep busy the quickest says how it is
    assert complaints == []


def test_the_reader_of_a_page_that_is_renewed_stays_where_he_is(reading: Served, going: Callable[[], None]) -> None:
    student, complaints = reading.page()
    student.goto(f"{reading.base}/going/student-0/index.html")
    student.get_by_role("link", name="turn 1", exact=True).focus()
    turn, more = reading.page()
    turn.goto(f"{reading.base}/going/student-0/turn-1.html#answer-0")
    turn.get_by_text("More about this answer").first.click()
    turn.get_by_label("right answers").check()
    before = turn.evaluate("scrollTo(0, 90), scrollY")
    going()
    student.get_by_role("link", name="turn 2", exact=True).first.wait_for(timeout=30_000)
    turn.get_by_role("link", name="turn 2 →").wait_for(timeout=30_000)
    assert student.evaluate("document.activeElement.textContent") == "turn 1"
    assert turn.get_by_label("right answers").is_checked() and turn.evaluate("scrollY") == before
    assert turn.locator("details[open]").count() == 1
    turn.keyboard.press("j")
    turn.wait_for_url("**/turn-2.html")
    assert complaints + more == []


def test_a_page_follows_to_the_end_and_no_further(reading: Served, going: Callable[[], None]) -> None:
    page, complaints = reading.page()
    page.goto(f"{reading.base}/going/student-0/index.html")
    for _ in (2, 3, 4):
        going()
    page.locator("main:not([hx-get])").wait_for(timeout=30_000)
    assert page.get_by_role("link", name="turn 4", exact=True).count() == 1
    requests: list[str] = []
    page.on("request", lambda sent: requests.append(sent.url))
    page.wait_for_timeout(1500)
    assert requests == complaints == []
