"""A `CausalLearner` on a tiny random model, its adapters moved away from zero."""

from collections.abc import Sequence
from typing import Any

import torch

import tests.support.tiny_models as tiny
from agents.models.causal import CausalLearner
from agents.models.learner_settings import LearnerSettings
from simulation.core.calls import Request
from simulation.core.types import Seat

PROMPTS = ("what is 7 plus 12?", "9 times 4 is", "a train of 12 m", "b")
OPTIONS = ("12", "7 km", "a rather long answer", "x", "3/4")


def seats(count: int, seed: int = 0) -> list[Seat]:
    return [Seat(name=f"student-{number}", number=number, seed=seed) for number in range(count)]


def learner(
    kind: str = "llama", count: int = 3, *, dtype: torch.dtype = torch.float64, chat: bool = False, **settings: Any
) -> CausalLearner:
    made = CausalLearner(
        tiny.build(kind, dtype),
        tiny.tokenizer(chat=chat),
        seats(count),
        LearnerSettings(rank=4, **settings),
        source=kind,
    )
    move(made)
    return made


def move(model: CausalLearner) -> None:
    """Move every slot by noise of its own, that depends on its place alone."""
    with torch.no_grad():
        for row in range(len(model.slots)):
            noise = torch.randn(model.adapters_SP.shape[1], generator=torch.Generator().manual_seed(row))
            model.adapters_SP[row] += 0.05 * noise.to(model.adapters_SP)


def questions(slots: Sequence[str], count: int = 9) -> list[Request]:
    """Return requests of different lengths and numbers of options, dealt round to the slots."""
    return [
        Request(
            slot=slots[index % len(slots)],
            prompt=PROMPTS[index % len(PROMPTS)] + "!" * (index % 3),
            continuations=OPTIONS[: 1 + index % len(OPTIONS)],
        )
        for index in range(count)
    ]
