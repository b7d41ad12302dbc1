"""The tables of a comparison as plain text, for the terminal, the text file and the page alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from simulation.measures.findings import Findings, Measure, accuracy, mastery
from simulation.measures.lesson_quality import draws
from simulation.measures.statistics import Estimate
from simulation.measures.verdicts import Verdict
from simulation.store.turn_sums import Draw
from simulation.views.tables import dashed, empty_table, percent
from simulation.views.text import shown
from simulation.views.verdict_text import p_text

MOST_PAIRS = 30
"""Pairs in a table; where there are more, those with the first label and then those told apart are shown."""
MOST_MISSING = 20
MOST_CATEGORIES = 6
MOST_TOPICS = 4
PAIR_COLUMNS = (
    "p: adjusted by Holm over the pairs; sign flip: exact over seeds, unadjusted; P(better): that one more seed puts "
    "the first above the second, %, with 95 % interval"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainTable:
    """A table as plain text."""

    title: str
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1
    """How many of the first columns hold words; the others hold numbers."""
    caption: str = ""


def table(sheet: PlainTable) -> Table:
    """Return a sheet as the terminal shows it."""
    terminal_table = empty_table(
        shown(sheet.title), [shown(name) for name in sheet.names], sheet.words, shown(sheet.caption) or None
    )
    for row in sheet.rows:
        terminal_table.add_row(*(Text(shown(cell)) for cell in row))
    return terminal_table


def standings_sheet(findings: Findings) -> PlainTable:
    """Return each label's accuracy."""
    turns, questions = findings.turns, len(findings.questions)
    rows = [
        (
            standing.label,
            f"{100 * standing.first.value:.1f} ({dashed(standing.first[1:])})",
            f"{100 * standing.last.value:.1f} ({dashed(standing.last[1:])})",
            "" if standing.deviation is None else f"{100 * standing.deviation:.1f}",
            f"{100 * standing.middle:.1f}",
            f"{100 * standing.area:.1f}",
            f"{standing.gained:.1f}",
            f"{standing.lost:.1f}",
        )
        for standing in findings.standings
    ]
    names = ("label", f"turn {turns[0]}", f"turn {turns[-1]}", "sd", "IQM", "mean over turns", "gained", "lost")
    return PlainTable(
        title=f"held-out accuracy, %, of {many(len(findings.seeds), 'seed')} and {questions} questions",
        names=names,
        rows=tuple(rows),
        caption=(
            "in brackets 95 % intervals over other seeds and other questions; sd: from seed to seed at the last turn; "
            "IQM: mean of the middle half of the seeds at the last turn; gained: answers wrong at first and right at "
            "last, lost: right at first and wrong at last, mean of the students"
        ),
    )


def pairs_sheet(measure: Measure, *, explained: bool) -> PlainTable:
    """Return the verdicts on the pairs at one measure; `explained` says below what the columns are."""
    chosen = chosen_pairs(measure.family.verdicts)
    rows = []
    for verdict, improvement in zip(measure.family.verdicts, measure.improvements, strict=True):
        if verdict in chosen:
            rows.append(
                (
                    f"{verdict.b} − {verdict.a}",
                    signed(verdict.difference),
                    f"{signed(verdict.low)} to {signed(verdict.high)}",
                    p_cell(verdict.p),
                    p_cell(verdict.sign_flip_p),
                    f"{100 * improvement.value:.0f} ({100 * improvement.low:.0f}–{100 * improvement.high:.0f})",
                    ("better" if verdict.difference > 0 else "worse") if verdict.tells else "cannot tell",
                )
            )
    hidden = len(measure.family.verdicts) - len(rows)
    caption_parts = [PAIR_COLUMNS] if explained else []
    caption_parts += [f"{hidden} more pairs in verdicts.json"] if hidden else []
    return PlainTable(
        title=f"{measure.name}: differences in points",
        names=("pair", "points", "95 % interval", "p", "sign flip", "P(better)", "verdict"),
        rows=tuple(rows),
        caption="; ".join(caption_parts),
    )


def chosen_pairs(verdicts: Sequence[Verdict], most: int = MOST_PAIRS) -> list[Verdict]:
    """Return the verdicts to show: all, or those with the first label and then those told apart."""
    if len(verdicts) <= most:
        return list(verdicts)
    ranked = sorted(verdicts, key=lambda verdict: (verdict.a != verdicts[0].a, not verdict.tells))
    return [verdict for verdict in verdicts if verdict in ranked[:most]]


def budgets_sheet(findings: Findings) -> PlainTable | None:
    """Return each label's accuracy at equal budgets; None where no budget shows anything new."""
    budgeted = [measure for measure in findings.measures if measure.budget]
    if not budgeted:
        return None
    rows = tuple((label, *(estimated(measure.accuracies[label]) for measure in budgeted)) for label in findings.truths)
    return PlainTable(
        title="held-out accuracy, %, at equal budgets",
        names=("label", *(measure.name.removeprefix("accuracy ") for measure in budgeted)),
        rows=rows,
        caption="the smallest that any student spent in all; interpolated between evaluations; 95 % intervals",
    )


def spent_sheet(findings: Findings) -> PlainTable:
    """Return what each label spent."""
    costs = {
        "asked": "asked",
        "trained": "trained on",
        "tokens": "tokens trained on",
        "scored": "scored for the policy",
        "measured": "probed for the policy",
    }
    return PlainTable(
        title="what was spent to the last turn, mean over seeds",
        names=("label", *costs.values()),
        rows=tuple((label, *(f"{findings.spent(cost, label):,.0f}" for cost in costs)) for label in findings.truths),
        caption="questions asked; experiences trained on; the last two are questions that only the policy needed",
    )


