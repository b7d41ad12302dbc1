"""At which temperatures all labels of a comparison were measured alike, so that their curves can be compared."""

from dataclasses import dataclass
from typing import Self

from simulation.loop.world import HELD_OUT, at_temperature
from simulation.scenario.entries import Lineup


@dataclass(frozen=True, slots=True, kw_only=True)
class Exams:
    """The temperatures above 0 at which every label was measured, two or more, each by several answers a question."""

    temperatures: tuple[float, ...]
    """Rising."""
    names: tuple[str, ...]
    """Of the evaluations, parallel to them."""
    samples: int
    main: float
    """The one of the evaluation that goes by no temperature."""

    @classmethod
    def of(cls, lineup: Lineup) -> Self | None:
        """Return those of a comparison, None where there are none."""
        settings = [entry.scenario.evaluate for entry in lineup.entries]
        first, *others = settings
        shared = [
            temperature
            for temperature in sorted(first.temperatures)
            if temperature and all(temperature in other.temperatures for other in others)
        ]
        alike = len({(one.samples, one.cut, one.temperatures[:1]) for one in settings}) == 1
        if len(shared) < 2 or first.samples < 2 or not alike:
            return None
        main = first.temperatures[0]
        names = tuple(HELD_OUT if temperature == main else at_temperature(temperature) for temperature in shared)
        return cls(temperatures=tuple(shared), names=names, samples=first.samples, main=main)
