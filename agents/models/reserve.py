"""Next-token logits at little cost a step: keys and values are written where room was reserved for them.

A step of a small model costs as much for what surrounds its products as for these: growing the cache by copying it,
making a mask, merging adapters. Here the room, the masks and the merged weights of a text are made once.
Axes: M rows, H heads, L columns with tokens, C columns of the room, D features of a head.
"""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicLayer

from agents.models.attention import applies, decoding
from agents.models.decoding import share
from agents.models.lora import settled
from agents.models.scoring import Scorer

READ = 2048
"""On a CPU so many tokens of prompts are read at a time: activations of more leave its cache."""
STEP = 16
"""The columns that a room grows by. Room for a whole text at once lies far apart, which halves the speed of reading."""


class Room(DynamicLayer):  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    """One layer's keys and values, which grow inside tensors that have room for more of them."""

    turned: ClassVar[bool] = False
    """Whether the columns of a feature lie side by side in memory."""

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
            self.keys = roomy(self.keys[:, :, :start], turned=self.turned)
            self.values = roomy(self.values[:, :, :start], turned=self.turned)
        self.keys[:, :, start : self.length] = key_states
        self.values[:, :, start : self.length] = value_states
        return self.keys[:, :, : self.length], self.values[:, :, : self.length]

    def get_seq_length(self) -> int:
        """Return the columns with tokens."""
        return self.length

    def select(self, rows: Tensor) -> None:
        """Go on with these rows."""
        if self.keys is not None and self.values is not None:
            self.keys = roomy(self.keys[:, :, : self.length], rows, turned=self.turned)
            self.values = roomy(self.values[:, :, : self.length], rows, turned=self.turned)

    def narrow(self, count: int) -> None:
        """Go on with the first rows."""
        if self.keys is not None and self.values is not None:
            self.keys, self.values = self.keys[:count], self.values[:count]

    def replace(self, rows: Tensor, origins: Tensor, first: int) -> None:
        """Overwrite rows with others from a column on."""
        for tensor_MHCD in (self.keys, self.values):
            if tensor_MHCD is not None:
                tensor_MHCD[rows, :, first : self.length] = tensor_MHCD[origins, :, first : self.length]


class TurnedRoom(Room):  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    """A room for `one_token`."""

    turned = True


def roomy(old_MHLD: Tensor, rows: Tensor | None = None, *, turned: bool) -> Tensor:
    """Return a copy, or one of some rows, with room for `STEP` more columns."""
    # turned once and then copied in long runs: eight prompts may have sixty rows
    old_MHXY = old_MHLD.transpose(2, 3).contiguous() if turned else old_MHLD
    own_MHXY = old_MHXY if rows is None else old_MHXY.index_select(0, rows)
    columns = 3 if turned else 2
    shape = list(own_MHXY.shape)
    shape[columns] += STEP
    new_MHXY = own_MHXY.new_empty(shape)
    new_MHXY.narrow(columns, 0, own_MHXY.shape[columns]).copy_(own_MHXY)
    return new_MHXY.transpose(2, 3) if turned else new_MHXY


