"""One study in the processes that `torchrun` starts: rank 0 plays it, and the others join in its updates."""

from contextlib import AbstractContextManager, nullcontext

from simulation.core.ranks import LaunchError, world_size
from simulation.core.roles import Trainer
from simulation.core.trainer_roles import Distributed


def distributed(trainer: Trainer) -> Distributed:
    """Return a trainer that the processes of a run can share; raises LaunchError where it works in one."""
    if isinstance(trainer, Distributed) and trainer.distributes:
        return trainer
    raise LaunchError(
        f"{world_size()} processes were started, of which trainer {trainer.name} uses one here; write "
        "learn.trainer.backend=trl, or start it without torchrun"
    )


def leading(trainer: Trainer) -> AbstractContextManager[None]:
    """Return what holds the processes of a run together while it is played, checked before anything is loaded."""
    return distributed(trainer).together() if world_size() > 1 else nullcontext()
