"""The picture of a frontier: how right against how different, a curve a label."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.measures.findings import Findings
from simulation.measures.frontier import Point
from simulation.views.plots import CATEGORY_COLOURS, drawn
from simulation.views.text import Scale, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def frontier_curves(findings: Findings, path: Path) -> None:
    """Draw the curves of all labels, a panel for each measure of difference, with the temperatures at the points."""
    frontiers = findings.frontiers
    first, scale = frontiers[0], Scale.of(frontiers[0].right)
    title = (
        f"Held-out {first.right.name}{scale.unit} against difference among {first.samples} answers, turn {first.turn}; "
        "at the points: temperature, 95 % interval"
    )
    with drawn(path, title, (2.6 * len(frontiers) + 1.6, 4.2)) as figure:
        panels = figure.subplots(1, len(frontiers), sharey=True, squeeze=False)[0]
        for axes, frontier in zip(panels, frontiers, strict=True):
            for place, (label, points) in enumerate(frontier.points.items()):
                draw_curve(axes, points, scale, CATEGORY_COLOURS[place % len(CATEGORY_COLOURS)], label)
            axes.set_xlabel(frontier.different.name)
            axes.tick_params(length=0)
        panels[0].set_ylabel(f"{shown(first.right.name)}{scale.unit}")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=7.5)


def draw_curve(axes: "Axes", points: Sequence[Point], scale: Scale, colour: str, label: str) -> None:
    """Draw one label's curve."""
    across = [point.different.value for point in points]
    up = [scale.factor * point.right.value for point in points]
    axes.plot(across, up, "o-", color=colour, linewidth=1.5, markersize=4, label=shown(label))
    for point, x, y in zip(points, across, up, strict=True):
        bounds = [scale.factor * bound for bound in (point.right.low, point.right.high)]
        axes.plot([x, x], bounds, color=colour, linewidth=0.8)
        axes.annotate(
            f"{point.temperature:g}", (x, y), xytext=(4, 3), textcoords="offset points", fontsize=6.5, color=colour
        )