def categories_sheet(findings: Findings) -> PlainTable | None:
    """Return each label's accuracy by category; None where there is one category."""
    by_category = mastery(findings)
    if len(by_category) < 2:
        return None
    shown_categories = list(by_category)[:MOST_CATEGORIES]
    hidden = len(by_category) - len(shown_categories)
    start_cells = tuple(f"{100 * by_category[name][:, :, 0].mean():.1f}" for name in shown_categories)
    rows = [(f"all, turn {findings.turns[0]}", *start_cells)]
    for index, label in enumerate(findings.truths):
        estimates = [accuracy(by_category[name][index][:, -1]) for name in shown_categories]
        rows.append(
            (
                label,
                *(
                    f"{100 * estimate.value:.1f} ({100 * estimate.low:.0f}–{100 * estimate.high:.0f})"
                    for estimate in estimates
                ),
            )
        )
    counts = [by_category[name].shape[-1] for name in shown_categories]
    return PlainTable(
        title=f"accuracy by category at turn {findings.turns[-1]}, %",
        names=(
            "label",
            *(f"{name or 'none'}, n={count}" for name, count in zip(shown_categories, counts, strict=True)),
        ),
        rows=tuple(rows),
        caption="n: held-out questions; 95 % intervals over other seeds and other questions"
        + (f"; {hidden} smaller categories are left out" if hidden else ""),
    )


def asked_sheet(findings: Findings) -> PlainTable:
    """Return what each label's policy asked most, and how that was answered."""
    rows = []
    for label in findings.labels:
        reliability = findings.reliability([label])
        counts = {name: int(matrix.sum()) for name, matrix in reliability.categories.items()}
        most_asked_first = sorted(counts, key=lambda name: (-counts[name], name))
        topics = []
        for name in most_asked_first[:MOST_TOPICS]:
            right_share = reliability.categories[name][1].sum() / counts[name]
            topics.append(
                f"{name or 'none'} {100 * counts[name] / reliability.verdicts:.0f} % ({100 * right_share:.0f} % right)"
            )
        right_cell = percent(reliability.matrix[1].sum() / reliability.verdicts) if reliability.verdicts else ""
        rows.append((label, ", ".join(topics), f"{reliability.verdicts:,}", right_cell))
    return PlainTable(
        title="what was asked most, and how much of it was answered right",
        names=("label", "categories", "answers", "right"),
        rows=tuple(rows),
        words=2,
    )


def missing_sheet(findings: Findings) -> PlainTable | None:
    """Return who did not come to the end, and why; None where all did."""
    results = findings.results
    place_of_label = {label: place for place, label in enumerate(results.labels)}
    missing = sorted(results.missing, key=lambda absence: (place_of_label[absence[0]], absence[1]))
    if not missing:
        return None
    hidden = len(missing) - MOST_MISSING
    return PlainTable(
        title=f"{len(missing)} of {len(results.labels) * len(results.seeds)} did not come to the end",
        names=("label", "seed", "reason"),
        rows=tuple((label, str(seed), reason) for label, seed, reason in missing[:MOST_MISSING]),
        words=3,
        caption=f"and {hidden} more" if hidden > 0 else "",
    )


def estimated(estimate: Estimate) -> str:
    """Return a share with its interval as "68.8 (64.9–72.4)"."""
    return f"{100 * estimate.value:.1f} ({dashed(estimate[1:])})"


def signed(difference: float) -> str:
    """Return a difference in points with its sign."""
    return f"{100 * difference:+.1f}".replace("-0.0", "+0.0")


def p_cell(p: float) -> str:
    """Return a p value for a column that says it is one."""
    return p_text(p).removeprefix("p ").removeprefix("= ")


def many(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def draws_sheet(findings: Findings) -> PlainTable:
    """Return the passing share of each label's draws, first, last and in all."""
    rows = []
    for label, draw_by_turn in draws(findings).items():
        if not draw_by_turn:
            rows.append((label, "0", "", "", "", "", ""))
            continue
        label_draws = list(draw_by_turn.values())
        total = sum(label_draws, Draw())
        tokens_by_student = [
            sum(measurement.tokens for measurement in course.measurements) for course in findings.results.courses(label)
        ]
        rows.append(
            (
                label,
                f"{total.lessons / max(1, len(tokens_by_student)):,.0f}",
                share(label_draws[0]),
                share(label_draws[-1]),
                share(total),
                f"{total.score / total.scored:.3f}" if total.scored else "",
                f"{sum(tokens_by_student) / max(1, len(tokens_by_student)):,.0f}",
            )
        )
    return PlainTable(
        title="what the updates learned from",
        names=("label", "lessons", "passing, first", "last", "all", "drawn by", "tokens written"),
        rows=tuple(rows),
        caption=(
            "lessons and tokens: of a student; passing: the share of lessons with the full feedback score, of those "
            "before the first evaluation that follows an update, of those after the last but one, and of all; drawn "
            "by: the mean of what the experience policy drew by, where it tells"
        ),
    )


def share(draw: Draw) -> str:
    """Return the passing share of a draw."""
    return f"{100 * draw.passing / draw.lessons:.1f} %"
