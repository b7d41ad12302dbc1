"""Walks the pages from the start page on, as a reader's clicks could."""

from collections import deque
from functools import cache
from html.parser import HTMLParser

from simulation.views.web.links import Target
from simulation.views.web.site import Reply, Site

VOID = {"meta", "img", "br", "link", "input", "hr", "source"}


class PageReader(HTMLParser):
    """Keeps a page's tags, attributes and text, and what was left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.rows: list[list[str]] = []
        self.captions: list[str] = []
        self.starts: list[int] = []
        """Of each table, how many rows stand before it."""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.captions.append("")
            self.starts.append(len(self.rows))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if "caption" in self.open:
            self.captions[-1] += data
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data

    def table_rows(self, caption: str) -> list[list[str]]:
        """Return the rows, without the head, of the only table whose caption begins so."""
        (place,) = [place for place, own in enumerate(self.captions) if own.startswith(caption)]
        return self.rows[self.starts[place] + 1 : [*self.starts, len(self.rows)][place + 1]]

    def table(self, caption: str) -> dict[str, list[str]]:
        """Return the rows of the table whose caption begins so, by their first cell, which is different in each."""
        rows = self.table_rows(caption)
        assert len({row[0] for row in rows}) == len(rows)
        return {row[0]: row[1:] for row in rows}

    @property
    def text(self) -> str:
        """All words with single spaces."""
        return " ".join(" ".join(self.words).split())


def pages(site: Site, most: int = 100_000) -> dict[Target, Reply]:
    """Return every page that links lead to, at most so many."""
    replies: dict[Target, Reply] = {}
    waiting, seen = deque([Target("index.html")]), {Target("index.html")}
    while waiting and len(replies) < most:
        target = waiting.popleft()
        replies[target] = site.reply(target.path, dict(target.query))
        fresh = [follower for follower in replies[target].targets if follower not in seen]
        seen.update(fresh)
        waiting.extend(dict.fromkeys(fresh))
    return replies


def read(site: Site, path: str, **query: str) -> PageReader:
    """Return one page that is there."""
    reply = site.reply(path, query)
    assert reply.status == 200, reply.body.decode("utf-8")[-1500:]
    return parsed(reply.body)


@cache
def parsed(body: bytes) -> PageReader:
    """Return what a page holds."""
    page = PageReader(body.decode("utf-8"))
    assert page.open == []
    return page
