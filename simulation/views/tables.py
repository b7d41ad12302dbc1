"""The tables of a report."""

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from simulation.core.questions import Measure
from simulation.measures.naming import PASS
from simulation.measures.reliability import Reliability
from simulation.measures.summary import Course, Measurement, by_turn, over_students, pooled
from simulation.measures.tallies import ReasonTally, added
from simulation.views.fitting import FittedTable
from simulation.views.text import GRADED, SHARES, Scale, shown

MOST_ROWS = 24
"""Evaluations shown of one student; those between are left out and said to be."""
MOST_TABLES = 3
"""Students with a table of their own; more are shown as one table of means."""
MOST_STUDENTS = 20
MOST_REASONS = 12


def tables(courses: Sequence[Course]) -> Group:
    """Return every table of a report."""
    measured = [course for course in courses if course.measurements]
    measure, truth = measured[0].measure, measured[0].truth
    grouped = by_turn(measured)
    report_tables: list[Table] = []
    if len(measured) <= MOST_TABLES:
        report_tables += [course_table(course) for course in measured]
    else:
        report_tables += [means_table(grouped, measure, truth), students_table(measured, Scale.of(measure))]
    first, last = next(iter(grouped.values()), []), next(reversed(grouped.values()), [])
    if len(pooled(last)[0]) > 1:
        report_tables.append(category_table(first, last, measure))
    if telling(first, last):
        report_tables.append(reason_table(first, last))
    reliability = Reliability.of(course.reliability for course in measured)
    if reliability.verdicts:
        report_tables.append(graded_teacher_table(reliability) if truth.graded else teacher_table(reliability))
    return Group(*(renderable for table in report_tables for renderable in (Text(), table)))


def column_names(measure: Measure, truth: Measure) -> tuple[str, ...]:
    """Return the columns of a table of evaluations."""
    scale = Scale.of(measure)
    return ("turn", f"{shown(measure.name)}{scale.unit}", credit_name(truth), "trained", *scale.movement)


def credit_name(truth: Measure) -> str:
    """Name the column of how well what was asked was answered."""
    return f"{shown(truth.name)}, asked" if truth.graded else "right"


def caption_of(measure: Measure, truth: Measure, interval: str) -> str:
    """Say what the columns of a table of evaluations hold; `interval` names the kind of interval."""
    scale = Scale.of(measure)
    rising, falling = scale.movement
    up, down = scale.movements
    asked = "mean of the questions asked" if truth.graded else "of the questions asked"
    return (
        f"{shown(measure.name)} on held-out questions with its 95 % {interval}; {credit_name(truth)}: {asked}; "
        f"{rising}: held-out answers {up}, {falling}: {down}"
    )


def course_table(course: Course) -> Table:
    """Return one student's evaluations, each with what happened since the one before."""
    measure = course.measure
    kinds = sorted({kind for measurement in course.measurements for kind in measurement.logprobs})
    names = column_names(measure, course.truth)
    caption = caption_of(measure, course.truth, "interval over questions" if measure.graded else "Wilson interval")
    if kinds:
        caption += f"; {', '.join(map(shown, kinds))}: mean log-probability, nats, before and after the updates"
    table = empty_table(
        f"{shown(course.student)}: each evaluation, and what happened since the one before",
        [*names, *map(shown, kinds)],
        0,
        caption,
    )
    previous = -1
    for index in sampled(len(course.measurements)):
        if index != previous + 1:
            table.add_row("…", f"{index - previous - 1} more")
        previous = index
        table.add_row(*course_row(course.measurements[index], kinds, Scale.of(measure), course.truth))
    return table


def course_row(measurement: Measurement, kinds: Sequence[str], scale: Scale, truth: Measure) -> list[str]:
    """Return the cells of one evaluation."""
    logprob_pairs = [measurement.logprobs.get(kind) for kind in kinds]
    return [
        str(measurement.turn),
        f"{scale.bare(measurement.value)} ({scale.dashed(measurement.interval)})",
        credit_cell([measurement], truth),
        str(measurement.trained),
        "" if measurement.rose is None else str(measurement.rose),
        "" if measurement.fell is None else str(measurement.fell),
        *("" if pair is None else f"{pair[0]:.1f}→{pair[1]:.1f}" for pair in logprob_pairs),
    ]


def credit_cell(measurements: Sequence[Measurement], truth: Measure) -> str:
    """Return how well what was asked was answered: how many right of how many, or the mean truth."""
    credits = [measurement.credit for measurement in measurements]
    counts = [measurement.asked for measurement in measurements]
    if not counts[0]:
        return ""
    if truth.graded:
        return Scale.of(truth).bare(sum(credits) / sum(counts))
    if len(measurements) == 1:
        return f"{credits[0]:.0f}/{counts[0]}"
    return f"{mean(credits)}/{mean(counts)}"


def sampled(count: int) -> list[int]:
    """Return the rows to show: all, or the first, the last and an even sample between."""
    if count <= MOST_ROWS:
        return list(range(count))
    return sorted({round(step * (count - 1) / (MOST_ROWS - 1)) for step in range(MOST_ROWS)})


