"""The pages of a study whose students answered again say what the record says of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulation.measures.mending import total
from simulation.measures.summary import add_up
from simulation.store import Study, StudySums
from simulation.views.mending_tables import CAPTION, TITLE
from simulation.views.web.catalog import Catalog
from simulation.views.web.report_page import report_page
from simulation.views.web.site import Site
from tests.support.second_tries import studied
from tests.views.web.crawling import pages, parsed, read


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    studied(folder / "told", 3).close()
    return folder


@pytest.fixture(scope="module")
def study(folder: Path) -> Iterator[Study]:
    with Study.open(folder / "told") as study:
        yield study


@pytest.fixture(scope="module")
def site(folder: Path) -> Site:
    return Site(Catalog(folder))


def test_every_page_is_there(site: Site) -> None:
    crawled = pages(site)
    assert len(crawled) > 30
    assert {(target.path, reply.status) for target, reply in crawled.items() if reply.status != 200} == set()


def test_the_study_and_each_student_tell_it_by_category(site: Site, study: Study) -> None:
    courses = add_up(StudySums(study), study.measures[0])
    for path, own in (("told/index.html", courses), ("told/student-1/index.html", courses[1:])):
        page = read(site, path)
        assert "Second attempts" in page.text and CAPTION in page.text
        everything = total(counts for course in own for counts in course.again.values())
        (row,) = [row for row in page.rows if row[0] == "all" and row[1:2] == [str(everything.questions)]]
        assert row[2:4] == [str(everything.wrong), str(everything.mended)]
        assert row[-2:] == [str(everything.right), str(everything.spoiled)]


def test_a_turn_shows_each_answer_with_its_verdict_and_what_was_read(site: Site, study: Study) -> None:
    for turn in study.turns("student-0", start=1):
        page = read(site, f"told/student-0/turn-{turn.turn}.html")
        questions = len({attempt.position for attempt in turn.attempts})
        assert f"{questions} answered again: what the teacher said mended" in page.text
        thirds = sum(attempt.number == 3 for attempt in turn.attempts)
        assert page.text.count("a third time") == thirds > 0
        assert page.text.count("what it read before answer 2") == questions
        for attempt in turn.attempts:
            assert " ".join(attempt.answer.model_input.split()) in page.text


def test_a_question_shows_what_was_answered_again(site: Site, study: Study) -> None:
    turn = next(iter(study.turns("student-0", start=1)))
    attempt = turn.attempts[0]
    query = "SELECT question FROM answers WHERE t = 1 AND s = 0 AND i = ?"
    ((number,),) = study.query(query, attempt.position)
    page = read(site, f"told/student-0/question-{number}.html")
    word = "right" if attempt.truth >= 1 else "wrong"
    assert "answered again" in page.text and f"{attempt.answer.text} ({word})" in page.text


def test_whole_texts_of_further_answers_have_addresses(site: Site, study: Study) -> None:
    turn = next(iter(study.turns("student-0", start=1)))
    attempt = next(attempt for attempt in turn.attempts if attempt.number == 3)
    start = f"told/student-0/answer-1-{attempt.position}"
    assert site.reply(f"{start}-input-3.txt", {}).body.decode() == attempt.answer.model_input
    once = next(own.position for own in turn.experiences if own.feedback.score >= 1)
    assert site.reply(f"told/student-0/answer-1-{once}-answer-2.txt", {}).status == 404


def test_the_report_on_one_page_tells_it(study: Study) -> None:
    page = parsed(report_page(study).encode())
    assert TITLE in page.captions and page.text.count("a third time") > 0
