"""Gradients of objectives are those of their definitions, whatever the head they go through and in what parts."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, Gemma2Config, GraniteConfig

import tests.support.tiny_models as tiny
from agents.models import scoring
from agents.models.causal import CausalLearner
from agents.models.learner_settings import LearnerSettings
from agents.models.objectives import MASSES, target_logprobs
from agents.models.scoring import Scorer
from simulation.core.model_roles import lost_paths
from simulation.core.objectives import CROSS_ENTROPY, Objective
from tests.support.learners import move, seats

CASES = 1000
NAMES = tuple(MASSES)


def objective_of(name: Any, beta: float) -> Objective:
    """Return an objective; cross-entropy has no beta."""
    return CROSS_ENTROPY if name == "cross_entropy" else Objective(name=name, beta=beta)


def defined(logits_NV: Tensor, targets_N: Tensor, objective: Objective) -> Tensor:
    """Return the losses as the paper writes them, from all log-probabilities."""
    logprobs_NV = logits_NV.log_softmax(-1)
    own_N1 = logprobs_NV.gather(-1, targets_N[:, None])
    if objective.name == "cross_entropy":
        return -own_N1[:, 0]
    q_NV = (logits_NV / objective.beta).softmax(-1).detach()
    z_N1 = logits_NV.gather(-1, targets_N[:, None])
    w_NV = torch.sigmoid(0.01 * (logits_NV - z_N1)).detach() if objective.name == "gem_logsigmoid" else 1.0
    return -(q_NV * w_NV * (own_N1 - logprobs_NV)).sum(-1)


def gradient(loss_N: Tensor, logits_NV: Tensor, weights_N: Tensor) -> Tensor:
    [slope_NV] = torch.autograd.grad((loss_N * weights_N).sum(), logits_NV)
    return slope_NV


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_those_of_autograd_on_the_definition(name: str) -> None:
    stream = np.random.default_rng(NAMES.index(name))
    worst = 0.0
    for _ in range(CASES):
        tokens, size = int(stream.integers(1, 4)), int(np.exp(stream.uniform(np.log(2), np.log(5000))).round())
        spread, beta = float(np.exp(stream.uniform(-3, 4))), float(np.exp(stream.uniform(-2, 1.5)))
        logits_NV = torch.tensor(stream.normal(size=(tokens, size)) * spread, requires_grad=True)
        targets_N = torch.tensor(stream.integers(size, size=tokens))
        weights_N = torch.tensor(stream.normal(size=tokens))
        objective = objective_of(name, beta)
        logprob_N = target_logprobs(logits_NV, targets_N, objective)
        assert torch.equal(logprob_N.detach(), logits_NV.detach().log_softmax(-1)[range(tokens), targets_N])
        ours = gradient(-logprob_N, logits_NV, weights_N)
        theirs = gradient(defined(logits_NV, targets_N, objective), logits_NV, weights_N)
        worst = max(worst, float((ours - theirs).abs().max()))
    assert worst < 1e-10


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_the_closed_forms_in_single_precision(name: str) -> None:
    stream = torch.Generator().manual_seed(0)
    logits_NV = 5 * torch.randn(200, 700, generator=stream)
    targets_N = torch.randint(700, (200,), generator=stream)
    onehot_NV = torch.nn.functional.one_hot(targets_N, 700).double()
    exact_NV = logits_NV.double()
    beta = 0.7
    q_NV = (exact_NV / (1 if name == "cross_entropy" else beta)).softmax(-1)
    if name == "gem_logsigmoid":
        q_NV *= torch.sigmoid(0.01 * (exact_NV - exact_NV.gather(-1, targets_N[:, None])))
    closed_NV = q_NV - q_NV.sum(-1, keepdim=True) * onehot_NV
    leaf_NV = logits_NV.requires_grad_()
    ours_NV = gradient(-target_logprobs(leaf_NV, targets_N, objective_of(name, beta)), leaf_NV, torch.ones(200))
    torch.testing.assert_close(ours_NV.double(), closed_NV, rtol=0, atol=1e-6)


def test_linear_is_cross_entropy_of_tempered_scores_and_at_one_cross_entropy_itself() -> None:
    stream = torch.Generator().manual_seed(0)
    logits_NV = (3 * torch.randn(50, 90, generator=stream, dtype=torch.float64)).requires_grad_()
    targets_N, ones_N = torch.randint(90, (50,), generator=stream), torch.ones(50, dtype=torch.float64)
    for beta in (0.3, 0.7, 1.0, 2.0):
        ours = gradient(-target_logprobs(logits_NV, targets_N, objective_of("gem_linear", beta)), logits_NV, ones_N)
        [slope_NV] = torch.autograd.grad(
            torch.nn.functional.cross_entropy(logits_NV / beta, targets_N, reduction="sum"), logits_NV
        )
        torch.testing.assert_close(ours, beta * slope_NV, rtol=0, atol=1e-14)
    plain = gradient(-target_logprobs(logits_NV, targets_N, CROSS_ENTROPY), logits_NV, ones_N)
    near = gradient(-target_logprobs(logits_NV, targets_N, objective_of("gem_linear", 1 + 1e-9)), logits_NV, ones_N)
    torch.testing.assert_close(near, plain, rtol=0, atol=1e-8)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", NAMES)
def test_huge_and_impossible_scores_give_no_nan(name: str, dtype: torch.dtype) -> None:
    rows = [
        [1e4, -1e4, 0.0, 1e4],
        [-1e4, -1e4, -1e4, -1e4],
        [0.0, -torch.inf, 1e4, -torch.inf],
        [-torch.inf, 3.0, -torch.inf, -torch.inf],
        [-torch.inf, -torch.inf, 1.0, 2.0],
    ]
    for beta in (1e-3, 0.7, 5.0):
        for target in range(4):
            logits_NV = torch.tensor(rows, dtype=dtype, requires_grad=True)
            logprob_N = target_logprobs(logits_NV, torch.full((5,), target), objective_of(name, beta))
            slope_NV = gradient(-logprob_N, logits_NV, torch.ones(5, dtype=dtype))
            assert not logprob_N.isnan().any() and slope_NV.isfinite().all()
            assert slope_NV.sum(-1).abs().max() < 1e-6


@pytest.mark.parametrize(("name", "beta"), [("gem_linear", 0.0), ("gem_logsigmoid", -1.0), ("cross_entropy", 0.7)])
def test_a_temperature_that_is_none_is_refused(name: Any, beta: float) -> None:
    with pytest.raises(ValueError, match=str(beta)):
        Objective(name=name, beta=beta)


FAMILIES: dict[str, Any] = {
    "llama": lambda: tiny.build("llama"),
    "gpt2": lambda: tiny.build("gpt2"),
    "mamba": lambda: tiny.build("mamba"),
    "a head of its own with a bias": lambda: with_bias(tiny.build("llama")),
    "capped": lambda: built(Gemma2Config(**SIZE, head_dim=8, final_logit_softcapping=3.0)),
    "scaled": lambda: built(GraniteConfig(**SIZE, logits_scaling=4.0)),
}
SIZE: dict[str, Any] = {
    "vocab_size": len(tiny.PIECES), "initializer_range": 0.3, "hidden_size": 32, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 48, "max_position_embeddings": 128,
    "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": None,
}  # fmt: skip


REFUSED = {
    ("every_weight", "mamba"),
    ("lora_and_rows", "a head of its own with a bias"),
}  # slots that such a model cannot have


def built(config: Any) -> Any:
    torch.manual_seed(1)
    return AutoModelForCausalLM.from_config(config, dtype=torch.float64).eval()


def with_bias(module: Any) -> Any:
    module.lm_head = torch.nn.Linear(32, len(tiny.PIECES), dtype=torch.float64)
    return module


def taught(model: CausalLearner, scorer: Scorer, objective: Objective) -> tuple[Tensor, Tensor]:
    """Return log-probabilities, and the gradient of a weighted sum of them, of slots with trees of many shapes."""
    texts: list[list[tuple[str, tuple[str, ...]]]] = [
        [("2 + 2", ("4", "five")), ("3", ("1",))],
        [("7 x 7", ("49", "1", "a rather long answer"))],
    ]
    trees = [[model.encode(prompt, branches) for prompt, branches in row] for row in texts]
    logprobs_SBKT, valid_SBKT = scorer.logprobs([2, 0], trees, objective)
    weights_SBKT = torch.linspace(-1, 2, logprobs_SBKT.numel(), dtype=logprobs_SBKT.dtype).view_as(logprobs_SBKT)
    model.adapters_SP.grad = None
    (logprobs_SBKT * weights_SBKT)[valid_SBKT].sum().backward()
    assert model.adapters_SP.grad is not None
    return logprobs_SBKT.detach(), model.adapters_SP.grad.clone()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("slot", "family"),
    [
        (slot, family)
        for slot in ("lora", "lora_and_rows", "every_weight")
        for family in FAMILIES
        if (slot, family) not in REFUSED
    ],
)
@pytest.mark.filterwarnings("ignore:`past_key_values` is deprecated:FutureWarning")
def test_the_head_in_parts_is_the_whole_head(
    monkeypatch: pytest.MonkeyPatch, slot: str, family: str, name: str
) -> None:
    settings = LearnerSettings(rank=4, slot=slot, rows="[a-l]")
    model = CausalLearner(FAMILIES[family](), tiny.tokenizer(), seats(3), settings, source=family)
    move(model)
    assert model.fast_paths["chunked head"]
    assert model.abilities.head == ("frozen" if slot == "lora" else "trained")
    whole = replace(model._scorer, abilities=replace(model.abilities, head=None))
    logprobs, slopes = taught(model, whole, objective_of(name, 0.6))
    assert [bool(row.abs().max() > 1e-3) for row in slopes] == [True, False, True]
    for size in (1, 5, 10_000):
        monkeypatch.setattr(scoring, "at_once", lambda _, size=size: size)
        in_parts, own_slopes = taught(model, model._scorer, objective_of(name, 0.6))
        close = 1e-4 if family == "mamba" else 1e-10  # its states are float32 whatever the dtype
        torch.testing.assert_close(in_parts, logprobs, rtol=0, atol=close)
        torch.testing.assert_close(own_slopes, slopes, rtol=10 * close, atol=10 * close)


def test_a_padded_token_gives_no_gradient() -> None:
    model = CausalLearner(tiny.build("llama"), tiny.tokenizer(), seats(2), LearnerSettings(rank=4), source="llama")
    move(model)
    trees = [[model.encode("2 + 2", ("4", "five"))], [model.encode("7 x 7", ("49",)), model.encode("3", ("1",))]]
    for name in NAMES:
        logprobs_SBKT, valid_SBKT = model.branch_logprobs(model.slots, trees, objective_of(name, 0.6))
        assert bool((logprobs_SBKT[~valid_SBKT] == 0).all()) and not valid_SBKT.all()
        [slopes_SP] = torch.autograd.grad(logprobs_SBKT[~valid_SBKT].sum(), model.adapters_SP)
        assert not slopes_SP.any()


def test_a_model_whose_scores_are_not_its_heads_is_seen_and_trained_on_whole_scores() -> None:
    module = tiny.build("llama")
    forward = module.forward

    def shifted(input_ids: Tensor, **inputs: Any) -> Any:
        out = forward(input_ids=input_ids, **inputs)
        kept = out.logits.shape[1]
        out.logits = out.logits + 0.5 * torch.nn.functional.one_hot(input_ids[:, -kept:], out.logits.shape[-1])
        return out

    module.forward = shifted
    model = CausalLearner(module, tiny.tokenizer(), seats(3), LearnerSettings(rank=4), source="llama")
    move(model)
    assert model.abilities.tree and model.abilities.head is None
    assert not model.fast_paths["chunked head"] and "chunked head" in lost_paths(model)
    tree = model.encode("7 x 7", ("49",))
    logprobs_SBKT, _ = model.branch_logprobs(["student-1"], [[tree]], objective_of("gem_linear", 0.6))
    tokens = torch.tensor([[*tree.prompt, *tree.branches[0]]])
    with model.adapters.seated([1], rows=1, columns=tokens.shape[1]):
        logits_LV = module(input_ids=tokens, use_cache=False).logits[0, len(tree.prompt) - 1 : -1]
    targets_N = torch.tensor(tree.branches[0])
    torch.testing.assert_close(
        logprobs_SBKT.flatten(), logits_LV.log_softmax(-1)[range(len(targets_N)), targets_N], rtol=0, atol=1e-9
    )
    [ours] = torch.autograd.grad(-logprobs_SBKT.sum(), model.adapters_SP)
    [theirs] = torch.autograd.grad(
        defined(logits_LV, targets_N, objective_of("gem_linear", 0.6)).sum(), model.adapters_SP
    )
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)
