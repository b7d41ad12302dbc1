"""The pages in a real browser: nothing hinders a reader, nothing hostile runs, a new turn appears by itself.

`make test-pages` installs what it needs (Debian's chromium, playwright, axe-core) and runs it; elsewhere it is skipped.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulation.store import Study
from simulation.views.web.bundle import bundle
from tests.support.comparisons import concluded, planned, play
from tests.support.hostile import hostile_study
from tests.support.studies import filled

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "build" / "axe" / "package" / "axe.min.js"
CHROMIUM = Path("/usr/bin/chromium")
GOING = {"name": "going", "seed": 0, "turns": 3, "ask": {"policy": {"name": "random"}}, "learn": {"trainer": None}}
PAGES = (
    "index.html", "going/index.html", "going/student-0/index.html", "going/student-0/turn-1.html",
    "going/answers.html", "going/compare.html", "compare/index.html", "compare/report.html",
    "compare/cohort-0/student-0/index.html", "compare/cohort-0/student-0/turn-2.html",
    "hostile/student-0/turn-1.html", "hostile/student-0/question-62.html", "hostile/answers.html", "nothing.html",
)  # fmt: skip
CHECK = """axe.run({resultTypes: ['violations'], preload: false}).then((findings) => findings.violations
    .filter((one) => ['serious', 'critical'].includes(one.impact))
    .map((one) => [one.id, one.nodes[0].html.slice(0, 200)]))"""
pytestmark = pytest.mark.skipif(
    not os.environ.get("TEST_PAGES"), reason="needs a browser; make test-pages installs it and runs this"
)


class Served:
    """A server of its own and a browser."""

    def __init__(self, folder: Path, browser: Any, address: str) -> None:
        self.folder = folder
        self.browser = browser  # Any: playwright is installed by make test-pages alone
        self.base, self.entrance = address.partition("/?")[0], address

    def page(self, **options: Any) -> tuple[Any, list[str]]:
        """Return a page that came in by the address, and what its console, dialogs and requests elsewhere say."""
        page, complaints = self.browser.new_context(**options).new_page(), list[str]()

        def asked(sent: Any) -> None:
            complaints.extend([] if sent.url.startswith((self.base, "data:")) else [sent.url])

        def dismissed(dialog: Any) -> None:
            complaints.append(f"dialog {dialog.message}")
            dialog.dismiss()

        page.on("console", lambda told: complaints.extend([told.text] if told.type == "error" else []))
        page.on("dialog", dismissed)
        page.on("request", asked)
        page.goto(self.entrance)
        return page, complaints


@pytest.fixture(scope="module")
def served(disks: Callable[[], Path]) -> Iterator[Served]:
    from playwright.sync_api import sync_playwright  # type: ignore[import-not-found,unused-ignore]

    folder = disks() / "runs"
    hostile_study(folder / "hostile")
    concluded(play(planned(folder / "compare")))
    study, played = filled(disks() / "source", turns=3)
    study.close()
    with Study.create(
        folder / "going", scenario=GOING, seats=study.seats, measures=study.measures, fingerprint={"numpy": "1"}
    ) as going:
        for number in (0, 1):
            going.append(played[2 * number : 2 * number + 2], {}, seconds={"play": 0.1})
    command = [sys.executable, "-m", "simulation", "view", str(folder), "--no-browser"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server, sync_playwright() as driver:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield Served(folder, browser, address)
        browser.close()
        server.terminate()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_hinders_a_reader(served: Served, width: int, scheme: str) -> None:
    page, complaints = served.page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    for path in PAGES:
        page.goto(f"{served.base}/{path}")
        page.context.new_cdp_session(page).send(
            "Runtime.evaluate", {"expression": f"{AXE.read_text(encoding='utf-8')};0"}
        )
        assert page.evaluate(CHECK) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert [text for text in complaints if "404" not in text] == []


def test_every_page_says_the_same_without_scripts(served: Served) -> None:
    with_scripts, without = served.page()[0], served.page(java_script_enabled=False)[0]
    for path in PAGES:
        texts = []
        for page in (with_scripts, without):
            page.goto(f"{served.base}/{path}")
            texts.append(page.locator("main").inner_text())
        assert texts[0] == texts[1], path


def test_keys_lead_to_the_next_turn_and_back_and_a_filter_hides(served: Served) -> None:
    page, complaints = served.page()
    page.goto(f"{served.base}/compare/cohort-0/student-0/turn-1.html")
    page.keyboard.press("j")
    page.wait_for_url("**/turn-2.html")
    page.keyboard.press("k")
    page.wait_for_url("**/turn-1.html")
    answers, wrong = page.locator("article[id]"), page.locator("article.is-wrong[id]")
    for student in range(9):
        page.goto(f"{served.base}/compare/cohort-0/student-{student}/turn-4.html")
        if 0 < wrong.count() < answers.count():
            break
    assert 0 < wrong.count() < answers.count()
    page.get_by_label("wrong answers").check()
    assert page.locator("article[id]:visible").count() == wrong.count()
    assert complaints == []


def test_a_new_turn_is_there_within_three_seconds(served: Served, disk: Path) -> None:
    study, played = filled(disk / "source", turns=3)
    study.close()
    page, complaints = served.page()
    page.goto(f"{served.base}/going/student-0/index.html")
    assert page.get_by_role("link", name="turn 2", exact=True).count() == 0
    with Study.open(served.folder / "going", write=True) as going:
        going.append(played[4:6], {}, seconds={"play": 0.1})
    begun = time.monotonic()
    page.get_by_role("link", name="turn 2", exact=True).first.wait_for(timeout=20_000)
    assert time.monotonic() - begun < 3.0 and complaints == []


def test_a_bundle_opens_from_a_disk_without_a_network(served: Served, disk: Path) -> None:
    bundle(served.folder / "compare", disk / "pages", None, lambda _: None)
    context = served.browser.new_context(offline=True)
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda told: complaints.append(told.text))
    page.on("requestfailed", lambda sent: complaints.append(sent.url))
    waiting, seen = [(disk / "pages" / "index.html").as_uri()], set[str]()
    while waiting and len(seen) < 60:
        address = waiting.pop(0)
        seen.add(address)
        page.goto(address)
        links = page.evaluate("[...document.querySelectorAll('a')].map((one) => one.href.split('#')[0])")
        waiting += [link for link in dict.fromkeys(links) if link.endswith(".html") and link not in {*seen, *waiting}]
    assert len(seen) >= 50 and complaints == []
