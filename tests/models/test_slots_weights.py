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
from agents.models.linear import whole
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
    return likelihood(batch.logprobs_SBKT, batch.lengths_SBK)


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


@pytest.mark.parametrize("slots", [1, 2])
@pytest.mark.parametrize("size", [16, 160])
def test_products_of_whole_weights_are_plain_products(slots: int, size: int) -> None:
    x, weight, bias, away = (
        torch.randn(slots, *shape, generator=torch.Generator().manual_seed(seed))
        for seed, shape in enumerate(((300, size), (size + 3, size), (size + 3,), (300, size + 3)))
    )
    leaves = [tensor.requires_grad_() for tensor in (x, weight, bias)]
    out = whole(*leaves)
    expected = x @ weight.mT + bias.unsqueeze(1)
    torch.testing.assert_close(out, expected, rtol=1e-4, atol=1e-3)
    for ours, theirs in zip(
        torch.autograd.grad(out, leaves, away), torch.autograd.grad(expected, leaves, away), strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_what_is_scored_and_written_is_what_the_saved_folder_says(kind: str, tmp_path: Path) -> None:
    model = learner(kind, slot="every_weight")
    requests = questions(model.slots)
    scores = model.score(requests)
    for slot in model.slots:
        model.save(slot, tmp_path / slot)
        plain = AutoModelForCausalLM.from_pretrained(tmp_path / slot).requires_grad_(False)
        assert next(plain.parameters()).dtype == torch.float64
        for request, logprobs in zip(requests, scores, strict=True):
            if request.slot == slot:
                tree = model.encode(request.prompt, request.continuations)
                for branch, logprob in zip(tree.branches, logprobs, strict=True):
                    logits = plain(torch.tensor([[*tree.prompt, *branch]])).logits[0].log_softmax(-1)
                    places = torch.arange(len(tree.prompt) - 1, len(tree.prompt) + len(branch) - 1)
                    assert float(logits[places, torch.tensor(branch)].sum()) == pytest.approx(logprob, abs=1e-8)
        prompt = model.encode("b c", ()).prompt
        (written,) = model.generate([Request(slot=slot, prompt="b c", max_tokens=5)])
        greedy = plain.generate(
            torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt)), do_sample=False, max_new_tokens=5
        )
        ids = greedy[0, len(prompt) :].tolist()
        assert written.text == model.tokenizer.decode(ids, skip_special_tokens=True).removeprefix(" ")
    model.load("student-0", tmp_path / "student-2")
    assert torch.equal(model.adapters_SP[0], model.adapters_SP[2])
    with pytest.raises(DataError, match="is not a model folder"):
        model.load("student-0", tmp_path)


def test_dump_and_restore_are_bit_exact() -> None:
    model = learner(slot="every_weight")
    slot_bytes, version = model.dump("student-1"), model.version("student-1")
    bits = model.adapters_SP.detach()[1].view(torch.uint8).clone()
    with torch.no_grad():
        model.adapters_SP[1] = 7.0
    assert model.version("student-1") != version
    model.restore("student-1", slot_bytes)
    assert torch.equal(model.adapters_SP.detach()[1].view(torch.uint8), bits)
    assert model.dump("student-1") == slot_bytes and model.version("student-1") == version
    with pytest.raises(DataError, match=r"does not fit.*slot"):
        model.restore("student-1", learner().dump("student-1"))


def test_a_slot_that_is_drawn_depends_on_its_seat_alone_and_starts_as_a_new_model() -> None:
    def drawn(*students: Seat) -> CausalLearner:
        fields = {"model": "embedded/recommender", "slot": "every_weight", "start": "drawn"}
        made: CausalLearner = build("students", "language_model", fields).learner(students)
        return made

    pair = [Seat(name="a", number=0, seed=5), Seat(name="b", number=1, seed=5)]
    model = drawn(*pair)
    assert torch.equal(drawn(pair[1]).adapters_SP[0], model.adapters_SP[1])
    assert not torch.equal(model.adapters_SP[0], model.adapters_SP[1])
    assert not any(model.adapters.untrained(row) for row in range(2))
    pieces = model.adapters.views(model.adapters_SP.detach())[1]
    for piece, own_G in zip(model.adapters.pieces, pieces, strict=True):
        if "norm" in piece.name:
            assert torch.equal(own_G, torch.ones_like(own_G))
        else:
            assert float(own_G.std()) == pytest.approx(0.02, rel=0.05) and abs(float(own_G.mean())) < 1e-3
    assert not pieces[0][:, model.tokenizer.pad_token_id].any()


def test_equal_slots_that_start_from_the_base_are_scored_once_until_they_change() -> None:
    model = learner(slot="every_weight")
    assert not model.adapters.untrained(0)
    for row in range(3):
        with torch.no_grad():
            model.adapters_SP[row] = torch.cat([piece.base.reshape(-1) for piece in model.adapters.pieces])
        assert model.adapters.untrained(row)
    with torch.no_grad():
        model.adapters_SP[1, -1] += 1e-9
    assert [model.adapters.untrained(row) for row in range(3)] == [True, False, True]


@pytest.mark.usefixtures("one_thread")
def test_the_shipped_recommender_learns_from_nothing_what_follows_what() -> None:
    fields = {"model": "embedded/recommender", "slot": "every_weight", "start": "drawn", "max_tokens": 4}
    model: CausalLearner = build("students", "language_model", fields).learner(seats(2))
    assert all(model.fast_paths.values())
    stream = np.random.default_rng(0)
    items = [f"<a_{a}><b_{b}><c_{c}>" for a, b, c in stream.integers(0, 64, size=(30, 3)).tolist()]
    following = dict(zip(items, [*items[1:], items[0]], strict=True))
    examples = {
        "student-0": [
            Example(tree=model.encode(f"{stream.choice(items)} {now}", (following[now],))) for now in items * 8
        ]
    }
    recipe = SFT(learning_rate=1e-2, batch_size=30, epochs=28)
    train(model, examples, loss, recipe, generators={"student-0": generator(0, 0, 0, "train")})
    for slot, least, most in (("student-0", 0.9, 1.0), ("student-1", 0.0, 0.1)):
        texts = model.generate([Request(slot=slot, prompt=f"{items[0]} {now}", max_tokens=4) for now in items])
        right = np.mean([text.text == following[now] for text, now in zip(texts, items, strict=True)])
        assert least <= right <= most


def test_more_weights_than_the_memory_holds_are_refused_and_just_so_many_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone = learner("llama", slot="every_weight")
    needed = alone.adapters_SP.numel() * alone.adapters_SP.itemsize * slots_weights.COPIES
    monkeypatch.setattr(slots_weights, "room", lambda _: needed)
    learner("llama", slot="every_weight")
    monkeypatch.setattr(slots_weights, "room", lambda _: needed - 1)
    with pytest.raises(ModelError, match=r"has [\d,]+ weights; as slots of every_weight, \d+ take .*lora_and_rows"):
        learner("llama", slot="every_weight")


def test_a_model_whose_weights_are_used_without_a_call_is_refused() -> None:
    with pytest.raises(ModelError, match="slot: lora"):
        learner("mamba", slot="every_weight")
