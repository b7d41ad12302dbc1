"""How a base is loaded, adapted and batched, and the slots that are attached to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from agents.models import lora, slots_rows, slots_weights
from agents.models.chat import PLAIN, Chat
from agents.models.loading import Precision
from agents.models.nearness import Grounding
from agents.models.slots import Adapters
from agents.models.trie_search import Normaliser
from simulation.core.types import Seat


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerSettings:
    """How a base is loaded, adapted and batched."""

    slot: str = "lora"
    """What a student may change: "lora", "lora_and_rows" or "every_weight"."""
    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.0
    """How probably, in a step of training, an adapter does not see a feature."""
    targets: tuple[str, ...] = ()
    """Names of linear layers; none means every one but the output head."""
    rows: str = ""
    """A regular expression of the tokens whose rows of the embedding and the head are trained beside an adapter."""
    new_tokens: tuple[str, ...] = ()
    """Texts that become tokens where the tokenizer lacks them."""
    drawn: bool = False
    """Whether a slot of every weight is drawn from its seat's seed instead of taken from the base."""
    normaliser: Normaliser = "level"
    """Over what the probabilities of the items of a catalogue add up to 1: see `trie_search`."""
    grounding: Grounding = field(default_factory=Grounding)
    precision: Precision = field(default_factory=Precision)
    chat: Chat = PLAIN
    """How conversations are laid out."""
    score_dtype: str | None = None
    """The dtype `score` computes in, if not the base's: "bfloat16" is twice as fast and changes a few answers."""
    batch_tokens: int | None = None
    """The most tokens that go through the model at once when scoring or generating; None suits the device."""


def endings(module: nn.Module) -> list[int]:
    """Return the tokens at which the model's own generation settings end a text."""
    settings: Any = module.generation_config  # of a transformers model
    listed: int | list[int] | None = settings.eos_token_id
    return listed if isinstance(listed, list) else [] if listed is None else [listed]


def attach(module: nn.Module, tokenizer: Any, seats: Sequence[Seat], settings: LearnerSettings) -> Adapters:
    """Freeze `module`, give each seat a slot of the kind that is set, and return the slots (Any: untyped library)."""
    dtype = torch.float64 if next(module.parameters()).dtype == torch.float64 else torch.float32
    if settings.slot == "every_weight":
        return slots_weights.attach(module, seats, drawn=settings.drawn, dtype=dtype)
    adapters = lora.attach(
        module,
        seats,
        rank=settings.rank,
        alpha=settings.alpha,
        targets=settings.targets,
        dtype=dtype,
        dropout=settings.dropout,
    )
    if settings.slot == "lora_and_rows":
        slots_rows.extend(module, adapters, slots_rows.named(tokenizer, settings.rows))
    return adapters
