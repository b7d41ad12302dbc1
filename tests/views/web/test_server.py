"""Only who knows the token comes in, only under a named host, only to read; whatever is asked, the record stays."""

import socket
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from simulation.core.errors import ScenarioError, StoreError
from simulation.store import DATABASE, Study
from simulation.views.web.catalog import Catalog
from simulation.views.web.server import Door, application, hosts_of, listening
from simulation.views.web.site import Site
from tests.views.web.crawling import PageReader

HOST = "127.0.0.1:8000"
TOKEN = "a-token"


@pytest.fixture
def stranger(site: Site) -> TestClient:
    """A browser that was not given the address."""
    door = Door(token=TOKEN, hosts=hosts_of("127.0.0.1", 8000), cookie="simulation-8000")
    return TestClient(application(site, door), base_url=f"http://{HOST}", follow_redirects=False)


@pytest.fixture
def reader(stranger: TestClient) -> TestClient:
    """A browser that opened the printed address."""
    reply = stranger.get("/", params={"token": TOKEN})
    assert reply.status_code == 303 and reply.headers["location"] == "/"
    assert "HttpOnly" in reply.headers["set-cookie"] and "SameSite=strict" in reply.headers["set-cookie"]
    return stranger


@pytest.mark.parametrize(
    "path", ["/", "/class/index.html", "/static/pages.css", "/nothing", "/class/student-0/index.html"]
)
def test_nobody_without_the_token_sees_anything(stranger: TestClient, path: str) -> None:
    for address in (path, f"{path}?token=", f"{path}?token=wrong", f"{path}?token=%C3%A9"):
        reply = stranger.get(address)
        assert reply.status_code == 403 and "token" in reply.text and "<" not in reply.text
    stranger.cookies.set("simulation-8000", "wrong")
    assert stranger.get(path).status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1", "127.0.0.1:8001", "", "localhost.evil:8000"]
)
def test_no_other_host_is_served(reader: TestClient, host: str) -> None:
    assert reader.get("/", headers={"host": host}).status_code == 403
    assert reader.get("/", headers={"host": "localhost:8000"}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_nothing_but_reading_is_answered(reader: TestClient, method: str) -> None:
    assert reader.request(method, "/class/index.html").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/class/../../etc/passwd",
        "/class/..%5c..%5cstudy.db",
        "/class/study.db",
        "/class/scenario.yaml",
        "/..",
        "/%2e%2e/index.html",
        "/./index.html",
        "//etc/passwd",
        "/class%00/index.html",
        "/static/../server.py",
        "/static/%2e%2e/server.py",
        "/compare/../class/index.html",
        "/compare/cohort-0%2f../index.html",
        "/class/student-%2e%2e/index.html",
        "/class/student-0/turn-1.html%0a",
    ],
)
def test_no_path_leads_outside(reader: TestClient, path: str) -> None:
    reply = reader.get(f"http://{HOST}{path}")
    if str(reply.request.url.raw_path, "ascii") == path:
        assert reply.status_code == 404
    assert "root:" not in reply.text and "SQLite" not in reply.text


def test_a_link_to_a_folder_elsewhere_is_no_study(disk: Path, runs: Path) -> None:
    (disk / "shelf").mkdir()
    (disk / "shelf" / "elsewhere").symlink_to(runs / "class")
    (disk / "shelf" / "hostile").mkdir()
    (disk / "shelf" / "hostile" / DATABASE).write_bytes((runs / "hostile" / DATABASE).read_bytes())
    site = Site(Catalog(disk / "shelf"))
    assert [place.name for place in site.catalog.places()] == ["hostile"]
    assert site.reply("elsewhere/index.html").status == 404


def test_every_reply_forbids_what_a_page_does_not_need(reader: TestClient) -> None:
    for path in (
        "/",
        "/class/index.html",
        "/compare/report.html",
        "/static/pages.js",
        "/class/curve-dark.svg",
        "/none",
    ):
        headers = reader.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"
        assert headers["cross-origin-resource-policy"] == "same-origin"
    report = reader.get("/compare/report.html")
    inside = next(own["content"] for tag, own in PageReader(report.text).tags if own.get("http-equiv"))
    style = str(inside).split("style-src ")[1]
    assert style in report.headers["content-security-policy"]


def test_the_token_leaves_the_address_and_the_rest_of_it_stays(reader: TestClient) -> None:
    reply = reader.get("/class/answers.html", params={"token": TOKEN, "truth": "wrong"})
    assert reply.headers["location"] == "/class/answers.html?truth=wrong"
    assert reader.get("//evil.example", params={"token": TOKEN}).headers["location"] == "/"


def test_a_download_holds_no_formula(reader: TestClient) -> None:
    reply = reader.get("/hostile/answers.csv")
    assert "attachment" in reply.headers["content-disposition"]
    assert "'=cmd()" in reply.text and not any(cell.startswith(("=", '"=')) for cell in reply.text.split(","))
    assert "\x00" not in reply.text and "\u202e" not in reply.text


def test_looking_changes_nothing(runs: Path, reader: TestClient) -> None:
    def state() -> tuple[str, bytes]:
        with Study.open(runs / "class") as study:
            return study.trace_hash, (runs / "class" / DATABASE).read_bytes()

    before = state()
    for page in ("index.html", "answers.html", "student-0/turn-1.html", "compare.html", "curve-light.svg"):
        assert reader.get(f"/class/{page}").status_code == 200
    assert state() == before


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ScenarioError, match=r"cannot be served .* choose another --port"):
            listening("127.0.0.1", other.getsockname()[1])
    with pytest.raises(ScenarioError, match="is no port"):
        listening("127.0.0.1", 70000)


def test_a_folder_without_studies_says_what_to_do(disk: Path) -> None:
    with pytest.raises(StoreError, match=r"holds no study.*simulation run"):
        Catalog(disk)
    with pytest.raises(StoreError, match="is not there"):
        Catalog(disk / "nothing")
