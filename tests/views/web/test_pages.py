"""Every page is whole, leads to pages that are there, and says what the record says."""

import posixpath
import re
from collections.abc import Mapping
from math import log
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from simulation.store import Study
from simulation.views.lesson_effects import RARE, share
from simulation.views.web.links import Target
from simulation.views.web.rendering import STATIC
from simulation.views.web.site import HTML, MOST_BYTES, Reply, Site
from tests.views.web.crawling import PageReader, pages, parsed, read


@pytest.fixture(scope="module")
def crawled(site: Site) -> Mapping[Target, Reply]:
    """Every page of the folder."""
    return pages(site)


@pytest.fixture(scope="module")
def study(runs: Path) -> Study:
    """The class of the embedded student."""
    return Study.open(runs / "class")


def test_every_link_leads_to_a_page(crawled: Mapping[Target, Reply]) -> None:
    assert len(crawled) > 200
    assert {(target.path, reply.status) for target, reply in crawled.items() if reply.status != 200} == set()


def test_every_page_is_whole_and_runs_no_script_of_its_own(crawled: Mapping[Target, Reply]) -> None:
    for target, reply in crawled.items():
        assert len(reply.body) <= MOST_BYTES, target
        if reply.content_type != HTML or reply.own_style:
            continue
        for tag, attributes in parsed(reply.body).tags:
            assert "style" not in attributes and tag not in ("style", "iframe", "object", "base"), target
            assert not any(name.startswith("on") for name in attributes), target
            if tag == "script":
                assert str(attributes["src"]).split("static/")[-1] in STATIC, target
            if tag == "img":
                assert attributes["alt"]
        links = [attributes["href"] for tag, attributes in parsed(reply.body).tags if tag == "a"]
        assert all(re.match(r"[A-Za-z0-9_.#/-]", str(link)) and ":" not in str(link) for link in links), target


def test_every_anchor_is_on_the_page_that_it_names(crawled: Mapping[Target, Reply]) -> None:
    checked = 0
    for target, reply in crawled.items():
        if reply.content_type != HTML or reply.own_style:
            continue
        for tag, attributes in parsed(reply.body).tags:
            address = urlsplit(str(attributes.get("href", "")))
            if tag != "a" or not address.fragment:
                continue
            path = (
                posixpath.normpath(posixpath.join(posixpath.dirname(target.path), address.path))
                if address.path
                else target.path
            )
            query = tuple(parse_qsl(address.query)) if address.path else target.query
            ids = {own.get("id") for _, own in parsed(crawled[Target(path, query)].body).tags}
            assert address.fragment in ids, (target, attributes["href"])
            checked += 1
    assert checked > 300


def test_ids_are_given_once(crawled: Mapping[Target, Reply]) -> None:
    for target, reply in crawled.items():
        if reply.content_type == HTML and not reply.own_style:
            ids = [attributes["id"] for _, attributes in parsed(reply.body).tags if "id" in attributes]
            assert len(ids) == len(set(ids)), target


def cells(page: PageReader, first: str, width: int | None = None) -> list[str]:
    """Return the first row that begins with a cell."""
    return next(row for row in page.rows if row[0] == first and width in (None, len(row)))


def test_a_turn_says_what_the_record_says(site: Site, study: Study) -> None:
    for turn in study.turns("student-1", start=1):
        page = read(site, f"class/student-1/turn-{turn.turn}.html")
        right = sum(experience.truth >= 1 for experience in turn.experiences)
        called = sum(experience.feedback.score >= 1 for experience in turn.experiences)
        erred = sum(experience.truth != experience.feedback.score for experience in turn.experiences)
        assert (
            f"{right} of 12 answers right, {called} called right by the teacher; the teacher was wrong about {erred}"
            in page.text
        )
        answers = [own for tag, own in page.tags if tag == "article" and "id" in own]
        assert len(answers) == 12
        assert sum("is-right" in str(own["class"]) for own in answers) == right
        assert sum("is-erred" in str(own["class"]) for own in answers) == erred
        for experience in turn.experiences:
            assert " ".join(experience.question.prompt.split()) in page.text
            reveals = experience.question.key.reveals[experience.answer.choice or 0]
            assert reveals in ("right", "filler", "wrong") or reveals in page.text


