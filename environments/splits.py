"""What environments of single questions share: disjoint sets, and questions made when they are looked at."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar, overload
from zlib import crc32

from simulation.core.errors import DataError
from simulation.core.questions import Splits
from simulation.core.types import Question

T = TypeVar("T")
HELD_OUT_PERCENT = 15
"""Of rows that name no split of their own."""
PROBE_PERCENT = 20
"""Of the others, where the probe set that is wished for does not fit."""
FEWEST = 7
"""The fewest rows of which HELD_OUT_PERCENT is one."""
_ATTEMPTS = 4


class Lazy(Sequence[Question]):
    """`size` questions, each made from its index when it is looked at."""

    def __init__(self, make: Callable[[int], Question], size: int) -> None:
        self._make, self._size = make, size

    @overload
    def __getitem__(self, index: int) -> Question: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Question]: ...
    def __getitem__(self, index: int | slice) -> Question | Sequence[Question]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self._size))]
        if not -self._size <= index < self._size:
            raise IndexError(index)
        return self._make(index % self._size)

    def __len__(self) -> int:
        return self._size


def first_distinct(
    make: Callable[[int], T], key: Callable[[T], Hashable], size: int, *, most: int
) -> list[tuple[int, T]]:
    """Return the first `size` things of different keys that indexes make, with their indexes; `most` are promised."""
    if size > most:
        raise DataError(f"the bank gives at most {most} distinct problems of a split; asked for {size}")
    distinct: dict[Hashable, tuple[int, T]] = {}
    for index in range(_ATTEMPTS * most):
        if len(distinct) == size:
            break
        problem = make(index)
        distinct.setdefault(key(problem), (index, problem))
    return list(distinct.values())


def shuffled(questions: Iterable[Question], seed: int) -> tuple[Question, ...]:
    """Order questions by a hash, so that a question's set does not depend on the row it stands in."""
    return tuple(sorted(questions, key=lambda question: (crc32(f"{seed} {question.id}".encode()), question.id)))


def rows_apart(
    source: str, fresh: Sequence[Question], held_out: Sequence[Question], refused: Sequence[object], *, probe_size: int
) -> Splits:
    """Return the splits of what was read from `source`; the probe set is taken out of `fresh`.

    Where so large a one would leave nothing to ask, it is a share of them, which is told, and others than policies that
    measure on it may be asked it too.
    """
    if not held_out:
        raise DataError(f"{source!r} holds {len(fresh)} question(s), too few to hold any out; give {FEWEST} at least")
    if not fresh:
        raise DataError(
            f"of {source!r} nothing may be asked, because all of its {len(held_out)} question(s) are held out or have "
            "nothing to learn from; name other rows to ask, or other rows to hold out"
        )
    fits = probe_size < len(fresh)
    size = probe_size if fits else len(fresh) * PROBE_PERCENT // 100
    shrunk = () if fits else (f"{source}: a probe set of {probe_size} leaves nothing to ask, so it is {size}",)
    return Splits(
        pool=fresh[size:],
        held_out=held_out,
        probe=fresh[:size],
        spare_probe=not fits,
        notices=(*noticed(source, len(fresh) + len(held_out), refused), *shrunk),
    )


def noticed(source: str, read: int, refused: Sequence[object]) -> tuple[str, ...]:
    """Return how much was read, and every refused row, where there are any."""
    return (f"{source}: read {read} questions, refused {len(refused)} rows", *map(str, refused)) if refused else ()


class FixedQuestions(ABC):
    """An environment whose questions are the same for every study, so that studies can be paired.

    Who extends it says in `_splits` what the questions are.
    """

    @property
    @abstractmethod
    def _splits(self) -> Splits: ...

    def questions(self, seed: int) -> Splits:
        """Return the same questions whatever the seed."""
        del seed
        return self._splits
