"""What a comparison's report says, section by section: sentences in plain words, tables, and what to know of them."""

from collections.abc import Iterator, Sequence

from simulation.core.distinct import distinct
from simulation.core.roles import Students
from simulation.core.types import Seat
from simulation.measures.exams import curveless
from simulation.measures.findings import BUDGETS, Findings, equal_starts, leading
from simulation.measures.lesson_quality import replays
from simulation.scenario.entries import Lineup
from simulation.scenario.prepare import make
from simulation.views.comparison_tables import (
    asked_sheet,
    budgets_sheet,
    categories_sheet,
    chosen_pairs,
    draws_sheet,
    many,
    missing_sheet,
    pairs_sheet,
    spent_sheet,
    standings_sheet,
)
from simulation.views.frontier_words import frontier_section
from simulation.views.mending_tables import compared_mending
from simulation.views.report import warnings
from simulation.views.section import Section, picture
from simulation.views.tables import percent
from simulation.views.teacher_tables import graded_teacher_sheet, teacher_errors_sheets, teacher_sheet
from simulation.views.text import Scale
from simulation.views.verdict_text import family_warnings, verdict_text

MOST_SENTENCES = 12
MOST_RIVALS = 4
ONE_COUNTS = (
    "The first of these tables is the one that counts: Holm runs within each table, and the others are views of the "
    "same runs, chosen before anything was played."
)
ANOTHER = (
    "{name} is told beside {first}: Holm runs within each table, so of several measures some may be told apart by luck."
)


def heading(findings: Findings, lineup: Lineup) -> str:
    """Say what is compared."""
    results = findings.results
    size = f"{many(len(results.seeds), 'seed')}, {many(lineup.turns, 'turn')}"
    if len(results.labels) > MOST_RIVALS:
        return f"{len(results.labels)} labels over {size}"
    return f"{', '.join(results.labels[:-1])} and {results.labels[-1]} over {size}"


def sections(all_findings: Sequence[Findings], lineup: Lineup) -> list[Section]:
    """Return all parts of the report that have something to say: of the first measure, then of the others."""
    findings, *others = all_findings
    missing = missing_sheet(findings)
    missing_section = Section(title="Missing students", sheets=(missing,)) if missing else None
    if not findings.values:
        return [
            *([missing_section] if missing_section else []),
            Section(title="Verdicts", sentences=(nothing(findings),)),
        ]
    name = findings.measure.name
    parts = [
        verdicts_section(findings, lineup),
        frontier_section(findings.frontiers, curveless(lineup)),
        missing_section,
        Section(title=f"Held-out {name}", sheets=(standings_sheet(findings),), picture=picture("learning_curves")),
        differences_section(findings),
        budgets_section(findings),
        categories_section(findings),
        flows_section(findings),
        draws_section(findings),
        teacher_section(findings, lineup),
        mending_section(findings),
        *(part for place, other in enumerate(others, 1) for part in other_sections(other, name, place)),
    ]
    return [part for part in parts if part is not None]


def other_sections(findings: Findings, first: str, place: int) -> list[Section]:
    """Return what is told of a measure beside the first one: verdicts, means, differences, budgets, categories."""
    name = findings.measure.name
    note = ANOTHER.format(name=name, first=first)
    sentences = verdict_sentences(findings) if findings.aspects else ()
    verdicts = Section(title=f"Verdicts by {name}", sentences=sentences, notes=(note,))
    by_category, by_budget = categories_sheet(findings), budgets_sheet(findings)
    tables = (standings_sheet(findings), *((by_budget,) if by_budget else ()))
    curves, flows = picture("learning_curves", place, name), picture("flows", place, name)
    parts = [
        verdicts if findings.aspects else None,
        Section(title=f"Held-out {name}", sheets=tables, picture=curves),
        differences_of(findings, (), picture("differences", place, name)) if findings.aspects else None,
        Section(title=f"{name} by category", sheets=(by_category,), picture=picture("categories", place, name))
        if by_category
        else None,
        Section(title=f"Changes in {name}", picture=flows) if len(findings.turns) > 1 else None,
    ]
    return [part for part in parts if part is not None]


