"""Lean blocks stand in for a small model's own where the trial saw them to be the same, and nowhere else."""

from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    GemmaConfig,
    LlamaConfig,
    PretrainedConfig,
    Qwen2Config,
    Qwen3Config,
)

import tests.support.tiny_models as tiny
from agents.models import lean
from agents.models.causal import CausalLearner
from agents.models.learner_settings import LearnerSettings
from simulation.core.calls import Completion, Request
from simulation.core.catalogue import Catalogue
from tests.support.learners import PROMPTS, learner, move, seats

SIZE: dict[str, Any] = {
    "vocab_size": len(tiny.PIECES),
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 48,
    "max_position_embeddings": 128,
    "pad_token_id": 0,
    "eos_token_id": 1,
}


def small(config: PretrainedConfig) -> CausalLearner:
    """Return a learner of three slots on a model with seeded weights, none of which is zero."""
    torch.manual_seed(2)
    module = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    with torch.no_grad():
        for name, weight in module.named_parameters():
            if name.endswith(("bias", "norm.weight", "layernorm.weight")):
                weight.add_(0.3 * torch.randn_like(weight))
    model = CausalLearner(module, tiny.tokenizer(), seats(3), LearnerSettings(rank=4), source="small")
    move(model)
    return model


def lists(model: CausalLearner) -> list[Completion]:
    """Return what is found for each slot and prompt among all pairs of eight letters."""
    codes = tuple((one, other) for one in "abcdefgh" for other in "abcdefgh")
    names = tuple(map("".join, codes))
    within = Catalogue(items=names, codes=codes, titles=names).name
    asked = [
        Request(slot=slot, prompt=prompt, beams=20, texts=20, within=within)
        for slot in model.slots
        for prompt in PROMPTS
    ]
    return model.generate(asked)


def assert_same_without_lean(model: CausalLearner) -> None:
    found = lists(model)
    model._finder._lean = None
    for one, other in zip(found, lists(model), strict=True):
        assert [text.text for text in one.beam] == [text.text for text in other.beam]
        for text, text_of_other in zip(one.beam, other.beam, strict=True):
            assert text.logprob == pytest.approx(text_of_other.logprob, abs=1e-4)


@pytest.mark.parametrize(
    "config",
    [
        LlamaConfig(**SIZE, initializer_range=0.2, tie_word_embeddings=True),
        LlamaConfig(**SIZE, initializer_range=0.2, rope_parameters={"rope_type": "linear", "factor": 2.0}),
        LlamaConfig(**SIZE, initializer_range=0.2, attention_bias=True, mlp_bias=True),
        Qwen2Config(**SIZE, initializer_range=0.2),
    ],
    ids=["tied", "scaled positions", "biases everywhere", "biases of projections"],
)
def test_blocks_of_llamas_kind_are_read_off_whatever_they_hold(config: PretrainedConfig) -> None:
    model = small(config)
    assert model.abilities.lean
    assert_same_without_lean(model)


@pytest.mark.parametrize(
    "config",
    [
        LlamaConfig(**SIZE, hidden_act="gelu"),
        LlamaConfig(**SIZE, hidden_act="gelu", initializer_range=0.2),
        Qwen3Config(**SIZE, head_dim=8, initializer_range=0.2),
        GemmaConfig(**SIZE, head_dim=8, initializer_range=0.2),
    ],
    ids=["another gate, untrained", "another gate", "norms of queries and keys", "scaled embeddings"],
)
def test_blocks_of_another_kind_are_left_to_the_model(config: PretrainedConfig) -> None:
    model = small(config)
    assert model.abilities.branches and model.fast_paths["constrained search"]
    assert not model.abilities.lean
    assert len(lists(model)[0].beam) == 20


def test_large_models_and_other_precisions_are_left_to_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not learner().abilities.lean
    assert learner(dtype=torch.float32).abilities.lean
    monkeypatch.setattr(lean, "MOST_WEIGHTS", 1000)
    assert not learner(dtype=torch.float32).abilities.lean
    assert learner(dtype=torch.float32).abilities.branches
