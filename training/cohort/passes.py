"""Which of the slots' examples go through the model together, and what is read of them without gradients."""

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from simulation.core.errors import ModelError
from simulation.core.model_roles import Rewinding
from simulation.core.packing import size
from simulation.core.roles import Trainable
from training.cohort.losses import Readings
from training.lessons import Example
from training.recipe import Recipe


def cost(picked: Sequence[Sequence[Example]]) -> int:
    """Return how many packed tokens these slots take in one batch, where each is padded to the largest."""
    trees = [example.tree for examples in picked for example in examples]
    longest = max(map(size, trees))
    return len(picked) * max(map(len, picked)) * longest


def passes(
    examples: Mapping[str, Sequence[Example]], picks: Mapping[str, Sequence[int]], most: int
) -> Iterator[dict[str, Sequence[int]]]:
    """Split what was picked of each slot into parts that go through the model together, of `most` tokens at most.

    How a slot is split does not depend on the others; an example is never split.
    """
    streams = {slot: whole(rows, most) for slot, rows in chosen(examples, picks).items()}
    while parts := {slot: part for slot in picks if (part := next(streams[slot], None)) is not None}:
        own = {slot: [picks[slot][at] for at in part] for slot, part in parts.items()}
        for group in together(chosen(examples, own), most):
            yield {slot: own[slot] for slot in group}


def together(picked: Mapping[str, Sequence[Example]], most: int) -> Iterator[list[str]]:
    """Split slots, in order, into groups that cost at most `most` tokens together; a slot is never split."""
    group: list[str] = []
    for slot in picked:
        if group and cost([picked[name] for name in (*group, slot)]) > most:
            yield group
            group = []
        group.append(slot)
    if group:
        yield group


def chosen(
    examples: Mapping[str, Sequence[Example]], picks: Mapping[str, Sequence[int]]
) -> dict[str, Sequence[Example]]:
    """Return the examples that were picked of each slot."""
    return {slot: [examples[slot][index] for index in indices] for slot, indices in picks.items()}


def read_beginnings(model: Trainable, examples: Mapping[str, Sequence[Example]], recipe: Recipe) -> dict[str, Readings]:
    """Return every slot's log-probabilities as it was before it learned anything."""
    if not isinstance(model, Rewinding):
        raise ModelError(f"{model.source} does not remember how its slots began; set learn.trainer.reference to update")
    with model.as_begun([*examples]):
        return read(model, examples, recipe)


@torch.no_grad()
def read(model: Trainable, examples: Mapping[str, Sequence[Example]], recipe: Recipe) -> dict[str, Readings]:
    """Return every slot's log-probabilities under its adapter as it stands, in passes of `tokens_at_once`."""
    parts_by_slot: dict[str, list[tuple[Tensor, Tensor]]] = {slot: [] for slot in examples}
    everything = {slot: range(len(rows)) for slot, rows in examples.items()}
    for picks in passes(examples, everything, recipe.tokens_at_once):
        trees = [[example.tree for example in rows] for rows in chosen(examples, picks).values()]
        logprobs_SBKT, valid_SBKT = model.branch_logprobs([*picks], trees)
        for row, (slot, part) in enumerate(picks.items()):
            parts_by_slot[slot].append((logprobs_SBKT[row, : len(part)], valid_SBKT[row, : len(part)]))
    return {
        slot: Readings(logprobs_NKT=stack([part[0] for part in parts]), valid_NKT=stack([part[1] for part in parts]))
        for slot, parts in parts_by_slot.items()
    }


def whole(examples: Sequence[Example], most: int) -> Iterator[range]:
    """Split one slot's examples, in order, into runs that cost at most `most` tokens."""
    sizes = [size(example.tree) for example in examples]
    first, longest = 0, 0
    for last, own in enumerate(sizes):
        if last > first and (last + 1 - first) * max(longest, own) > most:
            yield range(first, last)
            first, longest = last, 0
        longest = max(longest, own)
    if sizes:
        yield range(first, len(sizes))


def stack(parts_NKT: Sequence[Tensor]) -> Tensor:
    """Join along the first axis what may differ in the other two, padding with zeros."""
    branches = max(part.shape[1] for part in parts_NKT)
    tokens = max(part.shape[2] for part in parts_NKT)
    return torch.cat(
        [torch.nn.functional.pad(part, (0, tokens - part.shape[2], 0, branches - part.shape[1])) for part in parts_NKT]
    )