def draws_section(findings: Findings) -> Section | None:
    """Show how good what updates learned from was, where they learn from answers that pass."""
    if not replays(findings):
        return None
    return Section(title="What was learned from", sheets=(draws_sheet(findings),), picture=picture("draws"))


def nothing(findings: Findings) -> str:
    """Say why there is nothing to judge."""
    if not findings.labels:
        return "No student has come to the end yet: resume the comparison."
    return f"At no seed did {' and '.join(findings.labels)} all come to the end, so nothing can be paired."


def verdicts_section(findings: Findings, lineup: Lineup) -> Section:
    """Say first which labels differ, and what keeps one from believing it."""
    if not findings.aspects:
        only = ", ".join(findings.labels)
        return Section(title="Verdicts", sentences=(f"Only {only} came to the end: there is nothing to compare with.",))
    warnings_of_first = family_warnings(findings.aspects[0].family, Scale.of(findings.measure))
    return Section(
        title="Verdicts",
        sentences=verdict_sentences(findings),
        notes=(*warnings_of_first, *pairing(findings), *played_by(lineup)),
    )


def verdict_sentences(findings: Findings) -> tuple[str, ...]:
    """Say of the aspect that counts who is ahead, and the verdicts on its pairs."""
    family, scale = findings.aspects[0].family, Scale.of(findings.measure)
    chosen = chosen_pairs(family.verdicts, MOST_SENTENCES)
    sentences = [lead(findings), *(verdict_text(verdict, family, scale) for verdict in chosen)]
    if len(chosen) < len(family.verdicts):
        sentences.append(f"{len(family.verdicts) - len(chosen)} more pairs are in verdicts.json.")
    return tuple(sentences)


def lead(findings: Findings) -> str:
    """Say which label is ahead, and whether that is known."""
    aspect, scale = findings.aspects[0], Scale.of(findings.measure)
    first, rivals = leading(aspect)
    ahead = f"{first} has the highest {aspect.name}, {scale.number(aspect.means[first].value)}"
    if not any(verdict.tells for verdict in aspect.family.verdicts):
        return f"Nothing is told apart. {ahead}, which may be luck."
    if not rivals:
        return f"{ahead}, and is told apart from every other label."
    rivals_text = (
        ", ".join(rivals) if len(rivals) <= MOST_RIVALS else f"{len(rivals)} of {len(findings.labels) - 1} others"
    )
    return f"{ahead}, but cannot be told from {rivals_text}."


def pairing(findings: Findings) -> Iterator[str]:
    """Say what the pairing rests on."""
    left_out = [label for label in findings.results.labels if label not in findings.labels]
    if left_out:
        yield f"{', '.join(left_out)} did not come to the end at any seed and is left out."
    if len(findings.seeds) < len(findings.results.seeds):
        yield (
            f"Compared over the {many(len(findings.seeds), 'seed')} of {len(findings.results.seeds)} at which all "
            "labels came to the end; if those that failed had something in common, this favours whoever fails."
        )
    unequal = equal_starts(findings)
    if unequal:
        yield (
            f"Before learning {percent(unequal)} of the held-out answers are not the same under all labels: they do "
            "not start from one student, so more than what was learned may differ."
        )


def played_by(lineup: Lineup) -> Iterator[str]:
    """Say of simulated students that they are."""
    students = distinct(entry.scenario.students for entry in lineup.entries)
    names = [part.name for part in students if answers_by_rule(make(part, "students"))]
    if names:
        yield (
            f"The students of {' and '.join(names)} are simulated by formulas: what is found here says how policies "
            "behave under these formulas, not how a language model would learn."
        )


def answers_by_rule(students: Students) -> bool:
    """Tell whether students are simulated."""
    return students.answerer(Seat(name="any", number=0, seed=0)).simulated


