"""Of an answer that is a list, a lesson teaches or rejects one item, never the list as one text."""

from typing import Any

import pytest

from simulation.core.kinds.items import Items
from simulation.core.kinds.kind import FREE_TEXT, Form
from simulation.core.kinds.next_items import NextItems
from simulation.core.types import Answer, Experience, Feedback, Outcome, Question, Ranking
from training.lessons import demonstrations, items_of, pairs

FORMS: list[Form] = [NextItems(catalogue="shop", count=3), Items(items=("a", "b", "c", "d"), count=3)]


def listed(form: Form, items: tuple[str, ...], *, count: int = 3, ranked: bool = True, **feedback: Any) -> Experience:
    """Return an experience of a list that ranks `items`, of which `count` are the answer."""
    verdict = Feedback(**{"score": 0.0, "judge": "scripted", **feedback})
    return Experience(
        question=Question(id="q", prompt="what next", form=form),
        answer=Answer(
            question_id="q",
            prompt="what next",
            text="\n".join(items[:count]),
            answerer="student",
            model_version="",
            ranking=Ranking(alternatives=items) if ranked else None,
        ),
        feedback=verdict,
        truth=verdict.score,
        turn=1,
        position=0,
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("ranked", [True, False])
def test_a_list_holds_its_first_items_from_its_ranking_or_its_lines(form: Form, ranked: bool) -> None:
    assert items_of(listed(form, ("b", "a", "c", "d"), ranked=ranked)) == ("b", "a", "c")
    assert items_of(listed(form, ("b", "b", "a"), ranked=ranked)) == ("b", "a")


def test_what_is_no_list_has_no_items() -> None:
    assert items_of(listed(FREE_TEXT, ("b", "a"), ranked=False)) is None


@pytest.mark.parametrize("form", FORMS)
def test_dpo_rejects_the_first_item_that_is_not_the_correction(form: Form) -> None:
    lessons = [
        listed(form, ("b", "a", "c"), correction="d"),
        listed(form, ("b", "a", "c"), correction="b"),
        listed(form, ("b",), correction="b"),
        listed(form, ("b", "a"), correction=None),
        listed(form, ("b", "a"), correction="b", score=1.0),
    ]
    preferences, counts = pairs(lessons)
    assert [(pair.chosen, pair.rejected, pair.lesson) for pair in preferences] == [("d", "b", 0), ("b", "a", 1)]
    assert counts == {"pairs": 2, "right": 1, "failed": 0, "without_correction": 1, "same_as_correction": 1}


def test_dpo_rejects_any_other_text_as_a_whole() -> None:
    [preference], _ = pairs([listed(FREE_TEXT, ("b", "a"), ranked=False, correction="b")])
    assert preference.rejected == "b\na"


@pytest.mark.parametrize("form", FORMS)
def test_sft_imitates_one_item_of_a_list(form: Form) -> None:
    passed, clicked = (Outcome(part=part, score=score, reason="") for part, score in (("b", 0.0), ("a", 1.0)))
    lessons = [
        listed(form, ("b", "a"), correction="a", score=1.0),
        listed(form, ("b", "a"), outcomes=(passed, clicked), score=1.0),
        listed(form, ("b",), score=1.0),
        listed(form, ("b", "a"), score=1.0),
        listed(form, ("c", "b"), correction="d"),
    ]

    def taught(imitate: Any) -> list[tuple[str, int]]:
        return [(imitated.answer, imitated.lesson) for imitated in demonstrations(lessons, imitate=imitate)[0]]

    assert taught("corrections") == [("d", 4)]
    assert taught("both") == [("a", 0), ("a", 1), ("b", 2), ("d", 4)]
    assert taught("answers") == [("b", 0), ("b", 1), ("b", 2), ("b", 3), ("c", 4)]
    assert demonstrations(lessons, imitate="both")[1]["without_correction"] == 1
