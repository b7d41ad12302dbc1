"""Next-token logits at little cost a step: keys and values are written where room was reserved for them.

A step of a small model costs as much for what surrounds its products as for these: growing the cache by copying it,
making a mask, merging adapters. Here the room, the masks and the merged weights of a text are made once.
Axes: M rows, H heads, L columns with tokens, C columns of the room, D features of a head.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicLayer

from agents.models.attention import attending
from agents.models.decoding import share
from agents.models.lora import merged
from agents.models.scoring import Scorer

STEP = 16
"""The columns that a room grows by. Room for a whole text at once lies far apart, which halves the speed of reading."""


class Room(DynamicLayer):  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    """One layer's keys and values, which grow inside tensors that have room for more of them."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.length = 0

    def update(self, key_states: Tensor, value_states: Tensor, *_: object, **__: object) -> tuple[Tensor, Tensor]:
        """Append the keys and values of new tokens, and return all."""
        start, self.length = self.length, self.length + key_states.shape[-2]
        if self.keys is None or self.values is None:
            self.keys, self.values = key_states, value_states  # a prompt's, which `select` spreads over its rows
            self.is_initialized = True
            return key_states, value_states
        if self.length > self.keys.shape[-2]:
            self.keys, self.values = roomy(self.keys[:, :, :start]), roomy(self.values[:, :, :start])
        self.keys[:, :, start : self.length] = key_states
        self.values[:, :, start : self.length] = value_states
        return self.keys[:, :, : self.length], self.values[:, :, : self.length]

    def get_seq_length(self) -> int:
        """Return the columns with tokens."""
        return self.length

    def select(self, rows: Tensor) -> None:
        """Go on with these rows."""
        if self.keys is not None and self.values is not None:
            self.keys = roomy(self.keys[:, :, : self.length], rows)
            self.values = roomy(self.values[:, :, : self.length], rows)

    def narrow(self, count: int) -> None:
        """Go on with the first rows."""
        if self.keys is not None and self.values is not None:
            self.keys, self.values = self.keys[:count], self.values[:count]

    def replace(self, rows: Tensor, origins: Tensor, first: int) -> None:
        """Overwrite rows with others from a column on."""
        for tensor_MHCD in (self.keys, self.values):
            if tensor_MHCD is not None:
                tensor_MHCD[rows, :, first : self.length] = tensor_MHCD[origins, :, first : self.length]


def roomy(old_MHLD: Tensor, rows: Tensor | None = None) -> Tensor:
    """Return a copy, or one of some rows, with room for `STEP` more columns."""
    count, heads, length, features = old_MHLD.shape
    new_MHCD = old_MHLD.new_empty((count if rows is None else len(rows), heads, length + STEP, features))
    if rows is None:
        new_MHCD[:, :, :length] = old_MHLD
    else:
        torch.index_select(old_MHLD, 0, rows, out=new_MHCD[:, :, :length])
    return new_MHCD


