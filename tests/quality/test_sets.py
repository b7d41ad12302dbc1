"""What is measured of answers together: its names, its bounds, what is absent, and that it sees completions alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.core.questions import Measure
from simulation.core.types import Answer, Feedback
from simulation.loop.results import evaluation
from simulation.quality.sets import DESCRIPTIONS, described, set_measures, set_metrics

TEXTS = ["the cat sat on the mat", "the cat sat on a mat", "a dog ran", "a dog ran"]
ALWAYS = {"distinct", "distinct_right", "utility", "distinct_n", "self_bleu", "vendi", "distance"}


def test_names_follow_what_is_given() -> None:
    assert set_metrics(TEXTS, [1, 0, 1, 1]).keys() == ALWAYS
    everything = set_metrics(TEXTS, [1, 0, 1, 1], ["4", "5", "4", None], ["p", "q", "p", "p"], [0.1, 0.9, 0.5, 0.5])
    assert everything.keys() == ALWAYS | {"maj", "best_by_score"} == DESCRIPTIONS.keys()
    assert everything["maj"] == 1 and everything["best_by_score"] == 0
    assert everything["distinct"] == 3 / 4
    assert everything["distinct_right"] == 2 / 4


def test_a_kernel_adds_its_own_two() -> None:
    metrics = set_metrics(TEXTS, [1, 0, 1, 1], kernels={"all_alike": lambda texts: np.ones((len(texts), len(texts)))})
    assert metrics["vendi_all_alike"] == pytest.approx(1 / 4)
    assert metrics["distance_all_alike"] == 0
    assert metrics["vendi"] > 1 / 4


def test_classes_of_equal_meaning_count_for_the_reader_and_not_for_texts() -> None:
    by_text = set_metrics(TEXTS, [1, 1, 1, 1])
    by_meaning = set_metrics(TEXTS, [1, 1, 1, 1], classes=["p", "p", "p", "p"])
    assert by_meaning["utility"] == pytest.approx(1 / 2.952) and by_text["utility"] == pytest.approx(2.44 / 2.952)
    assert by_meaning["distinct_right"] == by_text["distinct_right"] == 3 / 4


def test_what_cannot_be_measured_is_absent_never_zero() -> None:
    assert set_metrics(["alone"], [1]) == {}
    assert set_metrics(["", "  "], [0, 0]) == {"distinct": 1 / 2, "distinct_right": 0, "utility": 0}
    with pytest.raises(ValueError, match="got 2 texts and 1 truths"):
        set_metrics(["a", "b"], [1])


@given(
    st.lists(st.tuples(st.text("ab .,1", max_size=15), st.sampled_from([0, 0.5, 1])), min_size=2, max_size=6),
)
def test_all_values_lie_between_0_and_1(answers: list[tuple[str, float]]) -> None:
    texts, truths = [text for text, _ in answers], [truth for _, truth in answers]
    metrics = set_metrics(texts, truths, [text or None for text in texts], None, truths)
    assert all(0 <= value <= 1 + 1e-12 for value in metrics.values()), metrics


def test_measures_are_graded_and_say_their_k() -> None:
    assert {measure.name for measure in set_measures()} == DESCRIPTIONS.keys()
    assert all(measure.graded for measure in set_measures())
    for name in DESCRIPTIONS:
        assert "16" in described(name, 16) and "{" not in described(name, 16)


def test_an_evaluation_sees_completions_alone() -> None:
    answers = [
        Answer(question_id="q", prompt=f"Say {at}", text=text, answerer="s", model_version="0", model_input=f"<s>{at}")
        for at, text in enumerate(TEXTS)
    ]
    template = "<|user|> Say something, and say it with many words that all answers share <|assistant|> "
    behind = [replace(answer, prompt=template, model_input=template + answer.text) for answer in answers]
    truths = [Feedback(score=float(at % 2), judge="j") for at in range(4)]
    measures = (Measure(name="accuracy"),)
    assert evaluation(answers, truths, measures, 4) == evaluation(behind, truths, measures, 4)


def test_a_template_before_every_text_would_show() -> None:
    before = [f"Once more the same long beginning of it all: {text}" for text in TEXTS]
    assert set_metrics(before, [1] * 4)["self_bleu"] < set_metrics(TEXTS, [1] * 4)["self_bleu"]
