"""Pictures of a run as SVG, in colours for light and for dark pages."""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from textwrap import fill
from threading import Lock
from typing import TYPE_CHECKING, Any

from simulation.measures.statistics import Estimate, Interval
from simulation.measures.summary import Course, by_turn, over_students
from simulation.views.plots import ceiling, finish
from simulation.views.text import Scale, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PALETTES: Mapping[str, tuple[str, str, str]] = {
    "light": ("#1b1f24", "#d0d7de", "#0969da"),
    "dark": ("#e6edf3", "#3d444d", "#4ea1ff"),
}
"""Ink, lines and curve."""
SIZES: Mapping[str, tuple[float, float]] = {"": (7.0, 3.6), "-narrow": (3.7, 3.3)}
"""Inches; letters are of one size, so that they can be read on a telephone too."""
PICTURES = tuple(f"{palette}{size}" for palette in PALETTES for size in SIZES)
COLOURS: Mapping[str, tuple[str, ...]] = {
    "light": ("#0969da", "#b35900", "#1a7f37", "#8250df", "#cf222e", "#57606a", "#bf3989", "#0a7ea4"),
    "dark": ("#4ea1ff", "#f0883e", "#56d364", "#bc8cff", "#ff7b72", "#b1bac4", "#f778ba", "#39c5cf"),
}
"""Of several curves."""
LINES = ("-", "--", ":", "-.")
MOST_BANDS = 5
"""Curves that are drawn with their bands."""
_DRAWING = Lock()
"""Matplotlib keeps its settings for the whole process."""


def curve(courses: Sequence[Course], picture: str, chance: float | None) -> bytes:
    """Return the learning curve of one student or of the mean of many, with its 95 % band, as SVG."""
    ink, _, colour = PALETTES[picture.partition("-")[0]]
    return drawn(picture, lambda axes: draw_curve(axes, courses, colour, ink, chance))


def curves(points: Mapping[str, Mapping[int, Estimate]], name: str, scale: Scale, picture: str) -> bytes:
    """Return the learning curves of labels, each with its 95 % band, as SVG.

    `points` are by label and turn. Of many labels bands would hide each other, so there are none; of more than there
    are colours those are drawn that are highest at the end.
    """
    palette = picture.partition("-")[0]
    return drawn(picture, lambda axes: draw_curves(axes, points, name, scale, palette))


def drawn(picture: str, draw: "Callable[[Axes], None]") -> bytes:
    """Return a picture as SVG in the colours of its palette, of its size."""
    palette, dash, size = picture.partition("-")
    ink, line, _ = PALETTES[palette]
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    settings: Any = {  # matplotlib types its keys as one long Literal
        "svg.hashsalt": "curve", "svg.fonttype": "path", "font.size": 11.0, "text.color": ink,
        "axes.labelcolor": ink, "xtick.color": ink, "ytick.color": ink, "axes.edgecolor": line,
        "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "axes.grid.axis": "y",
        "grid.color": line, "legend.frameon": False, "text.parse_math": False,
    }  # fmt: skip
    with _DRAWING, mpl.rc_context(settings):
        figure = Figure(figsize=SIZES[dash + size], layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.add_subplot())
        data = BytesIO()
        figure.savefig(data, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return data.getvalue()


def draw_curves(
    axes: "Axes", points: Mapping[str, Mapping[int, Estimate]], name: str, scale: Scale, palette: str
) -> None:
    """Draw the curves of labels, told apart by colour and by line."""
    highest = sorted(points, key=lambda label: -list(points[label].values())[-1].value)[: len(COLOURS[palette])]
    tops = [0.0]
    for place, label in enumerate(label for label in points if label in highest):
        turns, estimates = list(points[label]), list(points[label].values())
        how: Any = {"color": COLOURS[palette][place], "linestyle": LINES[place % len(LINES)]}
        tops += [estimate.high if len(highest) <= MOST_BANDS else estimate.value for estimate in estimates]
        if len(highest) <= MOST_BANDS and len(turns) > 1:
            low, high = ([scale.factor * one[side] for one in estimates] for side in (1, 2))
            axes.fill_between(turns, low, high, color=how["color"], alpha=0.15, linewidth=0)
        means = [scale.factor * estimate.value for estimate in estimates]
        text = fill(f"{shown(label)}, {scale.number(estimates[-1].value)}", 40)
        axes.plot(turns, means, linewidth=2.0, marker="o", markersize=4, label=text, **how)
    axes.set_ylim(0, scale.factor * ceiling(tops))
    axes.set_ylabel(f"{shown(name)}{scale.unit}")
    finish(axes)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(2, len(highest)), fontsize=9)


def draw_curve(axes: "Axes", courses: Sequence[Course], colour: str, ink: str, chance: float | None) -> None:
    """Draw means over turns with the same intervals as the table has."""
    measure = courses[0].measure
    factor = Scale.of(measure).factor
    points = curve_points(courses)
    turns, means = list(points), [value for value, _ in points.values()]
    low, high = ([factor * interval[side] for _, interval in points.values()] for side in (0, 1))
    axes.fill_between(turns, low, high, color=colour, alpha=0.2, linewidth=0)
    label = "held-out" if len(courses) == 1 else f"mean of {len(courses)} students"
    axes.plot(turns, [factor * mean for mean in means], color=colour, linewidth=2.2, marker="o", label=label)
    if chance is not None:
        axes.axhline(factor * chance, color=ink, linewidth=1, linestyle=":", label="guessing")
    axes.set_ylim(0, factor * ceiling([height / factor for height in high]))
    axes.set_ylabel(f"{shown(measure.name)}{Scale.of(measure).unit}")
    finish(axes)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)


def curve_points(courses: Sequence[Course]) -> dict[int, tuple[float, Interval]]:
    """Return by turn the mean and its 95 % interval: over questions of one student, over students of several."""
    points = {}
    for turn, measurements in by_turn(courses).items():
        mean, *bounds = over_students(measurements)
        points[turn] = (mean, (bounds[0], bounds[1]))
    return points