def means_table(grouped: Mapping[int, Sequence[Measurement]], measure: Measure, truth: Measure) -> Table:
    """Return the evaluations as means over students."""
    title = "means over students: each evaluation, and what happened since the one before"
    caption = caption_of(measure, truth, "t interval over students, of equal ones over questions")
    table = empty_table(title, column_names(measure, truth), 0, caption)
    turns, scale = list(grouped), Scale.of(measure)
    for index in sampled(len(turns)):
        measurements = grouped[turns[index]]
        estimate = over_students(measurements)
        table.add_row(
            str(turns[index]),
            f"{scale.bare(estimate.value)} ({scale.dashed(estimate[1:])})",
            credit_cell(measurements, truth),
            mean([measurement.trained for measurement in measurements]),
            mean([measurement.rose for measurement in measurements if measurement.rose is not None]),
            mean([measurement.fell for measurement in measurements if measurement.fell is not None]),
        )
    return table


def students_table(courses: Sequence[Course], scale: Scale) -> Table:
    """Return each student's first and last mean."""
    hidden = len(courses) - MOST_STUDENTS
    caption = f"and {hidden} more students" if hidden > 0 else None
    names = ("student", "first", "last", f"change{scale.points}", "asked", "trained")
    table = empty_table("students: first and last held-out evaluation", names, caption=caption)
    for course in courses[:MOST_STUDENTS]:
        first, last = course.measurements[0], course.measurements[-1]
        table.add_row(
            Text(shown(course.student)),
            scale.number(first.value),
            scale.number(last.value),
            scale.signed(last.value - first.value),
            str(sum(measurement.asked for measurement in course.measurements)),
            str(sum(measurement.trained for measurement in course.measurements)),
        )
    return table


def category_table(first: Sequence[Measurement], last: Sequence[Measurement], measure: Measure) -> Table:
    """Return the mean by category at the first and the last evaluation.

    The intervals count the questions, not the answers: that several students answer one question adds less than as
    many questions would.
    """
    scale, sides = Scale.of(measure), [(pooled(measurements)[0], len(measurements)) for measurements in (first, last)]
    title = (
        f"{shown(measure.name)} by category, with 95 % intervals over questions: "
        f"turn {first[0].turn} and turn {last[0].turn}"
    )
    table = empty_table(title, ("category", "questions", "first", "", "last", "", f"change{scale.points}"))
    for name in sorted(sides[1][0], key=lambda name: -sides[1][0][name].questions):
        cells, means = [], []
        for sums, students in sides:
            if name in sums:
                own = sums[name].shared(students)
                means.append(own.mean)
                cells += [scale.number(own.mean), scale.spread(own.interval(graded=measure.graded))]
            else:
                cells += ["", ""]
        change = scale.signed(means[1] - means[0]) if len(means) > 1 else ""
        table.add_row(Text(shown(name) or "none"), str(sides[1][0][name].questions // sides[1][1]), *cells, change)
    return table


def telling(first: Sequence[Measurement], last: Sequence[Measurement]) -> bool:
    """Tell whether the reasons of the answers say more than which were right."""
    return len(pooled([*first, *last])[1]) > 2


def reason_table(first: Sequence[Measurement], last: Sequence[Measurement]) -> Table:
    """Return what came of the answers at the first and the last evaluation: the best reason first, then by number."""
    before, after = pooled(first)[1], pooled(last)[1]
    totals = [max(1, sum(tally.answers for tally in tallies.values())) for tallies in (before, after)]
    names = ranked_reasons(before, after)
    hidden = len(names) - MOST_REASONS - 1
    notes = [f"and {hidden} more"] if hidden > 0 else []
    notes += ["of several answers to a question, the first"] if f"{PASS}2" in last[0].metrics else []
    table = empty_table(
        f"what came of the answers: turn {first[0].turn} and turn {last[0].turn}",
        ("the answer", "first", "%", "last", "%"),
        caption="; ".join(notes) or None,
    )
    for name in names[: MOST_REASONS + 1]:
        was, now = before.get(name, ReasonTally()).answers, after.get(name, ReasonTally()).answers
        table.add_row(Text(shown(name)), str(was), percent(was / totals[0]), str(now), percent(now / totals[1]))
    return table


def ranked_reasons(first: Mapping[str, ReasonTally], last: Mapping[str, ReasonTally]) -> list[str]:
    """Return the reason of the best answers, then the others by how many had them at first."""
    both = added([first, last])
    if not both:
        return []
    best = max(both, key=lambda name: (both[name].mean, both[name].answers))
    return sorted(
        both,
        key=lambda name: (name != best, -first.get(name, ReasonTally()).answers, -both[name].answers, name),
    )


def teacher_table(reliability: Reliability) -> Table:
    """Return the teacher's verdicts against the truth."""
    table = empty_table("teacher", ("the answer is", "said wrong", "said right", "said rightly"))
    for truth, name in enumerate(("wrong", "right")):
        row = reliability.matrix[truth]
        share = percent(float(row[truth] / row.sum())) if row.sum() else "none seen"
        table.add_row(name, str(row[0]), str(row[1]), share)
    return table


def graded_teacher_table(reliability: Reliability) -> Table:
    """Return the teacher's scores against graded truths."""
    table = empty_table("teacher", ("answers", "mean score", "mean truth", "mean distance", "score is the truth"), 0)
    sums, count = reliability.scores, reliability.verdicts
    cells = [GRADED.number(total / count) for total in (sums.score, sums.truth, sums.distance)]
    table.add_row(f"{count:,}", *cells, percent(sums.same / count))
    return table


def empty_table(title: str, names: Sequence[str], words: int = 1, caption: str | None = None) -> Table:
    """Return an empty table whose first `words` columns hold words, the others numbers."""
    table = FittedTable(
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
    """Return a share as "68.8 %", whatever the measure."""
    return SHARES.number(share)


def mean(values: Sequence[float]) -> str:
    """Return a mean with one decimal, nothing without values."""
    return f"{sum(values) / len(values):.1f}" if values else ""
