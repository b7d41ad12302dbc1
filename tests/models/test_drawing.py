"""What may be drawn is what transformers would leave, and each text is drawn from a stream of its own."""

from typing import Any

import pytest
import torch
from transformers import MinPLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from agents.models.drawing import cuts, draw, drawable, sample
from simulation.core.calls import WHOLE, Cut, Request

NONE: Any = None  # the warpers read no token
SETTINGS = [(0, 1.0, 0.0), (5, 1.0, 0.0), (0, 0.9, 0.0), (0, 1.0, 0.1), (50, 0.9, 0.0), (20, 0.8, 0.05), (1, 1.0, 0.0)]


def asking(top_k: int, top_p: float, min_p: float) -> Request:
    return Request(slot="ada", prompt="", temperature=1.0, cut=Cut(top_k=top_k, top_p=top_p, min_p=min_p))


def test_what_may_be_drawn_is_what_the_warpers_of_transformers_leave() -> None:
    stream = torch.Generator().manual_seed(0)
    for size in (2, 7, 100, 1000):
        for heat in (0.5, 1.0, 1.43):
            logits = 3 * torch.randn((len(SETTINGS), size), generator=stream, dtype=torch.float64) / heat
            rows = cuts([asking(*setting) for setting in SETTINGS], torch.device("cpu"))
            assert rows is not None
            allowed = drawable(logits, rows)
            for row, (top_k, top_p, min_p) in enumerate(SETTINGS):
                warped = logits[row : row + 1]
                if top_k:
                    warped = TopKLogitsWarper(top_k)(NONE, warped)
                if top_p < 1:
                    warped = TopPLogitsWarper(top_p)(NONE, warped)
                if min_p:
                    warped = MinPLogitsWarper(min_p)(NONE, warped)
                assert torch.equal(allowed[row], warped[0] > -torch.inf), (size, heat, SETTINGS[row])


@pytest.mark.parametrize("heat", [0.0, 0.9, None])
@pytest.mark.parametrize("setting", [None, (20, 0.8, 0.05)])
def test_a_batch_drawn_from_in_portions_has_the_tokens_of_one(
    heat: float | None, setting: tuple[int, float, float] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = torch.Generator().manual_seed(1)
    logits = 2 * torch.randn((23, 300), generator=stream)
    heats = torch.full((23,), heat) if heat is not None else torch.arange(23) % 3 / 2.0
    uniforms = torch.rand(23, generator=stream, dtype=torch.float64)
    rows = None if setting is None else cuts([asking(*setting)] * 23, torch.device("cpu"))
    whole = draw(logits, heats, uniforms, rows)
    monkeypatch.setattr("agents.models.drawing.PORTION", 5 * 300)
    for found, expected in zip(draw(logits, heats, uniforms, rows), whole, strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


def test_a_cut_draws_as_often_as_the_renormalised_probabilities_say() -> None:
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0], dtype=torch.float64).repeat(200_000, 1)
    uniforms = torch.rand(len(logits), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    rows = torch.tensor([[3.0, 0.95, 0.0]], dtype=torch.float64).repeat(len(logits), 1)
    heat = torch.full((len(logits),), 2.0, dtype=torch.float64)
    shares = torch.bincount(sample(logits, heat, uniforms, rows), minlength=4) / len(logits)
    expected = (logits[0, :3] / 2).softmax(0)
    assert shares[3] == 0
    assert torch.allclose(shares[:3].double(), expected, atol=0.005)


def test_a_row_without_a_cut_draws_the_same_beside_one_that_has_one() -> None:
    stream = torch.Generator().manual_seed(2)
    logits = torch.randn((64, 50), generator=stream, dtype=torch.float64)
    heat, uniforms = torch.ones(64, dtype=torch.float64), torch.rand(64, generator=stream, dtype=torch.float64)
    mixed = torch.tensor([[0.0, 1.0, 0.0]] * 63 + [[2.0, 0.5, 0.0]], dtype=torch.float64)
    alone, _ = draw(logits, heat, uniforms)
    beside, _ = draw(logits, heat, uniforms, mixed)
    assert torch.equal(alone[:63], beside[:63])


def test_without_a_temperature_a_cut_changes_nothing() -> None:
    logits = torch.randn((8, 50), generator=torch.Generator().manual_seed(3))
    cold, rows = torch.zeros(8, dtype=torch.float64), torch.tensor([[1.0, 0.1, 0.9]] * 8, dtype=torch.float64)
    tokens, logprobs = draw(logits, cold, torch.zeros(8, dtype=torch.float64), rows)
    assert torch.equal(tokens, logits.argmax(-1))
    assert torch.allclose(logprobs, logits.log_softmax(-1).max(-1).values)


def test_requests_that_may_draw_every_token_need_no_cut() -> None:
    assert cuts([Request(slot="ada", prompt="", cut=WHOLE)] * 3, torch.device("cpu")) is None


@pytest.mark.parametrize("setting", SETTINGS)
def test_logits_of_minus_infinity_are_never_drawn(setting: tuple[int, float, float]) -> None:
    logits = torch.full((1, 6), -torch.inf, dtype=torch.float64)
    logits[0, 4] = 0.0
    rows = cuts([asking(*setting)], torch.device("cpu"))
    uniform = torch.tensor([0.999999], dtype=torch.float64)
    assert sample(logits, torch.ones(1, dtype=torch.float64), uniform, rows).item() == 4
