"""What a model or a file wrote harms nobody who reads it, and a bundle needs nothing but itself."""

import os
from pathlib import Path

import pytest

from simulation.views.web.bundle import bundle
from tests.support.browsers import Served, overheard

pytestmark = pytest.mark.skipif(
    not os.environ.get("TEST_PAGES"), reason="needs a browser; make test-pages installs it and runs this"
)


def test_no_hostile_text_runs_or_asks_for_anything(reading: Served) -> None:
    page, complaints = reading.page()
    waiting, seen = [f"{reading.base}/hostile/index.html"], set[str]()
    while waiting and len(seen) < 25:
        address = waiting.pop(0)
        seen.add(address)
        reply = page.goto(address)
        assert reply.status == 200 and len(reply.body()) <= 1_000_000, address
        links = page.evaluate("[...document.querySelectorAll('a')].map((one) => one.href.split('#')[0])")
        fresh = [link for link in dict.fromkeys(links) if link not in {*seen, *waiting} and ".csv" not in link]
        waiting += sorted(fresh, key=lambda link: sum(kind(link) == kind(one) for one in {*seen, *waiting}))[:8]
    assert len({kind(address) for address in seen}) >= 7, seen
    assert complaints == []


def kind(address: str) -> str:
    """Return an address without its numbers and choices."""
    return "".join(sign for sign in address.split("?")[0] if not sign.isdigit())


def test_a_bundle_opens_from_a_disk_without_a_network(reading: Served, disk: Path) -> None:
    bundle(reading.folder / "class", disk / "pages", None, lambda _: None)
    page = reading.browser.new_context(offline=True).new_page()
    start = (disk / "pages" / "index.html").as_uri()
    complaints = overheard(page, (start.removesuffix("index.html"), "data:"))
    page.on("requestfailed", lambda sent: complaints.append(sent.url))
    waiting, seen = [start], set[str]()
    while waiting and len(seen) < 60:
        address = waiting.pop(0)
        seen.add(address)
        page.goto(address)
        assert page.locator("h1").count() == 1 and page.locator("script").count() == 1, address
        links = page.evaluate("[...document.querySelectorAll('a')].map((one) => one.href.split('#')[0])")
        waiting += [link for link in dict.fromkeys(links) if link.endswith(".html") and link not in {*seen, *waiting}]
    assert len(seen) >= 50 and complaints == []
    page.goto(start.replace("index.html", "class/student-0/turn-1.html"))
    page.keyboard.press("j")
    page.wait_for_url("**/turn-2.html")
