"""With checkpointing a step keeps less and ends the same, for every kind of slot, architecture and trainer."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from agents.models.causal import CausalLearner
from simulation.core.errors import ModelError
from simulation.core.model_roles import Recomputing
from simulation.core.registry import build
from simulation.core.seeding import generator
from tests.support import tiny_models
from tests.support.additions import mark, wrong_additions
from tests.support.bigram import BigramLearner, lessons
from tests.support.learners import learner

pytestmark = pytest.mark.usefixtures("one_thread")
SLOTS: dict[str, dict[str, Any]] = {
    "lora": {},
    "lora_and_rows": {"slot": "lora_and_rows", "rows": "[a-e]"},
    "every_weight": {"slot": "every_weight"},
}


def gradients(model: CausalLearner, *, again: bool) -> tuple[Tensor, int]:
    """Return the gradients of one pass over all slots, and how many numbers were kept for them outside of blocks."""
    trees = [[model.encode(f"what is {row}?", ("a", "bad cafe", f"{row} km")[: 1 + row])] for row in range(3)]
    kept_sizes: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept_sizes[tensor.data_ptr()] = tensor.numel()
        return tensor

    model.adapters_SP.grad = None
    with model.recomputing() if again else nullcontext():
        with saved_tensors_hooks(keep, lambda tensor: tensor):
            logprobs_SBKT, _ = model.branch_logprobs(model.slots, trees)
        weights_SBKT = torch.linspace(0.5, 2, logprobs_SBKT.numel()).view(logprobs_SBKT.shape).to(logprobs_SBKT)
        (logprobs_SBKT * weights_SBKT).sum().backward()
    assert model.adapters_SP.grad is not None and model.adapters.seating is None
    return model.adapters_SP.grad.clone(), sum(kept_sizes.values())


CASES = [(kind, slot) for kind in ("llama", "mistral", "gpt2", "bloom") for slot in SLOTS]


@pytest.mark.parametrize(("kind", "slot"), [*CASES, ("mamba", "lora"), ("mamba", "lora_and_rows")])
def test_gradients_are_those_of_what_is_kept(kind: str, slot: str) -> None:
    model = learner(kind, **SLOTS[slot])
    kept_gradients, kept_size = gradients(model, again=False)
    again_gradients, rest = gradients(model, again=True)
    torch.testing.assert_close(again_gradients, kept_gradients, rtol=0, atol=1e-12)
    assert kept_gradients.abs().max() > 1e-3
    assert rest < kept_size / 2
    torch.testing.assert_close(gradients(model, again=False)[0], kept_gradients, rtol=0, atol=0)  # nothing stays


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.save("llama", tmp_path_factory.mktemp("tiny"))


@pytest.mark.parametrize("backend", ["cohort", "trl"])
@pytest.mark.parametrize("name", ["dpo", "sft", "grpo"])
def test_an_update_ends_the_same(folder: Path, name: str, backend: str) -> None:
    rows = []
    for checkpointing in (False, True):
        model = tiny_models.learner(folder, slots=("one", "two"), dtype="float64")
        settings = {"batch_size": 3, "backend": backend, "checkpointing": checkpointing, "learning_rate": 1e-3}
        settings |= {"samples": 4, "max_tokens": 3} if name == "grpo" else {}
        batches = {slot: wrong_additions(6, number) for number, slot in enumerate(model.slots)}
        streams = {slot: generator(1, 1, number, "train") for number, slot in enumerate(model.slots)}
        build("trainer", name, settings).update(model, batches, mark, turn=1, generators=streams)
        rows.append(model.adapters_SP.detach().clone())
    torch.testing.assert_close(rows[1], rows[0], rtol=0, atol=1e-12)
    assert not torch.equal(rows[1], tiny_models.learner(folder, slots=("one", "two"), dtype="float64").adapters_SP)


def test_a_learner_that_has_no_blocks_to_compute_again_is_refused() -> None:
    model = BigramLearner(["one"])
    trainer = build("trainer", "sft", {"checkpointing": True})
    assert not isinstance(model, Recomputing)
    with pytest.raises(ModelError, match=r"bigram cannot compute its blocks again; set learn.trainer.checkpointing to"):
        trainer.update(model, {"one": lessons(0, 2)}, mark, turn=1, generators={"one": np.random.default_rng(0)})
    other = learner()
    other.module.model.layers = torch.nn.ModuleList()  # type: ignore[union-attr]
    with pytest.raises(ModelError, match="LlamaForCausalLM has no blocks that could be computed again; set"):
        other.recomputing().__enter__()
