"""Which measures can be asked for by name: those of the environment, and what else its exact judge tells."""

from collections.abc import Iterable, Mapping, Sequence

from simulation.core.errors import ScenarioError, nearest
from simulation.core.questions import Measure
from simulation.core.roles import Environment
from simulation.loop.results import SCORE
from simulation.quality.sets import set_measures
from simulation.scenario.entries import Lineup
from simulation.scenario.prepare import make
from simulation.store import Study
from simulation.store.turn_sums import Marks

PASS = "pass@"
"""Names, with a number behind it, the measure of whether one of so many answers to a question is wholly right."""


def known_before(lineup: Lineup) -> dict[str, Measure]:
    """Return by name what the evaluations of a comparison will measure, the truth first, before anything is played."""
    environment: Environment = make(lineup.entries[0].scenario.environment, "environment")
    evaluations = [entry.scenario.evaluate for entry in lineup.entries]
    samples, scored = min(one.samples for one in evaluations), all(one.scorer for one in evaluations)
    passes = [f"{PASS}{k}" for k in range(1, samples + 1)] if samples > 1 else []
    of_sets = set_measures() if samples > 1 else ()
    return by_name(
        [
            *environment.measures,
            *map(unlisted, passes),
            *([unlisted(SCORE)] if scored else []),
            *(measure for measure in of_sets if scored or measure.name != "best_by_score"),
        ]
    )


def known_in(study: Study) -> dict[str, Measure]:
    """Return by name what the held-out evaluations of a study measured of every answer, the truth first."""
    for turn in study.turns(stop=1):
        if "held_out" in turn.evaluations:
            others = sorted(Marks.of(turn.evaluations["held_out"], study.measures).values)
            return by_name([*study.measures, *map(unlisted, others)])
    return by_name(study.measures)


def unlisted(name: str) -> Measure:
    """Return a measure that the environment does not list; only of pass@k it is known that it is not graded."""
    return Measure(name=name, graded=not name.startswith(PASS))


def by_name(measures: Iterable[Measure]) -> dict[str, Measure]:
    """Return measures by their names, the first of each name."""
    named: dict[str, Measure] = {}
    for measure in measures:
        named.setdefault(measure.name, measure)
    return named


def chosen(names: Sequence[str], known: Mapping[str, Measure]) -> tuple[Measure, ...]:
    """Return the measures of these names, the truth where none is named.

    Raises ScenarioError for an unknown one, and for one that is named twice.
    """
    for name in names:
        if names.count(name) > 1:
            raise ScenarioError(f"--measure {','.join(names)}: {name} stands twice; write it once")
        if name not in known:
            raise ScenarioError(f"--measure {name}: no such measure is stored; {nearest(name, known)}")
    return tuple(known[name] for name in names) or tuple(known.values())[:1]
