"""Slots of every weight: what full fine-tuning trains, one copy a student, each as it would be alone."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM

from agents.models import slots_weights
from agents.models.causal import CausalLearner
from simulation.core.calls import Request
from simulation.core.errors import DataError, ModelError
from simulation.core.registry import build
from simulation.core.seeding import generator
from simulation.core.types import Seat
from tests.support import tiny_models as tiny
from tests.support.learners import learner, questions, seats
from training.cohort.loop import train
from training.cohort.losses import Batch, likelihood
from training.lessons import Example
from training.sft import SFT

KINDS = ("llama", "mistral", "gpt2", "bloom")
RECIPE = SFT(learning_rate=1e-3, batch_size=2, epochs=2, clip=1.0, weight_decay=0.01)


def loss(batch: Batch) -> Tensor:
    return likelihood(batch.logprobs_SBKT, batch.valid_SBKT)


def taught(model: CausalLearner, slots: Sequence[str]) -> CausalLearner:
    """Train some slots on three examples each, that depend on the slot's number alone."""
    numbers = {slot: int(slot.rsplit("-", 1)[-1]) for slot in slots}
    examples = {
        slot: [
            Example(tree=model.encode(f"what is {number} and {row}?", (f"{row} km" * (1 + number % 2),)))
            for row in range(3)
        ]
        for slot, number in numbers.items()
    }
    streams = {slot: generator(1, 0, number, "train") for slot, number in numbers.items()}
    train(model, examples, loss, RECIPE, generators=streams)
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_a_cohort_ends_as_its_students_would_alone(kind: str) -> None:
    together = learner(kind, slot="every_weight")
    start = together.adapters_SP.detach().clone()
    taught(together, together.slots)
    for row, slot in enumerate(together.slots):
        alone = taught(learner(kind, slot="every_weight"), [slot])
        torch.testing.assert_close(together.adapters_SP[row], alone.adapters_SP[row], rtol=0, atol=1e-8)
        others = [other for other in range(3) if other != row]
        assert torch.equal(alone.adapters_SP.detach()[others], start[others])
        assert (alone.adapters_SP[row] - start[row]).abs().max() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("dtype", "close"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_values_and_gradients_are_those_of_the_model_itself(kind: str, dtype: torch.dtype, close: float) -> None:
    rows = 16
    model = learner(kind, count=2, slot="every_weight", dtype=dtype)
    tokens = torch.randint(0, 100, (2 * rows, 12), generator=torch.Generator().manual_seed(0))
    with model.adapters.seated([0, 1], rows=2 * rows, columns=12):
        logits = model.module(tokens, use_cache=False).logits
    weights = torch.linspace(-1, 1, logits[0].numel(), dtype=dtype).view(logits[0].shape) ** 3
    (logits * weights).sum().backward()
    assert model.adapters_SP.grad is not None
    for row in range(2):
        plain = tiny.build(kind, dtype)
        with torch.no_grad():
            torch.nn.utils.vector_to_parameters(model.adapters_SP.detach()[row], plain.parameters())
        own = plain(tokens[row * rows : (row + 1) * rows], use_cache=False).logits
        (own * weights).sum().backward()
        gradient_P = torch.cat([parameter.grad.reshape(-1) for parameter in plain.parameters()])
        error = (model.adapters_SP.grad[row] - gradient_P).norm() / gradient_P.norm()
        assert float(error) < close
        torch.testing.assert_close(logits[row * rows : (row + 1) * rows], own, rtol=10 * close, atol=10 * close)
