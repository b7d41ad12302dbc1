"""The questions of windows: a pool made as it is looked at, and windows to measure on, drawn where not all are kept."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from environments.lists.tasks import TASKS, Asking, TaskName
from environments.logs.log import Windows
from environments.splits import Lazy
from simulation.core.seeding import generator
from simulation.core.types import Question

Places = npt.NDArray[np.int64]


def pool(asking: Asking, tasks: Sequence[TaskName], train: Windows, kept_K: Places, item_count: int) -> Lazy:
    """Return what tasks ask, one task after the other: of the windows kept, in the order of time, or of every item."""
    histories, targets, kept = train.histories, train.targets_W.tolist(), kept_K.tolist()

    def of_window(task: TaskName, place: int) -> Question:
        window = kept[place]
        return asking.window(task, f"train-{window}", histories[window], targets[window])

    makes: list[Callable[[int], Question]] = []
    sizes = []
    for task in tasks:
        makes.append(partial(of_window, task) if TASKS[task].is_next else partial(asking.item, task))
        sizes.append(len(kept) if TASKS[task].is_next else item_count)
    ends = np.cumsum(sizes)

    def make(index: int) -> Question:
        task = int(np.searchsorted(ends, index, side="right"))
        return makes[task](index - int(ends[task]) + sizes[task])

    return Lazy(make if len(makes) > 1 else makes[0], int(ends[-1]))


def measuring(
    asking: Asking,
    task: TaskName,
    name: str,
    windows: Windows,
    kept_K: Places,
    foresee: Callable[[Windows], Places] | None = None,
) -> tuple[Question, ...]:
    """Return what a task asks of the windows kept; `foresee` gives the places of what was likeliest in each."""
    is_kept_W = np.zeros(len(windows), dtype=bool)
    is_kept_W[kept_K] = True
    chosen = windows.chosen(is_kept_W)
    likeliest = [None] * len(chosen) if foresee is None else foresee(chosen).tolist()
    return tuple(
        asking.measuring(task, f"{name}-{place}", history, target, foreseen)
        for place, (history, target), foreseen in zip(kept_K.tolist(), chosen, likeliest, strict=True)
    )


def kept(places_W: Places, most: int | None, seed: int, purpose: str) -> Places:
    """Return `most` of the places drawn without replacement, in their order, or all where they are fewer."""
    if most is None or most >= len(places_W):
        return places_W
    return np.sort(generator(seed, 0, 0, purpose).choice(places_W, most, replace=False))


def unseen(windows: Windows, train: Windows) -> Places:
    """Return the places of the windows whose history no training window has."""
    seen = set(train.histories)
    return np.array([place for place, history in enumerate(windows.histories) if history not in seen], dtype=np.int64)
