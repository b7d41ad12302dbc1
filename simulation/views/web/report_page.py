"""A whole run as one file that needs nothing else: the pages of the study and of all its turns, one below the other."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

from markupsafe import Markup

from simulation.store import Study
from simulation.views.comparison_report import PAGE, write
from simulation.views.report import heading
from simulation.views.web import charts
from simulation.views.web.links import NoLinks
from simulation.views.web.page_request import PageRequest
from simulation.views.web.queries import turn_of
from simulation.views.web.rendering import inline, templates
from simulation.views.web.run_page import guessing, run_view
from simulation.views.web.sheets import Paging
from simulation.views.web.summaries import Summaries
from simulation.views.web.turn_page import whole_view

MOST_CHARACTERS = 12_000_000
"""Of all turns together, so that the file stays below 20 MB; who needs more turns has the pages."""
MOST_LESSONS = 40
"""Lessons of a turn that are shown."""
LONGEST = 600
"""Characters shown of a text."""


def write_report(study: Study) -> Path:
    """Write the report of a study into its folder and return its path."""
    return write(study.folder / PAGE, report_page(study).encode("utf-8", "replace"))


def report_page(study: Study) -> str:
    """Return the report of a study as HTML."""
    request = PageRequest(
        study=study, base=study.name, links=NoLinks(PAGE), summaries=Summaries(), longest=LONGEST, query={}
    )
    courses = request.summaries.courses(study)
    measured = [course for course in courses if course.measurements]
    chance = guessing(request)
    curves = {name: picture(charts.curve(measured, name, chance)) for name in charts.PICTURES if measured}
    css, css_hash = inline("pages.css")
    script, script_hash = inline("report.js")
    turns, hidden = chosen_turns(request)
    return (
        templates()
        .get_template("report.html.j2")
        .render(
            title=heading(study, courses),
            policy=f"default-src 'none'; img-src data:; style-src {css_hash}; script-src {script_hash}",
            css=css,
            script=script,
            view=run_view(request),
            curves=curves,
            students=turns,
            hidden=hidden,
            folder=study.name,
            trace_hash=study.trace_hash,
        )
    )


def chosen_turns(request: PageRequest) -> tuple[dict[str, list[Markup]], int]:
    """Return the turns of each student as HTML, the first students first, and how many are left out for their size."""
    turns: dict[str, list[Markup]] = {}
    size = hidden = 0
    for name, turn in rendered_turns(request):
        if size > MOST_CHARACTERS:
            break
        turns.setdefault(name, []).append(turn)
        size += len(turn)
    total = len(request.study.seats) * max(0, request.study.last_turn)
    hidden = total - sum(map(len, turns.values()))
    return turns, hidden


def rendered_turns(request: PageRequest) -> Iterator[tuple[str, Markup]]:
    """Yield the turns that asked something, with the name of their student."""
    template = templates().get_template("report_turn.html.j2")
    questions = request.held_out
    for seat, own in enumerate(request.study.seats):
        for number in range(1, request.study.last_turn + 1):
            turn = turn_of(request.study, seat, number)
            lessons = min(MOST_LESSONS, len(turn.lessons))
            view = whole_view(
                request,
                seat,
                turn,
                Paging(1, len(turn.experiences), max(1, len(turn.experiences))),
                Paging(1, len(turn.lessons), max(1, lessons)),
                questions,
            )
            yield own.name, Markup(template.render(view=view, prefix=f"s{seat}-t{number}-"))  # escaped


def picture(data: bytes) -> str:
    """Return a picture as a page holds it."""
    return f"data:image/svg+xml;base64,{b64encode(data).decode('ascii')}"
