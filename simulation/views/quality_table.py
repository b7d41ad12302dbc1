"""The table of what several answers to a question are worth together, at each temperature: how right, how different."""

from collections.abc import Mapping, Sequence

import numpy as np
from rich.table import Table

from simulation.core.questions import Measure
from simulation.loop.world import HELD_OUT
from simulation.measures.naming import PASS
from simulation.measures.summary import Course
from simulation.quality.sets import described
from simulation.scenario.keys import Evaluate
from simulation.views.tables import empty_table, sampled
from simulation.views.text import SHARES, Scale, shown

COLUMNS = ("maj", "best_by_score", "distinct", "distinct_right", "distinct_n", "self_bleu", "vendi", "utility")


def quality_table(courses: Sequence[Course], truth: Measure, evaluate: Evaluate) -> Table | None:
    """Return what the answers to one question are worth together, a row an evaluation, means over students.

    None where no question got several answers.
    """
    turns = sorted({turn for course in courses for turn in course.exams})
    by_turn = {turn: [course.exams[turn] for course in courses if turn in course.exams] for turn in turns}
    names = [
        name
        for name in COLUMNS
        if any(name in metrics for rows in by_turn.values() for row in rows for metrics in row.values())
    ]
    if not names or evaluate.samples < 2:
        return None
    k = evaluate.samples
    table = empty_table(
        f"answers together: {k} to each question",
        ("turn", "temperature", f"{shown(truth.name)}{Scale.of(truth).unit}", f"{PASS}{k}, %", *names),
        0,
        "; ".join(f"{name}: {described(name, k)}" for name in names),
    )
    for index in sampled(len(turns)):
        turn = turns[index]
        for exam in sorted(
            {name for row in by_turn[turn] for name in row}, key=lambda name: float(temperature_of(name, evaluate) or 0)
        ):
            means = averaged([row[exam] for row in by_turn[turn] if exam in row])
            table.add_row(
                str(turn),
                temperature_of(exam, evaluate),
                number(means, truth.name, Scale.of(truth)),
                number(means, f"{PASS}{k}", SHARES),
                *(number(means, name, Scale(graded=True)) for name in names),
            )
    return table


def temperature_of(exam: str, evaluate: Evaluate) -> str:
    """Return at which temperature an evaluation was written; nothing where it is the students' own."""
    if exam != HELD_OUT:
        return exam.partition("@")[2]
    return f"{evaluate.temperatures[0]:g}" if evaluate.temperatures else ""


def averaged(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the means of what all rows have."""
    names = set.intersection(*(set(row) for row in rows))
    return {name: float(np.mean([row[name] for row in rows])) for name in names}


def number(means: Mapping[str, float], name: str, scale: Scale) -> str:
    """Return a mean, nothing where it was not measured."""
    return scale.bare(means[name]) if name in means else ""
