"""The tables that say how far the teachers of a comparison can be trusted."""

import math

from simulation.core.distinct import distinct
from simulation.measures.findings import Findings
from simulation.measures.reliability import Reliability
from simulation.scenario.entries import Lineup
from simulation.views.comparison_tables import PlainTable
from simulation.views.tables import dashed


def teacher_sheet(findings: Findings) -> PlainTable:
    """Return each label's teacher's verdicts against the truth."""
    rows = []
    for label in findings.labels:
        told = findings.reliability([label])
        if told.verdicts:
            (true_wrong, false_right), (false_wrong, true_right) = told.matrix.tolist()
            rows.append(
                (
                    label,
                    f"{true_wrong:,} / {false_right:,}",
                    f"{false_wrong:,} / {true_right:,}",
                    f"{100 * told.agreed / told.verdicts:.1f} ({dashed(told.agreement)})",
                    known(told.kappa, "{:.3f}"),
                    f"{100 * told.observed:.1f}",
                    known(100 * crosswise(findings, label), "{:.1f}"),
                    f"{100 * told.matrix[1].sum() / told.verdicts:.1f}",
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


def known(value: float, form: str) -> str:
    """Return a number as it is printed, or that it is not known."""
    return "unknown" if math.isnan(value) else form.format(value)


def teacher_errors_sheets(findings: Findings, lineup: Lineup) -> list[PlainTable]:
    """Return each teacher's errors by category, where it errs."""
    found = []
    teachers = {entry.label: entry.scenario.teacher for entry in lineup.entries}
    kinds = distinct(teachers.values())
    for teacher in kinds:
        labels = [label for label in findings.labels if teachers[label] == teacher]
        told = findings.reliability(labels)
        if told.agreed == told.verdicts:
            continue
        rows = []
        for name in sorted(told.categories):
            each = Reliability({name: told.categories[name]})
            cells = (f"{each.verdicts:,}", str(each.matrix[0, 1]), str(each.matrix[1, 0]))
            rows.append((name or "none", *cells, f"{100 * each.agreed / each.verdicts:.1f} ({dashed(each.agreement)})"))
        whose = f" under {', '.join(labels)}" if len(kinds) > 1 else ""
        found.append(
            PlainTable(
                title=f"errors of the teacher{whose}, by category",
                names=("category", "verdicts", "wrong said right", "right said wrong", "true, %"),
                rows=tuple(rows),
            )
        )
    return found
