"""The site as a function: a path and a query in, a page out; served and written to files alike."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulation.core.errors import SimulationError
from simulation.store import Study
from simulation.views.comparison_report import PAGE
from simulation.views.web import (
    answers_page,
    charts,
    compare_page,
    comparison_page,
    index_page,
    question_page,
    run_page,
    texts_page,
    turn_page,
)
from simulation.views.web.catalog import COHORT, NAME, Catalog, NotThere, Place, cohorts
from simulation.views.web.links import Links, Target
from simulation.views.web.made_sums import SumsUnderWay
from simulation.views.web.page_request import PageRequest
from simulation.views.web.queries import opened
from simulation.views.web.rendering import STATIC, render, static
from simulation.views.web.sheets import LENGTHS
from simulation.views.web.summaries import Summaries

HTML, TEXT, SVG, CSV = (
    "text/html; charset=utf-8",
    "text/plain; charset=utf-8",
    "image/svg+xml",
    "text/csv; charset=utf-8",
)
ICON = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path fill="#0969da" d="M0 7 3 3l2 2 3-4v7H0z"/></svg>'
)
SINCE = "since"
"""What a page that is open asks for its renewal with: the state it has."""
MOST_BYTES = 1_000_000
"""Of a page; where it would be larger, texts are cut shorter."""
BASE = rf"(?P<name>{NAME})(?:/(?P<cohort>{COHORT}))?"
DIGITS = r"(?:0|[1-9][0-9]{0,6})"
SEAT = rf"student-(?P<seat>{DIGITS})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an address gives."""

    status: int = 200
    content_type: str = HTML
    body: bytes
    targets: Sequence[Target] = ()
    """Where its links lead."""
    own_style: bool = False
    """Whether it is a report that brings its style with it."""


