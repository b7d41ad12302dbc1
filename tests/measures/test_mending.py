"""How often feedback mended an answer or spoiled one is a count over the record by hand, by category."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulation.measures.kept_courses import KeptCourses
from simulation.measures.mending import Mending, mendings, total
from simulation.measures.summary import add_up, summarise
from simulation.store import Study, StudySums
from simulation.store.turn_sums import AnsweredAgain, TurnSums
from tests.support.second_tries import studied


@pytest.fixture(scope="module", params=[2, 3])
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    with studied(tmp_path_factory.mktemp("told") / "s", request.param) as study:
        yield study


def by_hand(study: Study, student: str) -> dict[str, Counter[str]]:
    """Count from the texts alone: the first answer and the last beside the reference."""
    counts: dict[str, Counter[str]] = {}
    for turn in study.turns(student):
        texts = {attempt.position: attempt.answer.text for attempt in turn.attempts}
        for position, last in texts.items():
            experience = turn.experiences[position]
            right = experience.question.key.reference
            own = counts.setdefault(experience.question.tags[0], Counter())
            if experience.answer.text != right:
                own.update(wrong=1, mended=last == right)
            else:
                own.update(right=1, spoiled=last != right)
    return counts


def test_the_counts_of_each_student_and_category_are_those_by_hand(study: Study) -> None:
    for course in add_up(StudySums(study), study.measures[0]):
        counts = by_hand(study, course.student)
        assert set(counts) == {"sum", "difference", "product"} == set(course.again)
        for category, own in course.again.items():
            hand = counts[category]
            assert (own.wrong, own.mended) == (hand["wrong"], hand["mended"])
            assert (own.right, own.spoiled) == (hand["right"], hand["spoiled"])
            assert own.questions == hand["wrong"] + hand["right"]
        everything = total(course.again.values())
        assert 0 < everything.mended < everything.wrong and 0 < everything.spoiled <= everything.right
        assert everything.share == everything.mended / everything.wrong
        assert everything.interval[0] < everything.share < everything.interval[1]


def test_turns_the_store_and_the_kept_sums_say_the_same(study: Study) -> None:
    kept = KeptCourses(study)
    assert study.sums is not None
    kept.follow(study, study.sums)
    courses = add_up(StudySums(study), study.measures[0])
    assert [course.again for course in kept.courses] == [course.again for course in courses]
    assert [course.again for course in summarise(study.turns(), study.measures[0])] == [one.again for one in courses]
    for sums, turn in zip(StudySums(study), study.turns(), strict=True):
        assert (sums.again, sums.tokens) == (TurnSums.of(turn).again, TurnSums.of(turn).tokens)
        assert sums.tokens == len(turn.experiences) + len(turn.attempts)


def test_what_is_partly_right_is_wrong_until_it_is_wholly_right() -> None:
    pairs = [(0.5, 1.0), (0.5, 0.75), (1.0, 0.5), (1.0, 1.0)]
    assert mendings(AnsweredAgain("code", *pair) for pair in pairs) == {"code": Mending(2, 1, 2, 1, 3.0, 3.25)}


def test_without_attempts_there_is_nothing_to_tell(tmp_path: Path) -> None:
    with studied(tmp_path / "s", 1) as study:
        assert all(course.again == {} for course in add_up(StudySums(study), study.measures[0]))
