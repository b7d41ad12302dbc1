"""What Moodle writes around a question in GIFT is understood, and every right answer is marked right."""

import pytest

from agents.judges.answer_key import mark
from environments.own.draft import Draft, question_of
from environments.own.gift import gift_drafts


def drafts(text: str) -> list[Draft]:
    every_draft = [draft for _, draft in gift_drafts(text)]
    assert all(isinstance(draft, Draft) for draft in every_draft)
    return [draft for draft in every_draft if isinstance(draft, Draft)]


def test_what_moodle_writes_around_a_question_is_understood() -> None:
    text = (
        "$CATEGORY: $course$/top/Maths/Fractions\n\n"
        "// question: 12  name: halves\n::halves::[html]<p>What is &frac12; of <b>6</b>?</p>{\n\t=<p>3</p>\n"
        "\t~%0%<p>12</p>#<p>doubles&nbsp;it</p>\n\t####<p>Well done</p>\n}\n\n"
        "$CATEGORY: a//b\n\nTwo plus two {=four =4 =FOUR} makes even.\n\nIs it so?{FALSE#it is not#Yes, it is not.}\n"
    )
    halves, four, so = drafts(text)
    assert (halves.prompt, halves.options, halves.tags) == ("What is ½ of 6?", ("3", "12"), ("Maths", "Fractions"))
    assert halves.misconceptions == ("", "doubles it") and halves.correct == "a"
    assert (four.prompt, four.correct, four.others, four.tags) == (
        "Two plus two ____ makes even.", "four", ("4", "FOUR"), ("a/b",),
    )  # fmt: skip
    assert (so.options, so.correct, so.misconceptions) == (("True", "False"), "b", ("it is not", ""))


@pytest.mark.parametrize(
    ("inside", "right", "wrong"),
    [
        ("=four =4", ("four", "4", "The answer is 4."), ("5", "")),
        ("#3.14:0.01", ("3.14", "3.15", "it is 3.13"), ("3.151", "3", "three")),
        ("#1..5", ("1", "5", "3", "2.5"), ("0.99", "5.01", "-3")),
        ("#-2", ("-2", "-2.0"), ("2", "-2.1")),
        ("#=3:1#good", ("2", "4"), ("1",)),
    ],
)
def test_every_right_answer_is_marked_right(inside: str, right: tuple[str, ...], wrong: tuple[str, ...]) -> None:
    (draft,) = drafts(f"x {{{inside}}}")
    question = question_of(draft, "letter", fixed=True)
    assert [mark(question, text, None).score for text in right] == [1.0] * len(right)
    assert [mark(question, text, None).score for text in wrong] == [0.0] * len(wrong)
    assert mark(question, wrong[0], None).correction == question.key.reference