def test_lessons_tell_what_the_record_tells_before_and_after(site: Site, study: Study) -> None:
    told = 0
    for turn in study.turns("student-0", start=1):
        page = read(site, f"class/student-0/turn-{turn.turn}.html")
        assert turn.update is not None
        pairs = [
            (effect.taught_before > (effect.rejected_before or 0), effect.taught_after > (effect.rejected_after or 0))
            for effect in turn.update.effects
            if effect.rejected_before is not None
        ]
        before, after = (sum(pair[side] for pair in pairs) for side in (0, 1))
        sentence = f"preferred what it was taught in {before} before the update and in {after} after it"
        assert f"Of {len(pairs)} lessons with an answer to avoid, the student {sentence}" in page.text
        for effect in turn.update.effects:
            if max(effect.taught_before, effect.taught_after) > log(RARE):
                assert f"{share(effect.taught_before)} before → {share(effect.taught_after)} after" in page.text
                told += 1
    assert told > 5


@pytest.mark.parametrize("student", [0, 1])
def test_held_out_answers_that_changed_are_those_that_did(site: Site, study: Study, student: int) -> None:
    questions = {question.id: question for question in study.question_set("held_out")}
    turns = {turn.turn: turn for turn in study.turns(f"student-{student}")}
    truths = {
        number: {result.question_id: result.truth for result in turn.evaluations["held_out"].results}
        for number, turn in turns.items()
        if turn.evaluations
    }
    moved_answers = 0
    for number, before, after in ((1, 0, 2), (2, 0, 2), (3, 2, 3)):
        topics = {experience.question.category for experience in turns[number].experiences}
        own = {
            name: truths[after][name] - was
            for name, was in truths[before].items()
            if truths[after][name] != was and questions[name].category in topics
        }
        up, down = sum(step > 0 for step in own.values()), sum(step < 0 for step in own.values())
        page = read(site, f"class/student-{student}/turn-{number}.html")
        assert f"after turn {before} and after turn {after}" in page.text
        assert f"{up} turned right and {down} turned wrong; in all others" in page.text
        prompts = [row[1] for row in page.rows if len(row) in (5, 6) and row[0] in topics]
        assert sorted(prompts) == sorted(questions[name].prompt for name in own)
        moved_answers += len(own)
    assert moved_answers > 0


def test_the_class_is_as_a_query_by_hand_has_it(site: Site, study: Study) -> None:
    page = read(site, "class/index.html")
    sides = [f"sum(truth {truth} 1 AND score {score} 1)" for truth in ("<", ">=") for score in ("<", ">=")]
    rows = study.query(f"SELECT {', '.join(sides)}, count(*) FROM answered")
    *counts, total = rows[0]
    assert cells(page, "all")[1:] == [str(total), *map(str, counts), str(counts[1] + counts[2])]
    assert counts[1] + counts[2] > 3
    for category, answers in study.query("SELECT category, count(*) FROM answered GROUP BY category"):
        assert cells(page, category, 7)[1] == str(answers)
    results = [
        (question.category, turn.turn, result.truth)
        for turn in study.turns()
        for result in (turn.evaluations["held_out"].results if turn.evaluations else ())
        for question in [next(own for own in study.question_set("held_out") if own.id == result.question_id)]
    ]
    for category in {own for own, _, _ in results}:
        for column, number in ((2, 0), (3, 2), (4, 3)):
            truths = [truth for own, turn, truth in results if (own, turn) == (category, number)]
            assert cells(page, category, 6)[column] == f"{100 * sum(truths) / len(truths):.1f}"


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        ({}, "1"),
        ({"truth": "wrong"}, "truth < 1"),
        ({"teacher": "wrong"}, "abs(score - truth) > 0"),
        ({"seat": "1", "truth": "right"}, "student = 'student-1' AND truth >= 1"),
        ({"category": "gain"}, "category = 'gain'"),
        ({"text": "How_MANY"}, "0"),
        ({"text": "how many"}, "prompt LIKE '%how many%' OR answer LIKE '%how many%'"),
        ({"turn": "2"}, "turn = 2"),
    ],
)
def test_a_filter_lets_through_what_it_names(site: Site, study: Study, query: dict[str, str], condition: str) -> None:
    total = study.query(f"SELECT count(*) FROM answered WHERE {condition}")[0][0]
    page = read(site, "class/answers.html", **query)
    assert page.text.split("Studies class Answers ")[1].startswith(f"{total} answer")
    lines = site.reply("class/answers.csv", query).body.decode("utf-8").splitlines()
    assert len(lines) == total + 1