def differences_section(findings: Findings) -> Section | None:
    """Show the verdicts of all aspects."""
    if not findings.aspects:
        return None
    first, *others = findings.aspects
    scale = Scale.of(findings.measure)
    first_warnings = set(family_warnings(first.family, scale))
    notes_on_others = [
        f"{aspect.name}: {warning}"
        for aspect in others
        for warning in family_warnings(aspect.family, scale)
        if warning not in first_warnings
    ]
    return differences_of(findings, (ONE_COUNTS, *notes_on_others), picture("differences"))


def differences_of(findings: Findings, notes: tuple[str, ...], picture_file: str) -> Section:
    """Show the verdicts of all aspects of a measure."""
    first, scale = findings.aspects[0], Scale.of(findings.measure)
    return Section(
        title="Differences" if notes else f"Differences in {findings.measure.name}",
        sheets=tuple(pairs_sheet(aspect, scale, explained=aspect is first) for aspect in findings.aspects),
        notes=notes,
        picture=picture_file,
    )


def budgets_section(findings: Findings) -> Section:
    """Show the means at equal budgets and what the policies themselves cost."""
    sheet, name = budgets_sheet(findings), findings.measure.name
    sentences = []
    for key, (parts, unit) in BUDGETS.items():
        spent = sum(findings.spent(part, next(iter(findings.values))) for part in parts)
        if key in findings.same and spent:
            last = f"{name} at turn {findings.turns[-1]}"
            sentences.append(f"{spent:,.0f} {unit} under every label: {last} is {name} at this equal budget.")
        elif key in findings.same or all(aspect.budget != key for aspect in findings.aspects):
            sentences.append(f"No equal budget of {unit}: some student has none, or its trainer does not tell.")
    for label in findings.values:
        asked, scored, probed = (findings.spent(cost, label) for cost in ("asked", "scored", "measured"))
        if scored + probed:
            sentences.append(
                f"{label}: for {asked:,.0f} questions asked its policy had {scored:,.0f} scored and {probed:,.0f} "
                f"probed, {(scored + probed) / asked:.1f} for each one asked."
            )
    return Section(
        title="Equal budgets",
        sentences=tuple(sentences),
        sheets=(spent_sheet(findings), *([sheet] if sheet else [])),
    )


def categories_section(findings: Findings) -> Section:
    """Show the means by category and what was asked."""
    sheet = categories_sheet(findings)
    return Section(
        title="Categories",
        sheets=(*([sheet] if sheet else []), asked_sheet(findings)),
        picture=picture("categories") if sheet else "",
    )


def flows_section(findings: Findings) -> Section:
    """Say what a rising mean might hide."""
    warnings_by_label = [(label, warnings(findings.courses(label))) for label in findings.labels]
    return Section(
        title=f"Learning beside {findings.measure.name}",
        sentences=tuple(f"{label}: {sentence}" for label, sentences in warnings_by_label for sentence in sentences),
        picture=picture("flows"),
    )


def mending_section(findings: Findings) -> Section | None:
    """Show what feedback mended, where questions were answered again."""
    sheet = compared_mending(findings)
    return Section(title="Answered again", sheets=(sheet,)) if sheet else None


def teacher_section(findings: Findings, lineup: Lineup) -> Section | None:
    """Show how far the teacher can be trusted."""
    reliability = findings.reliability(findings.labels)
    if not reliability.verdicts:
        return None
    truth = findings.results.truth
    if not reliability.errs(graded=truth.graded):
        return Section(title="Teacher", sentences=(f"All {reliability.verdicts:,} verdicts are the truth.",))
    if truth.graded:
        return Section(title="Teacher", sheets=(graded_teacher_sheet(findings),))
    sheets = (teacher_sheet(findings), *teacher_errors_sheets(findings, lineup))
    return Section(title="Teacher", sheets=sheets, picture=picture("teacher"))
