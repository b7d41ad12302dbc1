"""Programs with their tests, lists with what came of each item, and what a question's file says besides."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from simulation.core.kinds.code import Code
from simulation.core.kinds.kind import Form, Key
from simulation.core.kinds.next_items import NextItems
from simulation.core.kinds.program_tests import Test, Tests
from simulation.core.kinds.remarked import Remarked
from simulation.core.kinds.taken import Taken
from simulation.core.questions import Measure
from simulation.core.types import (
    Answer,
    Evaluation,
    Experience,
    Feedback,
    LessonEffect,
    Outcome,
    Question,
    Result,
    Seat,
    Selection,
    Turn,
    Update,
)
from simulation.store import Study
from simulation.views.web.catalog import Catalog
from simulation.views.web.site import Site
from tests.views.web.crawling import PageReader, read

PROGRAM = "def f(x):\n    return x + 1"
TESTS = Tests(tests=(Test(code="assert f(1) == 2"), Test(code="assert f(2) == 4", hidden=True)), reference=PROGRAM)
LIST = "a red lamp\na blue lamp\na chair"


def asked(form: Form, key: Key, count: int) -> list[Question]:
    """Return questions of a form."""
    return [
        Question(id=f"q{number}", prompt=f"put {number}?", form=form, key=key, tags=("kind",))
        for number in range(count)
    ]


def experiences(questions: Sequence[Question], text: str, feedback: Feedback, times: int) -> tuple[Experience, ...]:
    """Return so many answers to each question, none of them wholly right."""
    return tuple(
        Experience(
            question=put,
            answer=Answer(question_id=put.id, prompt=put.prompt, text=text, answerer="ada", model_version="1"),
            feedback=feedback,
            truth=0.0,
            turn=1,
            position=times * number + time,
        )
        for number, put in enumerate(questions)
        for time in range(times)
    )


def study_of(folder: Path, questions: Sequence[Question], text: str, feedback: Feedback, *, times: int = 1) -> Site:
    """Make a study in which one student answers these questions; return its pages."""
    own = experiences(questions, text, feedback, times)
    results = tuple(
        Result(question_id=put.id, text=text, truth=0.0, reason=feedback.reason)
        for put in questions
        for _ in range(times)
    )
    evaluations = {"held_out": Evaluation(questions=len(questions), metrics={"right": 0.0}, results=results)}
    update = Update(
        trainer="sft",
        experiences=1,
        steps=1,
        model_version="1",
        effects=(LessonEffect(lesson=0, taught_before=-2.0, taught_after=-1.0),),
    )
    turns = [
        Turn(turn=0, student="ada", evaluations=evaluations),
        Turn(
            turn=1,
            student="ada",
            picks=tuple(Selection(item=put) for put in questions),
            experiences=own,
            lessons=tuple(Selection(item=one) for one in own[:2]),
            update=update,
            evaluations=evaluations,
        ),
    ]
    return stored(folder, questions, turns)


def stored(folder: Path, questions: Sequence[Question], turns: Sequence[Turn]) -> Site:
    """Write the turns of one student as a study; return its pages."""
    with Study.create(
        folder / "kinds",
        scenario={
            "name": "kinds",
            "seed": 0,
            "turns": 1,
            "ask": {"policy": {"name": "random"}},
            "learn": {"trainer": {"name": "sft"}},
        },
        seats=[Seat(name="ada", number=0, seed=0)],
        measures=(Measure(name="right"),),
        fingerprint={"numpy": "1"},
        sets={"held_out": questions},
    ) as study:
        for turn in turns:
            study.append([turn], {}, seconds={"play": 0.1})
        study.finish()
    return Site(Catalog(folder))


def looks(page: PageReader) -> list[str]:
    """Return how the elements of a page are set."""
    return [str(own.get("class", "")) for _, own in page.tags]


@pytest.fixture
def programs(disk: Path) -> Site:
    """A turn of two programs a question, of which half the tests pass."""
    feedback = Feedback(
        score=0.5,
        judge="executor",
        explanation="Test 2 of 2 failed.",
        outcomes=(
            Outcome(part="test 1", score=1.0, reason="passed"),
            Outcome(part="test 2", score=0.0, reason="failed", detail="AssertionError", evidence="3"),
        ),
    )
    return study_of(disk, asked(Code(), TESTS, 2), PROGRAM, feedback, times=2)


def test_each_program_stands_with_what_came_of_each_test(programs: Site) -> None:
    page = read(programs, "kinds/student-0/turn-1.html")
    headings = [f"Question {number}, answer {time} of 2" for number in (1, 2) for time in (1, 2)]
    assert [word for word in page.words if word.startswith("Question ")] == [f"{heading} " for heading in headings]
    assert page.captions.count("part by part") == 4
    rows = [row for row in page.rows if row[0].startswith("test ")]
    assert rows == [["test 1", "1.000", "passed", ""], ["test 2", "0.000", "failed", "AssertionError 3"]] * 4
    assert looks(page).count("code") == 4
    assert "0 of 4 answers right, 0 called right by the teacher; the teacher was wrong about 0." in page.text


def test_the_page_of_a_program_has_its_tests_and_the_right_one(programs: Site) -> None:
    page = read(programs, "kinds/student-0/question-1.html")
    assert page.table("what the program must do") == {
        "test 1": ["assert f(1) == 2", "the teacher and the measurement"],
        "test 2": ["assert f(2) == 4", "only the measurement"],
    }
    assert "code" in looks(page) and looks(page).count("word code") == 2 + 2 + 2
    assert " ".join(PROGRAM.split()) in page.text


def test_what_failed_programs_share_is_counted_and_leads_nowhere_as_no_option_shows_it(programs: Site) -> None:
    page = read(programs, "kinds/index.html")
    assert page.table("commonest misconceptions") == {"failed": ["2 (100 %)", "2 (100 %)"]}
    assert not any("reveals=" in str(own.get("href")) for _, own in page.tags)


def test_a_lesson_of_a_list_names_the_item_that_was_taught(disk: Path) -> None:
    outcomes = tuple(
        Outcome(part=item, score=float(item == "a chair"), reason="clicked" if item == "a chair" else "bored")
        for item in LIST.split("\n")
    )
    feedback = Feedback(score=1 / 3, judge="user", correction="a chair", outcomes=outcomes)
    lists = asked(NextItems(catalogue="shop", count=3), Taken(item="a chair"), 2)
    page = read(study_of(disk, lists, LIST, feedback), "kinds/student-0/turn-1.html")
    assert [row for row in page.rows if row[0].startswith("a ")][:3] == [
        ["a red lamp", "0.000", "bored", ""],
        ["a blue lamp", "0.000", "bored", ""],
        ["a chair", "1.000", "clicked", ""],
    ]
    assert "was taught a chair would give what it was taught 14 % before → 37 % after" in page.text
    assert page.text.count("was taught a chair") == 1


def test_what_a_file_calls_a_question_and_tells_who_is_right_is_on_its_page(disk: Path) -> None:
    key = Remarked(answer="4", title="A sum <1>", praise="Well done, & on to the next.")
    page = read(
        study_of(disk, asked(Form(), key, 1), "5", Feedback(score=0.0, judge="j")), "kinds/student-0/question-1.html"
    )
    assert "Question A sum <1>" in page.text
    assert "Who is right is told: Well done, & on to the next." in page.text
