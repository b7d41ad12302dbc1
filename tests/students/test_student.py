"""A student is pure: questions become requests, completions become answers, and no model is needed."""

import numpy as np
import pytest

from agents.students.student import Student
from simulation.core.types import Completion, Question

QUESTION = Question(id="q", prompt="what is 2 + 2 ?", choices=("3", "4", "5"))
OPEN = Question(id="o", prompt="say something")


def stream() -> np.random.Generator:
    return np.random.default_rng(0)


def test_options_are_scored_after_the_prompt_laid_out() -> None:
    (request,) = Student(name="s").requests([QUESTION], generator=stream())
    assert request.prompt == "what is 2 + 2 ? a) 3 b) 4 c) 5 answer:"
    assert request.continuations == ("3", "4", "5") and request.slot == "s"
    (lettered,) = Student(name="s", answers="letter", template="multiple_choice").requests(
        [QUESTION], generator=stream()
    )
    assert lettered.continuations == ("a", "b", "c")
    assert lettered.prompt.startswith("Answer the multiple-choice question:\n\nwhat is 2 + 2 ?\n\na) 3\nb) 4")


def test_the_likeliest_option_is_the_answer() -> None:
    scores = Completion(continuation_logprobs=(-3.0, -1.0, -2.0))
    (given,) = Student(name="s").read([QUESTION], [scores], model_version="v")
    assert (given.choice, given.text, given.logprob, given.stop) == (1, "4", -1.0, "stop")
    assert given.choice_logprobs == (-3.0, -1.0, -2.0) and given.model_version == "v"
    assert given.prompt == "what is 2 + 2 ? a) 3 b) 4 c) 5 answer:"
    (lettered,) = Student(name="s", answers="letter").read([QUESTION], [scores], model_version="v")
    assert (lettered.choice, lettered.text) == (1, "b")


def test_a_question_too_long_to_score_is_a_failed_answer() -> None:
    (given,) = Student(name="s").read([QUESTION], [Completion()], model_version="v")
    assert given.stop.startswith("error") and given.choice is None and given.text == ""


@pytest.mark.parametrize(
    ("text", "stop", "choice", "ends"),
    [
        (" 4", "stop", 1, "stop"),
        ("c) 5", "length", 2, "length"),
        ("no idea", "stop", None, "unparsed"),
        ("", "stop", None, "unparsed"),
        ("", "error: gone", None, "error: gone"),
    ],
)
def test_free_text_is_read_or_marked_unparsed(text: str, stop: str, choice: int | None, ends: str) -> None:
    writer = Student(name="s", mode="generate", max_tokens=9)
    (request,) = writer.requests([QUESTION], generator=stream())
    assert request.continuations == () and request.max_tokens == 9
    completion = Completion(text=text, tokens=3, logprob=-1.5, stop=stop)
    (given,) = writer.read([QUESTION], [completion], model_version="v")
    assert (given.choice, given.stop, given.text) == (choice, ends, text.strip())
    assert (given.tokens, given.logprob) == (3, -1.5)


def test_a_question_without_options_is_answered_in_writing() -> None:
    student = Student(name="s")
    open_request, scored = student.requests([OPEN, QUESTION], generator=stream())
    assert open_request.continuations == () and scored.continuations
    (given,) = student.read([OPEN], [Completion(text="hello", tokens=2)], model_version="v")
    assert (given.text, given.choice, given.stop) == ("hello", None, "stop")


def test_samples_of_a_trainer_are_read_as_text_by_a_student_that_scores() -> None:
    sample = Completion(text="5", tokens=2, logprob=-0.5)
    (given,) = Student(name="s").read([QUESTION], [sample], model_version="")
    assert (given.choice, given.text, given.stop) == (2, "5", "stop")


def test_sampling_seeds_come_from_the_student_s_stream() -> None:
    writer = Student(name="s", mode="generate", temperature=1.0)
    first = writer.requests([QUESTION, OPEN], generator=stream())
    assert first == writer.requests([QUESTION, OPEN], generator=stream())
    assert first[0].seed != first[1].seed
    assert first != writer.requests([QUESTION, OPEN], generator=np.random.default_rng(1))


def test_options_are_scored_for_predictions_in_either_mode() -> None:
    for mode in ("choices", "generate"):
        (request,) = Student(name="s", mode=mode).options([QUESTION])
        assert request.continuations == ("3", "4", "5")
