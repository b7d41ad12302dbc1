"""What an update reports of each lesson is what the adapters before it and after it say of the lesson's texts."""

from collections.abc import Sequence
from dataclasses import astuple, replace
from typing import Any

import numpy as np
import pytest
import torch

from simulation.core.calls import Request
from simulation.core.errors import ModelError
from simulation.core.registry import build
from simulation.core.roles import Lendable, lendable
from simulation.core.types import Experience, LessonEffect, Seat, Update
from tests.support.additions import mark, wrong_additions
from tests.support.bigram import BigramLearner, experience

pytestmark = pytest.mark.usefixtures("one_thread")
MIXED = [
    experience("ab", "c", score=0.0, correction="d"),
    experience("a", "b", score=1.0, correction="b"),
    experience("ba", "", score=0.0, correction="b", stop="error: the question is too long"),
    experience("a", "c", score=0.0, correction=None),
    experience("c", "dd", score=0.0, correction="e"),
]
"""Five lessons, of which only the first and the last have a correction to learn from."""


def taught(model: Any, name: str, batch: Sequence[Experience], **settings: Any) -> Update:
    """What a trainer says of its update of the slot "one"."""
    streams = {"one": np.random.default_rng(0)}
    update: Update = build("trainer", name, settings).update(model, {"one": batch}, mark, turn=3, generators=streams)[
        "one"
    ]
    return update


def shipped(dtype: str) -> Lendable:
    """The embedded student, whose adapter has already learned something."""
    students = build("students", "language_model", {"dtype": dtype, "device": "cpu"})
    model = lendable(students.learner([Seat(name="one", number=0, seed=3)]), "test")
    with torch.no_grad():
        noise = torch.randn(model.adapters_SP.shape, generator=torch.Generator().manual_seed(0))
        model.adapters_SP.add_(0.003 * noise.to(model.adapters_SP))
    model.touch(["one"])
    return model


def sums(model: Lendable, adapter: bytes, lessons: Sequence[Experience], *, by_score: bool) -> list[tuple[float, ...]]:
    """The log-probabilities of each lesson's correction and answer under a saved adapter, a lesson at a time."""
    model.restore("one", adapter)
    texts = [(lesson.answer.prompt, (str(lesson.feedback.correction), lesson.answer.text)) for lesson in lessons]
    if by_score:
        return model.score([Request(slot="one", prompt=prompt, continuations=both) for prompt, both in texts])
    with torch.no_grad():
        readings = [model.branch_logprobs(["one"], [[model.encode(prompt, both)]])[0][0, 0] for prompt, both in texts]
    return [tuple(reading_KT.double().sum(-1).tolist()) for reading_KT in readings]


@pytest.mark.parametrize("backend", ["cohort", "trl"])
@pytest.mark.parametrize("name", ["dpo", "sft"])
@pytest.mark.parametrize(("dtype", "by_score", "tolerance"), [("float64", False, 1e-9), ("float32", True, 1e-4)])
def test_effects_are_what_the_saved_adapters_say(
    name: str, backend: str, dtype: str, by_score: bool, tolerance: float
) -> None:
    model, lessons = shipped(dtype), wrong_additions(9)
    before = model.dump("one")
    update = taught(model, name, lessons, backend=backend, batch_size=4, tokens_at_once=100)
    after = model.dump("one")
    assert [effect.lesson for effect in update.effects] == list(range(9))
    fresh = shipped(dtype)
    earlier, later = (sums(fresh, adapter, lessons, by_score=by_score) for adapter in (before, after))
    for first, then, effect in zip(earlier, later, update.effects, strict=True):
        expected = [first[0], then[0], *((first[1], then[1]) if name == "dpo" else ())]
        reported = [value for value in astuple(effect)[1:] if value is not None]
        assert reported == pytest.approx(expected, abs=tolerance, rel=0)
        assert abs(then[0] - first[0]) > 0.01


@pytest.mark.parametrize("name", ["dpo", "sft"])
def test_a_lesson_that_makes_no_example_has_no_effect_and_moves_no_other_place(name: str) -> None:
    update = taught(BigramLearner(["one"]), name, MIXED)
    assert (update.experiences, [effect.lesson for effect in update.effects]) == (2, [0, 4])
    assert all((effect.rejected_before is None) == (name == "sft") for effect in update.effects)


def test_sft_on_both_teaches_right_answers_too() -> None:
    update = taught(BigramLearner(["one"]), "sft", MIXED, imitate="both")
    assert [effect.lesson for effect in update.effects] == [0, 1, 4]
    update = taught(BigramLearner(["one"]), "sft", MIXED, imitate="answers")
    assert [effect.lesson for effect in update.effects] == [0, 1, 3, 4]


def test_the_means_over_the_effects_are_the_metrics_of_the_update() -> None:
    update = taught(BigramLearner(["one"]), "dpo", MIXED, learning_rate=0.05)
    means = np.mean([astuple(effect)[1:] for effect in update.effects], axis=0)
    names = ("chosen_logprob_before", "chosen_logprob_after", "rejected_logprob_before", "rejected_logprob_after")
    assert means.tolist() == pytest.approx([update.metrics[name] for name in names], abs=1e-12)
    assert means[1] - means[0] > max(0, means[3] - means[2])


def test_an_effect_that_is_not_finite_is_left_out() -> None:
    model = BigramLearner(["one"])
    with torch.no_grad():
        model.adapters_SP.view(-1, 11, 11)[0, 1] = float("nan")  # what follows an a
    batch = [experience("a", "b", score=0.0, correction="c"), experience("b", "c", score=0.0, correction="d")]
    update = taught(model, "dpo", batch, batch_size=1)
    assert [effect.lesson for effect in update.effects] == [1]


def test_groups_of_samples_and_updates_on_nothing_have_no_effects() -> None:
    assert taught(BigramLearner(["one"]), "grpo", MIXED[:1], samples=2, max_tokens=3).effects == ()
    assert taught(BigramLearner(["one"]), "dpo", MIXED[1:2]).effects == ()


def test_effects_do_not_depend_on_the_classmates() -> None:
    def together(slots: Sequence[str]) -> tuple[LessonEffect, ...]:
        batches = {slot: MIXED if slot == "one" else MIXED[::-1] for slot in slots}
        streams = {slot: np.random.default_rng(0) for slot in slots}
        updates = build("trainer", "dpo", {}).update(BigramLearner(slots), batches, mark, turn=1, generators=streams)
        effects: tuple[LessonEffect, ...] = updates["one"].effects
        return effects

    for alone, beside in zip(together(["one"]), together(["two", "one"]), strict=True):
        assert astuple(beside) == pytest.approx(astuple(alone), abs=1e-8)


@pytest.mark.parametrize("name", ["dpo", "sft", "grpo"])
def test_a_model_that_cannot_be_trained_or_lent_is_refused(name: str) -> None:
    class Elsewhere:
        source = "someone's server"

    with pytest.raises(ModelError, match="someone's server has none"):
        taught(Elsewhere(), name, MIXED)
    with pytest.raises(ModelError, match="bigram does not lend; use backend: cohort"):
        taught(BigramLearner(["one"]), name, MIXED, backend="trl")


def test_equal_lessons_each_have_their_effect() -> None:
    twice = [MIXED[0], replace(MIXED[0], position=1)]
    first, second = taught(BigramLearner(["one"]), "dpo", twice).effects
    assert astuple(first)[1:] == astuple(second)[1:] and (first.lesson, second.lesson) == (0, 1)
