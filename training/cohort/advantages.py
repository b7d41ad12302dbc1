"""What a group's scores become: rewards by score and by rank, and by how much each member was better than others.

Axes: B groups of one size, K members of a group.
"""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

Reward = Literal["score", "rank", "both"]
Comparison = Literal["group", "prefix", "none"]

OWN_SHARE = 0.5
"""How much of an advantage by prefixes is that within the whole group."""


def rewards(scores: Sequence[float], logprobs: Sequence[float | None], *, reward: Reward) -> tuple[float, ...]:
    """Return the rewards of a group's members from the scores a judge gave them."""
    if reward == "score":
        return tuple(scores)
    ranks = rank_rewards(scores, places(logprobs))
    return ranks if reward == "rank" else tuple(score + rank for score, rank in zip(scores, ranks, strict=True))


def rank_rewards(scores: Sequence[float], ranks: Sequence[int]) -> tuple[float, ...]:
    """Return 0 for a hit and less for anything else, the least for what the student thought likeliest.

    Kong et al. (2025), "MiniOneRec", arXiv 2510.24431, the ranking reward: that of rank i among K is
    -(1 / log2(i + 2)) / sum over j < K of 1 / log2(j + 2), and 0 throughout where nothing is a hit. Changed: a hit is
    whatever has the best score of its group, above 0, because several may be clicked and one that shares its
    identifier scores less than 1.
    """
    best = max(scores)
    if best <= 0:
        return (0.0,) * len(scores)
    total = sum(1 / math.log2(rank + 2) for rank in range(len(scores)))
    return tuple(
        0.0 if score == best else -1 / math.log2(rank + 2) / total for score, rank in zip(scores, ranks, strict=True)
    )


def places(logprobs: Sequence[float | None]) -> list[int]:
    """Return the rank of each member by its log-probability, likeliest 0; as they stand where one is not known."""
    known = [logprob for logprob in logprobs if logprob is not None]
    if len(known) < len(logprobs):
        return list(range(len(logprobs)))
    order = sorted(range(len(known)), key=lambda member: -known[member])
    ranks = [0] * len(order)
    for rank, member in enumerate(order):
        ranks[member] = rank
    return ranks


def is_flat(group_rewards: Sequence[float]) -> bool:
    """Tell whether a group has no signal: all its rewards are equal."""
    return len(set(group_rewards)) <= 1


def group_advantages(rewards_BK: Tensor, *, scale: bool) -> Tensor:
    """Return `advantage_BK`: each reward less its group's mean, divided by the group's standard deviation if `scale`.

    Shao et al. (2024), arXiv 2402.03300, section 4.1.2, with the sample standard deviation plus 1e-4. Without `scale`
    it is the advantage of Liu et al. (2025), arXiv 2503.20783. A group of equal rewards has advantage 0 exactly.
    """
    flat_B1 = (rewards_BK == rewards_BK[:, :1]).all(1, keepdim=True)
    centred_BK = (rewards_BK - rewards_BK.mean(1, keepdim=True)).masked_fill(flat_B1, 0.0)
    if not scale or rewards_BK.shape[1] < 2:
        return centred_BK
    return centred_BK / (rewards_BK.std(1, keepdim=True) + 1e-4)


def advantages(rewards_by_group: Sequence[Sequence[float]], *, scale: bool) -> list[list[float]]:
    """Return the advantages within each group; groups of one size are compared in one tensor."""
    by_size: dict[int, list[int]] = {}
    for place, group_rewards in enumerate(rewards_by_group):
        by_size.setdefault(len(group_rewards), []).append(place)
    advantages_by_group: dict[int, list[float]] = {}
    for group_places in by_size.values():
        rewards_BK = torch.tensor([rewards_by_group[place] for place in group_places], dtype=torch.float64)
        rows = group_advantages(rewards_BK, scale=scale).tolist()
        advantages_by_group.update(zip(group_places, rows, strict=True))
    return [advantages_by_group[place] for place in range(len(rewards_by_group))]


def prefix_advantages(
    branches: Sequence[tuple[int, ...]], group_rewards: Sequence[float], *, scale: bool
) -> tuple[tuple[float, ...], ...]:
    """Return an advantage a token: half that within the group, half that among members which share all tokens before.

    The sibling advantages of MiniOneRec's authors (their code; no paper describes them): a member's choice of a code is
    compared with the choices made behind the same codes. Changed: depths are tokens, not codes, so that it serves
    identifiers and titles alike; a member that shares its prefix with no other has 0 for that half.
    """
    [whole] = advantages([group_rewards], scale=scale)
    values = [[OWN_SHARE * own] * len(branch) for own, branch in zip(whole, branches, strict=True)]
    for depth in range(max(map(len, branches))):
        siblings: dict[tuple[int, ...], list[int]] = {}
        for member, branch in enumerate(branches):
            if depth < len(branch):
                siblings.setdefault(branch[:depth], []).append(member)
        families = [family for family in siblings.values() if len(family) > 1]
        among = advantages([[group_rewards[member] for member in family] for family in families], scale=scale)
        for family, family_values in zip(families, among, strict=True):
            for member, value in zip(family, family_values, strict=True):
                values[member][depth] += (1 - OWN_SHARE) * value
    return tuple(map(tuple, values))
