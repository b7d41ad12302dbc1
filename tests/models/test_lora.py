"""Adapters of a cohort: equal to PEFT's arithmetic, each slot to itself, whichever way they are computed."""

import pytest
import torch
from torch import Tensor

from agents.models.linear import MergedLinear, left, product
from agents.models.lora import attach
from simulation.core.errors import ModelError
from simulation.core.types import Seat
from tests.support import tiny_models as tiny
from tests.support.learners import learner, questions, seats

TREES = [["4", "five km"], ["12", "a longer one"]]


def gradients(merging: str, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    model = learner(dtype=dtype)
    model.adapters.merging = merging
    trees = [[model.encode(f"what is {row}", row_options) for row_options in TREES] for row in range(3)]
    logprobs = model.branch_logprobs(model.slots, trees)[0]
    (logprobs * torch.linspace(0.5, 2, logprobs.numel(), dtype=dtype).view(logprobs.shape)).sum().backward()
    assert model.adapters_SP.grad is not None
    return logprobs.detach(), model.adapters_SP.grad


@pytest.mark.parametrize(("dtype", "close"), [(torch.float64, 1e-10), (torch.float32, 1e-4)])
def test_merged_and_added_agree_in_value_and_gradient(dtype: torch.dtype, close: float) -> None:
    merged, merged_gradient = gradients("always", dtype)
    added, added_gradient = gradients("never", dtype)
    torch.testing.assert_close(merged, added, rtol=close, atol=close)
    torch.testing.assert_close(
        merged_gradient, added_gradient, rtol=close, atol=close * float(added_gradient.abs().max())
    )


def test_the_gradient_of_a_merged_layer_is_exact() -> None:
    torch.manual_seed(0)
    x, a, b = (
        torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in ((2, 5, 6), (2, 3, 6), (2, 4, 3))
    )
    weight = torch.randn(4, 6, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda x, a, b: MergedLinear.apply(x, a, b, weight, 0.7, torch.float64),
        (x, a, b),
    )


@pytest.mark.parametrize("rows", [5, 300])
def test_fast_products_are_plain_products(rows: int) -> None:
    torch.manual_seed(0)
    x, y, weight, bias = torch.randn(rows, 24), torch.randn(rows, 12), torch.randn(12, 24), torch.randn(12)
    torch.testing.assert_close(product(x, weight, bias), x @ weight.T + bias, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(left(y, x), y.T @ x, rtol=1e-4, atol=1e-3)


def test_a_cohort_trains_each_slot_as_alone() -> None:
    together = learner(count=3)
    trees = [[together.encode(f"q {row}", options) for options in TREES[: 1 + row % 2]] for row in range(3)]
    together.branch_logprobs(together.slots, trees)[0].sum().backward()
    assert together.adapters_SP.grad is not None
    for row, slot in enumerate(together.slots):
        single = learner(count=3)
        single.branch_logprobs([slot], [trees[row]])[0].sum().backward()
        assert single.adapters_SP.grad is not None
        torch.testing.assert_close(single.adapters_SP.grad[row], together.adapters_SP.grad[row], rtol=1e-9, atol=1e-9)


def test_equal_seats_start_equal_and_change_nothing_yet() -> None:
    def start(*seats: Seat) -> Tensor:
        return attach(
            tiny.build("llama"), seats, rank=4, alpha=8, targets=("q_proj",), dtype=torch.float64
        ).values_SP.detach()

    one, two = Seat(name="a", number=0, seed=5), Seat(name="b", number=1, seed=5)
    pair = start(one, two)
    assert torch.equal(pair[1], start(two)[0]) and not torch.equal(pair[0], pair[1])
    a = pair[0, : 4 * 32]
    assert float(a.abs().max()) <= 32**-0.5 and float(a.std()) == pytest.approx(32**-0.5 / 3**0.5, rel=0.15)
    module = tiny.build("llama")
    tokens = torch.arange(8)[None] + 10
    before = module(tokens).logits
    adapters = attach(module, [one], rank=4, alpha=8, targets=(), dtype=torch.float64)
    with adapters.seated([0], rows=1, columns=8):
        torch.testing.assert_close(module(tokens).logits, before)


def test_without_targets_every_linear_layer_but_the_head_is_adapted() -> None:
    names = {shape.name.rsplit(".", 1)[-1] for shape in learner().adapters.shapes}
    assert names == {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    assert {shape.name.rsplit(".", 1)[-1] for shape in learner("gpt2").adapters.shapes} == {"c_attn", "c_proj", "c_fc"}
    # mamba reads dt_proj's weight without calling the layer, so an adapter there would do nothing
    assert "dt_proj" not in {shape.name.rsplit(".", 1)[-1] for shape in learner("mamba").adapters.shapes}


def test_an_unknown_target_is_refused_with_the_nearest() -> None:
    with pytest.raises(ModelError, match=r"'qproj'.*did you mean 'q_proj'"):
        learner(targets=("qproj",))


def test_rows_that_left_the_batch_order_are_refused() -> None:
    model = learner()
    layer = model.module.get_submodule("model.layers.0.self_attn.q_proj")
    with model.adapters.seated([0, 1], rows=4, columns=6), pytest.raises(ModelError, match="q_proj"):
        layer(torch.zeros(10, 32, dtype=torch.float64))


def test_another_student_costs_only_its_adapter() -> None:
    model = learner(count=5)
    assert model.adapters_SP.shape == (5, sum(4 * (shape.inputs + shape.outputs) for shape in model.adapters.shapes))
    assert [name for name, value in model.module.named_parameters() if value.requires_grad] == []
    model.score(questions([seat.name for seat in seats(5)]))
    assert model.adapters_SP.grad is None and model.adapters.seating is None
