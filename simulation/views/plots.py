"""The picture of a study: its learning curve, and below it what the curve alone does not say."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.core.errors import StoreError
from simulation.measures.change_of_mean import change
from simulation.measures.summary import Course, Measurement, by_turn, over_students, pooled
from simulation.measures.tallies import ReasonTally
from simulation.views.tables import ranked_reasons, telling
from simulation.views.text import Scale, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT = "#1b1f24", "#8b949e"
BLUE, RED, GREEN = "#0969da", "#cf222e", "#1a7f37"
CATEGORY_COLOURS = ("#0969da", "#cf222e", "#1a7f37", "#9a6700", "#8250df", "#bf3989", "#57606a", "#0a7ea4")
STYLE: Any = {  # matplotlib types its keys as one long Literal
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#e4e7eb",
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "text.parse_math": False,
}
CEILINGS = (0.05, 0.1, 0.2, 0.5)
ROOM = 0.8
"""The share of an axis that values may take, so that names and numbers have a place."""
MOST_LINES = 60
MOST_REASONS = 5
Grouped = dict[int, list[Measurement]]
"""The measurements of all students by turn."""
Panel = Callable[["Axes", Grouped, Scale], None]


def draw(courses: Sequence[Course], path: Path, *, title: str, chance: float | None = None) -> Path:
    """Draw the courses of a study's students and write the picture; `chance` is what guessing would have."""
    grouped = by_turn(courses)
    panels = [panel for panel, has_data in PANELS if has_data(grouped)]
    scale = Scale.of(courses[0].measure)
    with drawn(path, title, (9.0, 6.6 if panels else 4.2)) as figure:
        if panels:
            grid = figure.add_gridspec(2, len(panels), height_ratios=[1.45, 1.0])
            learning_curve(figure.add_subplot(grid[0, :]), courses, grouped, chance)
            for column, panel in enumerate(panels):
                panel(figure.add_subplot(grid[1, column]), grouped, scale)
        else:
            learning_curve(figure.add_subplot(), courses, grouped, chance)
    return path


