"""Slots that hold rows of the embedding and the head: new codes are learned, other tokens stay, PEFT reads them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, Qwen2Config

from agents.models.causal import CausalLearner
from simulation.core.errors import DataError, ModelError
from simulation.core.registry import build
from simulation.core.seeding import generator
from tests.support import tiny_models as tiny
from tests.support.learners import move, seats
from training.cohort.loop import train
from training.cohort.losses import Batch, likelihood
from training.lessons import Example
from training.sft import SFT

CODES = {"levels": 3, "size": 4}
SIZE = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "intermediate_size": 48, "max_position_embeddings": 128, "pad_token_id": 0, "eos_token_id": 1,
    "bos_token_id": None,
}  # fmt: skip
MODELS: dict[str, Any] = {
    "llama": lambda: LlamaConfig(vocab_size=len(tiny.PIECES), tie_word_embeddings=True, **SIZE),
    "llama with a head of its own": lambda: LlamaConfig(vocab_size=len(tiny.PIECES), **SIZE),
    "qwen2": lambda: Qwen2Config(vocab_size=len(tiny.PIECES), tie_word_embeddings=True, **SIZE),
    "qwen2, padded": lambda: Qwen2Config(vocab_size=len(tiny.PIECES) + 32, tie_word_embeddings=True, **SIZE),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return tiny models on disk whose tokenizer lacks the codes."""
    paths = {}
    for name, config in MODELS.items():
        paths[name] = tmp_path_factory.mktemp("model")
        torch.manual_seed(2)
        AutoModelForCausalLM.from_config(config()).save_pretrained(paths[name])
        tiny.tokenizer().save_pretrained(paths[name])
    return paths


def students(folder: Path, count: int = 3, *, dtype: str = "float64", **fields: Any) -> CausalLearner:
    given = {"slot": "lora_and_rows", "codes": CODES, "dtype": dtype, "lora": {"rank": 4}, **fields}
    made: CausalLearner = build("students", "language_model", {"model": str(folder), **given}).learner(seats(count))
    return made


def loss(batch: Batch) -> Tensor:
    return likelihood(batch.logprobs_SBKT, batch.valid_SBKT)


def item(number: int) -> str:
    return f"<a_{number % 4}><b_{number // 4 % 4}><c_{number // 16 % 4}>"


def taught(model: CausalLearner, slots: Sequence[str], recipe: SFT, lessons: int = 3) -> CausalLearner:
    """Teach some slots what comes after an item, which depends on the slot's number alone."""
    examples = {}
    for slot in slots:
        own = int(slot.rsplit("-", 1)[-1])
        pairs = [(item(number), item(7 * number + own)) for number in range(lessons)]
        examples[slot] = [Example(tree=model.encode(prompt, (answer,))) for prompt, answer in pairs]
    streams = {slot: generator(1, 0, int(slot.rsplit("-", 1)[-1]), "train") for slot in slots}
    train(model, examples, loss, recipe, generators=streams)
    return model


@pytest.mark.parametrize("name", ["llama", "llama with a head of its own"])
def test_a_cohort_ends_as_its_students_would_alone(folders: dict[str, Path], name: str) -> None:
    recipe = SFT(learning_rate=1e-3, batch_size=2, epochs=2)
    together = students(folders[name])
    start = together.adapters_SP.detach().clone()
    taught(together, together.slots, recipe)
    for row, slot in enumerate(together.slots):
        alone = taught(students(folders[name]), [slot], recipe)
        torch.testing.assert_close(together.adapters_SP[row], alone.adapters_SP[row], rtol=0, atol=1e-8)
        rows = alone.adapters.views((alone.adapters_SP - start)[row : row + 1])[1]
        assert all(own.abs().max() > 1e-3 for own in rows)


