"""Adapters drop features of what they read in a step of training: as PEFT does, and for each student as alone."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from agents.models.causal import CausalLearner
from agents.models.dropping import LostFeatures
from simulation.core.calls import Request
from simulation.core.errors import ModelError
from simulation.core.packing import Tree
from simulation.core.registry import build
from simulation.core.seeding import generator
from tests.support import tiny_models as tiny
from tests.support.additions import wrong_additions
from tests.support.learners import learner, questions, seats

pytestmark = pytest.mark.usefixtures("one_thread")
SHARE = 0.3
TREES: list[list[tuple[str, ...]]] = [
    [("4", "five km"), ("12", "a longer one", "a")],
    [("7 km",)],
    [("x", "x y", "x y z"), ("b",), ("c and a rather long answer",)],
]


def trees_of(model: CausalLearner) -> list[list[Tree]]:
    return [[model.encode(f"what is {len(row)}", texts) for texts in row] for row in TREES]


def generators(model: CausalLearner, step: int = 0) -> dict[str, np.random.Generator]:
    return {slot: generator(2, step, row, "drops") for row, slot in enumerate(model.slots)}


def gradients(
    model: CausalLearner, slots: Sequence[str], trees: Sequence[Sequence[Tree]], *, step: int = 0, again: bool = False
) -> tuple[list[Tensor], Tensor]:
    """Return each slot's sum of log-probabilities and the gradients of their total, one step of dropout long."""
    model.adapters_SP.grad = None
    streams = generators(model, step)
    with model.recomputing() if again else nullcontext(), model.dropping({slot: streams[slot] for slot in slots}):
        logprobs_SBKT, _ = model.branch_logprobs(slots, trees)
        logprobs_SBKT.sum().backward()
    assert model.adapters_SP.grad is not None
    return list(logprobs_SBKT.detach().sum((1, 2, 3))), model.adapters_SP.grad.clone()


class Masked(nn.Module):
    """Stands in PEFT's place of dropout, with a mask that is given."""

    def __init__(self, mask_NI: Tensor) -> None:
        super().__init__()
        self._mask_NI = mask_NI

    def forward(self, x_1NI: Tensor) -> Tensor:
        return x_1NI * self._mask_NI / (1 - SHARE)


