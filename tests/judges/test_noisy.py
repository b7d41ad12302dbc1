"""The teacher-noise dial: rates are as dialled, a wrong verdict corrects wrongly, and only the metric tells."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.judges.answer_key import AnswerKey
from simulation.core.errors import DataError
from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.registry import build
from simulation.core.types import Answer, Feedback, Question
from tests.support.classes import CHOICES, answer, question
from tests.support.contexts import experience
from training.lessons import pairs

SEEDS = list(range(4000))


def noisy(**parameters: Any) -> Any:
    return build("judge", "noisy", parameters)


def told(teacher: Any, text: str, seeds: Sequence[int] = SEEDS) -> list[Feedback]:
    """What a teacher says to one answer under many seeds."""
    said: list[Feedback] = teacher.judge(
        [question()] * len(seeds), [answer(question(), text)] * len(seeds), seeds=list(seeds)
    )
    return said


def flipped(said: Sequence[Feedback]) -> list[bool]:
    return [each.metrics["flipped"] == 1 for each in said]


@pytest.mark.parametrize(
    ("parameters", "wrong_rate", "right_rate"),
    [
        ({"flip": 0.2}, 0.2, 0.2),
        ({"flip": 0.2, "false_right": 0.5}, 0.5, 0.2),
        ({"flip": 0.2, "false_wrong": 0.0}, 0.2, 0.0),
        ({"flip": 1.0}, 1.0, 1.0),
    ],
)
def test_verdicts_are_turned_round_at_the_rates_dialled(
    parameters: Mapping[str, float], wrong_rate: float, right_rate: float
) -> None:
    teacher = noisy(**parameters)
    for text, rate, truth in (("3", wrong_rate, 0.0), ("1", right_rate, 1.0)):
        said = told(teacher, text)
        turned = flipped(said)
        # four standard errors
        assert sum(turned) / len(SEEDS) == pytest.approx(rate, abs=4 * (rate * (1 - rate) / len(SEEDS)) ** 0.5)
        assert all(each.score == (1 - truth if turn else truth) for each, turn in zip(said, turned, strict=True))


def test_without_noise_scores_and_corrections_are_those_of_the_other_judge() -> None:
    for text in (*CHOICES, "b", "no idea", ""):
        (key,) = AnswerKey().judge([question()], [answer(question(), text)], seeds=[0])
        for said in told(noisy(flip=0), text, SEEDS[:20]):
            assert (said.score, said.correction, said.metrics) == (key.score, key.correction, {"flipped": 0.0})


def test_a_higher_dial_turns_round_all_that_a_lower_one_does() -> None:
    for text in ("1", "3"):
        dials = [flipped(told(noisy(flip=flip), text)) for flip in (0.0, 0.1, 0.2, 0.4, 1.0)]
        for lower, higher in pairwise(dials):
            assert all(high for low, high in zip(lower, higher, strict=True) if low)


def test_who_marks_a_right_answer_wrong_corrects_wrongly_and_evenly() -> None:
    said = told(noisy(flip=1), "1")
    corrections = [each.correction for each in said]
    assert set(corrections) == {"2", "3", "4", "5"}
    for option in "2345":
        assert corrections.count(option) / len(said) == pytest.approx(0.25, abs=0.03)
    assert {each.correction for each in told(noisy(flip=1), "a")} == {"b", "c", "d", "e"}


def test_who_marks_a_wrong_answer_right_passes_it_on() -> None:
    assert {(each.score, each.correction) for each in told(noisy(flip=1), "3")} == {(1.0, "3")}
    assert {(each.score, each.correction) for each in told(noisy(flip=1), "")} == {(1.0, None)}


def test_with_two_options_or_none_there_is_no_other_wrong_one() -> None:
    two = Question(id="q", prompt="?", form=Options(choices=("1", "2")), key=Reference(answer="1"))
    free = Question(id="q", prompt="?", key=Reference(answer="1"))
    for asked, corrections in ((two, {"2"}), (free, {None})):
        seeds = SEEDS[:20]
        said = noisy(flip=1).judge([asked] * 20, [answer(asked, "1")] * 20, seeds=seeds)
        assert {each.correction for each in said} == corrections and {each.score for each in said} == {0.0}


def test_a_teacher_that_corrects_nothing_does_not_begin_to() -> None:
    silent = noisy(flip=1, judged_by="tests.judges.test_noisy:Silent")
    assert {each.correction for text in ("1", "3") for each in told(silent, text, SEEDS[:20])} == {None}


class Silent:
    """Gives verdicts alone."""

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        return [
            Feedback(score=float(given.text == asked.key.reference), judge="silent", metrics={"sure": 0.5})
            for asked, given, _ in zip(questions, answers, seeds, strict=True)
        ]


def test_what_the_other_judge_measured_is_kept() -> None:
    (said,) = told(noisy(judged_by="tests.judges.test_noisy:Silent", flip=1), "1", [0])
    assert said.metrics == {"sure": 0.5, "flipped": 1.0} and said.judge == "noisy"


@given(text=st.sampled_from([*CHOICES, "a", "c", "no idea", ""]), seed=st.integers(0, 2**63 - 1))
def test_neither_explanation_nor_outcome_tells_what_was_turned_round(text: str, seed: int) -> None:
    """Of what a student sees, equal scores and corrections go with equal explanations and outcomes."""
    seen: dict[tuple[float, str | None], set[Any]] = {}
    for flip in (0.0, 1.0):
        for each in told(noisy(flip=flip), text, [seed, seed + 1]):
            seen.setdefault((each.score, each.correction), set()).add((each.explanation, each.outcomes))
            assert each.reason == ("right" if each.score >= 0.5 else "wrong")
            assert "flip" not in each.explanation and "turned" not in each.explanation
            # the same words as a teacher without noise would use for this score and correction
            assert each.explanation in {
                "Right.",
                "Wrong.",
                f"The right answer is {each.correction}, not {text!r}.",
            }
    assert all(len(words) == 1 for words in seen.values())


def test_a_turned_verdict_becomes_a_wrong_lesson() -> None:
    """A right answer that is marked wrong trains the student away from it."""
    (said,) = told(noisy(flip=1), "1", [0])
    wrong = experience(question(), choice=0, score=said.score, truth=1.0)
    wrong = type(wrong)(**{name: getattr(wrong, name) for name in wrong.__slots__} | {"feedback": said})
    (pair,), _ = pairs([wrong])
    assert pair.rejected == "1" and pair.chosen in {"2", "3", "4", "5"}


def test_a_missing_model_of_the_other_judge_is_refused_before_anything_is_loaded() -> None:
    teacher = noisy(judged_by={"name": "classifier", "model": "no/such/folder/here"})
    with pytest.raises(DataError):
        teacher.check()
    assert noisy().fingerprint() == {} and noisy().check() is None
