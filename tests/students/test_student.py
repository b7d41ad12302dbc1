"""A student is pure: questions become requests, completions become answers, and no model is needed."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from agents.students.student import Student
from simulation.core.calls import Completion
from simulation.core.kinds.code import Code
from simulation.core.kinds.items import Items
from simulation.core.kinds.kind import FREE_TEXT
from simulation.core.kinds.options import Options
from simulation.core.types import Question, Ranking

QUESTION = Question(id="q", prompt="what is 2 + 2 ?", form=Options(choices=("3", "4", "5")))
SHELF = Question(id="s", prompt="what next ?", form=Items(items=("tea", "salt, fine", "milk", "jam"), count=2))
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
    assert given.ranking == Ranking(taken=1, logprobs=(-3.0, -1.0, -2.0)) and given.model_version == "v"
    assert given.reading == "the likeliest option"
    assert given.prompt == "what is 2 + 2 ? a) 3 b) 4 c) 5 answer:"
    (lettered,) = Student(name="s", answers="letter").read([QUESTION], [scores], model_version="v")
    assert (lettered.choice, lettered.text) == (1, "b")
    alone = Question(id="a", prompt="?", form=Options(choices=("3",)))
    (only,) = Student(name="s").read([alone], [Completion(continuation_logprobs=(-3.0,))], model_version="v")
    assert (only.text, only.reading) == ("3", "the only option")


@pytest.mark.parametrize("answers", ["text", "letter"])
def test_of_items_the_likeliest_are_the_answer_best_first_and_all_are_ranked(answers: Any) -> None:
    student = Student(name="s", answers=answers)
    (request,) = student.requests([SHELF], generator=stream())
    assert request.continuations == ("tea", "salt, fine", "milk", "jam") and student.options([SHELF]) == [request]
    scores = Completion(continuation_logprobs=(-3.0, -1.0, -2.0, -1.0))
    (given,) = student.read([SHELF], [scores], model_version="v")
    assert (given.text, given.choice, given.stop) == ("salt, fine\njam", None, "stop")
    assert given.ranking == Ranking(
        alternatives=("salt, fine", "jam", "milk", "tea"), logprobs=(-1.0, -1.0, -2.0, -3.0)
    )
    assert (given.reading, given.logprob) == ("the likeliest items, best first", None)
    (failed,) = student.read([SHELF], [Completion()], model_version="v")
    assert failed.stop.startswith("error") and failed.ranking is None


@pytest.mark.parametrize(
    ("text", "named", "ends"),
    [
        ("milk\ntea\nmilk", ("milk", "tea"), "stop"),
        (" jam ,tea, coffee\nsalt, fine", ("jam", "tea", "salt, fine"), "stop"),
        ("some milk or Tea", (), "unparsed"),
        ("", (), "unparsed"),
    ],
)
def test_items_that_are_written_are_read_line_by_line_and_between_commas(
    text: str, named: tuple[str, ...], ends: str
) -> None:
    writer = Student(name="s", mode="generate")
    (given,) = writer.read([SHELF], [Completion(text=text, tokens=3, logprob=-1.5)], model_version="v")
    assert given.ranking == (Ranking(alternatives=named) if named else None)
    assert (given.stop, given.text) == (ends, text.strip())


def test_a_question_too_long_to_score_is_a_failed_answer() -> None:
    (given,) = Student(name="s").read([QUESTION], [Completion()], model_version="v")
    assert given.stop.startswith("error") and given.ranking is None and given.text == ""


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
    assert given.ranking == (None if choice is None else Ranking(taken=choice))
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


def test_what_is_written_freely_is_read_without_what_was_thought_before_it() -> None:
    writer = Student(name="s", mode="generate")
    program = Question(id="p", prompt="def f(x):\n", form=Code(opening="def f(x):\n"))
    marks = "    return '<think>' + x"
    for question, text, left, thoughts in (
        (program, f"<think>\nIt adds.\n</think>\n\n{marks}", marks, 25),
        (program, marks, marks, 0),
        (replace(program, form=FREE_TEXT), "It is 7.</think>\n\n8", "8", 16),
        (replace(program, form=FREE_TEXT), "<think>without an end", "", 21),
    ):
        (given,) = writer.read([question], [Completion(text=text, tokens=3)], model_version="v")
        assert given.text.strip("\n") == left.strip("\n")
        assert (f"behind {thoughts} characters of thought" in given.reading) is bool(thoughts)
        assert (given.stop == "unparsed") is (not left)


def test_an_unreadable_answer_that_was_cut_says_so() -> None:
    (given,) = Student(name="s", mode="generate").read(
        [QUESTION], [Completion(text="no idea", tokens=3, stop="length")], model_version="v"
    )
    assert given.stop == "unparsed at length"
