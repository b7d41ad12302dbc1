"""What a report says of programs: pass@k, tests passed, and how good what updates learned from was."""

from collections.abc import Mapping, Sequence

import numpy as np
from rich.table import Table

from simulation.measures.summary import Measurement
from simulation.views.tables import empty_table, mean, percent, sampled

CAPTION = (
    "pass@1: share of answers that pass all tests, hidden ones too, which is the accuracy above; pass@k: unbiased, at "
    "the largest k also the share of questions solved by any answer; tests: share of tests passed; as reference: the "
    "same program but for its layout; RSR: relative success rate, 100 (now - first) / (100 - first); lessons: what the "
    "updates drew, passing: those with the full feedback score, drawn by: the mean of what they were drawn by (of "
    "p2value the P2Value); tokens: written in answers to what was asked; means over students"
)


def programs_table(grouped: Mapping[int, Sequence[Measurement]]) -> Table | None:
    """Return every evaluation of programs, means over students; None where no programs were written."""
    turns = list(grouped)
    if not turns or any("pass@1" not in measurement.metrics for measurement in grouped[turns[-1]]):
        return None
    largest_k = max(int(name.partition("@")[2]) for name in grouped[turns[-1]][0].metrics if name.startswith("pass@"))
    names = ("turn", "pass@1", *([f"pass@{largest_k}"] if largest_k > 1 else []), "tests", "as reference", "RSR")
    table = empty_table(
        "programs: each evaluation, and what happened since the one before",
        (*names, "lessons", "passing", "drawn by", "tokens"),
        0,
        CAPTION,
    )
    first_share = average(grouped[turns[0]], "pass@1")
    for index in sampled(len(turns)):
        measurements = grouped[turns[index]]
        pass_names = [f"pass@{k}" for k in ((1, largest_k) if largest_k > 1 else (1,))]
        shares = [average(measurements, name) for name in (*pass_names, "pass_rate", "exact_match")]
        table.add_row(
            str(turns[index]),
            *("" if share is None else percent(share) for share in shares),
            relative(first_share, shares[0]) if index else "",
            *drawn(measurements),
            f"{np.mean([measurement.tokens for measurement in measurements]):,.0f}" if index else "",
        )
    return table


def average(measurements: Sequence[Measurement], name: str) -> float | None:
    """Return the mean of a metric over students, None where it was not measured."""
    metric_values = [measurement.metrics[name] for measurement in measurements if name in measurement.metrics]
    return float(np.mean(metric_values)) if metric_values else None


def relative(base: float | None, now: float | None) -> str:
    """Return the share of the failures at first that now pass, 100 (now - base) / (100 - base), where it is defined."""
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