class ReservedSteps:
    """Computes one token a step; equal prompts of a slot are read once and shared."""

    logits_MV: Tensor

    def __init__(self, scorer: Scorer, slots: Sequence[int], prompts: Sequence[tuple[int, ...]], most: int) -> None:
        """Read the prompts, which at most `most` tokens follow."""
        self._scorer = scorer
        self._slots = list(slots)
        self._weights = merged(scorer.module, slots)
        self._device = scorer.adapters.values_SP.device
        rows, self._origins = share(prompts, len(slots))
        self._length = self._prompt = max(map(len, rows))
        columns = self._length + most
        self._cache = Cache(layer_class_to_replicate=Room)
        pads = [self._length - len(row) for row in rows]
        tokens_ML = torch.tensor([[scorer.pad] * pad + list(row) for pad, row in zip(pads, rows, strict=True)])
        self._pads_M1 = torch.tensor(pads, device=self._device).unsqueeze(1)
        self._mask_M11C = self._padding(columns) if any(pads) else None
        self._read(tokens_ML.to(self._device))
        self._select(self._origins)
        self.logits_MV = self.logits_MV[torch.tensor(self._origins, device=self._device)]

    def advance(self, tokens_M: Tensor) -> None:
        """Append one token to every row."""
        positions_M1 = self._length - self._pads_M1
        if self._scorer.abilities.longest is not None:
            # finished rows that wait for the others may run past the end; theirs are not read
            positions_M1 = positions_M1.clamp(max=self._scorer.abilities.longest - 1)
        self._length += 1
        mask_M11L = None if self._mask_M11C is None else self._mask_M11C[..., : self._length]
        self._forward(tokens_M.unsqueeze(1), positions_M1, mask_M11L)

    def keep(self, rows: Sequence[int], slots: Sequence[int]) -> None:
        """Go on with these rows of these slots only."""
        if list(slots) != self._slots:
            self._slots = list(slots)
            self._weights = merged(self._scorer.module, slots)
        count, before = len(rows), list(self._origins)
        moved = [place for place, row in enumerate(rows) if row != place]
        # rows that go on with others of their prompt differ from them in what follows it alone
        alike = count <= len(before) and all(before[rows[place]] == before[place] for place in moved)
        self._origins = [before[row] for row in rows]
        if count > len(before) or (len(moved) > count // 2 and not alike):
            self._select(rows)
            return
        if moved:
            self._replace(moved, [rows[place] for place in moved], self._prompt if alike else 0)
        if count < len(before):
            self._narrow(count)

    def _read(self, tokens_ML: Tensor) -> None:
        columns_L = torch.arange(self._length, device=self._device)
        positions_ML = (columns_L - self._pads_M1).clamp(min=0)
        mask_M1LL = None
        if self._mask_M11C is not None:
            later_LL = columns_L > columns_L.unsqueeze(1)
            lowest = torch.finfo(self._mask_M11C.dtype).min
            mask_M1LL = self._mask_M11C[..., : self._length].masked_fill(later_LL, lowest)
        self._forward(tokens_ML, positions_ML, mask_M1LL)

    def _padding(self, columns: int) -> Tensor:
        """Return what is added to the attention to each column: the lowest number where a row is padded, else 0."""
        dtype = next(self._scorer.module.parameters()).dtype
        mask_MC = torch.zeros((len(self._pads_M1), columns), dtype=dtype, device=self._device)
        padded_MC = torch.arange(columns, device=self._device) < self._pads_M1
        return mask_MC.masked_fill_(padded_MC, torch.finfo(dtype).min)[:, None, None, :]

    def _forward(self, tokens_ML: Tensor, positions_ML: Tensor, mask: Tensor | None) -> None:
        rows, columns = tokens_ML.shape
        last = {"logits_to_keep": 1} if self._scorer.abilities.keeps else {}
        seated = self._scorer.adapters.seated(self._slots, rows=rows, columns=columns, weights=self._weights)
        with seated, attending(self._scorer.module):
            out = self._scorer.module(
                input_ids=tokens_ML,
                attention_mask=mask,
                position_ids=positions_ML,
                past_key_values=self._cache,
                use_cache=True,
                **last,
            )
        self.logits_MV = out.logits[:, -1]

    def _select(self, rows: Sequence[int]) -> None:
        chosen = torch.tensor(rows, device=self._device)
        for room in self._rooms():
            room.select(chosen)
        self._pads_M1 = self._pads_M1[chosen]
        self._mask_M11C = None if self._mask_M11C is None else self._mask_M11C[chosen]

    def _replace(self, moved: Sequence[int], origins: Sequence[int], first: int) -> None:
        """Overwrite the rows `moved` from a column on."""
        places, rows = torch.tensor(moved, device=self._device), torch.tensor(origins, device=self._device)
        for room in self._rooms():
            room.replace(places, rows, first)
        if not first:
            self._pads_M1[places] = self._pads_M1[rows]
            if self._mask_M11C is not None:
                self._mask_M11C[places] = self._mask_M11C[rows]

    def _narrow(self, count: int) -> None:
        """Go on with the first rows."""
        for room in self._rooms():
            room.narrow(count)
        self._pads_M1 = self._pads_M1[:count]
        self._mask_M11C = None if self._mask_M11C is None else self._mask_M11C[:count]

    def _rooms(self) -> list[Room]:
        return [layer for layer in self._cache.layers if isinstance(layer, Room)]