@contextmanager
def drawn(path: Path, title: str, size: tuple[float, float]) -> "Iterator[Figure]":
    """Give a figure of this size, inches, and write what was drawn on it, whole or not at all."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure
        figure.suptitle(shown(title), x=0.01, ha="left", fontsize=11, fontweight="bold", color=INK)
        part = path.with_name(path.name + ".part")
        try:
            figure.savefig(part, dpi=150, format="png", metadata={"Software": None})
            part.replace(path)
        except OSError as error:
            raise StoreError(
                f"the picture {str(path)!r} cannot be written ({error.strerror}); "
                f"make room or make the folder writable, then report again"
            ) from error


def learning_curve(axes: "Axes", courses: Sequence[Course], grouped: Grouped, chance: float | None) -> None:
    """Draw the held-out mean over turns: one student with its own band, or many thin with their mean and t band."""
    measure = courses[0].measure
    scale, factor = Scale.of(measure), Scale.of(measure).factor
    for course in courses[:MOST_LINES] if len(courses) > 1 else ():
        heights = [factor * measurement.value for measurement in course.measurements]
        turns = [measurement.turn for measurement in course.measurements]
        axes.plot(turns, heights, color=BLUE, alpha=0.3, linewidth=0.8)
    turns = list(grouped)
    values = [[measurement.value for measurement in measurements] for measurements in grouped.values()]
    means = [float(np.mean(of_turn)) for of_turn in values]
    if len(courses) == 1:
        bands = [measurements[0].interval for measurements in grouped.values()]
        kind = "interval" if measure.graded else "Wilson interval"
        label = f"held-out {shown(measure.name)}, 95 % {kind} over questions"
    else:
        bands = [over_students(measurements)[1:] for measurements in grouped.values()]
        label = f"mean of {len(courses)} students, 95 % t interval over students"
    low, high = ([factor * min(1.0, max(0.0, band[side])) for band in bands] for side in (0, 1))
    axes.fill_between(turns, low, high, color=BLUE, alpha=0.15, linewidth=0)
    heights = [factor * mean for mean in means]
    axes.plot(turns, heights, color=BLUE, linewidth=2, marker="o", markersize=4, label=label)
    confidence_curve(axes, grouped, scale)
    if chance is not None:
        axes.axhline(factor * chance, color=SOFT, linewidth=1, linestyle=":", label=f"guessing, {100 * chance:.0f} %")
    label_ends(axes, turns, means, scale)
    name_curve(axes, courses, grouped)
    axes.set_ylim(0, factor * ceiling([height / factor for height in high]))
    finish(axes)
    axes.legend(loc="best", ncols=3)


def ceiling(heights: Sequence[float]) -> float:
    """Return where an axis that begins at 0 ends, for values in [0, 1]: at 1, unless all of them stay far below.

    Rates of a few in a hundred would be a line along the floor.
    """
    highest = max(heights, default=1.0)
    return next((top for top in CEILINGS if highest <= ROOM * top), 1.0)


def name_curve(axes: "Axes", courses: Sequence[Course], grouped: Grouped) -> None:
    """Write above the curve what it shows, and by how much it rose."""
    measure = courses[0].measure
    scale, change_of_mean = Scale.of(measure), change(courses)
    if change_of_mean is not None:
        value, low, high = (scale.signed(end) for end in change_of_mean.difference)
        unit = "" if scale.graded else " points"
        axes.set_title(f"{value}{unit} ({low} to {high})", loc="right", fontsize=9, fontweight="normal", color=INK)
    counts = {measurement.questions for measurements in grouped.values() for measurement in measurements}
    axes.set_title(f"Held-out {shown(measure.name)} on {', '.join(map(str, sorted(counts)))} questions{scale.unit}")


def confidence_curve(axes: "Axes", grouped: Grouped, scale: Scale) -> None:
    """Draw the mean confidence over turns, where every measurement tells one."""
    confidences = [[measurement.confidence for measurement in measurements] for measurements in grouped.values()]
    if not confidences or any(confidence is None for of_turn in confidences for confidence in of_turn):
        return
    means = [scale.factor * float(np.mean([confidence or 0.0 for confidence in of_turn])) for of_turn in confidences]
    label = "mean confidence in what was taken"
    axes.plot(list(grouped), means, color=SOFT, linewidth=1.2, linestyle="--", label=label)


def label_ends(axes: "Axes", turns: Sequence[int], means: Sequence[float], scale: Scale) -> None:
    """Write the first and the last value where the curve leaves room."""
    rising = means[-1] >= means[0]
    ends = [(0, "left", -16 if rising else 9), (-1, "right", -17 if means[-1] > 0.9 or not rising else 9)]
    for end, side, above in ends[: len(turns)]:
        axes.annotate(
            scale.number(means[end]),
            (turns[end], scale.factor * means[end]),
            xytext=(6 if side == "left" else 0, above),
            textcoords="offset points",
            ha=side,
            color=BLUE,
            fontweight="bold",
        )


def category_panel(axes: "Axes", grouped: Grouped, scale: Scale) -> None:
    """Draw the mean by category over turns."""
    sums_by_turn = {turn: pooled(measurements)[0] for turn, measurements in grouped.items()}
    counts: Counter[str] = Counter()
    for sums in sums_by_turn.values():
        counts.update({name: own.questions for name, own in sums.items()})
    for colour, (name, _) in zip(CATEGORY_COLOURS, counts.most_common(), strict=False):
        means = [scale.factor * sums[name].mean if name in sums else np.nan for sums in sums_by_turn.values()]
        axes.plot(list(sums_by_turn), means, color=colour, linewidth=1.3, label=shown(name) or "no category")
    axes.set_title(f"By category{scale.unit}")
    axes.set_ylim(
        0, scale.factor * ceiling([sums.mean for by_name in sums_by_turn.values() for sums in by_name.values()])
    )
    finish(axes)
    axes.legend(loc="best", ncols=2, fontsize=6.5, handlelength=1.2, columnspacing=0.8, labelspacing=0.2)


def reason_panel(axes: "Axes", grouped: Grouped, scale: Scale) -> None:
    """Draw over turns what came of the answers: the reasons that most had, and all others together."""
    del scale  # shares of the answers, whatever the measure
    tallies_by_turn = [pooled(measurements)[1] for measurements in grouped.values()]
    totals = [max(1, sum(tally.answers for tally in tallies.values())) for tallies in tallies_by_turn]
    names = ranked_reasons(tallies_by_turn[0], tallies_by_turn[-1])
    colours = [GREEN, *(colour for colour in CATEGORY_COLOURS if colour != GREEN)]
    for colour, name in zip(colours, names[:MOST_REASONS], strict=False):
        counts = [tallies.get(name, ReasonTally()).answers for tallies in tallies_by_turn]
        draw_shares(axes, grouped, counts, totals, color=colour, label=fill(shown(name), 30))
    if len(names) > MOST_REASONS:
        counts = [
            sum(tally.answers for name, tally in tallies.items() if name not in names[:MOST_REASONS])
            for tallies in tallies_by_turn
        ]
        draw_shares(axes, grouped, counts, totals, color=SOFT, label="all others")
    axes.set_title("What came of it, %")
    axes.set_ylim(0, 100)
    finish(axes)
    axes.legend(loc="best", fontsize=6.5)


def draw_shares(
    axes: "Axes", grouped: Grouped, counts: Sequence[int], totals: Sequence[int], *, color: str, label: str
) -> None:
    """Draw the course of a share."""
    shares = [100 * count / total for count, total in zip(counts, totals, strict=True)]
    axes.plot(list(grouped), shares, color=color, linewidth=1.5, label=label)


def movement_panel(axes: "Axes", grouped: Grouped, scale: Scale) -> None:
    """Draw how many held-out answers got better and worse since the evaluation before."""
    counts: tuple[Callable[[Measurement], int | None], ...] = (
        lambda measurement: measurement.rose,
        lambda measurement: measurement.fell,
    )
    for name, meaning, colour, count in zip(scale.movement, scale.movements, (GREEN, RED), counts, strict=True):
        shares_by_turn = {
            turn: [
                100 * changed_answers / measurement.questions
                for measurement in measurements
                if (changed_answers := count(measurement)) is not None
            ]
            for turn, measurements in grouped.items()
        }
        means = {turn: float(np.mean(shares)) for turn, shares in shares_by_turn.items() if shares}
        label = f"{name}: {meaning.removeprefix('from ')}"
        axes.plot(list(means), list(means.values()), color=colour, linewidth=1.5, label=label)
    axes.set_title(f"{' and '.join(scale.movement).capitalize()}, %")
    axes.set_ylim(bottom=0)
    finish(axes)
    axes.legend(loc="best", fontsize=7)


def logprob_panel(axes: "Axes", grouped: Grouped, scale: Scale) -> None:
    """Draw how much more or less likely each update made what it trained on."""
    del scale  # nats, whatever the measure
    kinds = sorted(
        {kind for measurements in grouped.values() for measurement in measurements for kind in measurement.logprobs}
    )
    colours = {"chosen": GREEN, "rejected": RED}
    for kind in kinds:
        changes_by_turn = {
            turn: [
                measurement.logprobs[kind][1] - measurement.logprobs[kind][0]
                for measurement in measurements
                if kind in measurement.logprobs
            ]
            for turn, measurements in grouped.items()
        }
        means = {turn: float(np.mean(changes)) for turn, changes in changes_by_turn.items() if changes}
        axes.plot(list(means), list(means.values()), color=colours.get(kind, BLUE), linewidth=1.5, label=shown(kind))
    axes.axhline(0, color=SOFT, linewidth=0.8)
    axes.set_title("Log-prob. change, nats")
    finish(axes)
    axes.legend(loc="best", fontsize=7)


def any_of(has_data: Callable[[Measurement], bool]) -> Callable[[Grouped], bool]:
    """Return whether any measurement has something to show."""
    return lambda grouped: any(has_data(measurement) for of_turn in grouped.values() for measurement in of_turn)


def has_reasons(grouped: Grouped) -> bool:
    """Tell whether the reasons of the answers say more than which were right."""
    ends = list(grouped.values())
    return bool(ends) and telling(ends[0], ends[-1])


PANELS: tuple[tuple[Panel, Callable[[Grouped], bool]], ...] = (
    (category_panel, any_of(lambda measurement: len(measurement.categories) > 1)),
    (reason_panel, has_reasons),
    (movement_panel, any_of(lambda measurement: measurement.rose is not None)),
    (logprob_panel, any_of(lambda measurement: bool(measurement.logprobs))),
)


def finish(axes: "Axes") -> None:
    """Give an axis whole turns and its name."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.set_xlabel("turn")
    axes.margins(x=0.02)
    axes.tick_params(length=0)
