"""Slots that hold rows of the embedding and the output head for some tokens, beside their low-rank factors.

What a model has never seen, such as the codes of a catalogue, it can hardly learn through frozen features. As PEFT's
`trainable_token_indices` do, a slot replaces the rows of these tokens; a head that is the embedding takes the same.
Axes: S slots, G the slots at work, N rows of a slot, R sequences, L tokens, T trained tokens, D features, V vocabulary.
"""

import re
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from agents.models.linear import whole
from agents.models.slots import Adapters, HeldTensor, Seating, check_rows
from agents.models.slots_weights import called_with
from simulation.core.errors import ModelError

PREFIX, DELTA = "base_model.model.", ".token_adapter.trainable_tokens_delta"
"""What PEFT writes before and behind a layer's name to call the rows of it."""


class RowsEmbedding(nn.Module):
    """A frozen embedding in which the seated slots replace some rows."""

    def __init__(self, base: nn.Module, number: int, adapters: Adapters) -> None:
        super().__init__()
        self.base = base
        self._number = number
        self._adapters = adapters
        self._places_V = places(adapters.tokens, self.weight)

    @property
    def weight(self) -> Tensor:
        """The base's weight; some models read its dtype."""
        weight: Tensor = self.base.weight  # type: ignore[assignment]  # nn.Module types attributes as Tensor | Module
        return weight

    def forward(self, tokens_RL: Tensor) -> Tensor:
        """Return the features of tokens."""
        frozen_RLD: Tensor = self.base(tokens_RL)
        seating = self._adapters.seating
        if seating is None:
            return frozen_RLD
        own_TD = seating.pieces[self._number].to(self.weight.dtype).flatten(0, 1)  # one slot's after the other's
        places_RL = self._places_V[tokens_RL]
        chosen_RL = places_RL.clamp(min=0)
        if seating.slots > 1:
            check_rows(tokens_RL.unsqueeze(-1), seating, "embedding")
            slots_R = torch.arange(len(tokens_RL), device=tokens_RL.device) // (len(tokens_RL) // seating.slots)
            chosen_RL = chosen_RL + len(self._adapters.tokens) * slots_R.unsqueeze(1)
        own_RLD = called_with(self.base, {"weight": own_TD}, chosen_RL)
        return torch.where((places_RL >= 0).unsqueeze(-1), own_RLD, frozen_RLD)


class RowsHead(nn.Module):
    """A frozen output head in which the seated slots replace some rows."""

    def __init__(self, base: nn.Module, number: int, adapters: Adapters) -> None:
        super().__init__()
        self.base = base
        self._number = number
        self._adapters = adapters
        self._tokens_T = torch.tensor(adapters.tokens, device=self.weight.device)
        self._places_V = places(adapters.tokens, self.weight)

    @property
    def weight(self) -> Tensor:
        """The base's weight; some models read its dtype."""
        weight: Tensor = self.base.weight  # type: ignore[assignment]  # nn.Module types attributes as Tensor | Module
        return weight

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of all tokens."""
        logits: Tensor = self.base(x)
        seating = self._adapters.seating
        if seating is None:
            return logits
        return logits.index_copy_(-1, self._tokens_T, self._own(x, seating))

    def _own(self, x: Tensor, seating: Seating) -> Tensor:
        """Return the logits of the trained tokens."""
        if seating.slots > 1:
            check_rows(x, seating, "head")
        own_GTD = seating.pieces[self._number].to(x.dtype)
        return whole(x.reshape(seating.slots, -1, x.shape[-1]), own_GTD, None).view(*x.shape[:-1], -1)

    def rows_of(self, slots: Sequence[int], tokens_N: Tensor) -> Tensor:
        """Return the weights `weight_GND` of some tokens."""
        own_GTD = self._adapters.views(self._adapters.of(slots))[1][self._number]
        places_N = self._places_V[tokens_N]
        own_GND = own_GTD[:, places_N.clamp(min=0)]
        return torch.where((places_N >= 0).unsqueeze(-1), own_GND, self.weight[tokens_N].to(own_GND.dtype))


def places(tokens: Sequence[int], weight_VD: Tensor) -> Tensor:
    """Return each token's place among the trained ones, -1 where it is none of them."""
    places_V = torch.full((len(weight_VD),), -1, device=weight_VD.device)
    places_V[list(tokens)] = torch.arange(len(tokens), device=weight_VD.device)
    return places_V


