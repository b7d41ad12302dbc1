"""The tables of a comparison as plain text, for the terminal, the text file and the page alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from simulation.core.questions import Measure
from simulation.measures.findings import Aspect, Findings, mastery
from simulation.measures.lesson_quality import draws
from simulation.measures.methods import estimate_of
from simulation.measures.reliability import Reliability
from simulation.measures.statistics import Estimate
from simulation.measures.verdicts import Verdict
from simulation.store.turn_sums import Draw
from simulation.views.tables import empty_table, percent
from simulation.views.text import Scale, shown
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
    """Return each label's mean."""
    turns, scale = findings.turns, Scale.of(findings.measure)
    rising, falling = scale.movement
    rows = [
        (
            standing.label,
            estimated(standing.first, scale),
            estimated(standing.last, scale),
            "" if standing.deviation is None else scale.bare(standing.deviation),
            scale.bare(standing.middle),
            scale.bare(standing.area),
            f"{standing.rose:.1f}",
            f"{standing.fell:.1f}",
        )
        for standing in findings.standings
    ]
    size = f"{many(len(findings.seeds), 'seed')} and {len(findings.questions)} questions"
    changes = (
        f"{rising}: answers with a higher value at last than at first, {falling}: with a lower one"
        if scale.graded
        else f"{rising}: answers wrong at first and right at last, {falling}: right at first and wrong at last"
    )
    return PlainTable(
        title=f"held-out {findings.measure.name}{scale.unit}{',' if scale.unit else ''} of {size}",
        names=("label", f"turn {turns[0]}", f"turn {turns[-1]}", "sd", "IQM", "mean over turns", rising, falling),
        rows=tuple(rows),
        caption=(
            "in brackets 95 % intervals over other seeds and other questions; sd: from seed to seed at the last turn; "
            f"IQM: mean of the middle half of the seeds at the last turn; {changes}, mean of the students"
        ),
    )


def pairs_sheet(aspect: Aspect, scale: Scale, *, explained: bool) -> PlainTable:
    """Return the verdicts on the pairs of one aspect; `explained` says below what the columns are."""
    chosen = chosen_pairs(aspect.family.verdicts)
    rows = []
    for verdict, improvement in zip(aspect.family.verdicts, aspect.improvements, strict=True):
        if verdict in chosen:
            rows.append(
                (
                    f"{verdict.b} − {verdict.a}",
                    scale.signed(verdict.difference),
                    f"{scale.signed(verdict.low)} to {scale.signed(verdict.high)}",
                    p_cell(verdict.p),
                    p_cell(verdict.sign_flip_p),
                    f"{100 * improvement.value:.0f} ({100 * improvement.low:.0f}–{100 * improvement.high:.0f})",
                    ("better" if verdict.difference > 0 else "worse") if verdict.tells else "cannot tell",
                )
            )
    hidden = len(aspect.family.verdicts) - len(rows)
    caption_parts = [PAIR_COLUMNS] if explained else []
    caption_parts += [f"{hidden} more pairs in verdicts.json"] if hidden else []
    return PlainTable(
        title=f"{aspect.name}: differences{'' if scale.graded else ' in points'}",
        names=(
            "pair",
            "difference" if scale.graded else "points",
            *("95 % interval", "p", "sign flip", "P(better)", "verdict"),
        ),
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
    """Return each label's mean at equal budgets; None where no budget shows anything new."""
    budgeted = [aspect for aspect in findings.aspects if aspect.budget]
    if not budgeted:
        return None
    name, scale = findings.measure.name, Scale.of(findings.measure)
    rows = tuple((label, *(estimated(aspect.means[label], scale) for aspect in budgeted)) for label in findings.values)
    return PlainTable(
        title=f"held-out {name}{scale.unit}{',' if scale.unit else ''} at equal budgets",
        names=("label", *(aspect.name.removeprefix(f"{name} ") for aspect in budgeted)),
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
        rows=tuple((label, *(f"{findings.spent(cost, label):,.0f}" for cost in costs)) for label in findings.values),
        caption="questions asked; experiences trained on; the last two are questions that only the policy needed",
    )


def categories_sheet(findings: Findings) -> PlainTable | None:
    """Return each label's mean by category; None where there is one category."""
    by_category = mastery(findings)
    if len(by_category) < 2:
        return None
    measure, scale = findings.measure, Scale.of(findings.measure)
    shown_categories = list(by_category)[:MOST_CATEGORIES]
    hidden = len(by_category) - len(shown_categories)
    start_cells = tuple(scale.bare(by_category[name][:, :, 0].mean()) for name in shown_categories)
    rows = [(f"all, turn {findings.turns[0]}", *start_cells)]
    for index, label in enumerate(findings.values):
        estimates = [estimate_of(by_category[name][index][:, -1], graded=measure.graded) for name in shown_categories]
        rows.append((label, *(estimated(estimate, scale, rough=True) for estimate in estimates)))
    counts = [by_category[name].shape[-1] for name in shown_categories]
    return PlainTable(
        title=f"{measure.name} by category at turn {findings.turns[-1]}{scale.unit}",
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
    truth = findings.results.truth
    rows = []
    for label in findings.labels:
        reliability = findings.reliability([label])
        counts = {name: int(matrix.sum()) for name, matrix in reliability.categories.items()}
        most_asked_first = sorted(counts, key=lambda name: (-counts[name], name))
        topics = []
        for name in most_asked_first[:MOST_TOPICS]:
            share = 100 * counts[name] / reliability.verdicts
            topics.append(f"{name or 'none'} {share:.0f} % ({answered(reliability.only(name), truth)})")
        whole = credited(reliability, truth) if reliability.verdicts else ""
        rows.append((label, ", ".join(topics), f"{reliability.verdicts:,}", whole))
    return PlainTable(
        title="what was asked most, and how well it was answered",
        names=("label", "categories", "answers", truth.name if truth.graded else "right"),
        rows=tuple(rows),
        words=2,
    )


def answered(reliability: Reliability, truth: Measure) -> str:
    """Say in brackets how well some questions were answered: "70 % right", or the mean of a graded truth."""
    if truth.graded:
        return credited(reliability, truth)
    return f"{100 * reliability.matrix[1].sum() / reliability.verdicts:.0f} % right"


def credited(reliability: Reliability, truth: Measure) -> str:
    """Return the share of right answers, or the mean of a graded truth."""
    if truth.graded:
        return Scale.of(truth).number(reliability.scores.truth / reliability.verdicts)
    return percent(reliability.matrix[1].sum() / reliability.verdicts)


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


def estimated(estimate: Estimate, scale: Scale, *, rough: bool = False) -> str:
    """Return a mean with its interval as "68.8 (64.9–72.4)", roughly as "68.8 (65–72)"."""
    if rough and not scale.graded:
        return f"{scale.bare(estimate.value)} ({100 * estimate.low:.0f}–{100 * estimate.high:.0f})"
    return f"{scale.bare(estimate.value)} ({scale.dashed(estimate[1:])})"


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
            sum(measurement.tokens for measurement in course.measurements) for course in findings.courses(label)
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
