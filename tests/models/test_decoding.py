"""Decoding steps: however rows move, share prompts and are padded, logits are those of the whole texts."""

from typing import Any

import numpy as np
import pytest
import torch

from agents.models import reserve
from agents.models.batching import closed_up, dropped, plan
from agents.models.decoding import CachedSteps, Steps, WholeSteps
from agents.models.reserve import STEP, ReservedSteps
from tests.support.learners import learner

PROMPTS = [(20, 21, 22), (30, 31, 32, 33, 34, 35, 36), (40,), (20, 21, 22)]


def steps_of(model, slots: list[int], prompts: list[tuple[int, ...]]) -> list[Steps]:
    """Return the same batch in every way."""
    return [
        WholeSteps(model._scorer, slots, prompts),
        CachedSteps(model._scorer, slots, prompts),
        ReservedSteps(model._scorer, slots, prompts, 3 * STEP),
    ]


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
@pytest.mark.parametrize("slots", [[0], [2, 0], [0, 1, 2]])
@torch.no_grad()
def test_all_ways_give_the_same_logits_whatever_rows_are_kept(kind: str, slots: list[int]) -> None:
    model = learner(kind)
    assert model.abilities.reserve
    stream = np.random.default_rng(len(slots))
    slots, size = list(slots), len(PROMPTS)
    ways = steps_of(model, slots, PROMPTS * len(slots))
    for step in range(2 * STEP + 3):
        if step % 3 == 1:
            # rows double, move within their slot, and fall away; now and then a slot falls away with its rows
            wanted = int(stream.integers(1, 7))
            rows = [at * size + int(stream.integers(size)) for at in range(len(slots)) for _ in range(wanted)]
            if step > STEP and len(slots) > 1:
                slots, rows = slots[1:], rows[wanted:]
            for way in ways:
                way.keep(rows, slots)
            size = wanted
        tokens_M = torch.from_numpy(stream.integers(10, 90, size=size * len(slots)))
        for way in ways:
            way.advance(tokens_M)
        whole, cached, reserved = (way.logits_MV for way in ways)
        assert torch.allclose(whole, reserved, atol=1e-9), step
        assert torch.allclose(whole, cached, atol=1e-9), step


@torch.no_grad()
def test_a_beam_that_goes_on_with_its_neighbour_gets_what_follows_the_prompt() -> None:
    model = learner()
    whole, _, reserved = steps_of(model, [0], [(20, 21, 22)] * 3 + [(30, 31)] * 3)
    for step, rows in enumerate([[0, 0, 1, 3, 4, 4], [1, 1, 1, 5, 4, 3], [0, 1, 2, 3, 4, 5], [0, 1, 2, 3]]):
        for way in (whole, reserved):
            way.advance(torch.arange(6) + 10 + step)
            way.keep(rows, [0])
    for way in (whole, reserved):
        way.advance(torch.arange(4) + 50)
    assert torch.allclose(whole.logits_MV, reserved.logits_MV, atol=1e-9)


@torch.no_grad()
def test_one_slot_writes_with_merged_weights_and_leaves_the_model_as_it_was() -> None:
    model = learner()
    before = [value.clone() for value in model.module.state_dict().values()]
    alone = ReservedSteps(model._scorer, [1], [PROMPTS[0]], 4)
    together = ReservedSteps(model._scorer, [0, 1], [PROMPTS[0]] * 2, 4)
    assert torch.allclose(alone.logits_MV[0], together.logits_MV[1], atol=1e-9)
    assert not torch.allclose(alone.logits_MV[0], together.logits_MV[0])
    after = model.module.state_dict().values()
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    config: Any = model.module.config
    assert config._attn_implementation == "sdpa"
    assert model.adapters.seating is None


@pytest.mark.parametrize("slots", [[1], [0, 2]])
@torch.no_grad()
def test_prompts_may_be_read_in_portions(slots: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    model = learner()
    prompts = [*PROMPTS, (50, 51), (60, 61, 62)] * len(slots)
    whole = ReservedSteps(model._scorer, slots, prompts, 4)
    monkeypatch.setattr(reserve, "READ", 14)
    parts = ReservedSteps(model._scorer, slots, prompts, 4)
    for token in (40, 50, 60):
        assert torch.allclose(whole.logits_MV, parts.logits_MV, atol=1e-9)
        for steps in (whole, parts):
            steps.advance(torch.full((len(prompts),), token))
    assert torch.allclose(whole.logits_MV, parts.logits_MV, atol=1e-9)
    assert reserve.portions(10, 2, 7, "cpu") == [[row, row + 5] for row in range(5)]
    assert reserve.portions(10, 2, 7, "cuda") == [list(range(10))]


def test_rows_close_up_so_that_few_of_them_move() -> None:
    assert closed_up([True] * 5, 8) == [0, 1, 2, 3, 4]
    assert closed_up([True, False, True, False, True], 1) == [0, 4, 2]
    assert closed_up([False, True, True, False, True], 2) == [4, 1, 2, 3]
    assert closed_up([False] * 20 + [True], 8) == [20, 1, 2, 3, 4, 5, 6, 7]
    assert dropped([3], [7, 8, 9], {9}, 1) == ([3], [2])


def test_several_slots_stay_equally_long_and_drop_when_much_is_over() -> None:
    order = [0, 1, 2, 3, 4, 5]
    assert dropped([7, 8], order, {0, 1, 2, 3, 4}) == ([7, 8], order)
    assert dropped([7, 8], order, {0, 4, 5}) == ([7, 8], [0, 0, 4, 5])
    assert dropped([7, 8], order, {4}) == ([8], [4])


def test_a_slot_is_shared_out_evenly_over_as_few_batches_as_hold_it() -> None:
    sizes = [len(batch[0].indices) for batch in plan([0] * 21, [10] * 21, 100, even=True)]
    assert sizes == [7, 7, 7]
    assert [len(batch[0].indices) for batch in plan([0] * 21, [10] * 21, 100)] == [10, 10, 1]