@pytest.mark.parametrize("name", MODELS)
def test_the_gradient_of_rows_is_that_of_the_whole_embedding_there(folders: dict[str, Path], name: str) -> None:
    model = students(folders[name], 2)
    tokens = torch.randint(2, len(model.tokenizer), (8, 20), generator=torch.Generator().manual_seed(0))
    tokens[:, 0] = torch.tensor(model.adapters.tokens[:8])
    with model.adapters.seated([0, 1], rows=8, columns=20):
        logits = model.module(tokens, use_cache=False).logits
    weights = torch.linspace(-1, 1, logits[:4].numel(), dtype=torch.float64).view(logits[:4].shape) ** 3
    (logits * weights.repeat(2, 1, 1)).sum().backward()
    assert model.adapters_SP.grad is not None
    plain = AutoModelForCausalLM.from_pretrained(folders[name], dtype=torch.float64)
    plain.resize_token_embeddings(len(model.module.get_input_embeddings().weight), mean_resizing=False)
    ends = (plain.get_input_embeddings(), plain.get_output_embeddings())
    with torch.no_grad():
        for own, base in zip(
            ends, (model.module.get_input_embeddings(), model.module.get_output_embeddings()), strict=True
        ):
            own.weight.copy_(base.weight)
    (plain(tokens[4:], use_cache=False).logits * weights).sum().backward()
    pieces = model.adapters.views(model.adapters_SP.grad[1:])[1]
    assert len(pieces) == len({id(end.weight) for end in ends})
    for own, end in zip(pieces, ends, strict=False):
        expected = end.weight.grad[list(model.adapters.tokens)]
        assert float((own[0] - expected).norm() / expected.norm()) < 1e-10


@pytest.mark.parametrize("name", MODELS)
def test_new_codes_start_as_the_mean_and_other_rows_stay_bit_for_bit(folders: dict[str, Path], name: str) -> None:
    before = load_file(folders[name] / "model.safetensors")
    model = students(folders[name], dtype="float32")
    taught(model, model.slots, SFT(learning_rate=1e-2, epochs=2))
    size = len(tiny.PIECES)
    for end, stored in (
        (model.module.get_input_embeddings(), "model.embed_tokens.weight"),
        (model.module.get_output_embeddings(), "lm_head.weight"),
    ):
        weight = end.weight.detach()
        old = before.get(stored, before["model.embed_tokens.weight"])
        kept = [number for number in range(len(old)) if number not in model.adapters.tokens]
        assert torch.equal(weight[kept], old[kept])
        mean = old[:size].double().mean(0).float()
        assert torch.equal(weight[list(model.adapters.tokens)], mean.expand(12, -1))
    assert model.adapters.tokens == tuple(range(size, size + 12))
    assert len(model.module.get_input_embeddings().weight) == max(size + 12, len(before["model.embed_tokens.weight"]))


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.*:FutureWarning")
@pytest.mark.parametrize("name", MODELS)
def test_peft_loads_the_folder_with_equal_outputs(folders: dict[str, Path], name: str, tmp_path: Path) -> None:
    from peft import PeftModel

    model = students(folders[name])
    move(model)
    model.save("student-1", tmp_path / "adapter")
    base = AutoModelForCausalLM.from_pretrained(folders[name], dtype=torch.float64)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "adapter")
    if len(tokenizer) > base.get_input_embeddings().num_embeddings:
        base.resize_token_embeddings(len(tokenizer))
    theirs = PeftModel.from_pretrained(base, tmp_path / "adapter", autocast_adapter_dtype=False).eval()
    tokens = tokenizer("<a_1><b_2><c_3> what <a_0>", return_tensors="pt")["input_ids"]
    assert set(tokens[0].tolist()) & set(model.adapters.tokens)
    with torch.no_grad(), model.adapters.seated([1], rows=1, columns=tokens.shape[1]):
        ours = model.module(tokens).logits
    with torch.no_grad():
        torch.testing.assert_close(theirs(tokens).logits, ours, rtol=1e-10, atol=1e-10)
    model.load("student-2", tmp_path / "adapter")
    assert torch.equal(model.adapters_SP[2], model.adapters_SP[1])
