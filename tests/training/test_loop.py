"""The loop trains each slot as it would train alone, and the trainers learn in the right direction."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from simulation.core.calls import Completion
from simulation.core.registry import build, components
from simulation.core.seeding import generator
from simulation.core.types import Experience, Feedback, Question
from tests.support.bigram import BigramLearner, experience, lessons
from training.cohort.adamw import RowAdamW, scheduled_rate
from training.cohort.advantages import group_advantages
from training.cohort.passes import cost, together, whole
from training.lessons import Example
from training.recipe import Decay

pytestmark = pytest.mark.usefixtures("one_thread")
NAMES = [f"student{index}" for index in range(8)]
SIZES = dict(zip(NAMES, (3, 20, 8, 1, 11, 9, 16, 5), strict=True))
SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("dpo", {}),
    ("dpo", {"nll_weight": 0.0, "batch_size": 3}),
    ("sft", {"clip": None, "weight_decay": 0.1}),
    ("sft", {"loss": "gem_linear", "beta": 0.5}),
    ("sft", {"loss": "gem_logsigmoid", "batch_size": 3}),
    ("grpo", {"samples": 4, "beta": 0.1, "epochs": 2, "max_tokens": 5, "learning_rate": 0.01}),
    ("grpo", {"samples": 3, "normalisation": "dapo", "scale_rewards": False, "max_tokens": 4}),
]


def mark(
    slot: str, questions: Sequence[Question], completions: Sequence[Completion], *, seeds: Sequence[int]
) -> list[Feedback]:
    """Reward answers by how many letters a they hold."""
    assert len(questions) == len(completions) == len(seeds) and slot
    return [Feedback(score=min(1.0, done.text.count("a") / 2), judge="scripted") for done in completions]


def play(slots: Sequence[str], name: str, settings: Mapping[str, Any], turns: int, **made: Any) -> BigramLearner:
    model = BigramLearner(slots, **made)
    trainer = build("trainer", name, settings)
    for turn in range(turns):
        batches = {slot: lessons(100 * turn + NAMES.index(slot), SIZES[slot]) for slot in slots}
        streams = {slot: generator(5, turn, NAMES.index(slot), "train") for slot in slots}
        trainer.update(model, batches, mark, turn=turn, generators=streams)
    return model


@pytest.mark.parametrize(("name", "settings"), SETTINGS)
def test_every_slot_of_a_cohort_ends_as_it_would_alone_over_several_turns(name: str, settings: dict[str, Any]) -> None:
    cohort = play(NAMES, name, settings, turns=3)
    for slot in NAMES:
        alone = play([slot], name, settings, turns=3)
        torch.testing.assert_close(cohort.row(slot), alone.row(slot), rtol=0, atol=1e-8)
        assert not torch.equal(alone.row(slot), BigramLearner([slot]).row(slot))


def test_in_float32_a_cohort_is_within_rounding_of_single_runs_after_one_update() -> None:
    cohort = play(NAMES, "dpo", {}, turns=1, dtype=torch.float32)
    for slot in NAMES:
        alone = play([slot], "dpo", {}, turns=1, dtype=torch.float32)
        torch.testing.assert_close(cohort.row(slot), alone.row(slot), rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", ["dpo", "sft"])
def test_the_token_budget_changes_how_slots_are_grouped_but_no_result(name: str) -> None:
    wide, narrow = (play(NAMES, name, {"tokens_at_once": most}, turns=1) for most in (100_000, 1))
    torch.testing.assert_close(wide.adapters_SP, narrow.adapters_SP, rtol=0, atol=1e-10)
    assert max(map(len, wide.passes)) == len(NAMES)
    assert max(map(len, narrow.passes)) == 1


def test_a_slot_without_experiences_keeps_its_weights_to_the_bit() -> None:
    model = BigramLearner(NAMES[:3])
    before = model.row(NAMES[1])
    batches = {slot: lessons(0, 4) for slot in (NAMES[0], NAMES[2])}
    streams = {slot: np.random.default_rng(0) for slot in NAMES}
    updates = build("trainer", "sft", {"weight_decay": 0.5}).update(model, batches, mark, turn=1, generators=streams)
    assert torch.equal(model.row(NAMES[1]), before)
    assert list(updates) == [NAMES[0], NAMES[2]]


@pytest.mark.parametrize("name", ["dpo", "sft"])
def test_what_makes_no_example_is_counted_not_dropped(name: str) -> None:
    model = BigramLearner(["one"])
    batch = [
        experience("a", "b", score=1.0, correction="b"),
        experience("a", "c", score=0.0, correction=None),
        experience("a", "", score=0.0, correction="b", stop="error: the question is too long"),
    ]
    before = model.row("one")
    [update] = (
        build("trainer", name, {})
        .update(model, {"one": batch}, mark, turn=1, generators={"one": np.random.default_rng(0)})
        .values()
    )
    assert (update.experiences, update.steps) == (0, 0)
    assert [update.metrics[name] for name in ("right", "without_correction", "failed")] == [1, 1, 1]
    assert update.model_version == model.version("one")
    assert torch.equal(model.row("one"), before)


def test_dpo_raises_the_correction_above_the_wrong_answer_and_reports_it() -> None:
    model = BigramLearner(["one"])
    batch = lessons(1, 12)
    stream = {"one": np.random.default_rng(0)}
    update = build("trainer", "dpo", {"learning_rate": 0.05}).update(
        model, {"one": batch}, mark, turn=1, generators=stream
    )["one"]
    said = update.metrics
    assert said["chosen_logprob_after"] > said["chosen_logprob_before"] + 0.1
    assert said["rejected_logprob_after"] < said["chosen_logprob_after"]
    assert said["reward_margin"] > 0 and said["reward_accuracy"] > 0.9
    assert update.steps == 4 and said["pairs"] == 12 and said["left_out_steps"] == 0


def test_sft_with_right_answers_imitates_them_too() -> None:
    right: list[Experience] = [experience("a", "cc", score=1.0, correction=None)]
    stream = {"one": np.random.default_rng(0)}
    model = BigramLearner(["one"])
    settings = {"imitate": "both", "learning_rate": 0.05, "epochs": 10}
    said = (
        build("trainer", "sft", settings).update(model, {"one": right}, mark, turn=1, generators=stream)["one"].metrics
    )
    assert said["demonstrations"] == 1 and said["logprob_after"] > said["logprob_before"] + 1


def test_grpo_makes_rewarded_answers_more_frequent() -> None:
    model = BigramLearner(["one"])
    trainer = build("trainer", "grpo", {"learning_rate": 0.1, "samples": 16, "max_tokens": 4, "epochs": 2})
    batch = lessons(2, 8)
    rewards = [
        trainer.update(model, {"one": batch}, mark, turn=turn, generators={"one": generator(0, turn, 0, "train")})[
            "one"
        ].metrics["reward"]
        for turn in range(12)
    ]
    assert np.mean(rewards[-3:]) > np.mean(rewards[:3]) + 0.2


def test_grpo_leaves_out_and_counts_questions_the_model_cannot_answer() -> None:
    model = BigramLearner(["one"], longest=4)
    batch = [experience(prompt, "a", score=0.0, correction="b") for prompt in ("abc", "abcdefgh", "bc")]
    stream = {"one": np.random.default_rng(0)}
    update = build("trainer", "grpo", {"samples": 2}).update(model, {"one": batch}, mark, turn=1, generators=stream)[
        "one"
    ]
    assert (update.experiences, update.metrics["failed"], update.metrics["samples"]) == (2, 1, 4)
    nothing = build("trainer", "grpo", {}).update(model, {"one": batch[1:2]}, mark, turn=1, generators=stream)["one"]
    assert (nothing.experiences, nothing.steps, nothing.metrics["failed"]) == (0, 0, 1)


def test_a_step_with_a_gradient_that_is_not_finite_is_left_out_and_counted() -> None:
    model = BigramLearner(["one", "two"])
    with torch.no_grad():
        model.adapters_SP[0, 0] = float("nan")
    batches = {slot: [experience("a", "a", score=0.0, correction="b")] for slot in ("one", "two")}
    before = model.row("one")
    streams = {slot: np.random.default_rng(0) for slot in batches}
    with torch.no_grad():
        model.adapters_SP[0, 11:22] = float("nan")
    updates = build("trainer", "sft", {}).update(model, batches, mark, turn=1, generators=streams)
    assert updates["one"].metrics["left_out_steps"] == 2
    assert updates["two"].metrics["left_out_steps"] == 0
    assert updates["one"].metrics["metrics_not_finite"] == 4
    assert all(np.isfinite(value) for value in updates["one"].metrics.values())
    assert torch.equal(model.row("one")[22:], before[22:])


def test_groups_of_slots_fill_the_budget_and_never_split_a_slot() -> None:
    model = BigramLearner(["one"])
    short, long = (Example(tree=model.encode("a" * size, ("b",))) for size in (1, 7))
    each = cost([[short]])
    picked = {"a": [short], "b": [short], "c": [long], "d": [short]}
    assert list(together(picked, 2 * each)) == [["a", "b"], ["c"], ["d"]]
    many = {"a": [short] * 3, "b": [short], "c": [short], "d": [short]}  # beside "a" each takes three rows
    assert list(together(many, 6 * each)) == [["a", "b"], ["c", "d"]]
    assert all(cost([picked[slot] for slot in group]) <= 9 * each for group in together(picked, 9 * each))


def test_runs_of_examples_cover_all_in_order_within_the_budget() -> None:
    model = BigramLearner(["one"])
    examples = [Example(tree=model.encode("a" * size, ("b",))) for size in (1, 2, 9, 1, 1)]
    runs = list(whole(examples, 12))
    assert [index for run in runs for index in run] == list(range(5))
    assert runs == [range(0, 2), range(2, 3), range(3, 5)]


@pytest.mark.parametrize(("clip", "weight_decay"), [(None, 0.0), (0.7, 0.0), (0.7, 0.3)])
def test_row_adamw_equals_torch_on_each_row_alone(clip: float | None, weight_decay: float) -> None:
    draws = torch.Generator().manual_seed(0)
    rows = torch.randn(4, 9, dtype=torch.float64, generator=draws)
    ours = rows.clone().requires_grad_()
    optimiser = RowAdamW(ours, weight_decay=weight_decay, clip=clip)
    theirs = [row.clone().requires_grad_() for row in rows]
    references = [torch.optim.AdamW([row], lr=0.02, weight_decay=weight_decay) for row in theirs]
    for step in range(12):
        active = [row for row in range(3) if (step + row) % 3]
        gradients = torch.randn(4, 9, dtype=torch.float64, generator=draws)
        ours.grad = gradients.clone()
        norms = optimiser.step(active, [0.02] * len(active))
        for row, norm in zip(active, norms, strict=True):
            theirs[row].grad = gradients[row].clone()
            if clip is not None:
                torch.nn.utils.clip_grad_norm_([theirs[row]], clip)
            references[row].step()
            assert norm == pytest.approx(float(gradients[row].norm()), abs=1e-12)
    for row in range(3):
        torch.testing.assert_close(ours[row], theirs[row], rtol=0, atol=1e-12)
    assert torch.equal(ours[3], rows[3])


@pytest.mark.parametrize("warmup", [0, 1, 4])
@pytest.mark.parametrize("decay", ["constant", "linear", "cosine"])
def test_learning_rates_are_those_of_the_schedules_of_transformers(decay: Decay, warmup: int) -> None:
    from transformers import get_scheduler

    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    name = "constant_with_warmup" if decay == "constant" else decay
    scheduler = get_scheduler(name, optimiser, num_warmup_steps=warmup, num_training_steps=11)
    for step in range(11):
        rate = scheduled_rate(0.5, step, 11, warmup=warmup, decay=decay)
        assert rate == pytest.approx(scheduler.get_last_lr()[0], abs=1e-15)
        optimiser.step()
        scheduler.step()


def test_each_slot_goes_through_the_schedule_of_its_own_steps() -> None:
    settings = {"warmup": 1, "decay": "linear", "batch_size": 3}
    cohort = play(NAMES, "sft", settings, turns=1)
    for slot in NAMES:
        alone = play([slot], "sft", settings, turns=1)
        torch.testing.assert_close(cohort.row(slot), alone.row(slot), rtol=0, atol=1e-8)
    assert not torch.equal(cohort.adapters_SP, play(NAMES, "sft", {"batch_size": 3}, turns=1).adapters_SP)


@pytest.mark.parametrize(("name", "passes"), [("sft", 0), ("dpo", 1), ("grpo", 1)])
def test_without_effects_an_update_learns_the_same_and_reads_less(name: str, passes: int) -> None:
    models = []
    for effects in (True, False):
        model = BigramLearner(["one"])
        settings = {"effects": effects, **({"samples": 2} if name == "grpo" else {})}
        streams = {"one": np.random.default_rng(0)}
        update = build("trainer", name, settings).update(
            model, {"one": lessons(0, 8)}, mark, turn=1, generators=streams
        )["one"]
        models.append(model)
    assert torch.equal(models[0].row("one"), models[1].row("one"))
    assert [len(model.passes) for model in models] == [update.steps + 2, update.steps + passes]
    assert update.effects == () and update.metrics["loss_last"] < update.metrics["loss_first"] + 1


def test_a_group_of_equal_rewards_has_no_advantage() -> None:
    rewards = torch.tensor([[1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    advantages = group_advantages(rewards, scale=True)
    assert torch.equal(advantages[0], torch.zeros(3))
    assert advantages[1, 0] < 0 < advantages[1, 1]


def test_the_trainers_are_registered() -> None:
    assert {"dpo", "sft", "grpo"} <= set(components("trainer"))
