"""The class as a table: each student's first and last evaluation, by category, and where it needs help most."""

from collections.abc import Collection, Sequence

from simulation.measures.summary import Course
from simulation.views.text import Scale
from simulation.views.web.failed import failures
from simulation.views.web.page_request import PageRequest
from simulation.views.web.sheets import Cell, Paging, Row, Sheet, heat, passage, sheet

MOST_CATEGORIES = 8
"""Categories with a column of their own, those with most questions."""


def class_sheet(request: PageRequest, courses: Sequence[Course], paging: Paging) -> Sheet:
    """Return a part of the students, a row each, with links to them."""
    scale = Scale.of(courses[0].measure)
    categories = columns_of(courses)
    failed = failures(request.study)
    rows = [student_row(request, courses[seat], seat, categories, scale) for seat in range(paging.start, paging.stop)]
    head = ("student", "plays", "seed", f"first{scale.unit}", f"last{scale.unit}", f"change{scale.points}")
    skills = [f"{passage(name, 40).text or 'none'} ({number})" for name, number in categories.items()]
    names = (*head, *skills, "needs help with")
    if failed:
        names = (*names, "plays no more")
        remarks = [failed.get(seat) for seat in range(paging.start, paging.stop)]
        rows = [
            (
                *row,
                Cell("" if remark is None else f"since turn {remark[0]}: {passage(remark[1], 200).text}", look="word"),
            )
            for row, remark in zip(rows, remarks, strict=True)
        ]
    note = (
        "In brackets how many held-out questions a category has: of few of them little can be said." if skills else ""
    )
    caption = f"students by held-out {courses[0].measure.name}, and by category at the last evaluation"
    return sheet(caption, names, rows, note=note)


def columns_of(courses: Sequence[Course]) -> dict[str, int]:
    """Return the categories to show, with how many questions each student was put in them."""
    measured = [course.measurements[-1].categories for course in courses if course.measurements]
    counts = {name: sums.questions for categories in measured for name, sums in categories.items()}
    names = sorted(counts, key=lambda name: (-counts[name], name))
    return {name: counts[name] for name in names[:MOST_CATEGORIES]} if len(names) > 1 else {}


def student_row(request: PageRequest, course: Course, seat: int, categories: Collection[str], scale: Scale) -> Row:
    """Return one student's row."""
    own = request.study.seats[seat]
    name = Cell(passage(own.name, 80).text, request.links.to(request.student_path(seat)))
    label = Cell(passage(own.label, 80).text, look="word")
    if not course.measurements:
        return (name, label, own.seed, *("" for _ in range(len(categories) + 4)))
    first, last = course.measurements[0], course.measurements[-1]
    means = {name: last.categories[name].mean for name in categories if name in last.categories}
    weakest = min(means, key=lambda name: (means[name], name)) if means else None
    needs = "" if weakest is None or means[weakest] >= 1 else passage(weakest, 80).text or "what has no category"
    cells = [
        Cell(scale.bare(means[name]), look=heat(means[name])) if name in means else Cell("") for name in categories
    ]
    values = (scale.bare(first.value), Cell(scale.bare(last.value), look=heat(last.value)))
    change = scale.signed(last.value - first.value)
    return (name, label, own.seed, *values, change, *cells, Cell(needs, look="word"))
