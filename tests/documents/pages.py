"""Reads the documents: their blocks, the commands they show, their links, the paths they name."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"(?:python3?|pytest|pip|make|sqlite3|cd|\.venv/bin/\w+) \S")
"""How a code span begins that is a command."""


@dataclass(frozen=True)
class Command:
    """A command line as a page shows it."""

    page: str
    text: str

    @property
    def words(self) -> list[str]:
        """Its words, as a shell divides them."""
        return shlex.split(self.text)


@cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of a page that are of a language."""
    return [block for name, block in FENCE.findall(text_of(page)) if name == language]


def modules(page: Path) -> dict[str, str]:
    """Return the Python files that a page shows, by the names of their modules: each block's first line is its name."""
    named = [re.match(r"# (\w+)\.py\n", block) for block in blocks(page, "python")]
    return {match[1]: match.string for match in named if match is not None}


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return FENCE.sub("", text_of(page))


def spans(page: Path) -> list[str]:
    """Return the code spans of a page; a bar is escaped in tables."""
    return [" ".join(span.split()).replace(r"\|", "|") for span in SPAN.findall(prose(page))]


def commands() -> list[Command]:
    """Return the commands of all pages, each once: every line of `sh` blocks, and code spans that are one."""
    found: dict[str, Command] = {}
    for page in PAGES:
        for text in (*lines_of_shell(page), *filter(COMMAND.match, spans(page))):
            found.setdefault(text, Command(page.name, text))
    return list(found.values())


def lines_of_shell(page: Path) -> Iterator[str]:
    """Yield the lines of `sh` blocks, continued ones joined, without comments."""
    for block in blocks(page, "sh"):
        for line in re.sub(r"\s*\\\n\s*", " ", block).splitlines():
            command = re.sub(r"\s+# .*", "", line).strip()
            if command:
                yield command


def anchors(page: Path) -> set[str]:
    """Return the names of a page's headings, as links write them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
