"""A small model's blocks in as few tensor operations as they take, for searches and for options that are scored.

Of a forward pass of a small model more time goes round its products than into them. Where a model's blocks are of
Llama's kind (rotary positions, root-mean-square norms before attention and a gated layer), as a trial on the model
itself shows, what each layer does under a slot is read off once, as what it makes of the unit vectors: a norm's weights
go into the layer behind it, and the pairs of features that positions rotate are put side by side. The last block
computes no more than is asked for.
Axes: G slots, R rows, L tokens, C columns so far, H heads of queries, N of queries and keys, K of keys, D features of a
head, P pairs of them, E features, I inputs, O outputs, V vocabulary.
"""

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from agents.models.lean_weights import Affine, Gates, LeanBlock, Weights
from agents.models.scoring import Scorer

MOST_WEIGHTS = 2**22
"""The largest model that is read so: of a larger one the products are what takes time."""
MOST_POSITIONS = 2**14
"""The longest texts of a model that is read so: its rotations are held for every position."""
KEPT_SLOTS = 16
"""Slots whose weights are kept until they change."""


class Lean:
    """Reads weights off a model, and keeps those of the slots that were asked for last.

    Raises ValueError for a model that is large or not of single precision, AttributeError for one of another kind. (In
    double precision transformers' norms stay single, so that sums would differ by more than such a model is used for.)
    """

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._inner: Any = scorer.module.base_model  # Any: an architecture of transformers'
        self._kept: OrderedDict[int, tuple[Tensor, Weights]] = OrderedDict()
        config: Any = scorer.module.config.get_text_config()  # type: ignore[union-attr,operator]
        self.heads: int = config.num_attention_heads
        self.key_heads: int = config.num_key_value_heads
        self._epsilon: float = config.rms_norm_eps
        like, longest = next(scorer.module.parameters()), scorer.abilities.longest
        weights = sum(parameter.numel() for parameter in scorer.module.parameters())
        if weights > MOST_WEIGHTS or like.dtype != torch.float32:
            raise ValueError(f"{weights:,} weights of {like.dtype} are not read so")
        if longest is None or longest > MOST_POSITIONS:
            raise ValueError(f"rotations of {longest} positions are not held")
        # a norm is x · √E / √(|x|² + ε · E), of which √E goes into the layer behind it
        self.least = torch.tensor(math.sqrt(self._epsilon * config.hidden_size), dtype=like.dtype, device=like.device)
        positions_1L = torch.arange(longest, device=like.device).unsqueeze(0)
        rotations: Any = self._inner.rotary_emb  # type: ignore[union-attr]  # narrowed to what a module's attributes are
        cosine_1LD, sine_1LD = rotations(like.new_zeros(1), positions_1L)
        half = cosine_1LD.shape[-1] // 2
        self.turns_LP = torch.complex(cosine_1LD[0, :, :half].contiguous(), sine_1LD[0, :, :half].contiguous())

    def weights(self, slots: Sequence[int]) -> Weights:
        """Return the weights of these slots."""
        own = [self._own(slot) for slot in slots]
        return own[0] if len(own) == 1 else Weights.side_by_side(own)

    def _own(self, slot: int) -> Weights:
        row_P = self._scorer.adapters.values_SP.detach()[slot]
        if slot not in self._kept or not torch.equal(self._kept[slot][0], row_P):
            self._kept[slot] = (row_P.clone(), self._read_off(slot))
        self._kept.move_to_end(slot)
        while len(self._kept) > KEPT_SLOTS:
            self._kept.popitem(last=False)
        return self._kept[slot][1]

    def _read_off(self, slot: int) -> Weights:
        embed = self._inner.get_input_embeddings()
        tokens_1V = torch.arange(len(embed.weight), device=embed.weight.device).unsqueeze(0)
        head = self._scorer.module.get_output_embeddings()  # type: ignore[operator]  # a transformers model
        # the columns of a single row of a single slot need not be told
        with self._scorer.adapters.seated([slot], rows=1, columns=1):
            embedding_1VE = embed(tokens_1V)
            ones_E = torch.ones_like(embedding_1VE[0, 0])
            blocks = tuple(self._block(layer, ones_E) for layer in self._inner.layers)
            return Weights(embedding_1VE, blocks, Affine.of([head], self._norm(self._inner.norm, ones_E)))

    def _block(self, layer: Any, ones_E: Tensor) -> LeanBlock:
        attention, gated = layer.self_attn, layer.mlp
        before_E = self._norm(layer.input_layernorm, ones_E)
        between_E = self._norm(layer.post_attention_layernorm, ones_E)
        projections = [attention.q_proj, attention.k_proj, attention.v_proj]
        projection = Affine.of(projections, before_E)
        features = projection.weight_GOI.shape[1] // (self.heads + 2 * self.key_heads)
        return LeanBlock(
            projection=projection.chosen(self._pairs(features)),
            output=Affine.of([attention.o_proj], ones_E.new_ones(self.heads * features)),
            gates=Gates.of(Affine.of([gated.gate_proj, gated.up_proj], between_E)),
            down=Affine.of([gated.down_proj], ones_E.new_ones(int(gated.down_proj.weight.shape[1]))),
        )

    def _pairs(self, features: int) -> Tensor:
        """Return the order of the projections that puts each pair of features that is rotated side by side."""
        turned = self.heads + self.key_heads
        within_D = torch.arange(features, device=self.turns_LP.device).view(2, -1).T.flatten()
        order_ND = torch.arange((turned + self.key_heads) * features, device=within_D.device).view(-1, features)
        return torch.cat([order_ND[:turned, within_D], order_ND[turned:]]).flatten()

    def _norm(self, norm: nn.Module, ones_E: Tensor) -> Tensor:
        """Return what a norm multiplies rows of length 1 by: what it makes of ones, times their length."""
        weight_11E: Tensor = norm(ones_E.view(1, 1, -1))
        return weight_11E.flatten() * math.sqrt(len(ones_E) * (1 + self._epsilon))


