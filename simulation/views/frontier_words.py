"""What a comparison's report says of rightness and difference over temperatures: sentences, tables, numbers."""

from collections.abc import Iterator, Sequence
from typing import Any

from simulation.measures.frontier import Frontier, Point
from simulation.measures.power import detectable, power_unknown
from simulation.measures.statistics.equal_difference import STEPS
from simulation.views.comparison_tables import PlainTable, p_cell
from simulation.views.section import Section, picture
from simulation.views.text import GRADED, Scale
from simulation.views.verdict_text import verdict_json, verdict_text

TITLE = "Right at equal difference"
AT_ONE = (
    "A difference between labels at one temperature alone may be one of temperature: here each label stands for its "
    "whole curve, and curves are compared where they overlap."
)
WHAT = (
    "Each seed has a curve of its own through the temperatures that were measured; a pair is compared at "
    f"{STEPS} differences, evenly over what the curves of all seeds reach; Holm runs over the pairs of one table."
)


def frontier_section(frontiers: Sequence[Frontier], curveless: str = "") -> Section | None:
    """Say who is right more often where all differ equally, or why nothing can be said of several temperatures.

    None where one temperature alone was measured.
    """
    if curveless:
        return Section(title=TITLE, sentences=(f"No curves can be compared: {curveless}.",), notes=(AT_ONE,))
    if not frontiers:
        return None
    matched = matches_sheet(frontiers)
    return Section(
        title=TITLE,
        sentences=tuple(sentence for frontier in frontiers for sentence in sentences_of(frontier)),
        sheets=(
            *(gaps_sheet(frontier) for frontier in frontiers if frontier.family.verdicts),
            *([matched] if matched.rows else []),
            points_sheet(frontiers),
        ),
        notes=(AT_ONE, WHAT),
        picture=picture("frontier"),
    )


def sentences_of(frontier: Frontier) -> Iterator[str]:
    """Say of one measure of difference which pairs are told apart, and what else would have been."""
    scale, name, family = Scale.of(frontier.right), frontier.different.name, frontier.family
    for verdict in family.verdicts:
        text = verdict_text(verdict, family, scale)
        smallest = detectable(verdict.variances, family.seeds, family.questions, comparisons=len(family.verdicts))
        known = not verdict.tells and smallest and not power_unknown(verdict.variances, family.seeds)
        shows = f"; the smallest difference that would have been shown is {scale.step(smallest)}" if known else ""
        yield f"At equal {name}: {text}{shows}."
    for (a, b), reach in frontier.reaches.items():
        if reach is None:
            yield f"At equal {name}: {a} and {b} have no difference in common; measure at more temperatures."


def matches_sheet(frontiers: Sequence[Frontier]) -> PlainTable:
    """Return at which temperature the first label is as different as each other one at the main temperature."""
    first, scale = frontiers[0], Scale.of(frontiers[0].right)
    rows = [
        (
            match.other,
            frontier.different.name,
            f"{match.difference:.3f}",
            f"{match.temperature:.2f}",
            scale.signed(match.remains.value),
            f"{scale.signed(match.remains.low)} to {scale.signed(match.remains.high)}",
        )
        for frontier in frontiers
        for match in frontier.matches
    ]
    label = next(iter(first.points))
    return PlainTable(
        title=f"where {label} is as different as another at temperature {first.main:g}",
        names=("other", "measure", "its value", f"temperature of {label}", f"other − {label}", "95 % interval"),
        rows=tuple(rows),
        words=2,
        caption=f"the last two: {first.right.name}{scale.points} that remain there, for this pair alone; others are "
        "left out where a curve does not reach so far",
    )


def points_sheet(frontiers: Sequence[Frontier]) -> PlainTable:
    """Return what every label writes at every temperature."""
    first, scale = frontiers[0], Scale.of(frontiers[0].right)
    rows = [
        (
            label,
            f"{point.temperature:g}",
            with_interval(point, scale),
            *(
                f"{different.value:.3f} ({GRADED.dashed((different.low, different.high))})"
                for frontier in frontiers
                for different in (frontier.points[label][place].different,)
            ),
        )
        for label, points in first.points.items()
        for place, point in enumerate(points)
    ]
    return PlainTable(
        title=f"{first.right.name}{scale.unit} and differences among {first.samples} answers, turn {first.turn}",
        names=("label", "temperature", first.right.name, *(frontier.different.name for frontier in frontiers)),
        rows=tuple(rows),
        caption=f"in brackets 95 % intervals; {first.right.name}: mean of all {first.samples} answers to a question",
    )


def with_interval(point: Point, scale: Scale) -> str:
    """Return how right a point is."""
    return f"{scale.bare(point.right.value)} ({scale.dashed((point.right.low, point.right.high))})"


def gaps_sheet(frontier: Frontier) -> PlainTable:
    """Return the verdicts on all pairs at equal difference."""
    scale, name = Scale.of(frontier.right), frontier.different.name
    rows = []
    for verdict in frontier.family.verdicts:
        low, high = frontier.reaches[verdict.a, verdict.b] or (0.0, 0.0)
        rows.append(
            (
                f"{verdict.b} − {verdict.a}",
                f"{low:.3f}–{high:.3f}",
                scale.signed(verdict.difference),
                f"{scale.signed(verdict.low)} to {scale.signed(verdict.high)}",
                p_cell(verdict.p),
                ("better" if verdict.difference > 0 else "worse") if verdict.tells else "cannot tell",
            )
        )
    return PlainTable(
        title=f"{frontier.family.measure}{scale.points}",
        names=("pair", f"{name} of both", "difference", "95 % interval", "p", "verdict"),
        rows=tuple(rows),
    )


def frontier_json(frontier: Frontier) -> dict[str, Any]:
    """Return the numbers of a frontier (Any: JSON values)."""
    scale = Scale.of(frontier.right)
    return {
        "right": frontier.right.name,
        "different": frontier.different.name,
        "turn": frontier.turn,
        "samples": frontier.samples,
        "points": {
            label: [
                {
                    "temperature": point.temperature,
                    "right": point.right._asdict(),
                    "different": point.different._asdict(),
                }
                for point in points
            ]
            for label, points in frontier.points.items()
        },
        "verdicts": [verdict_json(verdict, frontier.family, scale) for verdict in frontier.family.verdicts],
        "reaches": [[a, b, reach] for (a, b), reach in frontier.reaches.items()],
        "matches": [
            {
                "label": match.label,
                "other": match.other,
                "difference": match.difference,
                "temperature": match.temperature,
                "remains": match.remains._asdict(),
            }
            for match in frontier.matches
        ],
    }
