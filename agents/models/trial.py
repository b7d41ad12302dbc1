"""What a model's forward pass can do, seen by trying it once on a few tokens, never guessed from its name.

A model that ignores a four-dimensional mask or position ids gives wrong numbers without an error. So log-probabilities
under the tree mask are compared with those of plain sequences, on the scale of what a branch would lose by seeing its
sibling; likewise one step from a key-value cache with padded prompts is compared with the whole sequence.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from warnings import catch_warnings

import torch
from torch import Tensor, nn

from agents.models.branches import Body, ModelBody, PackedBeams
from agents.models.forward import Abilities, Apart
from agents.models.lean import Lean, LeanBody
from agents.models.objectives import OutputHead, vocabulary
from agents.models.reserve import ReservedSteps
from agents.models.scoring import Scorer
from agents.models.slots import Adapters
from simulation.core.packing import Tree

_SIBLING, _BRANCH, _PROMPT = 11, 5, 7
"""Tokens of the trial: the sibling is long, so that positions that ignore the tree are far off."""

_ROUNDING = 1e-4
"""The error of a computation that is ours, relative to how two texts differ, that single precision explains.

Weights that have learned nothing do little: another function in place of a gate's moves their logits by a percent.
"""

CACHE_KEYWORDS = ("cache", "past_key_values")
"""What versions of transformers call a key-value cache, the newest first."""

_REFUSALS = (TypeError, ValueError, RuntimeError, IndexError, AttributeError, KeyError)
"""What a forward pass raises of inputs that its architecture does not have."""


def observe(module: nn.Module, adapters: Adapters, pad: int) -> Abilities:
    """Return what `module` was seen to do."""
    settings = module.config.get_text_config()  # type: ignore[union-attr,operator]  # a transformers model
    abilities = Abilities(
        tree=False,
        cache=None,
        reserve=False,
        keeps=keeps_last(module),
        masks=takes(module, "attention_mask"),
        window=window(settings),
        longest=getattr(settings, "max_position_embeddings", None),
        head=takes_head_apart(module, adapters),
    )
    if abilities.window is not None and abilities.window < _PROMPT + _SIBLING + _BRANCH:
        return abilities  # attention that reaches less far than the trial would not be tried by it
    if not takes_tree(Scorer(module=module, adapters=adapters, abilities=abilities, pad=pad)):
        return abilities
    abilities = replace(
        abilities, tree=True, cache=next((name for name in CACHE_KEYWORDS if caches(module, pad, name)), None)
    )
    if abilities.cache is None:
        return abilities
    plain = Scorer(module=module, adapters=adapters, abilities=replace(abilities, tree=False), pad=pad)
    abilities = replace(abilities, reserve=takes_reserve(plain))
    whole = grows_branches(plain, ModelBody, tolerance(module))
    plain = replace(plain, abilities=replace(plain.abilities, slices=True))
    sliced = grows_branches(plain, ModelBody, tolerance(module))
    lean = sliced and grows_branches(plain, lambda scorer, slots: LeanBody(Lean(scorer), slots), _ROUNDING)
    return replace(abilities, branches=whole or sliced, slices=sliced, lean=lean)


@torch.no_grad()
def keeps_last(module: nn.Module) -> bool:
    """Say whether the logits of the last tokens alone can be asked for."""
    try:
        out: Any = module(input_ids=trial_input(module, 2), use_cache=False, logits_to_keep=1)
    except _REFUSALS:
        return False
    return bool(out.logits.shape[1] == 1)


@torch.no_grad()
def takes(module: nn.Module, mask: str) -> bool:
    """Say whether the forward pass has a mask of this name."""
    tokens = trial_input(module, 2)
    try:
        module(input_ids=tokens, use_cache=False, **{mask: torch.ones_like(tokens)})
    except _REFUSALS:
        return False
    return True


def takes_head_apart(module: nn.Module, adapters: Adapters) -> Apart | None:
    """Say whether the scores of a text are those of its last features, and whether the head has gradients of its own.

    Raises nothing: an architecture whose body or head is called otherwise has its scores of all tokens at once.
    """
    tokens = trial_input(module, _PROMPT)
    try:
        with adapters.seated([0], rows=1, columns=_PROMPT):
            with torch.no_grad():
                whole_1LV = module(input_ids=tokens, use_cache=False).logits
                head = OutputHead(module)
                features_1LD = head.features(input_ids=tokens)
            logits_1LV = head(features_1LD)
    except _REFUSALS:
        return None
    signal = (whole_1LV[0, -1] - whole_1LV[0, 0]).abs().max()
    if (logits_1LV.detach() - whole_1LV).abs().max() > _ROUNDING * signal:
        return None
    return "trained" if logits_1LV.requires_grad else "frozen"


def window(settings: object) -> int | None:
    """Return how many tokens attention reaches back in the narrowest layer, None where it reaches all."""
    sliding = getattr(settings, "sliding_window", None) if getattr(settings, "use_sliding_window", True) else None
    reaches = [size for size in (sliding, getattr(settings, "attention_chunk_size", None)) if size]
    return min(reaches, default=None)


@torch.no_grad()
def takes_tree(plain: Scorer) -> bool:
    """Say whether branches under a tree mask get the log-probabilities that they get alone."""
    tokens = trial_tokens(plain.module, _PROMPT + _SIBLING + _BRANCH)
    prompt, sibling, branch = tokens[:_PROMPT], tokens[_PROMPT : _PROMPT + _SIBLING], tokens[-_BRANCH:]
    trees = [
        Tree(prompt=prompt, branches=(sibling, branch)),
        Tree(prompt=prompt[:3], branches=(branch,)),
    ]
    leaked = [Tree(prompt=prompt + sibling, branches=(branch,))]
    masked = replace(plain, abilities=replace(plain.abilities, tree=True))
    try:
        tree_RKT = masked.logprobs([0], [trees])[0][0]
    except _REFUSALS:
        return False  # the architecture refuses such a mask outright
    plain_RKT = plain.logprobs([0], [trees])[0][0]
    alone_T = plain_RKT[0, 1, :_BRANCH]
    leak_T = plain.logprobs([0], [leaked])[0][0, 0, 0, :_BRANCH]
    error, signal = (tree_RKT - plain_RKT).abs().max(), (leak_T - alone_T).abs().max()
    return bool(error <= tolerance(plain.module) * signal)


@torch.no_grad()
def caches(module: nn.Module, pad: int, keyword: str) -> bool:
    """Say whether one more token after a left-padded prompt, cached under a keyword, gets the whole sequence's logits.

    A model that takes any keyword and heeds none of that name is seen to lose the prompt.
    """
    device = next(module.parameters()).device
    tokens = trial_tokens(module, _PROMPT)
    short, whole = tokens[3:], tokens
    prompts = torch.tensor([[pad] * 3 + list(short[:-1]), list(whole[:-1])], device=device)
    mask = (torch.arange(_PROMPT, device=device) >= torch.tensor([[3], [0]], device=device)).long()
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    last = torch.tensor([[short[-1]], [whole[-1]]], device=device)
    try:
        read = module(input_ids=prompts, attention_mask=mask[:, :-1], position_ids=positions[:, :-1], use_cache=True)
        step = module(
            input_ids=last,
            attention_mask=mask,
            position_ids=positions[:, -1:],
            use_cache=True,
            **{keyword: read[keyword]},
        )
    except _REFUSALS:
        return False  # the architecture has no such cache
    alone = torch.stack([ending(module, short, device), ending(module, whole, device)])
    signal = (alone[0] - alone[1]).abs().max()
    return bool((step.logits[:, -1] - alone).abs().max() <= tolerance(module) * signal)


@torch.no_grad()
def takes_reserve(plain: Scorer) -> bool:
    """Say whether a step after prompts of two lengths, one of them twice, gets the logits of the whole sequences."""
    tokens = trial_tokens(plain.module, _PROMPT)
    short, whole = tokens[3:], tokens
    device = plain.adapters.values_SP.device
    try:
        steps = ReservedSteps(plain, [0], [short[:-1], whole[:-1], short[:-1]], 1)
        steps.advance(torch.tensor([short[-1], whole[-1], short[-1]], device=device))
    except _REFUSALS:
        return False  # the architecture has no such cache
    alone = torch.stack([ending(plain.module, tokens, device) for tokens in (short, whole, short)])
    signal = (alone[0] - alone[1]).abs().max()
    return bool((steps.logits_MV - alone).abs().max() <= tolerance(plain.module) * signal)


@torch.no_grad()
def grows_branches(scorer: Scorer, body: Callable[[Scorer, Sequence[int]], Body], error: float) -> bool:
    """Say whether beams that fork after prompts of two lengths get the logits of the whole texts that they are.

    `error` is relative to how two of the texts differ.
    """
    device = scorer.adapters.values_SP.device
    tokens = trial_tokens(scorer.module, _PROMPT + 5)
    prompts, (first, second, *last) = (tokens[3:_PROMPT], tokens[:_PROMPT]), tokens[_PROMPT:]
    texts = [
        (*prompt, first if parent else second, token)
        for prompt in prompts
        for parent, token in zip((1, 0, 1), last, strict=True)
    ]
    try:
        with catch_warnings(action="error", category=FutureWarning):
            beams = PackedBeams(scorer, prompts, body(scorer, [0]))
            beams.advance(torch.tensor([[second, first]] * 2, device=device), torch.tensor([[0, 0]] * 2, device=device))
            beams.advance(torch.tensor([last] * 2, device=device), torch.tensor([[1, 0, 1]] * 2, device=device))
            logits_RWA = beams.scores(torch.arange(vocabulary(scorer.module), device=device), whole=False)
    except (*_REFUSALS, FutureWarning):
        return False  # no such cache or head, or the model without its head calls its cache otherwise
    alone_MV = torch.stack([ending(scorer.module, text, device) for text in texts])
    signal = (alone_MV[0] - alone_MV[1]).abs().max()
    return bool((logits_RWA.flatten(0, 1) - alone_MV).abs().max() <= error * signal)


def ending(module: nn.Module, tokens: Sequence[int], device: torch.device) -> Tensor:
    """Return the logits after the last token of a plain sequence."""
    logits_V: Tensor = module(input_ids=torch.tensor([list(tokens)], device=device), use_cache=False).logits[0, -1]
    return logits_V


def trial_tokens(module: nn.Module, count: int) -> tuple[int, ...]:
    """Return `count` token ids spread over the vocabulary that the model tells apart, as far as it has so many.

    Tokens that were just added all have the same row: texts of them would not differ, and a trial would see nothing.
    """
    size = vocabulary(module)
    weight_VD: Tensor = module.get_input_embeddings().weight  # type: ignore[operator]  # a transformers model
    tokens: list[int] = []
    for index in range(count):
        first = 1 + (index * (size - 2)) // count
        others = (1 + (first - 1 + step) % (size - 2) for step in range(size - 2))
        tokens.append(next((token for token in others if is_apart(weight_VD, token, tokens)), first))
    return tuple(tokens)


def is_apart(weight_VD: Tensor, token: int, tokens: Sequence[int]) -> bool:
    """Say whether a token is none of these and its row is none of theirs."""
    return token not in tokens and not any(torch.equal(weight_VD[token], weight_VD[other]) for other in tokens)


def trial_input(module: nn.Module, count: int) -> Tensor:
    """Return a sequence of `count` different token ids where the model computes."""
    return torch.tensor([trial_tokens(module, count)], device=next(module.parameters()).device)


def tolerance(module: nn.Module) -> float:
    """Return the error, relative to the effect of a leak, that rounding explains."""
    exact = next(module.parameters()).dtype in (torch.float32, torch.float64)
    quantized = getattr(module, "is_quantized", False)
    return 0.02 if exact and not quantized else 0.25