def recorded(monkeypatch: pytest.MonkeyPatch) -> dict[str, Tensor]:
    """Return where the masks of all layers will be written, `mask_GNI` by the layer's name."""
    masks: dict[str, Tensor] = {}
    apply: Callable[..., Tensor] = LostFeatures.of

    def of(dropout: LostFeatures, x_GNI: Tensor, layer: int, name: str) -> Tensor:
        masks[name] = apply(dropout, torch.ones_like(x_GNI), layer, name)
        return apply(dropout, x_GNI, layer, name)

    monkeypatch.setattr(LostFeatures, "of", of)
    return masks


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.*:FutureWarning")
@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_values_and_gradients_are_those_of_peft_with_the_same_masks(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peft import PeftModel

    masks = recorded(monkeypatch)
    model = learner(kind, count=2, dropout=SHARE)
    tree = model.encode("what is 7 plus 12?", ("a long one",))
    tokens = (*tree.prompt, *tree.branches[0])
    (total,), gradient_SP = gradients(model, ["student-1"], [[tree]])
    model.save("student-1", tmp_path)
    theirs = PeftModel.from_pretrained(tiny.build(kind), tmp_path, is_trainable=True, autocast_adapter_dtype=False)
    layers = {name.removeprefix("base_model.model."): layer for name, layer in theirs.named_modules()}
    for name, mask_1NI in masks.items():
        assert layers[name].lora_dropout["default"].p == SHARE
        layers[name].lora_dropout["default"] = Masked(mask_1NI[0, 1 - len(tokens) :])
    logits_NV = theirs.eval()(torch.tensor([tokens[:-1]]), use_cache=False).logits[0].log_softmax(-1)
    logprob_N = logits_NV[torch.arange(len(tokens) - 1), torch.tensor(tokens[1:])]
    expected = logprob_N[len(tree.prompt) - 1 :].sum()
    expected.backward()
    assert float(total) == pytest.approx(float(expected.detach()), abs=1e-10)
    for shape, (a_GRI, b_GOR) in zip(model.adapters.shapes, model.adapters.factors(gradient_SP[1:]), strict=True):
        layer = layers[shape.name]
        for ours, own in ((a_GRI[0], layer.lora_A), (b_GOR[0], layer.lora_B)):
            torch.testing.assert_close(ours, own["default"].weight.grad, rtol=1e-9, atol=1e-10)
    plain = model.branch_logprobs(["student-1"], [[tree]])[0].sum()
    assert abs(float(plain.detach()) - float(total)) > 1e-3


def test_a_feature_is_lost_as_often_as_is_said_and_apart_from_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    masks = recorded(monkeypatch)
    model = learner(dropout=SHARE)
    trees = [[model.encode(f"a prompt of some length {row}", ("with", "answers"))] for row in range(3)]
    drawn: list[dict[str, Tensor]] = []
    for step in range(2):
        gradients(model, model.slots, trees, step=step)
        drawn.append({name: mask_GNI[:, -20:].clone() for name, mask_GNI in masks.items()})
    everything = torch.cat([mask_GNI.flatten() for own in drawn for mask_GNI in own.values()])
    error = (SHARE * (1 - SHARE) / len(everything)) ** 0.5
    assert abs(float((everything == 0).double().mean()) - SHARE) < 4 * error  # 1 in 16,000
    rows = [row_I for own in drawn for mask_GNI in own.values() for row_I in mask_GNI.flatten(0, 1)]
    same = [float((one == other).double().mean()) for one, other in pairwise(rows) if len(one) == len(other)]
    agree = SHARE**2 + (1 - SHARE) ** 2
    assert abs(np.mean(same) - agree) < 4 * (agree * (1 - agree) / (32 * len(same))) ** 0.5
    for masks_of_step in drawn:
        q, k = (masks_of_step[f"model.layers.0.self_attn.{name}_proj"] for name in "qk")
        assert not torch.equal(q, k) and not torch.equal(q[0], q[1])
    assert not torch.equal(drawn[0]["model.layers.0.self_attn.q_proj"], drawn[1]["model.layers.0.self_attn.q_proj"])


def test_over_many_masks_a_layer_changes_by_what_it_does_without() -> None:
    model = learner(count=1, dropout=SHARE)
    layer = model.module.get_submodule("model.layers.0.mlp.down_proj")
    x_1NI = torch.randn(1, 3, 48, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        with model.adapters.seated([0], rows=1, columns=3):
            expected = layer(x_1NI)
        draws = []
        for seed in range(3000):
            dropout = LostFeatures(
                share=SHARE,
                seeds_GL=[[seed] * len(model.adapters.shapes)],
                places_GN=torch.arange(3)[None],
                tokens_G=[3],
            )
            with model.adapters.seated([0], rows=1, columns=3, dropout=dropout):
                draws.append(layer(x_1NI))
    drawn = torch.stack(draws)
    errors = (drawn.mean(0) - expected).abs() / (drawn.std(0) / len(draws) ** 0.5)
    assert float(drawn.std(0).min()) > 0 and float(errors.max()) < 4.5  # of 96 numbers


@pytest.mark.parametrize("kind", ["llama", "mistral", "gpt2"])
def test_a_step_is_the_same_alone_packed_plain_and_computed_again(kind: str) -> None:
    model = learner(kind, dropout=SHARE)
    trees = trees_of(model)
    totals, gradient_SP = gradients(model, model.slots, trees)
    fits = [model._scorer.fits(own) for own in trees]
    assert fits == [True, True, kind != "mistral"]  # whose attention reaches 24 tokens: all are plain beside the last
    plain = learner(kind, dropout=SHARE)
    plain._scorer = replace(plain._scorer, abilities=replace(plain.abilities, tree=False))
    rounding = 1e-10 if kind == "gpt2" else 2e-5  # of packed and plain: root-mean-square norms stay in single precision
    for other, again, close in ((plain, False, rounding), (model, True, 1e-10)):
        other_totals, other_SP = gradients(other, model.slots, trees, again=again)
        torch.testing.assert_close(other_totals, totals, rtol=0, atol=1e-10)
        torch.testing.assert_close(other_SP, gradient_SP, rtol=0, atol=close)
    for row, slot in enumerate(model.slots):
        (alone,), alone_SP = gradients(model, [slot], [trees[row]])
        torch.testing.assert_close(alone, totals[row], rtol=0, atol=1e-10)
        close = rounding if fits[row] and not all(fits) else 1e-10
        torch.testing.assert_close(alone_SP[row], gradient_SP[row], rtol=0, atol=close)


def test_what_is_scored_read_and_written_loses_nothing() -> None:
    model, whole = learner(dropout=0.9), learner()
    asked = questions(model.slots)
    written = [Request(slot=slot, prompt="9 times 4", max_tokens=8, temperature=1.0, seed=3) for slot in model.slots]
    assert model.score(asked) == whole.score(asked)
    assert model.generate(written) == whole.generate(written)
    trees = trees_of(model)
    assert torch.equal(model.branch_logprobs(model.slots, trees)[0], whole.branch_logprobs(model.slots, trees)[0])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.save("llama", tmp_path_factory.mktemp("tiny"))


def taught(model: CausalLearner, turns: Sequence[int], settings: Mapping[str, Any]) -> CausalLearner:
    """Play updates of some turns on every slot."""
    trainer = build("trainer", "sft", {"batch_size": 2, **settings})
    for turn in turns:
        batches = {slot: wrong_additions(5, generator(8, turn, row, "lessons")) for row, slot in enumerate(model.slots)}
        streams = {slot: generator(8, turn, row, "train") for row, slot in enumerate(model.slots)}
        trainer.update(model, batches, lambda *_, **__: [], turn=turn, generators=streams)
    return model


def students(folder: Path, **lora: Any) -> CausalLearner:
    fields = {"model": str(folder), "lora": {"rank": 4, **lora}}
    made: CausalLearner = build("students", "language_model", fields).learner(seats(2))
    return made


@pytest.mark.parametrize("checkpointing", [False, True])
def test_who_goes_on_from_what_was_kept_ends_bit_for_bit_as_undisturbed(folder: Path, checkpointing: bool) -> None:
    settings = {"checkpointing": checkpointing}
    whole = taught(students(folder, dropout=SHARE), (1, 2, 3), settings)
    first = taught(students(folder, dropout=SHARE), (1,), settings)
    resumed = students(folder, dropout=SHARE)
    for slot in first.slots:
        resumed.restore(slot, first.dump(slot))
    taught(resumed, (2, 3), settings)
    assert [whole.version(slot) for slot in whole.slots] == [resumed.version(slot) for slot in whole.slots]
    assert whole.version("student-0") != taught(students(folder), (1, 2, 3), settings).version("student-0")


def test_no_dropout_is_as_if_there_was_none_of_it(folder: Path) -> None:
    without, none = taught(students(folder), (1, 2), {}), taught(students(folder, dropout=0), (1, 2), {})
    assert [without.dump(slot) for slot in without.slots] == [none.dump(slot) for slot in none.slots]
    assert b"dropout" not in without.dump("student-0") and b"dropout" in students(folder, dropout=0.1).dump("student-0")


def test_it_is_refused_where_there_is_no_adapter() -> None:
    with pytest.raises(ValidationError, match=r"lora.dropout: 0.1 is for adapters, which slot: every_weight has none"):
        build("students", "language_model", {"slot": "every_weight", "lora": {"dropout": 0.1}})
    for share in (1, -0.1):
        with pytest.raises(ValidationError, match="dropout"):
            build("students", "language_model", {"lora": {"dropout": share}})
    assert build("students", "language_model", {"lora": {"dropout": 0.05}}).explained() == [
        "adapters drop 0.05 of their inputs"
    ]


def test_a_layer_that_reads_other_rows_than_tokens_is_refused() -> None:
    model = learner(count=1, dropout=SHARE)
    layer = model.module.get_submodule("model.layers.0.mlp.up_proj")
    dropout = LostFeatures(share=SHARE, seeds_GL=[[0] * 14], places_GN=torch.arange(6)[None], tokens_G=[6])
    with (
        model.adapters.seated([0], rows=1, columns=6, dropout=dropout),
        pytest.raises(ModelError, match=r"'model.layers.0.mlp.up_proj' reads other rows .* set lora.dropout to 0"),
    ):
        layer(torch.zeros(1, 4, 32, dtype=torch.float64))
