"""The files of a bundle open from a disk: every link leads to a file, and what is left out is not linked."""

import posixpath
import re
import sqlite3
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from simulation.commands.view import turn_numbers
from simulation.core.errors import ScenarioError, StoreError
from simulation.store import DATABASE
from simulation.views.web.bundle import bundle, least_files
from simulation.views.web.catalog import Catalog
from tests.support.random_classes import Class
from tests.support.random_classes import play as play_class
from tests.views.web.crawling import PageReader


def files(folder: Path) -> dict[str, bytes]:
    """Return what was written, by path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def lost_links(written: dict[str, bytes]) -> list[tuple[str, str]]:
    """Return the links that lead to no file or no place in it."""
    pages = {name: PageReader(data.decode("utf-8")) for name, data in written.items() if name.endswith(".html")}
    ids = {name: {own.get("id") for _, own in page.tags} for name, page in pages.items()}
    lost = []
    for name, page in pages.items():
        for _, attributes in page.tags:
            for link in (attributes.get("href"), attributes.get("src"), attributes.get("srcset")):
                address = urlsplit(link or "")
                if link is None or address.scheme == "data":
                    continue
                assert not address.scheme and not address.netloc and not address.query, (name, link)
                path = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(address.path)))
                path = path if address.path else name
                if path not in written or (address.fragment and address.fragment not in ids[path]):
                    lost.append((name, link))
    return lost


def test_every_link_of_a_bundle_leads_to_a_file(runs: Path, disk: Path) -> None:
    sentences: list[str] = []
    count = bundle(runs / "class", disk / "pages", None, sentences.append)
    written = files(disk / "pages")
    assert len(written) == count > 50 and lost_links(written) == []
    assert sentences == [f"{count} files in {disk / 'pages'}; open {disk / 'pages' / 'index.html'}"]
    assert {f"class/student-{seat}/turn-{turn}.html" for seat in (0, 1) for turn in (1, 2, 3)} <= set(written)
    for name, data in written.items():
        if name.endswith(".html"):
            assert b"<form" not in data and b"Content-Security-Policy" in data and b"unsafe" not in data
            assert all(len(part) < 200 for part in name.split("/"))


def test_a_bundle_of_hostile_texts_and_of_a_comparison_stays_whole(runs: Path, disk: Path) -> None:
    bundle(runs / "hostile", disk / "hostile", None, lambda _: None)
    bundle(runs / "compare", disk / "compare", None, lambda _: None)
    for folder in (disk / "hostile", disk / "compare"):
        written = files(folder)
        assert lost_links(written) == []
        assert all(re.fullmatch(r"[A-Za-z0-9_.~/-]+", name) for name in written)
        pages = [data for name, data in written.items() if name.endswith(".html")]
        assert pages and not any(b"<script>alert" in data or b"<img src=x" in data for data in pages)


def test_turns_that_are_left_out_are_not_linked(runs: Path, disk: Path) -> None:
    bundle(runs / "class", disk / "pages", {2}, lambda _: None)
    written = files(disk / "pages")
    turns = {match[1] for name in written if (match := re.search(r"turn-(\d+)\.html", name))}
    assert turns == {"2"} and lost_links(written) == []


def test_a_folder_that_is_not_empty_is_refused(runs: Path, disk: Path) -> None:
    (disk / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(StoreError, match="is not empty; name a new folder"):
        bundle(runs, disk, None, print)
    assert [path.name for path in disk.iterdir()] == ["mine.txt"]


def test_too_many_files_are_refused_before_one_is_written(
    runs: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle(runs / "class", disk / "whole", None, lambda _: None)
    least = least_files(Catalog(runs / "class"), None)
    assert 50 < least <= len([name for name in files(disk / "whole") if re.search(r"/(turn|question)-\d+\.html", name)])
    assert least_files(Catalog(runs / "class"), {2}) < least
    monkeypatch.setattr("simulation.views.web.bundle.MOST_FILES", least - 1)
    with pytest.raises(StoreError, match=f"would have over {least - 1} files, {least} at least; name one study, or"):
        bundle(runs / "class", disk / "pages", None, lambda _: None)
    assert not (disk / "pages").exists()


def test_turns_are_named_by_number() -> None:
    assert turn_numbers("1, 5,20") == {1, 5, 20} and turn_numbers("all") is None and turn_numbers(None) is None
    with pytest.raises(ScenarioError, match="name turns by number"):
        turn_numbers("1-3")


def test_pages_that_cannot_be_shown_are_counted(disk: Path) -> None:
    play_class(Class(seed=1, turns=1), disk / "class")
    with sqlite3.connect(disk / "class" / DATABASE) as connection:
        connection.execute("UPDATE results SET scores = x'66' WHERE t = 1")
    connection.close()
    sentences: list[str] = []
    bundle(disk / "class", disk / "pages", None, sentences.append)
    assert len(sentences) == 2 and " of them only say what of a study cannot be read" in sentences[1]
    first = Path(sentences[1].rsplit(" ", 1)[1])
    assert "restore the study" in PageReader(first.read_text(encoding="utf-8")).text
