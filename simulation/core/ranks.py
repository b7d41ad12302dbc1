"""Which of a run's processes this is: torchrun, and accelerate launch where it starts several, tell it by RANK."""

import os

from simulation.core.errors import SimulationError


class LaunchError(SimulationError):
    """A run was started in more processes than it can use, or in fewer than were asked for."""


class RanksLost(LaunchError):
    """Another process of the run is gone."""


def world_size() -> int:
    """Return how many processes the run has."""
    return int(os.environ.get("WORLD_SIZE") or 1) if "RANK" in os.environ else 1


def rank() -> int:
    """Return the number of this one: 0 plays the study, the others join in its updates."""
    return int(os.environ["RANK"]) if world_size() > 1 else 0


def check_launch() -> None:
    """Refuse a launcher that was asked for several processes, started one and said nothing.

    `accelerate launch` does so on a CPU without MPI; what it leaves is the address of a meeting, and no world size.
    """
    if "ACCELERATE_MIXED_PRECISION" in os.environ and "MASTER_ADDR" in os.environ and "RANK" not in os.environ:
        raise LaunchError(
            "accelerate launch was asked for several processes and started one, as it does on a CPU without MPI; "
            "write: torchrun --nproc-per-node 2 -m simulation run SCENARIO learn.trainer.backend=trl"
        )
