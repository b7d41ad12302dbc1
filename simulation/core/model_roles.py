"""What a model may be able to do besides answering and learning: `isinstance` tells which does.

KeepsReplies  Tried  Rewinding  Recomputing  Dropping  Partial
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class KeepsReplies(Protocol):
    """A model whose replies are paid for: it keeps each one where a study that goes on finds it again."""

    def keep_in(self, folder: Path) -> None:
        """Be told the study's folder, before the first request."""

    def committed(self) -> None:
        """Hear that the turn is committed: what was asked in it is never asked again."""


@runtime_checkable
class Tried(Protocol):
    """A model that was tried before it plays; a fast path that it does not take costs time, and nothing else."""

    @property
    def fast_paths(self) -> Mapping[str, bool]:
        """Whether it takes each fast path, by name."""
        ...


@runtime_checkable
class Rewinding(Protocol):
    """A learner that remembers how its slots began, as a reference that does not move with them."""

    def as_begun(self, slots: Sequence[str]) -> AbstractContextManager[None]:
        """Within it these slots are as they were before anything was learned."""
        ...


@runtime_checkable
class Recomputing(Protocol):
    """A learner that can forget what happens inside its blocks and compute it again for their gradients."""

    def recomputing(self) -> AbstractContextManager[None]:
        """Within it, forward passes and their gradients keep of each block only what goes into it."""
        ...


@runtime_checkable
class Dropping(Protocol):
    """A learner whose slots may lose a part of what they read while they are trained, and at no other time."""

    def dropping(self, generators: Mapping[str, np.random.Generator]) -> AbstractContextManager[None]:
        """Within it, which is one step, these slots lose what their generators draw; nothing where none is to be."""
        ...


@runtime_checkable
class Partial(Protocol):
    """A learner whose slots may leave out a part of the base that other kinds of training would change."""

    @property
    def left_out(self) -> str:
        """What that part is, for people, or nothing."""
        ...


def taken_paths(model: Tried) -> str:
    """Name the fast paths that a model takes, for people and fingerprints."""
    return ", ".join(name for name, is_taken in model.fast_paths.items() if is_taken) or "none"


def lost_paths(model: Tried) -> str:
    """Name the fast paths that a model does not take, or nothing."""
    return ", ".join(name for name, is_taken in model.fast_paths.items() if not is_taken)
