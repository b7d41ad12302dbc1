"""What was answered again, as a table of the pages of a study and of a student."""

from collections.abc import Sequence

from simulation.measures.summary import Course
from simulation.views.mending_tables import CAPTION, TITLE, names, rows
from simulation.views.web.sheets import Sheet, sheet


def again_sheet(courses: Sequence[Course]) -> Sheet | None:
    """Return what feedback mended by category; None where nothing was answered again."""
    graded = bool(courses) and courses[0].truth.graded
    category_rows = rows(courses, graded=graded)
    if not category_rows:
        return None
    return sheet(TITLE, ("category", *names(graded=graded)), category_rows, note=f"{CAPTION}.")
