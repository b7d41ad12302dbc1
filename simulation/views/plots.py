"""The picture of a study: its learning curve, and below it what the curve alone does not say."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.core.errors import StoreError
from simulation.measures.statistics import mean_interval
from simulation.measures.summary import FILLER, RIGHT, Course, Measurement, by_turn, change, misconceptions, pooled
from simulation.views.text import shown

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
MOST_LINES = 60


def draw(courses: Sequence[Course], path: Path, *, title: str, chance: float | None = None) -> Path:
    """Draw the courses of a study's students and write the picture; `chance` is the accuracy of guessing."""
    grouped = by_turn(courses)
    panels = [panel for panel, wanted in PANELS if any(wanted(each) for row in grouped.values() for each in row)]
    with drawn(path, title, (9.0, 6.6 if panels else 4.2)) as figure:
        if panels:
            grid = figure.add_gridspec(2, len(panels), height_ratios=[1.45, 1.0])
            learning_curve(figure.add_subplot(grid[0, :]), courses, grouped, chance)
            for column, panel in enumerate(panels):
                panel(figure.add_subplot(grid[1, column]), grouped)
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


def learning_curve(
    axes: "Axes", courses: Sequence[Course], grouped: dict[int, list[Measurement]], chance: float | None
) -> None:
    """Draw held-out accuracy over turns: one student with its Wilson band, or many thin with their mean and t band."""
    for course in courses[:MOST_LINES] if len(courses) > 1 else ():
        turns = [each.turn for each in course.measurements]
        axes.plot(turns, [100 * each.accuracy for each in course.measurements], color=BLUE, alpha=0.3, linewidth=0.8)
    turns = list(grouped)
    means = [100 * float(np.mean([each.accuracy for each in row])) for row in grouped.values()]
    if len(courses) == 1:
        bands = [row[0].interval for row in grouped.values()]
        label = "held-out accuracy, 95 % Wilson interval over questions"
    else:
        bands = [mean_interval([each.accuracy for each in row])[1:] for row in grouped.values()]
        label = f"mean of {len(courses)} students, 95 % t interval over students"
    low, high = ([100 * min(1.0, max(0.0, band[side])) for band in bands] for side in (0, 1))
    axes.fill_between(turns, low, high, color=BLUE, alpha=0.15, linewidth=0)
    axes.plot(turns, means, color=BLUE, linewidth=2, marker="o", markersize=4, label=label)
    sure = [100 * float(np.mean([each.confidence or 0.0 for each in row])) for row in grouped.values()]
    if sure and all(each.confidence is not None for row in grouped.values() for each in row):
        axes.plot(turns, sure, color=SOFT, linewidth=1.2, linestyle="--", label="mean confidence in the option taken")
    if chance is not None:
        axes.axhline(100 * chance, color=SOFT, linewidth=1, linestyle=":", label=f"guessing, {100 * chance:.0f} %")
    label_ends(axes, turns, means)
    found = change(courses)
    if found is not None:
        low_points, high_points = 100 * found.difference.low, 100 * found.difference.high
        note = f"{100 * found.difference.value:+.1f} points ({low_points:+.1f} to {high_points:+.1f})"
        axes.set_title(note, loc="right", fontsize=9, fontweight="normal", color=INK)
    questions = {each.questions for row in grouped.values() for each in row}
    axes.set_title(f"Accuracy on {', '.join(map(str, sorted(questions)))} held-out questions, %")
    axes.set_ylim(0, 100)
    finish(axes)
    axes.legend(loc="lower right", ncols=3)


def label_ends(axes: "Axes", turns: Sequence[int], means: Sequence[float]) -> None:
    """Write the first and the last value where the curve leaves room."""
    rising = means[-1] >= means[0]
    ends = [(0, "left", -16 if rising else 9), (-1, "right", -17 if means[-1] > 90 or not rising else 9)]
    for end, side, above in ends[: len(turns)]:
        axes.annotate(
            f"{means[end]:.1f} %",
            (turns[end], means[end]),
            xytext=(6 if side == "left" else 0, above),
            textcoords="offset points",
            ha=side,
            color=BLUE,
            fontweight="bold",
        )


