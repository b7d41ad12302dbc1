"""The tables of a report."""

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from simulation.measures.reliability import Reliability
from simulation.measures.statistics import mean_interval, wilson
from simulation.measures.summary import (
    RIGHT,
    Course,
    Measurement,
    by_turn,
    misconceptions,
    pooled,
)
from simulation.views.text import shown

MOST_ROWS = 24
"""Evaluations shown of one student; those between are left out and said to be."""
MOST_TABLES = 3
"""Students with a table of their own; more are shown as one table of means."""
MOST_STUDENTS = 20
MOST_DIAGNOSES = 12
COLUMNS = ("turn", "accuracy, %", "right", "trained", "gained", "lost")
CAPTION = (
    "accuracy on held-out questions with its 95 % Wilson interval; right: of the questions asked; "
    "gained: held-out answers from wrong to right, lost: from right to wrong"
)


def tables(courses: Sequence[Course]) -> Group:
    """Return every table of a report."""
    measured = [course for course in courses if course.measurements]
    grouped = by_turn(measured)
    report_tables: list[Table] = []
    if len(measured) <= MOST_TABLES:
        report_tables += [course_table(course) for course in measured]
    else:
        report_tables += [means_table(grouped), students_table(measured)]
    first, last = next(iter(grouped.values()), []), next(reversed(grouped.values()), [])
    if len(pooled(last)[0]) > 1:
        report_tables.append(category_table(first, last))
    if pooled(last)[1]:
        report_tables.append(diagnosis_table(first, last))
    reliability = Reliability.of(course.reliability for course in measured)
    if reliability.verdicts:
        report_tables.append(teacher_table(reliability))
    return Group(*(renderable for table in report_tables for renderable in (Text(), table)))


def course_table(course: Course) -> Table:
    """Return one student's evaluations, each with what happened since the one before."""
    kinds = sorted({kind for measurement in course.measurements for kind in measurement.logprobs})
    names = [*COLUMNS, *map(shown, kinds)]
    caption = f"{CAPTION}; {', '.join(names[6:])}: mean log-probability, nats, before and after the updates"
    table = empty_table(
        f"{shown(course.student)}: each evaluation, and what happened since the one before",
        names,
        0,
        caption if kinds else CAPTION,
    )
    previous = -1
    for index in sampled(len(course.measurements)):
        if index != previous + 1:
            table.add_row("…", f"{index - previous - 1} more")
        previous = index
        table.add_row(*course_row(course.measurements[index], kinds))
    return table


def course_row(measurement: Measurement, kinds: Sequence[str]) -> list[str]:
    """Return the cells of one evaluation."""
    logprob_pairs = [measurement.logprobs.get(kind) for kind in kinds]
    return [
        str(measurement.turn),
        f"{100 * measurement.accuracy:.1f} ({dashed(measurement.interval)})",
        f"{measurement.right}/{measurement.asked}" if measurement.asked else "",
        str(measurement.trained),
        "" if measurement.corrected is None else str(measurement.corrected),
        "" if measurement.forgotten is None else str(measurement.forgotten),
        *("" if pair is None else f"{pair[0]:.1f}→{pair[1]:.1f}" for pair in logprob_pairs),
    ]


def sampled(count: int) -> list[int]:
    """Return the rows to show: all, or the first, the last and an even sample between."""
    if count <= MOST_ROWS:
        return list(range(count))
    return sorted({round(step * (count - 1) / (MOST_ROWS - 1)) for step in range(MOST_ROWS)})


def means_table(grouped: Mapping[int, Sequence[Measurement]]) -> Table:
    """Return the evaluations as means over students."""
    title = "means over students: each evaluation, and what happened since the one before"
    table = empty_table(title, COLUMNS, 0, CAPTION.replace("Wilson interval", "t interval over students"))
    turns = list(grouped)
    for index in sampled(len(turns)):
        measurements = grouped[turns[index]]
        estimate = mean_interval([measurement.accuracy for measurement in measurements])
        corrected = [measurement.corrected for measurement in measurements if measurement.corrected is not None]
        forgotten = [measurement.forgotten for measurement in measurements if measurement.forgotten is not None]
        table.add_row(
            str(turns[index]),
            f"{100 * estimate.value:.1f} ({dashed((max(0.0, estimate.low), min(1.0, estimate.high)))})",
            f"{mean([measurement.right for measurement in measurements])}/"
            f"{mean([measurement.asked for measurement in measurements])}"
            if measurements[0].asked
            else "",
            mean([measurement.trained for measurement in measurements]),
            mean(corrected),
            mean(forgotten),
        )
    return table