def portions(rows: int, slots: int, columns: int, device: str) -> list[list[int]]:
    """Return which prompts are read together: equally many of every slot, on a CPU what stays in its cache."""
    size = rows // slots
    fitting = size if device != "cpu" else max(1, READ // (slots * columns))
    count = -(-size // -(-size // fitting))
    return [
        [slot * size + row for slot in range(slots) for row in range(first, min(first + count, size))]
        for first in range(0, size, count)
    ]


def together(parts: Sequence[Cache], whole: Cache, order: Tensor) -> Cache:
    """Fill an empty cache with what was read in parts in the order of their rows; layers that keep nothing stay so."""
    length = max(cache.get_seq_length() for cache in parts)
    for number in range(len(parts[0].layers)):
        rooms = [layer for cache in parts if isinstance(layer := cache.layers[number], Room)]
        keys = [room.keys for room in rooms if room.keys is not None]
        values = [room.values for room in rooms if room.values is not None]
        if keys:
            whole.update(joined(keys, order, length), joined(values, order, length), number)
    return whole


def joined(parts: Sequence[Tensor], order: Tensor, length: int) -> Tensor:
    """Return keys or values that were computed in parts in the order of their rows, padded on the left."""
    _, heads, _, features = parts[0].shape
    whole_MHLD = parts[0].new_zeros((len(order), heads, length, features))
    first = 0
    for part_MHLD in parts:
        rows = order[first : first + len(part_MHLD)]
        whole_MHLD[rows, :, length - part_MHLD.shape[2] :] = part_MHLD
        first += len(part_MHLD)
    return whole_MHLD


class ReservedSteps:
    """Computes one token a step; equal prompts of a slot are read once and shared."""

    logits_MV: Tensor

    def __init__(self, scorer: Scorer, slots: Sequence[int], prompts: Sequence[tuple[int, ...]], most: int) -> None:
        """Read the prompts, which at most `most` tokens follow."""
        self._scorer = scorer
        self._slots = list(slots)
        self._maps = settled(scorer.module, slots)
        self._device = scorer.adapters.values_SP.device
        rows, self._origins = share(prompts, len(slots))
        self._length = self._prompt = max(map(len, rows))
        pads = [self._length - len(row) for row in rows]
        tokens_ML = torch.tensor([[scorer.pad] * pad + list(row) for pad, row in zip(pads, rows, strict=True)])
        self._pads_M1 = torch.tensor(pads, device=self._device).unsqueeze(1)
        self._mask_M11C = self._padding(self._length + most) if any(pads) else None
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
            self._maps = settled(self._scorer.module, slots)
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
        """Read the prompts, some of every slot at a time."""
        room_class = TurnedRoom if applies(self._scorer.module) else Room
        row_portions = portions(len(tokens_ML), len(self._slots), self._length, self._device.type)
        caches_and_logits: list[tuple[Cache, Tensor]] = []
        for rows in row_portions:
            self._cache = Cache(layer_class_to_replicate=room_class)
            self._read_some(tokens_ML, torch.tensor(rows, device=self._device))
            caches_and_logits.append((self._cache, self.logits_MV))
        if len(row_portions) > 1:
            order = torch.tensor([row for rows in row_portions for row in rows], device=self._device)
            self.logits_MV = torch.cat([logits_MV for _, logits_MV in caches_and_logits])[order.argsort()]
            self._cache = together(
                [cache for cache, _ in caches_and_logits], Cache(layer_class_to_replicate=room_class), order
            )

    def _read_some(self, tokens_ML: Tensor, rows: Tensor) -> None:
        """Read some prompts, without the padding that all of them share."""
        pads_M1 = self._pads_M1[rows]
        first = int(pads_M1.min())
        columns_L = torch.arange(first, self._length, device=self._device)
        mask_M1LL = None
        if self._mask_M11C is not None and int(pads_M1.max()) > first:
            later_LL = columns_L > columns_L.unsqueeze(1)
            mask_M11L = self._mask_M11C[rows][..., first : self._length]
            mask_M1LL = mask_M11L.masked_fill(later_LL, torch.finfo(mask_M11L.dtype).min)
        self._forward(tokens_ML[rows, first:], (columns_L - pads_M1).clamp(min=0), mask_M1LL)

    def _padding(self, columns: int) -> Tensor:
        """Return what is added to the attention to each column: the lowest number where a row is padded, else 0."""
        dtype = next(self._scorer.module.parameters()).dtype
        mask_MC = torch.zeros((len(self._pads_M1), columns), dtype=dtype, device=self._device)
        padded_MC = torch.arange(columns, device=self._device) < self._pads_M1
        return mask_MC.masked_fill_(padded_MC, torch.finfo(dtype).min)[:, None, None, :]

    def _forward(self, tokens_ML: Tensor, positions_ML: Tensor, mask: Tensor | None) -> None:
        rows, columns = tokens_ML.shape
        last = {"logits_to_keep": 1} if self._scorer.abilities.keeps else {}
        seated = self._scorer.adapters.seated(self._slots, rows=rows, columns=columns, maps=self._maps)
        with seated, decoding(self._scorer.module):
            out = self._scorer.module(
                input_ids=tokens_ML,
                attention_mask=mask,
                position_ids=positions_ML,
                use_cache=True,
                **{str(self._scorer.abilities.cache): self._cache},
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
