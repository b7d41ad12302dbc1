"""A step that is computed in several parts ends as one that is computed at once, for every loss and slot."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from agents.models.causal import CausalLearner
from simulation.core.packing import Tree
from simulation.core.registry import build
from simulation.core.seeding import generator
from simulation.core.types import Update
from tests.support import tiny_models
from tests.support.additions import mark, wrong_additions
from training.cohort.passes import cost
from training.lessons import Example

pytestmark = pytest.mark.usefixtures("one_thread")
MOST = 40
COUNTS = {"one": 7, "two": 3}
TRAINERS: dict[str, dict[str, Any]] = {
    "dpo": {"nll_weight": 0.5},
    "sft": {},
    "sft gem": {"loss": "gem_linear"},
    "grpo": {"samples": 4, "max_tokens": 3},
    "grpo dapo": {"samples": 4, "max_tokens": 3, "normalisation": "dapo"},
    "grpo dr_grpo": {"samples": 4, "max_tokens": 3, "normalisation": "dr_grpo"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.save("llama", tmp_path_factory.mktemp("tiny"))


def learned(
    folder: Path, name: str, slots: Sequence[str], most: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[CausalLearner, Mapping[str, Update], list[int]]:
    """Return the students of whom these slots learned, the updates, and what each pass with gradients cost, tokens."""
    model = tiny_models.learner(folder, slots=tuple(COUNTS), dtype="float64")
    costs: list[int] = []
    read = model.branch_logprobs

    def noted(slots: Sequence[str], trees: Sequence[Sequence[Tree]], *rest: Any) -> Any:
        if torch.is_grad_enabled():
            costs.append(cost([[Example(tree=tree) for tree in row] for row in trees]))
        return read(slots, trees, *rest)

    monkeypatch.setattr(model, "branch_logprobs", noted)
    settings = {"batch_size": 6, "tokens_at_once": most, "learning_rate": 1e-3, **TRAINERS[name]}
    numbers = {slot: number for number, slot in enumerate(COUNTS) if slot in slots}
    batches = {slot: wrong_additions(COUNTS[slot], number) for slot, number in numbers.items()}
    streams = {slot: generator(1, 1, number, "train") for slot, number in numbers.items()}
    trainer = build("trainer", name.split()[0], settings)
    return model, trainer.update(model, batches, mark, turn=1, generators=streams), costs


@pytest.mark.parametrize("name", TRAINERS)
def test_parts_add_up_to_the_step(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, once, few = learned(folder, name, ["one", "two"], 100_000, monkeypatch)
    parts, split, many = learned(folder, name, ["one", "two"], MOST, monkeypatch)
    assert len(many) > 2 * len(few)
    torch.testing.assert_close(parts.adapters_SP, whole.adapters_SP, rtol=0, atol=1e-9)
    for slot in COUNTS:
        assert split[slot].steps == once[slot].steps
        assert split[slot].metrics == pytest.approx(once[slot].metrics, abs=1e-9)


@pytest.mark.parametrize("name", ["dpo", "sft"])
def test_no_pass_costs_more_and_each_slot_ends_as_alone(
    folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    together, _, costs = learned(folder, name, ["one", "two"], MOST, monkeypatch)
    assert max(costs) <= MOST
    for slot in COUNTS:
        alone, _, _ = learned(folder, name, [slot], MOST, monkeypatch)
        row = together.slots.index(slot)
        torch.testing.assert_close(alone.adapters_SP[row], together.adapters_SP[row], rtol=0, atol=1e-9)
