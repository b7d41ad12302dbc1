"""What an educator asks first is answered within three clicks from the start page, by the links of the pages."""

import posixpath
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from simulation.measures.methods import HALF
from simulation.store import Study
from simulation.views.web.catalog import Catalog
from simulation.views.web.site import Site
from tests.support.comparisons import concluded, planned, play
from tests.support.random_classes import SLIPS, Class
from tests.support.random_classes import play as play_class
from tests.views.web.crawling import PageReader

Address = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicked:
    """A page and how it is reached."""

    clicks: int
    page: PageReader


@pytest.fixture(scope="module")
def folder(disks: Callable[[], Path]) -> Path:
    """A class whose answers are drawn, with a misconception planted, and a comparison."""
    folder = disks() / "runs"
    play_class(Class(seed=5, students=3, turns=3, held_out=30), folder / "drawn")
    concluded(play(planned(folder / "compare")))
    return folder


@pytest.fixture(scope="module")
def within_three(folder: Path) -> Mapping[Address, Clicked]:
    """All pages that three clicks on links lead to, read as a browser has them."""
    site = Site(Catalog(folder))
    reached: dict[Address, Clicked] = {}
    waiting: deque[tuple[int, Address]] = deque([(0, ("index.html", ()))])
    seen = {waiting[0][1]}
    while waiting:
        clicks, (path, query) = waiting.popleft()
        reply = site.reply(path, dict(query))
        if reply.status != 200 or reply.own_style or not reply.content_type.startswith("text/html"):
            continue
        page = PageReader(reply.body.decode("utf-8"))
        reached[path, query] = Clicked(clicks=clicks, page=page)
        for tag, attributes in page.tags:
            address = urlsplit(str(attributes.get("href")))
            if tag != "a" or clicks == 3 or not address.path:
                continue
            follower = (
                posixpath.normpath(posixpath.join(posixpath.dirname(path), address.path)),
                tuple(parse_qsl(address.query)),
            )
            if follower not in seen:
                seen.add(follower)
                waiting.append((clicks + 1, follower))
    return reached


def test_which_policy_won_and_how_sure_that_is(within_three: Mapping[Address, Clicked], folder: Path) -> None:
    own = within_three["compare/index.html", ()]
    printed = (folder / "compare" / "tables.txt").read_text(encoding="utf-8")
    assert own.clicks == 1
    (lead,) = [line for line in printed.splitlines() if " has the highest accuracy" in line]
    leader = lead.split(" has the highest")[0].split(". ")[-1]
    assert f"{leader} has the highest accuracy" in own.page.text
    assert ("cannot be told from" in own.page.text) == ("cannot tell" in printed)
    assert "95 % interval" in own.page.text


def test_which_skill_a_student_forgot(within_three: Mapping[Address, Clicked], folder: Path) -> None:
    with Study.open(folder / "drawn") as study:
        categories = {question.id: question.category for question in study.question_set("held_out")}
        for seat, own in enumerate(study.seats):
            *earlier, last = [
                {result.question_id: result.truth for result in turn.evaluations["held_out"].results}
                for turn in study.turns(own.name)
                if turn.evaluations
            ]
            lost = [
                name for name, truth in last.items() if truth < HALF and any(exam[name] >= HALF for exam in earlier)
            ]
            counts = Counter(categories[name] or "none" for name in lost)
            most = min(counts, key=lambda name: (-counts[name], name))
            page = within_three[f"drawn/student-{seat}/index.html", ()]
            assert page.clicks == 2
            assert f"what it forgot: {len(lost)} of 30 held-out answers" in page.page.text
            assert f"most of them in: {most} ({counts[most]})" in page.page.text


def test_where_the_teacher_was_wrong(within_three: Mapping[Address, Clicked], folder: Path) -> None:
    own = within_three["drawn/answers.html", (("teacher", "wrong"),)]
    with Study.open(folder / "drawn") as study:
        wrong = study.query("SELECT count(*) FROM answered WHERE abs(score - truth) > 0")[0][0]
    assert own.clicks == 2 and own.page.text.count("Answers") >= 1
    assert f"{wrong} answers about which the teacher was wrong" in own.page.text
    turns = [row[0] for row in own.page.table_rows("answers")]
    assert len(turns) == wrong > 3


def test_the_commonest_misconception_and_the_turns_that_worked_on_it(
    within_three: Mapping[Address, Clicked], folder: Path
) -> None:
    with Study.open(folder / "drawn") as study:
        lessons = Counter(
            (turn.turn, turn.student)
            for turn in study.turns()
            for lesson in turn.lessons
            if lesson.item.question.key.reveals[lesson.item.answer.choice or 0] == SLIPS[0]
        )
        met = study.query("SELECT count(*) FROM answered WHERE reveals = ?", SLIPS[0])[0][0]
    study_page = within_three["drawn/index.html", ()]
    commonest = next(iter(study_page.page.table("commonest misconceptions")))
    assert study_page.clicks == 1 and commonest == SLIPS[0]
    own = within_three["drawn/answers.html", (("reveals", SLIPS[0]),)]
    assert own.clicks == 2 and f"{met} answers that show: {SLIPS[0]}" in own.page.text
    rows = own.page.table_rows("turns that worked on this misconception")
    assert {(row[0], row[1]): row[2] for row in rows} == {
        (f"turn {turn}", student): str(count) for (turn, student), count in lessons.items()
    }
    assert lessons
    for turn, student in lessons:
        assert within_three[f"drawn/{student}/turn-{turn}.html", ()].clicks <= 3


def test_a_category_on_a_students_page_leads_to_the_answers_of_that_student(
    within_three: Mapping[Address, Clicked],
) -> None:
    own = within_three["drawn/student-1/index.html", ()]
    links = [str(attributes.get("href")) for tag, attributes in own.page.tags if tag == "a"]
    queries = [dict(parse_qsl(urlsplit(link).query)) for link in links]
    categories = [query for query in queries if "category" in query and "teacher" not in query]
    assert categories and all(query["seat"] == "1" for query in categories)
