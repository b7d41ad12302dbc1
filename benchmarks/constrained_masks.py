"""Masks of a search within a catalogue, ours and STATIC's, timed on the same log-probabilities."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import record
from benchmarks.static_index import StaticIndex


def masked(
    built: Any, tokens_LT: NDArray[np.int64], *, users: Sequence[int], beams: int, repeats: int
) -> record.Result:
    """Time the masks of all levels in turns, for several numbers of users (Any: the trie; torch is imported late)."""
    vocabulary = 1 + int(tokens_LT.max())
    static = StaticIndex.of(tokens_LT, vocabulary)
    result: record.Result = {"static_megabytes": static.nbytes / 1e6}
    for count in users:
        ours, others, equal = masks(built, static, count, beams, vocabulary)
        pairs = [(seconds(ours, 20), seconds(others, 20)) for _ in range(repeats)]
        ours_seconds, static_seconds = np.median(np.array(pairs), axis=0)
        result[f"masks_{count}"] = {
            "equal": equal,
            "ours_seconds": float(ours_seconds),
            "static_seconds": float(static_seconds),
            "cheaper_by": float(static_seconds / ours_seconds),
        }
    return result


def masks(
    built: Any, static: StaticIndex, users: int, beams: int, vocabulary: int
) -> tuple[Callable[[], list[Any]], Callable[[], list[Any]], bool]:
    """Return what makes all masks of a search in either way, and whether they leave the same (Any: tensors)."""
    import torch

    stream = torch.Generator().manual_seed(0)
    logprobs = [
        torch.randn((users, count, vocabulary), generator=stream).log_softmax(-1) for count in (1, beams, beams)
    ]
    sliced = [scores[..., level.alphabet_A] for scores, level in zip(logprobs, built.levels, strict=True)]
    flat = [scores.flatten(0, 1) for scores in logprobs]
    nodes, parents, places = [torch.zeros((users, 1), dtype=torch.int64)], [], []
    for level, scores in zip(built.levels, sliced, strict=True):
        allowed_RC = level.allowed(nodes[-1], scores).flatten(1)
        count = allowed_RC.shape[1] // nodes[-1].shape[1]
        chosen = allowed_RC.topk(beams).indices
        parents.append(chosen // count)
        places.append((nodes[-1].gather(1, chosen // count), chosen % count))
        nodes.append(level.child(*places[-1]))
    first, second = (level.tokens(children) for level, children in zip(built.levels[:2], nodes[1:3], strict=True))
    before = first.gather(1, parents[1]).flatten()
    states = static.state(before, second.flatten())

    def ours() -> list[Any]:
        left = [level.allowed(at, scores) for level, at, scores in zip(built.levels, nodes, sliced, strict=False)]
        # the first node's children are the first level's nodes, and what stands at the last level is a text
        third = built.levels[1].child(*places[1])
        tokens = [built.levels[0].tokens(nodes[1]), built.levels[1].tokens(third)]
        return [*left, *tokens, built.levels[2].child(*places[2])]

    def others() -> list[Any]:
        left = [static.first(flat[0]), static.second(flat[1], first.flatten())]
        third, *rest = static.third(flat[2], states)
        return [*left, third, static.state(before, second.flatten()), *rest]

    pairs = zip(ours()[:3], others()[:3], strict=True)
    return ours, others, all(torch.equal(remaining(one), remaining(other)) for one, other in pairs)


def remaining(scores: Any) -> Any:
    """Return what a mask left, in ascending order (Any: tensors)."""
    return scores[scores > -np.inf].sort().values


def seconds(call: Callable[[], object], times: int = 1) -> float:
    """Return the CPU seconds of a call."""
    began = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - began) / times