def students_table(courses: Sequence[Course]) -> Table:
    """Return each student's first and last accuracy."""
    hidden = len(courses) - MOST_STUDENTS
    caption = f"and {hidden} more students" if hidden > 0 else None
    names = ("student", "first", "last", "change, points", "asked", "trained")
    table = empty_table("students: first and last held-out evaluation", names, caption=caption)
    for course in courses[:MOST_STUDENTS]:
        first, last = course.measurements[0], course.measurements[-1]
        table.add_row(
            Text(shown(course.student)),
            percent(first.accuracy),
            percent(last.accuracy),
            f"{100 * (last.accuracy - first.accuracy):+.1f}",
            str(sum(measurement.asked for measurement in course.measurements)),
            str(sum(measurement.trained for measurement in course.measurements)),
        )
    return table


def category_table(first: Sequence[Measurement], last: Sequence[Measurement]) -> Table:
    """Return the accuracy by category at the first and the last evaluation.

    The intervals count the questions, not the answers: that several students answer one question adds less than as
    many questions would.
    """
    sides = [(pooled(measurements)[0], len(measurements)) for measurements in (first, last)]
    title = f"accuracy by category, with 95 % intervals over questions: turn {first[0].turn} and turn {last[0].turn}"
    table = empty_table(title, ("category", "questions", "first", "", "last", "", "change, points"))
    for name in sorted(sides[1][0], key=lambda name: -sides[1][0][name][1]):
        cells, shares = [], []
        for sums, students in sides:
            truth, count = sums.get(name, (0.0, 0))
            shares += [truth / count] if count else []
            cells += (
                [percent(truth / count), spread(wilson(truth / students, count // students))] if count else ["", ""]
            )
        change = f"{100 * (shares[1] - shares[0]):+.1f}" if len(shares) > 1 else ""
        table.add_row(Text(shown(name) or "none"), str(sides[1][0][name][1] // sides[1][1]), *cells, change)
    return table


def diagnosis_table(first: Sequence[Measurement], last: Sequence[Measurement]) -> Table:
    """Return what the answers revealed at the first and the last evaluation, the most frequent misconceptions first."""
    before, after = pooled(first)[1], pooled(last)[1]
    totals = max(1, sum(before.values())), max(1, sum(after.values()))
    names = sorted(set(before) | set(after), key=lambda name: (-before.get(name, 0), name))
    slips = [name for name in names if name != RIGHT]
    hidden = len(slips) - MOST_DIAGNOSES
    table = empty_table(
        f"what the answers reveal: turn {first[0].turn} and turn {last[0].turn}",
        ("the answer", "first", "%", "last", "%"),
        caption=f"and {hidden} more" if hidden > 0 else None,
    )
    rows = [(name, before.get(name, 0), after.get(name, 0)) for name in [RIGHT, *slips[:MOST_DIAGNOSES]]]
    rows.insert(1, ("a misconception of any kind", misconceptions(before), misconceptions(after)))
    for name, was, now in rows:
        shares = percent(was / totals[0]), percent(now / totals[1])
        table.add_row(Text(shown(name)), str(was), shares[0], str(now), shares[1])
    return table


def teacher_table(reliability: Reliability) -> Table:
    """Return the teacher's verdicts against the truth."""
    table = empty_table("teacher", ("the answer is", "said wrong", "said right", "said rightly"))
    for truth, name in enumerate(("wrong", "right")):
        row = reliability.matrix[truth]
        share = percent(float(row[truth] / row.sum())) if row.sum() else "none seen"
        table.add_row(name, str(row[0]), str(row[1]), share)
    return table


def empty_table(title: str, names: Sequence[str], words: int = 1, caption: str | None = None) -> Table:
    """Return an empty table whose first `words` columns hold words, the others numbers."""
    table = Table(
        title=Text(title, style="bold"),
        title_justify="left",
        caption=caption,
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for place, name in enumerate(names):
        table.add_column(name, justify="left" if place < words else "right", overflow="fold")
    return table


def percent(share: float) -> str:
    """Return a share as "68.8 %"."""
    return f"{100 * share:.1f} %"


def spread(interval: tuple[float, float]) -> str:
    """Return an interval of shares as "64.9 to 72.4"."""
    return f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}"


def dashed(interval: tuple[float, float]) -> str:
    """Return an interval of shares as "64.9–72.4", for narrow columns."""
    return f"{100 * interval[0]:.1f}–{100 * interval[1]:.1f}"


def mean(values: Sequence[float]) -> str:
    """Return a mean with one decimal, nothing without values."""
    return f"{sum(values) / len(values):.1f}" if values else ""
