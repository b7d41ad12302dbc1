"""The filters of report.html in a real browser: what is left is what the record has; without scripts all is there."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulation.core.types import Experience
from simulation.store import Study
from simulation.views.web.report_page import write_report
from tests.support.browsers import Served
from tests.support.random_classes import Class, play

LEFT = "[...document.querySelectorAll('.asked[id]')].filter((one) => one.checkVisibility()).length"
pytestmark = pytest.mark.skipif(
    not os.environ.get("TEST_PAGES"), reason="needs a browser; make test-pages installs it and runs this"
)


@pytest.fixture(scope="module")
def drawn(disks: Callable[[], Path]) -> tuple[Path, list[Experience]]:
    """Return the report of a class and all its answers."""
    folder = play(Class(seed=6, students=2, turns=2, unsure=True), disks() / "drawn")
    with Study.open(folder) as study:
        return write_report(study), [one for turn in study.turns() for one in turn.experiences]


@pytest.fixture
def browser(reading: Served) -> Any:
    """The browser (Any: playwright is installed by make test-pages alone)."""
    return reading.browser


def test_answers_are_chosen_by_category_words_right_wrong_and_errors(
    browser: Any, drawn: tuple[Path, list[Experience]]
) -> None:
    path, answers = drawn
    page, complaints = browser.new_page(), list[str]()
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    page.goto(path.as_uri())
    assert page.evaluate(LEFT) == 0  # every turn is closed
    categories = page.eval_on_selector_all("#category option", "all => all.map((one) => one.value)")
    assert categories == ["", *(f"={name}" for name in sorted({one.question.category for one in answers}))]
    for category in {one.question.category for one in answers}:
        own = [one for one in answers if one.question.category == category]
        page.select_option("#category", f"={category}")
        assert page.evaluate(LEFT) == len(own) > 0
        assert page.inner_text("#left") == f"{len(own)} of {len(answers)} answers"
        page.check(".only-wrong")
        assert page.evaluate(LEFT) == sum(one.truth < 1 for one in own)
        page.check(".only-right")
        assert page.evaluate(LEFT) == sum(one.truth >= 1 for one in own)
        page.check(".only-erred")
        assert page.evaluate(LEFT) == sum((one.truth >= 1) != (one.feedback.score >= 1) for one in own)
        page.check(".only-all")
    page.select_option("#category", "")
    prompt = answers[0].question.prompt
    page.fill("#words", prompt.upper())
    assert page.evaluate(LEFT) == sum(prompt in one.question.prompt for one in answers) > 0
    page.fill("#words", "")
    assert page.evaluate(LEFT) == 0 and page.inner_text("#left") == ""
    assert complaints == []


def test_without_scripts_every_answer_is_there_and_one_choice_still_works(
    browser: Any, drawn: tuple[Path, list[Experience]]
) -> None:
    path, answers = drawn
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(path.as_uri())
    assert page.locator(".asked[id]").count() == len(answers)
    assert not page.locator("#category").is_visible() and not page.locator("#words").is_visible()
    for summary in page.locator("details.turn > summary").all():
        summary.click()
    assert sum(one.is_visible() for one in page.locator(".asked[id]").all()) == len(answers)
    page.check(".only-wrong")
    assert sum(one.is_visible() for one in page.locator(".asked[id]").all()) == sum(one.truth < 1 for one in answers)
