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
    panels = [
        panel
        for panel, has_data in PANELS
        if any(has_data(measurement) for measurements in grouped.values() for measurement in measurements)
    ]
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
        percents = [100 * measurement.accuracy for measurement in course.measurements]
        turns = [measurement.turn for measurement in course.measurements]
        axes.plot(turns, percents, color=BLUE, alpha=0.3, linewidth=0.8)
    turns = list(grouped)
    accuracies = [[measurement.accuracy for measurement in measurements] for measurements in grouped.values()]
    means = [100 * float(np.mean(of_turn)) for of_turn in accuracies]
    if len(courses) == 1:
        bands = [measurements[0].interval for measurements in grouped.values()]
        label = "held-out accuracy, 95 % Wilson interval over questions"
    else:
        bands = [mean_interval(of_turn)[1:] for of_turn in accuracies]
        label = f"mean of {len(courses)} students, 95 % t interval over students"
    low, high = ([100 * min(1.0, max(0.0, band[side])) for band in bands] for side in (0, 1))
    axes.fill_between(turns, low, high, color=BLUE, alpha=0.15, linewidth=0)
    axes.plot(turns, means, color=BLUE, linewidth=2, marker="o", markersize=4, label=label)
    confidence_curve(axes, grouped)
    if chance is not None:
        axes.axhline(100 * chance, color=SOFT, linewidth=1, linestyle=":", label=f"guessing, {100 * chance:.0f} %")
    label_ends(axes, turns, means)
    accuracy_change = change(courses)
    if accuracy_change is not None:
        low_points, high_points = 100 * accuracy_change.difference.low, 100 * accuracy_change.difference.high
        note = f"{100 * accuracy_change.difference.value:+.1f} points ({low_points:+.1f} to {high_points:+.1f})"
        axes.set_title(note, loc="right", fontsize=9, fontweight="normal", color=INK)
    question_counts = {measurement.questions for measurements in grouped.values() for measurement in measurements}
    axes.set_title(f"Accuracy on {', '.join(map(str, sorted(question_counts)))} held-out questions, %")
    axes.set_ylim(0, 100)
    finish(axes)
    axes.legend(loc="lower right", ncols=3)


def confidence_curve(axes: "Axes", grouped: dict[int, list[Measurement]]) -> None:
    """Draw the mean confidence over turns, where every measurement tells one."""
    confidences = [[measurement.confidence for measurement in measurements] for measurements in grouped.values()]
    if not confidences or any(confidence is None for of_turn in confidences for confidence in of_turn):
        return
    means = [100 * float(np.mean([confidence or 0.0 for confidence in of_turn])) for of_turn in confidences]
    label = "mean confidence in the option taken"
    axes.plot(list(grouped), means, color=SOFT, linewidth=1.2, linestyle="--", label=label)


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
    sums_by_turn = {turn: pooled(measurements)[0] for turn, measurements in grouped.items()}
    counts: Counter[str] = Counter()
    for sums in sums_by_turn.values():
        counts.update({name: count for name, (_, count) in sums.items()})
    for colour, (name, _) in zip(CATEGORY_COLOURS, counts.most_common(), strict=False):
        accuracies = [100 * sums[name][0] / sums[name][1] if name in sums else np.nan for sums in sums_by_turn.values()]
        axes.plot(list(sums_by_turn), accuracies, color=colour, linewidth=1.3, label=shown(name) or "no category")
    axes.set_title("By category, %")
    axes.set_ylim(0, 100)
    finish(axes)
    axes.legend(loc="lower right", ncols=2, fontsize=6.5, handlelength=1.2, columnspacing=0.8, labelspacing=0.2)


def diagnosis_panel(axes: "Axes", grouped: dict[int, list[Measurement]]) -> None:
    """Draw what the answers reveal over turns: right, a misconception, or nothing."""
    diagnoses_by_turn = [pooled(measurements)[1] for measurements in grouped.values()]
    totals = [max(1, sum(diagnoses.values())) for diagnoses in diagnoses_by_turn]
    kinds: list[tuple[str, str, Callable[[dict[str, int]], int]]] = [
        ("right", GREEN, lambda diagnoses: diagnoses.get(RIGHT, 0)),
        ("misconception", RED, misconceptions),
        ("filler", SOFT, lambda diagnoses: diagnoses.get(FILLER, 0)),
    ]
    for name, colour, count in kinds:
        shares = [100 * count(diagnoses) / total for diagnoses, total in zip(diagnoses_by_turn, totals, strict=True)]
        axes.plot(list(grouped), shares, color=colour, linewidth=1.5, label=name)
    axes.set_title("What answers reveal, %")
    axes.set_ylim(0, 100)
    finish(axes)
    axes.legend(loc="upper right", fontsize=7)


def movement_panel(axes: "Axes", grouped: dict[int, list[Measurement]]) -> None:
    """Draw how many held-out answers were corrected and forgotten since the evaluation before."""
    lines: list[tuple[str, str, Callable[[Measurement], int | None]]] = [
        ("gained: wrong to right", GREEN, lambda measurement: measurement.corrected),
        ("lost: right to wrong", RED, lambda measurement: measurement.forgotten),
    ]
    for name, colour, count in lines:
        shares_by_turn = {
            turn: [
                100 * changed_answers / measurement.questions
                for measurement in measurements
                if (changed_answers := count(measurement)) is not None
            ]
            for turn, measurements in grouped.items()
        }
        means = {turn: float(np.mean(shares)) for turn, shares in shares_by_turn.items() if shares}
        axes.plot(list(means), list(means.values()), color=colour, linewidth=1.5, label=name)
    axes.set_title("Gained and lost, %")
    axes.set_ylim(bottom=0)
    finish(axes)
    axes.legend(loc="upper right", fontsize=7)


def logprob_panel(axes: "Axes", grouped: dict[int, list[Measurement]]) -> None:
    """Draw how much more or less likely each update made what it trained on."""
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


PANELS: tuple[tuple[Callable[["Axes", dict[int, list[Measurement]]], None], Callable[[Measurement], bool]], ...] = (
    (category_panel, lambda measurement: len(measurement.categories) > 1),
    (diagnosis_panel, lambda measurement: bool(measurement.diagnoses)),
    (movement_panel, lambda measurement: measurement.corrected is not None),
    (logprob_panel, lambda measurement: bool(measurement.logprobs)),
)


def finish(axes: "Axes") -> None:
    """Give an axis whole turns and its name."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.set_xlabel("turn")
    axes.margins(x=0.02)
    axes.tick_params(length=0)