@dataclass(slots=True)
class Site:
    """All pages of a folder of studies."""

    catalog: Catalog
    bundled: bool = False
    turns: frozenset[int] | None = None
    """Of which turns there are pages; None for all."""
    summaries: Summaries = field(default_factory=Summaries)

    def reply(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Return what stands at a path, without its leading slash; what is not there is a page that says so."""
        path, query = path or "index.html", query or {}
        links = Links(path, bundled=self.bundled, turns=self.turns)
        try:
            return self._reply(path, query, links)
        except NotThere as error:
            return message(404, str(error), links)
        except SimulationError as error:
            return message(500, str(error), links)
        except SumsUnderWay as under_way:
            return message(503, str(under_way), links, progress=under_way)

    def _reply(self, path: str, query: Mapping[str, str], links: Links) -> Reply:
        if path == index_page.INDEX:
            return self._index(query, links)
        if path == "favicon.ico":
            return Reply(content_type=SVG, body=ICON)
        if path.startswith("static/") and path.removeprefix("static/") in STATIC:
            name = path.removeprefix("static/")
            return Reply(content_type=STATIC[name], body=static(name))
        for pattern, page in ROUTES:
            match = pattern.fullmatch(path)
            if match:
                return self._page(page, match.groupdict(), query, links)
        raise NotThere("there is no such page")

    def _index(self, query: Mapping[str, str], links: Links) -> Reply:
        page = query.get("page", "1")
        if not re.fullmatch(r"[1-9][0-9]{0,4}", page):
            raise NotThere(f"page={page} is no number of a page")
        view = index_page.index_view(self.catalog, links, int(page))
        return html(render("index.html.j2", links, crumbs=[], title="Studies", view=view), links)

    def _page(self, page: "Page", parts: Mapping[str, str], query: Mapping[str, str], links: Links) -> Reply:
        name, cohort = parts["name"], parts.get("cohort") or ""
        place = self.catalog.place(name)
        if place.kind == "comparison" and not cohort:
            return self._comparison(page, parts, query, links)
        base = f"{name}/{cohort}" if cohort else name
        chosen = {key: value for key, value in query.items() if key != SINCE}
        with opened(self.catalog.study(name, cohort)) as study:
            reply = Reply(status=204, body=b"")
            now = state(study)  # before anything else is read, so that no page misses a turn committed meanwhile
            if query.get(SINCE) == now:
                return reply
            goes_on = study.status == "running" and not self.bundled
            renewal = links.again({**chosen, SINCE: now}) if goes_on else ""
            for longest in LENGTHS:
                fresh = Links(links.here, bundled=self.bundled, turns=self.turns)
                request = PageRequest(
                    study=study,
                    base=base,
                    links=fresh,
                    query=chosen,
                    longest=longest,
                    summaries=self.summaries,
                    renewal=renewal,
                    catalog=self.catalog,
                )
                reply = page(request, parts)
                if len(reply.body) <= MOST_BYTES:
                    break
            return reply

    def _comparison(self, page: "Page", parts: Mapping[str, str], query: Mapping[str, str], links: Links) -> Reply:
        place = self.catalog.place(parts["name"])
        reported = (place.folder / PAGE).is_file()
        if page is run and "seat" not in parts:
            now = "" if reported or links.bundled else states(place)
            if now and query.get(SINCE) == now:
                return Reply(status=204, body=b"")
            view = comparison_page.comparison_view(place, links)
            crumbs = [("Studies", links.to("index.html"))]
            renewal = links.again({SINCE: now}) if now else ""
            pictures = charts.PICTURES if view.curves else ()
            curves = {name: links.to(f"{place.name}/curve-{name}.svg") for name in pictures}
            more = {"renewal": renewal, "curves": curves}
            return html(render("comparison.html.j2", links, crumbs=crumbs, title=place.name, view=view, **more), links)
        if page is curve and not parts.get("seat"):
            return Reply(content_type=SVG, body=comparison_page.curves_picture(place, parts["picture"]))
        if page is report and reported:
            return Reply(body=(place.folder / PAGE).read_bytes(), own_style=True)
        raise NotThere(f"{place.name} is a comparison; there is no such page of it")


Page = Callable[[PageRequest, Mapping[str, str]], Reply]


def html(text: str, links: Links) -> Reply:
    """Return a page with its links."""
    return Reply(body=text.encode("utf-8", "replace"), targets=links.targets)


def message(status: int, sentence: str, links: Links, progress: SumsUnderWay | None = None) -> Reply:
    """Return a page that says what is wrong, or how far what it waits for is, in which case it comes again."""
    crumbs = [("Studies", links.to("index.html"))]
    title = "Not to be shown" if progress is None else "Not yet to be shown"
    text = render("message.html.j2", links, crumbs=crumbs, title=title, sentence=sentence[:2000], progress=progress)
    return Reply(status=status, body=text.encode("utf-8", "replace"), targets=links.targets)


def page(
    template: str, request: PageRequest, title: str, view: Any, *, seat: int | None = None, **values: Any
) -> Reply:
    """Return a page of a study (Any: what its template names)."""
    links, study = request.links, request.study
    crumbs = [
        ("Studies", links.to("index.html")),
        (request.base.split("/")[0], links.to(f"{request.base.split('/')[0]}/index.html")),
    ]
    if seat is not None:
        crumbs.append((study.seats[seat].name, links.to(request.student_path(seat))))
    values = {**values, "title": title, "view": view, "renewal": request.renewal, "request": request, "seat": seat}
    return html(render(template, links, crumbs=crumbs, **values), links)


def state(study: Study) -> str:
    """Return how far a study is: a page of the same state needs no renewal."""
    return f"{study.last_turn}-{study.status}"


def states(place: Place) -> str:
    """Return how far the parts of a comparison are that have begun; it goes on until it is reported."""
    begun = [f"{len(cohorts(place))}"]
    for cohort in cohorts(place):
        with opened(place.folder / cohort) as study:
            begun.append(state(study))
    return ".".join(begun)


def run(request: PageRequest, parts: Mapping[str, str]) -> Reply:
    """Return the page of a study, or of a student."""
    seat = request.seat(parts["seat"]) if parts.get("seat") else None
    view = run_page.run_view(request, seat)
    folder = request.base if seat is None else f"{request.base}/student-{seat}"
    curves = (
        {picture: request.links.to(f"{folder}/curve-{picture}.svg") for picture in charts.PICTURES}
        if view.curve
        else {}
    )
    all_answers = request.links.to(f"{request.base}/answers.html", {"seat": "" if seat is None else seat})
    compare = (
        ""
        if request.links.bundled
        else request.links.to(f"{request.base}/compare.html", {"a_student": seat or "", "b_student": seat or ""})
    )
    return page(
        "run.html.j2", request, view.title, view, seat=seat, curves=curves, all_answers=all_answers, compare=compare
    )


def curve(request: PageRequest, parts: Mapping[str, str]) -> Reply:
    """Return the learning curve of a study or a student as a picture."""
    courses = request.summaries.courses(request.study)
    if parts.get("seat"):
        courses = [courses[request.seat(parts["seat"])]]
    measured = [course for course in courses if course.measurements]
    if not measured:
        raise NotThere("no evaluation is on record yet")
    return Reply(content_type=SVG, body=charts.curve(measured, parts["picture"], run_page.guessing(request)))


def turn(request: PageRequest, parts: Mapping[str, str]) -> Reply:
    """Return the page of a turn."""
    seat = request.seat(parts["seat"])
    view = turn_page.turn_view(request, seat, request.turn(parts["turn"]))
    title = f"{view.student}, turn {view.number} of {request.study.scenario.get('turns', request.study.last_turn)}"
    return page("turn.html.j2", request, title, view, seat=seat, previous=view.previous, following=view.following)


def question(request: PageRequest, parts: Mapping[str, str]) -> Reply:
    """Return the page of a question, as one student met it."""
    seat = request.seat(parts["seat"])
    view = question_page.question_view(request, seat, int(parts["question"]))
    return page("question.html.j2", request, f"Question {view.name}", view, seat=seat)


def answers(request: PageRequest, parts: Mapping[str, str]) -> Reply:  # noqa: ARG001
    """Return the list of answers."""
    return page("answers.html.j2", request, "Answers", answers_page.answers_view(request))


def answers_file(request: PageRequest, parts: Mapping[str, str]) -> Reply:  # noqa: ARG001
    """Return a part of the list of answers as CSV."""
    return Reply(content_type=CSV, body=answers_page.answers_csv(request).encode("utf-8", "replace"))


def compare(request: PageRequest, parts: Mapping[str, str]) -> Reply:  # noqa: ARG001
    """Return two turns, or students of two studies, side by side."""
    with compare_page.right_side(request) as right:
        view = compare_page.compare_view(request, right)
        return page("compare.html.j2", request, "Side by side", view, studies=compare_page.studies(request))


def text(request: PageRequest, parts: Mapping[str, str]) -> Reply:
    """Return a piece of a long text."""
    seat, number = request.seat(parts["seat"]), request.turn(parts["turn"])
    piece = texts_page.whole_text(request, seat, number, int(parts["position"]), parts["part"])
    return Reply(content_type=TEXT, body=piece.encode("utf-8", "replace"), targets=request.links.targets)


def report(request: PageRequest, parts: Mapping[str, str]) -> Reply:  # noqa: ARG001
    """Return the report that a study's run wrote."""
    path = request.study.folder / PAGE
    if not path.is_file():
        raise NotThere(f"{request.base} has no {PAGE}; make it: python -m simulation report {request.study.folder}")
    return Reply(body=path.read_bytes(), own_style=True)


ROUTES: tuple[tuple[re.Pattern[str], Page], ...] = tuple(
    (re.compile(pattern), handler)
    for pattern, handler in (
        (rf"{BASE}/index\.html", run),
        (rf"{BASE}/{SEAT}/index\.html", run),
        (rf"{BASE}/(?:{SEAT}/)?curve-(?P<picture>{'|'.join(charts.PICTURES)})\.svg", curve),
        (rf"{BASE}/{SEAT}/turn-(?P<turn>{DIGITS})\.html", turn),
        (rf"{BASE}/{SEAT}/question-(?P<question>{DIGITS})\.html", question),
        (
            rf"{BASE}/{SEAT}/answer-(?P<turn>{DIGITS})-(?P<position>{DIGITS})-(?P<part>{'|'.join(texts_page.NAMES)})\.txt",
            text,
        ),
        (rf"{BASE}/answers\.html", answers),
        (rf"{BASE}/answers\.csv", answers_file),
        (rf"{BASE}/compare\.html", compare),
        (rf"{BASE}/report\.html", report),
    )
)
