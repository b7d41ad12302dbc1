"""The table of all that evaluations measured, beside how good what updates learned from was."""

from collections.abc import Mapping, Sequence

import numpy as np
from rich.table import Table

from simulation.core.questions import Measure
from simulation.measures.naming import PASS, by_name, unlisted
from simulation.measures.summary import Measurement
from simulation.quality.sets import DESCRIPTIONS
from simulation.views.tables import empty_table, mean, percent, sampled
from simulation.views.text import Scale, shown

UNGRADED = ("unparsed", "confidence")
"""What an evaluation tells of the answers that is not a measure of how good they are."""
MOST_MEASURES = 6
CAPTION = (
    "each measure on held-out questions, means over students; {passes}closed: how much of what was missing at first is "
    "there now, 100 (now - first) / (100 - first), of {truth}; lessons: what the updates drew, passing: those with the "
    "full feedback score, drawn by: the mean of what they were drawn by; tokens: written in answers to what was asked"
)
MORE = "; {count} more are on record, and `report --measure NAME` tells the study by any of them"
PASSES = (
    "pass@k: the chance that one of k answers is wholly right, unbiased, at the largest k also the share of questions "
    "solved by any answer; "
)


def measure_table(
    grouped: Mapping[int, Sequence[Measurement]], truth: Measure, measures: Sequence[Measure]
) -> Table | None:
    """Return every evaluation by all measures, means over students; None where there is no measure but the truth.

    `measures` are those that the environment lists.
    """
    turns = list(grouped)
    all_measures = columns(grouped[turns[-1]], truth, measures) if turns else []
    shown_measures = all_measures[:MOST_MEASURES]
    if len(shown_measures) < 2:
        return None
    left_out = len(all_measures) - len(shown_measures)
    passes = PASSES if any(measure.name.startswith(PASS) for measure in shown_measures) else ""
    table = empty_table(
        "measures: each evaluation, and what happened since the one before",
        (
            "turn",
            *(f"{shown(measure.name)}{Scale.of(measure).unit}" for measure in shown_measures),
            *("closed, %", "lessons", "passing", "drawn by", "tokens"),
        ),
        0,
        CAPTION.format(passes=passes, truth=shown(truth.name)) + (MORE.format(count=left_out) if left_out else ""),
    )
    base = average(grouped[turns[0]], truth.name)
    for index in sampled(len(turns)):
        measurements = grouped[turns[index]]
        table.add_row(
            str(turns[index]),
            *(cell(measurements, measure) for measure in shown_measures),
            closed(base, average(measurements, truth.name)) if index else "",
            *drawn(measurements),
            f"{np.mean([measurement.tokens for measurement in measurements]):,.0f}" if index else "",
        )
    return table


def columns(measurements: Sequence[Measurement], truth: Measure, measures: Sequence[Measure]) -> list[Measure]:
    """Return the truth, pass@k of the largest k, and the others that every student has, as the environment lists them.

    What it does not list comes last.
    """
    names = set.intersection(*(set(measurement.metrics) for measurement in measurements))
    names -= {*UNGRADED, *DESCRIPTIONS, truth.name}
    passes = sorted((int(name.removeprefix(PASS)), name) for name in names if name.startswith(PASS))
    names -= {name for _, name in passes[:-1]} | ({passes[-1][1]} if passes and passes[-1][0] == 1 else set())
    known = by_name(measures)
    places = {name: place for place, name in enumerate(known)}
    ranked = sorted(names, key=lambda name: (not name.startswith(PASS), places.get(name, len(places)), name))
    return [truth, *(known.get(name, unlisted(name)) for name in ranked)]


def cell(measurements: Sequence[Measurement], measure: Measure) -> str:
    """Return the mean of a measure over students, nothing where it was not measured."""
    value = average(measurements, measure.name)
    return "" if value is None else Scale.of(measure).bare(value)


def average(measurements: Sequence[Measurement], name: str) -> float | None:
    """Return the mean of a measure over students, None where it was not measured."""
    values = [measurement.metrics[name] for measurement in measurements if name in measurement.metrics]
    return float(np.mean(values)) if values else None


def closed(base: float | None, now: float | None) -> str:
    """Return how much of what was missing at first is there now, where that is defined."""
    return "" if base is None or now is None or base >= 1 else f"{100 * (now - base) / (1 - base):.1f}"


def drawn(measurements: Sequence[Measurement]) -> tuple[str, str, str]:
    """Return the lessons, their passing share and the mean score that they were drawn by."""
    lessons = sum(measurement.draw.lessons for measurement in measurements)
    scored = sum(measurement.draw.scored for measurement in measurements)
    return (
        mean([measurement.draw.lessons for measurement in measurements]) if lessons else "",
        percent(sum(measurement.draw.passing for measurement in measurements) / lessons) if lessons else "",
        f"{sum(measurement.draw.score for measurement in measurements) / scored:.3f}" if scored else "",
    )
