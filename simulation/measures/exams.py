"""At which temperatures all labels of a comparison were measured alike, so that their curves can be compared."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from simulation.loop.world import HELD_OUT, at_temperature
from simulation.scenario.entries import Lineup
from simulation.scenario.keys import Evaluate

APART: Mapping[str, Callable[[Evaluate], object]] = {
    "numbers of samples": lambda settings: settings.samples,
    "cuts (top_k, top_p, min_p)": lambda settings: settings.cut,
    "main temperatures": lambda settings: settings.temperatures[:1],
}
"""In what labels may be measured differently, so that no curves of theirs can be compared."""


def apart(settings: Sequence[Evaluate]) -> list[str]:
    """Return in what these differ so that no curves can be compared."""
    return [name for name, setting in APART.items() if len({setting(one) for one in settings}) > 1]


def curveless(lineup: Lineup) -> str:
    """Say why a comparison has no curves though its labels are measured at several temperatures; nothing if it has."""
    settings = [entry.scenario.evaluate for entry in lineup.entries]
    if Exams.of(lineup) is not None or all(len([*filter(None, one.temperatures)]) < 2 for one in settings):
        return ""
    if differing := apart(settings):
        return f"the labels are measured with different {' and '.join(differing)}"
    if settings[0].samples < 2:
        return "a question gets one answer, and one answer has no difference; set evaluate.samples"
    return "the labels share fewer than two temperatures above 0"


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
        if len(shared) < 2 or first.samples < 2 or apart(settings):
            return None
        main = first.temperatures[0]
        names = tuple(HELD_OUT if temperature == main else at_temperature(temperature) for temperature in shared)
        return cls(temperatures=tuple(shared), names=names, samples=first.samples, main=main)
