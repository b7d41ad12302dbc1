"""What a trainer may need or be able to do besides its update: `isinstance` tells which does."""

from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable


@runtime_checkable
class ByGradient(Protocol):
    """A trainer that needs students whose model gradients go through."""

    @property
    def by_gradient(self) -> bool: ...


@runtime_checkable
class Distributed(Protocol):
    """A trainer whose updates the processes of a run make together, where several were started."""

    @property
    def distributes(self) -> bool:
        """Whether its settings have it so."""
        ...

    def together(self) -> AbstractContextManager[None]:
        """Return what leads the other processes at rank 0: they join in every update, and end when it is left."""
        ...

    def assist(self) -> None:
        """Join in the updates of rank 0 at another rank, until it ends."""
