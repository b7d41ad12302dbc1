"""Checks that the packages beside `simulation` are ours: others install packages called `agents` and `environments`."""

import sys
from importlib.util import find_spec
from pathlib import Path

from simulation.core.errors import SimulationError

SIBLINGS = ("agents", "environments", "policies", "training")


def check_siblings(root: Path | None = None) -> None:
    """Raise one clear error unless every sibling package resolves inside `root`, the folder that holds `simulation`."""
    home = root or Path(__file__).resolve().parent.parent
    for name in SIBLINGS:
        spec = find_spec(name)
        folder = Path(spec.origin).resolve().parent if spec is not None and spec.origin else None
        if folder == home / name:
            continue
        where = "is not found" if folder is None else f"is found at {folder}"
        raise SimulationError(
            f"the package {name!r} {where} but belongs to {home / name}; run `python -m simulation` from {home}, "
            f"and remove another project's {name!r} from PYTHONPATH (now {':'.join(sys.path[:3])}:…)"
        )