def category_panel(axes: "Axes", grouped: dict[int, list[Measurement]]) -> None:
    """Draw accuracy by category over turns."""
    shares = {turn: pooled(row)[0] for turn, row in grouped.items()}
    counts: Counter[str] = Counter()
    for row in shares.values():
        counts.update({name: count for name, (_, count) in row.items()})
    for colour, (name, _) in zip(CATEGORY_COLOURS, counts.most_common(), strict=False):
        line = [100 * row[name][0] / row[name][1] if name in row else np.nan for row in shares.values()]
        axes.plot(list(shares), line, color=colour, linewidth=1.3, label=shown(name) or "no category")
    axes.set_title("By category, %")
    axes.set_ylim(0, 100)
    finish(axes)
    axes.legend(loc="lower right", ncols=2, fontsize=6.5, handlelength=1.2, columnspacing=0.8, labelspacing=0.2)


def diagnosis_panel(axes: "Axes", grouped: dict[int, list[Measurement]]) -> None:
    """Draw what the answers reveal over turns: right, a misconception, or nothing."""
    rows = [pooled(row)[1] for row in grouped.values()]
    totals = [max(1, sum(row.values())) for row in rows]
    kinds: list[tuple[str, str, Callable[[dict[str, int]], int]]] = [
        ("right", GREEN, lambda row: row.get(RIGHT, 0)),
        ("misconception", RED, misconceptions),
        ("filler", SOFT, lambda row: row.get(FILLER, 0)),
    ]
    for name, colour, count in kinds:
        shares = [100 * count(row) / total for row, total in zip(rows, totals, strict=True)]
        axes.plot(list(grouped), shares, color=colour, linewidth=1.5, label=name)
    axes.set_title("What answers reveal, %")
    axes.set_ylim(0, 100)
    finish(axes)
    axes.legend(loc="upper right", fontsize=7)


def movement_panel(axes: "Axes", grouped: dict[int, list[Measurement]]) -> None:
    """Draw how many held-out answers were corrected and forgotten since the evaluation before."""
    lines: list[tuple[str, str, Callable[[Measurement], int | None]]] = [
        ("gained: wrong to right", GREEN, lambda each: each.corrected),
        ("lost: right to wrong", RED, lambda each: each.forgotten),
    ]
    for name, colour, count in lines:
        shares = {
            turn: [100 * moved / each.questions for each in row if (moved := count(each)) is not None]
            for turn, row in grouped.items()
        }
        known = {turn: float(np.mean(row)) for turn, row in shares.items() if row}
        axes.plot(list(known), list(known.values()), color=colour, linewidth=1.5, label=name)
    axes.set_title("Gained and lost, %")
    axes.set_ylim(bottom=0)
    finish(axes)
    axes.legend(loc="upper right", fontsize=7)


def logprob_panel(axes: "Axes", grouped: dict[int, list[Measurement]]) -> None:
    """Draw how much more or less likely each update made what it trained on."""
    kinds = sorted({kind for row in grouped.values() for each in row for kind in each.logprobs})
    colours = {"chosen": GREEN, "rejected": RED}
    for kind in kinds:
        moved = {
            turn: [each.logprobs[kind][1] - each.logprobs[kind][0] for each in row if kind in each.logprobs]
            for turn, row in grouped.items()
        }
        known = {turn: float(np.mean(row)) for turn, row in moved.items() if row}
        axes.plot(list(known), list(known.values()), color=colours.get(kind, BLUE), linewidth=1.5, label=shown(kind))
    axes.axhline(0, color=SOFT, linewidth=0.8)
    axes.set_title("Log-prob. change, nats")
    finish(axes)
    axes.legend(loc="best", fontsize=7)


PANELS: tuple[tuple[Callable[["Axes", dict[int, list[Measurement]]], None], Callable[[Measurement], bool]], ...] = (
    (category_panel, lambda each: len(each.categories) > 1),
    (diagnosis_panel, lambda each: bool(each.diagnoses)),
    (movement_panel, lambda each: each.corrected is not None),
    (logprob_panel, lambda each: bool(each.logprobs)),
)


def finish(axes: "Axes") -> None:
    """Give an axis whole turns and its name."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.set_xlabel("turn")
    axes.margins(x=0.02)
    axes.tick_params(length=0)
