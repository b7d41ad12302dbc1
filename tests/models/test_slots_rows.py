"""Slots that hold rows of the embedding and the head: new codes are learned, other tokens stay, PEFT reads them."""

import json
import statistics
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
from simulation.core.calls import Request
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
MANY_CODES = {"levels": 3, "size": 16}
SIZE: dict[str, Any] = {
    "initializer_range": 0.3,
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


def ends(module: Any) -> tuple[Any, Any]:
    """Return the layers that read and that score tokens."""
    return module.get_input_embeddings(), module.get_output_embeddings()


def loss(batch: Batch) -> Tensor:
    return likelihood(batch.logprobs_SBKT, batch.lengths_SBK)


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
    plain.resize_token_embeddings(len(ends(model.module)[0].weight), mean_resizing=False)
    theirs = ends(plain)
    with torch.no_grad():
        for own, base in zip(theirs, ends(model.module), strict=True):
            own.weight.copy_(base.weight)
    (plain(tokens[4:], use_cache=False).logits * weights).sum().backward()
    pieces = model.adapters.views(model.adapters_SP.grad[1:])[1]
    assert len(pieces) == len({id(end.weight) for end in theirs})
    for own, end in zip(pieces, theirs, strict=False):
        expected = end.weight.grad[list(model.adapters.tokens)]
        assert float((own[0] - expected).norm() / expected.norm()) < 1e-10


@pytest.mark.parametrize("name", MODELS)
def test_new_codes_start_as_the_mean_and_other_rows_stay_bit_for_bit(folders: dict[str, Path], name: str) -> None:
    before = load_file(folders[name] / "model.safetensors")
    model = students(folders[name], dtype="float32")
    taught(model, model.slots, SFT(learning_rate=1e-2, epochs=2))
    size = len(tiny.PIECES)
    names = ("model.embed_tokens.weight", "lm_head.weight")
    for end, stored in zip(ends(model.module), names, strict=True):
        weight = end.weight.detach()
        old = before.get(stored, before["model.embed_tokens.weight"])
        kept = [number for number in range(len(old)) if number not in model.adapters.tokens]
        assert torch.equal(weight[kept], old[kept])
        mean = old[:size].double().mean(0).float()
        assert torch.equal(weight[list(model.adapters.tokens)], mean.expand(12, -1))
    assert model.adapters.tokens == tuple(range(size, size + 12))
    assert len(ends(model.module)[0].weight) == max(size + 12, len(before["model.embed_tokens.weight"]))


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.*:FutureWarning")
@pytest.mark.parametrize("name", MODELS)
def test_peft_loads_the_folder_with_equal_outputs(folders: dict[str, Path], name: str, tmp_path: Path) -> None:
    from peft import PeftModel

    model = students(folders[name])
    move(model)
    model.save("student-1", tmp_path / "adapter")
    base = AutoModelForCausalLM.from_pretrained(folders[name], dtype=torch.float64)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "adapter")
    if len(tokenizer) > len(ends(base)[0].weight):
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


def test_dump_and_restore_are_bit_exact_and_say_which_rows_they_hold(folders: dict[str, Path]) -> None:
    model = students(folders["qwen2"])
    assert all(model.adapters.untrained(row) for row in range(3))
    move(model)
    assert not any(model.adapters.untrained(row) for row in range(3))
    slot_bytes = model.dump("student-1")
    bits = model.adapters_SP.detach()[1].view(torch.uint8).clone()
    with torch.no_grad():
        model.adapters_SP[1] = 7.0
    model.restore("student-1", slot_bytes)
    assert torch.equal(model.adapters_SP.detach()[1].view(torch.uint8), bits) and model.dump("student-1") == slot_bytes
    header = json.loads(slot_bytes[8 : 8 + int.from_bytes(slot_bytes[:8], "little")])
    description = json.loads(header["__metadata__"]["lora"])
    assert description["trainable_token_indices"] == {"model.embed_tokens": list(model.adapters.tokens)}


def test_rows_of_other_tokens_are_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    model = students(folders["llama"])
    students(folders["llama"], codes=None, rows="[a-l]").save("student-0", tmp_path)
    with pytest.raises(DataError, match="rows of other tokens"):
        model.load("student-0", tmp_path)
    with pytest.raises(ModelError, match=r"no token of the tokenizer is matched by rows.*codes"):
        students(folders["llama"], codes=None)


def test_what_is_scored_and_written_is_what_the_merged_model_says(folders: dict[str, Path]) -> None:
    model = students(folders["qwen2"])
    move(model)
    prompt, answers = "<a_1><b_2><c_3>", ("<a_0><b_1><c_2>", "<a_3>")
    requests = [Request(slot=slot, prompt=prompt, continuations=answers, max_tokens=4) for slot in model.slots]
    tree = model.encode(prompt, answers)
    for row, (scores, written) in enumerate(zip(model.score(requests), model.generate(requests), strict=True)):
        sequences = [[*tree.prompt, *branch] for branch in tree.branches]
        for sequence, score in zip(sequences, scores, strict=True):
            tokens = torch.tensor([sequence])
            with torch.no_grad(), model.adapters.seated([row], rows=1, columns=len(sequence)):
                logprobs = model.module(tokens).logits[0].log_softmax(-1)
            first = len(tree.prompt)
            places = torch.arange(first - 1, len(sequence) - 1)
            assert float(logprobs[places, tokens[0, first:]].sum()) == pytest.approx(score, abs=1e-8)
        ids = list(tree.prompt)
        for _ in range(4):
            with torch.no_grad(), model.adapters.seated([row], rows=1, columns=len(ids)):
                ids.append(int(model.module(torch.tensor([ids])).logits[0, -1].argmax()))
        assert written.text == model.tokenizer.decode(ids[len(tree.prompt) :], skip_special_tokens=True).strip()


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("name", ["llama", "qwen2"])
def test_a_catalogue_of_unknown_codes_is_learned_by_rows_and_better_than_by_lora_alone(
    folders: dict[str, Path], name: str
) -> None:
    codes_by_item = np.random.default_rng(0).integers(0, 16, size=(50, 3)).tolist()
    catalogue = [f"<a_{a}><b_{b}><c_{c}>" for a, b, c in codes_by_item]
    following = [*catalogue[1:], catalogue[0]]
    recipe = SFT(learning_rate=1e-2, batch_size=25, epochs=100)
    hits = {}
    for slot, codes in (("lora_and_rows", MANY_CODES), ("lora", None)):
        model = students(folders[name], 1, dtype="float32", slot=slot, codes=codes, lora={"rank": 8})
        pairs = list(zip(catalogue, following, strict=True))
        examples = [Example(tree=model.encode(now, (then,))) for now, then in pairs]
        train(model, {"student-0": examples}, loss, recipe, generators={"student-0": generator(0, 0, 0, "train")})
        written = model.generate([Request(slot="student-0", prompt=now, max_tokens=20) for now in catalogue])
        hits[slot] = [completion.text == then for completion, then in zip(written, following, strict=True)]
    assert sum(hits["lora_and_rows"]) >= 45
    gains = [int(ours) - int(theirs) for ours, theirs in zip(hits["lora_and_rows"], hits["lora"], strict=True)]
    mean, deviation = statistics.mean(gains), statistics.stdev(gains)
    assert mean - 1.96 * deviation / len(gains) ** 0.5 > 0
