"""How a whole contract is held: rule by rule, each a function that raises where a component breaks it."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from simulation.contracts.boundary import breach
from simulation.core.errors import SimulationError

Build = Callable[[], Any]
"""Builds a component anew (Any: each kind has its role)."""
Rule = Callable[[str, Build], None]
"""Raises ContractError where the component of a name breaks it."""


def broken(rules: Sequence[Rule], name: str, build: Build) -> list[str]:
    """Return what a component breaks of these rules, a line each; the same complaint once."""
    complaints: dict[str, None] = {}
    for rule in rules:
        try:
            rule(name, build)
        except SimulationError as error:
            complaints.setdefault(" ".join(str(error).split()))
    return [*complaints]


@contextmanager
def own_randomness(kind: str, name: str) -> Iterator[None]:
    """Refuse a component that draws from random numbers which the whole process shares, or seeds them."""
    before = random.getstate(), global_numpy_state()
    yield
    if (random.getstate(), global_numpy_state()) != before:
        what = "draws from or seeds the random numbers of the whole process (random or np.random)"
        raise breach(kind, name, what, "draw from the generator or the seeds it is handed, or a resume differs")


def global_numpy_state() -> tuple[object, ...]:
    """Return the state of NumPy's shared generator, which can be compared."""
    name, keys, *rest = np.random.get_state(legacy=True)
    return (name, np.asarray(keys).tobytes(), *rest)
