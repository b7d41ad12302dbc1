"""A reference model that is the student as it began stays there while the student moves."""

from typing import Any

import numpy as np
import pytest
import torch

from agents.models.causal import CausalLearner
from simulation.core.errors import ModelError
from simulation.core.registry import build
from simulation.core.types import Update
from tests.support.learners import learner
from tests.support.shelf import Searcher, shown, wanted

KINDS: dict[str, dict[str, Any]] = {
    "lora": {},
    "lora_and_rows": {"rows": "▁?[a-f]"},
    "every_weight": {},
    "drawn": {"slot": "every_weight", "drawn": True},
}
EQUAL = shown(wanted(0, "ab"), ["ad", "bd", "cd"], [0.5, 0.5, 0.5])
"""A list whose items are worth the same: only the divergence moves who learns from it."""


def moved(kind: str) -> CausalLearner:
    """Return a learner whose slots are no longer as they began."""
    return learner(**{"slot": kind, **KINDS[kind]})


def updated(model: Any, **settings: Any) -> Update:
    """Let one slot learn from the list (Any: a learner of either kind)."""
    trainer = build("trainer", "grpo", {"groups": "answers", "beta": 1.0, "epochs": 1, **settings})
    slot = model.slots[0]
    update: Update = trainer.update(
        model, {slot: [EQUAL]}, None, turn=1, generators={slot: np.random.default_rng(0)}
    )[slot]  # fmt: skip
    return update


@pytest.mark.parametrize("kind", KINDS)
def test_slots_are_as_they_began_within_and_as_they_were_behind(kind: str) -> None:
    model = moved(kind)
    tree = model.encode("ab", ("ad", "bd"))
    now = model.adapters_SP.detach().clone()
    here, _ = model.branch_logprobs([model.slots[1]], [[tree]])
    with model.as_begun([model.slots[1]]):
        then, _ = model.branch_logprobs([model.slots[1]], [[tree]])
        assert not torch.equal(model.adapters_SP[1], now[1])
        assert torch.equal(model.adapters_SP[0], now[0])
    assert torch.equal(model.adapters_SP, now)
    assert (here - then).abs().max() > 1e-4
    if kind != "drawn":  # which begins with weights of its own
        with model.as_begun(model.slots):
            rows = [model.branch_logprobs([slot], [[tree]])[0] for slot in model.slots]
        assert all(torch.allclose(row, rows[0], atol=1e-12) for row in rows)


def test_the_slots_are_put_back_where_reading_them_fails() -> None:
    model = moved("lora")
    now = model.adapters_SP.detach().clone()
    with pytest.raises(RuntimeError, match="out of memory"), model.as_begun(model.slots):
        raise RuntimeError("out of memory")
    assert torch.equal(model.adapters_SP, now)


@pytest.mark.parametrize("kind", ["lora", "every_weight"])
def test_with_equal_rewards_only_a_reference_at_the_beginning_pulls(kind: str) -> None:
    model = moved(kind)
    before = model.adapters_SP.detach().clone()
    updated(model, reference="update", learning_rate=1e-3)
    assert torch.equal(model.adapters_SP, before)

    def apart() -> float:
        trees = [[model.encode("ab", ("ad", "bd", "cd"))]]
        now, _ = model.branch_logprobs([model.slots[0]], trees)
        with model.as_begun([model.slots[0]]):
            then, _ = model.branch_logprobs([model.slots[0]], trees)
        return float((then - now).exp().sub(then - now).sub(1).sum().detach())

    at_first = apart()
    for _ in range(5):
        updated(model, reference="beginning", learning_rate=1e-3)
    assert apart() < 0.8 * at_first


def test_a_learner_that_does_not_remember_its_beginning_is_refused_in_words() -> None:
    with pytest.raises(ModelError, match=r"does not remember how its slots began; set learn\.trainer\.reference"):
        updated(Searcher(["one"]), reference="beginning")