def named(tokenizer: Any, pattern: str) -> tuple[int, ...]:
    """Return the ids of the tokens whose whole text a regular expression matches (Any: untyped library)."""
    tokens = sorted(number for text, number in tokenizer.get_vocab().items() if re.fullmatch(pattern, text))
    if not tokens:
        raise ModelError(
            f"no token of the tokenizer is matched by rows: {pattern!r}; add the codes of the catalogue "
            "(codes: {levels: 3, size: 256}), or correct the expression"
        )
    return tuple(tokens)


@torch.no_grad()
def extend(module: nn.Module, adapters: Adapters, tokens: Sequence[int]) -> None:
    """Let every slot hold the rows of these tokens too, as they are in the base."""
    embedding, head = ends(module)
    if head is None or getattr(head, "bias", None) is not None:
        raise ModelError(
            f"{type(module).__name__} has no output head, or one with a bias, which PEFT leaves out of trained rows; "
            "write slot: lora"
        )
    names = {id(layer): name for name, layer in module.named_modules()}
    adapters.tokens = tuple(tokens)
    adapters.tied = head.weight is embedding.weight
    adapters.pieces = tuple(
        HeldTensor(name=f"{PREFIX}{names[id(layer)]}{DELTA}", shape=tuple(rows_TD.shape), base=rows_TD)
        for layer in ((embedding,) if adapters.tied else (embedding, head))
        for rows_TD in (layer.weight.detach()[list(tokens)],)
    )
    start_P = torch.cat([piece.base.reshape(-1) for piece in adapters.pieces]).to(adapters.values_SP)
    values_SP = torch.cat([adapters.values_SP, start_P.expand(len(adapters.values_SP), -1)], dim=1)
    adapters.values_SP = values_SP.requires_grad_()
    wrap(module, adapters)


def wrap(module: nn.Module, adapters: Adapters) -> None:
    """Replace the embedding and the head of `module`."""
    embedding, head = ends(module)
    embedding.padding_idx = None  # it only kept a gradient away, and the base has none
    numbers = (0, 0 if adapters.tied else 1)
    for layer, kind, number in zip((embedding, head), (RowsEmbedding, RowsHead), numbers, strict=True):
        name = next(name for name, candidate in module.named_modules() if candidate is layer)
        parent, _, leaf = name.rpartition(".")
        setattr(module.get_submodule(parent), leaf, kind(layer, number, adapters))


def ends(module: Any) -> tuple[Any, Any]:
    """Return the layers that read and that score tokens (Any: a transformers model, typed as nn.Module)."""
    return module.get_input_embeddings(), module.get_output_embeddings()


@torch.no_grad()
def add_tokens(module: nn.Module, tokenizer: Any, texts: Sequence[str]) -> None:
    """Give a model the tokens that its tokenizer lacks: their rows are the mean of the others, which stay as they are.

    A vocabulary that is padded beyond its tokenizer takes them in its own rows.
    """
    from transformers import AddedToken

    present = tokenizer.get_vocab()
    absent = [text for text in texts if text not in present]
    if not absent:
        return
    tokenizer.add_tokens([AddedToken(text, normalized=False, special=False) for text in absent])
    numbers = tokenizer.convert_tokens_to_ids(absent)
    embedding, head = ends(module)
    if max(numbers) >= len(embedding.weight):
        module.resize_token_embeddings(max(numbers) + 1, mean_resizing=False)  # type: ignore[operator]
        module.requires_grad_(False)
        embedding, head = ends(module)
    others = sorted(set(present.values()))
    alone = head is None or head.weight is embedding.weight
    for weight_VD in (embedding.weight,) if alone else (embedding.weight, head.weight):
        weight_VD[numbers] = weight_VD[others].mean(0, dtype=torch.float64).to(weight_VD.dtype)