def test_a_misconception_leads_to_the_turns_in_which_it_was_met(site: Site, study: Study) -> None:
    own = "reveals NOT IN ('right', 'wrong', 'filler') GROUP BY reveals ORDER BY 2 DESC, 1 LIMIT 1"
    ((name, times),) = study.query(f"SELECT reveals, count(*) FROM answered WHERE {own}")
    page = read(site, "class/answers.html", reveals=name)
    assert f"{times} answer" in page.text and name in page.text


def test_a_question_shows_every_time_it_was_met(site: Site, study: Study) -> None:
    number, times = study.query("SELECT question, count(*) FROM answers GROUP BY question ORDER BY 2 DESC, 1 LIMIT 1")[
        0
    ]
    page = read(site, f"class/student-0/question-{number}.html")
    asked_rows = [row for row in page.rows if len(row) == 6 and re.fullmatch(r"turn \d+", row[0])]
    own = study.query("SELECT count(*) FROM answers WHERE question = ? AND s = 0", number)[0][0]
    assert len(asked_rows) == own + times
    held = study.query("SELECT question FROM question_sets WHERE name = 'held_out' ORDER BY i LIMIT 1")[0][0]
    first = study.question_set("held_out")[0]
    page = read(site, f"class/student-1/question-{held}.html")
    answers = [
        (f"turn {turn.turn}", result.text)
        for turn in study.turns("student-1")
        if turn.evaluations
        for result in turn.evaluations["held_out"].results
        if result.question_id == first.id
    ]
    assert len(answers) == 3
    assert [(row[0], row[1]) for row in page.rows if len(row) == 4 and row[0].startswith("turn ")] == answers


def test_what_was_forgotten_is_what_was_right_before_and_is_wrong_now(site: Site, study: Study) -> None:
    by_turn = [
        {result.question_id: result.truth for result in turn.evaluations["held_out"].results}
        for turn in study.turns("student-0")
        if turn.evaluations
    ]
    lost = [name for name, truth in by_turn[-1].items() if truth < 1 and any(earlier[name] >= 1 for earlier in by_turn)]
    page = read(site, "class/student-0/index.html")
    assert (f"what it forgot: {len(lost)} of 90 held-out answers" in page.text) == bool(lost)


def test_two_turns_stand_side_by_side(site: Site, study: Study) -> None:
    page = read(site, "class/compare.html", a_student="0", a_turn="1", b_student="1", b_turn="2")
    for column, (name, number) in enumerate((("student-0", 1), ("student-1", 2)), 1):
        turn = next(study.turns(name, start=number, stop=number + 1))
        assert cells(page, "right")[column] == f"{sum(experience.truth for experience in turn.experiences):g}"
        assert cells(page, "trained on")[column] == str(turn.update.experiences if turn.update else 0)


def test_the_winner_the_forgetting_the_errors_and_the_misconception_are_three_clicks_away(site: Site) -> None:
    start = {target.path for target in site.reply("index.html").targets}
    assert {"compare/index.html", "class/index.html"} <= start
    assert "cannot be told from" in read(site, "compare/index.html").text
    run = site.reply("class/index.html").targets
    assert "class/student-0/index.html" in {target.path for target in run}
    queries = [dict(target.query) for target in run if target.path == "class/answers.html"]
    assert any(query.get("teacher") == "wrong" for query in queries)
    assert any(query.get("reveals") for query in queries)
    assert "needs help with" in read(site, "class/index.html").text


def test_a_page_that_is_not_there_says_so(site: Site) -> None:
    for path in (
        "nothing/index.html",
        "class/student-7/index.html",
        "class/student-0/turn-99.html",
        "class/x.html",
        "compare/cohort-9/index.html",
        "compare/answers.html",
        "class/student-0/question-999999.html",
        "class/student-0/turn-01.html",
    ):
        reply = site.reply(path)
        assert reply.status == 404 and b'<h1 id="title">Not to be shown</h1>' in reply.body, path
    for query in ({"page": "0"}, {"page": "x"}, {"page": "99"}, {"truth": "maybe"}, {"page": "٣"}, {"seat": "-1"}):
        assert site.reply("class/answers.html", query).status == 404, query
