"""The answer key is exact, corrects by the reference and says which misconception an option shows."""

import pytest

from agents.judges.answer_key import AnswerKey
from simulation.core.errors import DataError
from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.types import Answer, Feedback, Outcome, Question, Ranking

QUESTION = Question(
    id="q",
    prompt="what is 2 + 2 ?",
    form=Options(choices=("3", "4", "5", "22")),
    key=Reference(answer="4", reveals=("filler", "right", "counts from one too many", "joins the digits")),
)

NUMBER = Question(id="n", prompt="what is 5 + 7 ?", key=Reference(answer="12"))


def judge(question: Question, text: str, choice: int | None = None) -> Feedback:
    ranking = None if choice is None else Ranking(taken=choice)
    given = Answer(question_id=question.id, prompt="", text=text, answerer="s", model_version="v", ranking=ranking)
    (feedback,) = AnswerKey().judge([question], [given], seeds=[0])
    return feedback


def test_the_reference_is_right_and_nothing_else() -> None:
    assert [judge(QUESTION, choice, at).score for at, choice in enumerate(QUESTION.form.alternatives)] == [0, 1, 0, 0]
    assert judge(QUESTION, "I say 4").score == 1
    assert judge(QUESTION, "d").score == 0
    assert judge(QUESTION, "four").score == 0
    assert judge(QUESTION, "").score == 0


def test_answers_of_equal_value_mean_the_same_and_unread_ones_nothing() -> None:
    def meaning(text: str) -> str | None:
        return AnswerKey().meaning(judge(NUMBER, text))

    assert meaning("so 5 + 7 = 12") == meaning("The answer is 12.0") == meaning("12")
    assert meaning("The answer is 11") == meaning("11.0") == meaning("I get 11") != meaning("12")
    assert meaning("10") != meaning("11")
    assert meaning("") is None
    assert AnswerKey().meaning(judge(QUESTION, "I do not know")) is None
    assert AnswerKey().meaning(judge(QUESTION, "a")) == AnswerKey().meaning(judge(QUESTION, "3", 0))


def test_the_correction_is_worded_as_the_student_answers() -> None:
    assert judge(QUESTION, "22", 3).correction == "4"
    assert judge(QUESTION, "d", 3).correction == "b"


def test_the_explanation_names_the_misconception() -> None:
    assert "joins the digits" in judge(QUESTION, "22", 3).explanation
    assert "misconception" not in judge(QUESTION, "3", 0).explanation
    assert judge(QUESTION, "4", 1).explanation == "Right."
    assert "none of the options" in judge(QUESTION, "four").explanation


@pytest.mark.parametrize(
    ("text", "choice", "reason", "read"),
    [
        ("4", 1, "right", "4"),
        ("I say d) 22", None, "joins the digits", "22"),
        ("d", 3, "joins the digits", "22"),
        ("3", 0, "wrong", "3"),
        ("four", None, "unparsed", "four"),
        ("", None, "unparsed", ""),
    ],
)
def test_the_outcome_counts_what_an_answer_reveals_and_shows_what_was_read(
    text: str, choice: int | None, reason: str, read: str
) -> None:
    feedback = judge(QUESTION, text, choice)
    (outcome,) = feedback.outcomes
    assert outcome == Outcome(part="answer", score=feedback.score, reason=reason, detail=outcome.detail, evidence=read)
    assert outcome.detail.startswith("unparsed: ") == (reason == "unparsed")
    assert feedback.reason == reason


def test_open_questions_are_compared_as_text_and_numbers() -> None:
    question = Question(id="o", prompt="?", key=Reference(answer="1,250.0 km"))
    assert judge(question, "1250 km").score == 1
    assert judge(question, "1250 m").score == 0
    assert judge(question, "1250 m").correction == "1,250.0 km"
    assert [judge(question, text).reason for text in ("1250 km", "1250 m", "")] == ["right", "wrong", "unparsed"]


def test_a_reference_given_by_its_letter_is_found() -> None:
    question = Question(id="l", prompt="?", form=Options(choices=("red", "blue")), key=Reference(answer="b"))
    assert judge(question, "blue", 1).score == 1
    assert judge(question, "red", 0).correction == "blue"


def test_two_options_that_read_the_same_are_both_right() -> None:
    question = Question(id="t", prompt="?", form=Options(choices=("0.5", "1/2", "2")), key=Reference(answer="1/2"))
    assert [judge(question, choice, at).score for at, choice in enumerate(question.form.alternatives)] == [1, 1, 0]


def test_a_question_without_reference_is_refused() -> None:
    with pytest.raises(DataError, match=r"'x' has no reference"):
        judge(Question(id="x", prompt="?"), "1")
