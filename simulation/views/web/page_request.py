"""One request for a page of a study: the open study, what was chosen, how long texts may be, where links lead."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from simulation.core.types import Question
from simulation.measures.summary import Course
from simulation.store import Study
from simulation.store.kept_sums import KeptSums
from simulation.views.web.catalog import Catalog, NotThere
from simulation.views.web.links import Links
from simulation.views.web.sheets import LENGTHS, PAGE_SIZE, Paging
from simulation.views.web.summaries import Summaries

V = TypeVar("V")
LARGEST = 10_000_000
"""A number in an address beyond this is no place."""
PAGERS = frozenset({"page", "lessons", "changes", "students", "turns"})
"""What a page may have several of; files have a page of each, not of every combination."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """What a page is made of and for."""

    study: Study
    base: str
    """The path of the study within the site, such as "NAME" or "NAME/cohort-0"."""
    links: Links
    summaries: Summaries
    query: Mapping[str, str] = field(default_factory=dict)
    catalog: Catalog | None = None
    """Which other studies there are, where pages may lead to them."""
    longest: int = LENGTHS[0]
    """Characters shown of a text."""
    renewal: str = ""
    """Where the page asks for its next state, "" where the study goes on no more."""

    @property
    def sums(self) -> KeptSums:
        """The sums of the study; raises SumsUnderWay."""
        return self.summaries.sums(self.study)

    @property
    def held_out(self) -> Mapping[str, tuple[int, Question]]:
        """The held-out questions with the numbers of their rows, by id."""
        return self.summaries.held_out(self.study)

    def once(self, key: str, courses: Sequence[Course], make: Callable[[], V]) -> V:
        """Return what is made of courses, one's or all, and was made under this key since the study's last turn."""
        return self.summaries.once(self.study, f"{key} {courses[0].student if len(courses) == 1 else ''}", make)

    def seat(self, text: str) -> int:
        """Return a student's place among the seats; raises NotThere."""
        seat = int(text)
        if seat >= len(self.study.seats):
            raise NotThere(f"{self.study.name} seats {len(self.study.seats)} students, counted from 0")
        return seat

    def turn(self, text: str) -> int:
        """Return the number of a committed turn; raises NotThere."""
        turn = int(text)
        if turn > self.study.last_turn:
            raise NotThere(f"turn {turn} of {self.study.name} is not played; the last is {self.study.last_turn}")
        return turn

    def number(self, name: str, least: int = 1) -> int:
        """Return a number of the query, `least` where it is not given; raises NotThere where it is none."""
        text = self.query.get(name, "") or str(least)
        if not (text.isascii() and text.isdigit()) or not least <= int(text) <= LARGEST:
            raise NotThere(f"{name}={text} is no number from {least} on")
        return int(text)

    def paging(self, count: int, path: str, name: str = "page", size: int = PAGE_SIZE) -> Paging:
        """Return where in a list of so many entries the page is; raises NotThere behind its end."""
        page = self.number(name)
        paging = Paging(page, count, size)
        if page > paging.pages:
            raise NotThere(f"there is no page {page} of {paging.pages}")
        dropped = PAGERS if self.links.bundled else {name}
        others = {key: value for key, value in self.query.items() if key not in dropped}
        previous = self.links.to(path, {**others, name: "" if page == 2 else page - 1}) if page > 1 else ""
        following = self.links.to(path, {**others, name: page + 1}) if page < paging.pages else ""
        return Paging(page, count, size, previous, following)

    def student_path(self, seat: int, page: str = "index.html") -> str:
        """Return the path of a page of a student."""
        return f"{self.base}/student-{seat}/{page}"

    def turn_path(self, seat: int, turn: int) -> str:
        """Return the path of the page of a turn."""
        return self.student_path(seat, f"turn-{turn}.html")

    def answer_link(self, seat: int, turn: int, position: int) -> str:
        """Return the address of an answer on the page of its turn."""
        query = {"page": "" if position < PAGE_SIZE else position // PAGE_SIZE + 1}
        return self.links.to(self.turn_path(seat, turn), query, anchor=f"answer-{position}")