class LeanBody:
    """The columns of one batch of prompts so far: their keys and values, block by block."""

    def __init__(self, lean: Lean, slots: Sequence[int]) -> None:
        self._lean = lean
        self._weights = lean.weights(slots)
        self._kept: list[Tensor] = []

    def append(self, tokens_RL: Tensor, positions_RL: Tensor, mask_RLC: Tensor | None, last: int) -> None:
        """Read more columns, of which the last ones will be asked for scores."""
        self._rows = tokens_RL.shape[0]
        x_ME = self._embedded(tokens_RL)
        turns_RL1P = self._lean.turns_LP[positions_RL].unsqueeze(2)
        mask_R1LC = None if mask_RLC is None else mask_RLC.unsqueeze(1)
        for number, block in enumerate(self._weights.blocks):
            count = last if number + 1 == len(self._weights.blocks) else tokens_RL.shape[1]
            x_ME = self._block(number, block, x_ME, turns_RL1P, mask_R1LC, count)
        self._features_ME = self._normal(x_ME)

    def scores(self, tokens_A: Tensor, *, whole: bool) -> Tensor:
        """Return `(R, last, A)` of the tokens: logits, or normalised over all tokens."""
        if whole:
            scores_MA = self._weights.head(self._features_ME).log_softmax(-1)[:, tokens_A]
        else:
            scores_MA = self._weights.head_of(tokens_A)(self._features_ME)
        return scores_MA.view(self._rows, -1, scores_MA.shape[1])

    def logits(self, places_N: Tensor) -> Tensor:
        """Return `(N, V)` of rows and columns, numbered through the last columns of all rows."""
        if len(self._weights.embedding_GVE) == 1:
            return self._weights.head(self._features_ME[places_N])
        return self._weights.head(self._features_ME)[places_N]

    def _embedded(self, tokens_RL: Tensor) -> Tensor:
        table_GVE = self._weights.embedding_GVE
        if table_GVE.shape[0] == 1:
            return table_GVE[0].index_select(0, tokens_RL.flatten())
        slots_R = torch.arange(len(tokens_RL), device=tokens_RL.device) // (len(tokens_RL) // len(table_GVE))
        return table_GVE[slots_R.unsqueeze(1), tokens_RL].flatten(0, 1)

    def _normal(self, x_ME: Tensor) -> Tensor:
        """Return the rows at length 1."""
        length_M1: Tensor = torch.linalg.vector_norm(x_ME, dim=-1, keepdim=True)
        return x_ME / length_M1.hypot_(self._lean.least)

    def _block(
        self,
        number: int,
        block: LeanBlock,
        x_ME: Tensor,
        turns_RL1P: Tensor,
        mask_R1LC: Tensor | None,
        count: int,
    ) -> Tensor:
        """Return what a block makes of the last `count` columns, having kept the keys and values of all."""
        query_RHLD, key_RKCD, value_RKCD = self._attended(number, block.projection(self._normal(x_ME)), turns_RL1P)
        rows, heads, columns, features = query_RHLD.shape
        if count < columns:
            x_ME = x_ME.view(rows, columns, -1)[:, -count:].flatten(0, 1)
            query_RHLD = query_RHLD[:, :, -count:]
            mask_R1LC = None if mask_R1LC is None else mask_R1LC[:, :, -count:]
        attention_RHLD = functional.scaled_dot_product_attention(
            query_RHLD,
            key_RKCD,
            value_RKCD,
            attn_mask=mask_R1LC,
            is_causal=mask_R1LC is None and count == columns,
            enable_gqa=heads != self._lean.key_heads,
        )
        x_ME = block.output.added(attention_RHLD.transpose(1, 2).reshape(rows * count, heads * features), x_ME)
        return block.down.added(block.gates(self._normal(x_ME)), x_ME)

    def _attended(self, number: int, projected_MO: Tensor, turns_RL1P: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the queries of new columns, and the keys and values of all so far."""
        heads, key_heads = self._lean.heads, self._lean.key_heads
        shape = (self._rows, -1, heads + 2 * key_heads, turns_RL1P.shape[-1])
        pairs_RLNP = torch.view_as_complex(projected_MO.view(*shape, 2))
        pairs_RLNP[:, :, : heads + key_heads].mul_(turns_RL1P)  # in place: the values stand behind the keys
        own_RNLD = projected_MO.view(*shape[:3], 2 * shape[3]).transpose(1, 2)
        kept_RNCD = own_RNLD[:, heads:]
        if number == len(self._kept):
            self._kept.append(kept_RNCD)
        else:
            kept_RNCD = self._kept[number] = torch.cat([self._kept[number], kept_RNCD], dim=2)
        return own_RNLD[:, :heads], kept_RNCD[:, :key_heads], kept_RNCD[:, key_heads:]
