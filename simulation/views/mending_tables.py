"""Tables and sentences about answers given again: how often feedback mended a wrong one or spoiled a right one."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from simulation.core.types import Turn
from simulation.measures.findings import Findings
from simulation.measures.mending import Mending, mendings, total
from simulation.measures.summary import Course
from simulation.measures.tallies import added
from simulation.store.turn_sums import answered_again
from simulation.views.comparison_tables import PlainTable
from simulation.views.tables import empty_table
from simulation.views.text import GRADED, SHARES, shown

TITLE = "answered again with the teacher's words"
NAMES = ("again", "wrong at first", "mended", "mended, %", "right at first", "spoiled")
MEANS = ("mean at first", "mean at last")
CAPTION = (
    "again: questions whose answer the teacher called less than wholly right; mended: truly wrong at first and right "
    "at last, with the 95 % Wilson interval of the share; spoiled: truly right at first and wrong at last"
)


def names(*, graded: bool) -> tuple[str, ...]:
    """Return the columns behind the first."""
    return NAMES + MEANS if graded else NAMES


def cells(own: Mending, *, graded: bool) -> tuple[str, ...]:
    """Return the cells of a row behind the first."""
    share = f"{SHARES.bare(own.share)} ({SHARES.dashed(own.interval)})" if own.wrong else ""
    counts = (f"{own.questions:,}", f"{own.wrong:,}", f"{own.mended:,}", share, f"{own.right:,}", f"{own.spoiled:,}")
    if not graded:
        return counts
    means = (own.first / own.questions, own.last / own.questions) if own.questions else ()
    return (*counts, *map(GRADED.number, means))


def rows(courses: Iterable[Course], *, graded: bool) -> list[tuple[str, ...]]:
    """Return a row for all categories and one for each, those with most answers first; none where none was given."""
    counts = added(course.again for course in courses)
    if not counts:
        return []
    ranked = sorted(counts, key=lambda name: (-counts[name].questions, name))
    each_row = [(name or "none", *cells(counts[name], graded=graded)) for name in ranked]
    return [("all", *cells(total(counts.values()), graded=graded)), *each_row] if len(each_row) > 1 else each_row


def mending_table(courses: Sequence[Course]) -> Table | None:
    """Return what was answered again by category; None where nothing was."""
    graded = courses[0].truth.graded
    category_rows = rows(courses, graded=graded)
    if not category_rows:
        return None
    table = empty_table(TITLE, ("category", *names(graded=graded)), caption=CAPTION)
    for name, *others in category_rows:
        table.add_row(Text(shown(name)), *others)
    return table


def compared_mending(findings: Findings) -> PlainTable | None:
    """Return what was answered again under each label; None where nothing was."""
    graded = findings.results.truth.graded
    by_label = {
        label: total(own for course in findings.courses(label) for own in course.again.values())
        for label in findings.labels
    }
    label_rows = [(label, *cells(own, graded=graded)) for label, own in by_label.items() if own.questions]
    if not label_rows:
        return None
    return PlainTable(title=TITLE, names=("label", *names(graded=graded)), rows=tuple(label_rows), caption=CAPTION)


def mending_sentence(own: Mending) -> str:
    """Say what came of the questions that were answered again, "" where none was."""
    if not own.questions:
        return ""
    parts = [f"mended {own.mended} of {own.wrong} wrong answers"] if own.wrong else []
    parts += [f"spoiled {own.spoiled} of {own.right} right ones that were called wrong"] if own.right else []
    return f"{own.questions} answered again: what the teacher said {' and '.join(parts)}"


def mending_of(turn: Turn) -> Mending:
    """Return what was answered again in a turn."""
    return total(mendings(answered_again(turn)).values())
