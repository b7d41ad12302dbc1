"""The tables that say how far the teachers of a comparison can be trusted."""

import math

from simulation.core.distinct import distinct
from simulation.measures.findings import Findings
from simulation.measures.reliability import Reliability
from simulation.scenario.entries import Lineup
from simulation.views.comparison_tables import PlainTable
from simulation.views.tables import percent
from simulation.views.text import GRADED, SHARES


def teacher_sheet(findings: Findings) -> PlainTable:
    """Return each label's teacher's verdicts against the truth."""
    rows = []
    for label in findings.labels:
        reliability = findings.reliability([label])
        if reliability.verdicts:
            (true_wrong, false_right), (false_wrong, true_right) = reliability.matrix.tolist()
            rows.append(
                (
                    label,
                    f"{true_wrong:,} / {false_right:,}",
                    f"{false_wrong:,} / {true_right:,}",
                    f"{100 * reliability.agreed / reliability.verdicts:.1f} ({SHARES.dashed(reliability.agreement)})",
                    number_or_unknown(reliability.kappa, "{:.3f}"),
                    f"{100 * reliability.observed:.1f}",
                    number_or_unknown(100 * crosswise(findings, label), "{:.1f}"),
                    f"{100 * reliability.matrix[1].sum() / reliability.verdicts:.1f}",
                )
            )
    return PlainTable(
        title="the teacher's verdicts on what was answered to the questions asked, against the truth",
        names=(
            "label",
            "wrong: said wrong / right",
            "right: said wrong / right",
            "true, %",
            "kappa",
            "said right, %",
            "corrected",
            "truly right",
        ),
        rows=tuple(rows),
        caption=(
            "true: verdicts that are the truth, with 95 % Wilson interval; kappa: Cohen's, agreement beyond chance; "
            "corrected: the share said right, corrected by the error rates seen at the other half of the seeds (Rogan "
            "& Gladen 1978); truly right: what that should come to"
        ),
    )


def graded_teacher_sheet(findings: Findings) -> PlainTable:
    """Return how far each label's teacher's scores are from graded truths."""
    rows = []
    for label in findings.labels:
        reliability = findings.reliability([label])
        count, sums = reliability.verdicts, reliability.scores
        if count:
            means = [GRADED.number(total / count) for total in (sums.score, sums.truth, sums.distance)]
            rows.append((label, f"{count:,}", *means, percent(sums.same / count)))
    return PlainTable(
        title="the teacher's scores of what was answered to the questions asked, against the truth",
        names=("label", "answers", "mean score", "mean truth", "mean distance", "score is the truth"),
        rows=tuple(rows),
        caption="mean distance: between an answer's score and its truth, whichever is higher",
    )


def crosswise(findings: Findings, label: str) -> float:
    """Return the share said right, corrected for each half of the seeds by the error rates of the other half."""
    seeds = findings.results.whole([label])
    students = findings.results.students
    first, second = (
        Reliability.of(played.course.reliability for seed in half for played in students[label, seed])
        for half in (seeds[0::2], seeds[1::2])
    )
    if not first.verdicts or not second.verdicts:
        return math.nan
    whole = first.verdicts * second.correct(first.observed) + second.verdicts * first.correct(second.observed)
    return whole / (first.verdicts + second.verdicts)


def number_or_unknown(value: float, form: str) -> str:
    """Return a number as it is printed, or that it is not known."""
    return "unknown" if math.isnan(value) else form.format(value)


def teacher_errors_sheets(findings: Findings, lineup: Lineup) -> list[PlainTable]:
    """Return each teacher's errors by category, where it errs."""
    sheets = []
    teachers = {entry.label: entry.scenario.teacher for entry in lineup.entries}
    distinct_teachers = distinct(teachers.values())
    for teacher in distinct_teachers:
        labels = [label for label in findings.labels if teachers[label] == teacher]
        reliability = findings.reliability(labels)
        if not reliability.errs(graded=False):
            continue
        rows = []
        for name in sorted(reliability.categories):
            category_reliability = reliability.only(name)
            cells = (
                f"{category_reliability.verdicts:,}",
                str(category_reliability.matrix[0, 1]),
                str(category_reliability.matrix[1, 0]),
            )
            rows.append(
                (
                    name or "none",
                    *cells,
                    f"{100 * category_reliability.agreed / category_reliability.verdicts:.1f} "
                    f"({SHARES.dashed(category_reliability.agreement)})",
                )
            )
        whose = f" under {', '.join(labels)}" if len(distinct_teachers) > 1 else ""
        sheets.append(
            PlainTable(
                title=f"errors of the teacher{whose}, by category",
                names=("category", "verdicts", "wrong said right", "right said wrong", "true, %"),
                rows=tuple(rows),
            )
        )
    return sheets
