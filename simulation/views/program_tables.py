"""What a report says of programs: pass@k, tests passed, and how good what updates learned from was."""

from collections.abc import Mapping, Sequence

import numpy as np
from rich.table import Table

from simulation.measures.summary import Measurement
from simulation.views.tables import made, mean, percent, sampled

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
    if not turns or any("pass@1" not in each.metrics for each in grouped[turns[-1]]):
        return None
    most = max(int(name.partition("@")[2]) for name in grouped[turns[-1]][0].metrics if name.startswith("pass@"))
    names = ("turn", "pass@1", *([f"pass@{most}"] if most > 1 else []), "tests", "as reference", "RSR")
    table = made(
        "programs: each evaluation, and what happened since the one before",
        (*names, "lessons", "passing", "drawn by", "tokens"),
        0,
        CAPTION,
    )
    base = average(grouped[turns[0]], "pass@1")
    for index in sampled(len(turns)):
        row = grouped[turns[index]]
        passed = [f"pass@{k}" for k in ((1, most) if most > 1 else (1,))]
        shares = [average(row, name) for name in (*passed, "pass_rate", "exact_match")]
        table.add_row(
            str(turns[index]),
            *("" if share is None else percent(share) for share in shares),
            relative(base, shares[0]) if index else "",
            *drawn(row),
            f"{np.mean([each.tokens for each in row]):,.0f}" if index else "",
        )
    return table


def average(row: Sequence[Measurement], name: str) -> float | None:
    """Return the mean of a metric over students, None where it was not measured."""
    known = [each.metrics[name] for each in row if name in each.metrics]
    return float(np.mean(known)) if known else None


def relative(base: float | None, now: float | None) -> str:
    """Return the share of the failures at first that now pass, 100 (now - base) / (100 - base), where it is defined."""
    return "" if base is None or now is None or base >= 1 else f"{100 * (now - base) / (1 - base):.1f}"


def drawn(row: Sequence[Measurement]) -> tuple[str, str, str]:
    """Return the lessons, their passing share and the mean score that they were drawn by."""
    lessons, scored = sum(each.draw.lessons for each in row), sum(each.draw.scored for each in row)
    return (
        mean([each.draw.lessons for each in row]) if lessons else "",
        percent(sum(each.draw.passing for each in row) / lessons) if lessons else "",
        f"{sum(each.draw.score for each in row) / scored:.3f}" if scored else "",
    )
