"""Architectures that are made otherwise load and are scored as transformers scores them, or say what is left out."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import CONFIG_MAPPING, AutoModelForCausalLM

from agents.models.causal import CausalLearner
from agents.models.learner_settings import LearnerSettings
from simulation.core.calls import Request
from simulation.core.model_roles import Partial
from tests.support import tiny_models
from tests.support.learners import learner, move, seats
from training.trl.borrowed import quiet

IDS: dict[str, Any] = {
    "vocab_size": len(tiny_models.PIECES),
    "pad_token_id": 0,
    "eos_token_id": 1,
    "bos_token_id": None,
}
SIZE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
HEADS = {**SIZE, "num_key_value_heads": 2, "head_dim": 8}
ONE_OF_FOUR = {"num_local_experts": 4, "num_experts_per_tok": 1}
KINDS: dict[str, dict[str, Any]] = {
    "gpt_oss": {**HEADS, **ONE_OF_FOUR},
    "mpt": {"d_model": 32, "n_heads": 4, "n_layers": 2, "max_seq_len": 128},
    "rwkv": {"hidden_size": 32, "num_hidden_layers": 2, "intermediate_size": 48, "context_length": 128},
    "llama4_text": {**HEADS, **ONE_OF_FOUR, "intermediate_size_mlp": 48, "attention_chunk_size": 64},
    "qwen3_moe": {**HEADS, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16},
}
EXPERTS = ("gpt_oss", "llama4_text", "qwen3_moe")


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_loaded_scored_and_told(kind: str, tmp_path: Path) -> None:
    torch.manual_seed(1)
    made: Any = AutoModelForCausalLM.from_config(CONFIG_MAPPING[kind](**KINDS[kind], **IDS)).eval()
    made.save_pretrained(tmp_path)
    tiny_models.tokenizer().save_pretrained(tmp_path)
    with quiet():
        model = CausalLearner.from_source(str(tmp_path), seats(2), LearnerSettings(rank=2))
        request = Request(slot="student-0", prompt="1+1=", continuations=("2", "33"))
        tree = model.encode(request.prompt, request.continuations)
        for logprob, branch in zip(model.score([request])[0], tree.branches, strict=True):
            with torch.no_grad():
                logits = made(input_ids=torch.tensor([[*tree.prompt, *branch]])).logits[0].float().log_softmax(-1)
            expected = sum(float(logits[len(tree.prompt) - 1 + at, token]) for at, token in enumerate(branch))
            assert logprob == pytest.approx(expected, abs=1e-3)
        before = model.score([request])
        move(model)
        assert model.score([request])[0] != pytest.approx(before[0], abs=1e-3)
    assert isinstance(model, Partial) and bool(model.left_out) is (kind in EXPERTS)
    if kind in EXPERTS:
        assert model.left_out.startswith("its experts, ") and "router" not in {s.name for s in model.adapters.shapes}


def test_a_model_whose_every_layer_is_adapted_leaves_nothing_out() -> None:
    assert learner().left_out == ""
    assert learner(slot="every_weight").left_out == ""


def test_layers_without_an_adapter_are_named() -> None:
    named = "its layers k_proj, o_proj, gate_proj, up_proj, down_proj have no adapter and stay as they are"
    assert learner(targets=("q_proj", "v_proj")).left_out == named
    assert learner("mamba").left_out == "its layers dt_proj have no adapter and stay as they are"
