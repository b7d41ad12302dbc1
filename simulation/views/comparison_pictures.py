"""The pictures of a comparison: learning curves, differences, mastery by category, flows of answers, the teacher."""

from collections.abc import Callable, Iterator, Sequence
from math import ceil
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulation.measures.findings import Aspect, Findings, mastery
from simulation.measures.lesson_quality import draws, replays
from simulation.measures.statistics import mean_interval
from simulation.measures.summary import Measurement, by_turn
from simulation.views.comparison_tables import chosen_pairs, many
from simulation.views.frontier_picture import frontier_curves
from simulation.views.plots import BLUE, CATEGORY_COLOURS, GREEN, INK, RED, SOFT, drawn, finish
from simulation.views.section import picture
from simulation.views.text import Scale, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINES = ("-", "--", ":", "-.")
MOST_TOGETHER = 8
"""Labels in one plot; more get a small one each."""
MOST_HEAT_MAPS = 12
MOST_THIN_LINES = 24
COLUMNS = 4
MOST_STEPS = 3
"""On the axis of a narrow panel, so that "−0.075" and the number beside it stand apart."""


def draw_all(all_findings: Sequence[Findings], folder: Path) -> list[Path]:
    """Draw every picture that has something to show, of the first measure and of the others; return the files."""
    for kind in KINDS:
        for path in (folder / picture(kind), *folder.glob(f"{kind}-*.png")):
            path.unlink(missing_ok=True)
    paths = []
    for place, findings in enumerate(all_findings):
        for kind, draw, has_content in pictures(findings, alone=place == 0):
            if has_content:
                paths.append(folder / picture(kind, place, findings.measure.name))
                draw(findings, paths[-1])
    return paths


KINDS = ("learning_curves", "frontier", "differences", "categories", "flows", "draws", "teacher")


def pictures(findings: Findings, *, alone: bool) -> Iterator[tuple[str, Callable[[Findings, Path], None], bool]]:
    """Yield the kinds of pictures, how each is drawn and whether it has anything to show.

    The last are the same whatever the measure, and drawn of one `alone`.
    """
    yield "learning_curves", curves, True
    yield "frontier", frontier_curves, bool(findings.frontiers)
    yield "differences", differences, bool(findings.aspects)
    yield "categories", categories, len(mastery(findings)) > 1
    yield "flows", flows, len(findings.turns) > 1
    if alone:
        truth = findings.results.truth
        yield "draws", passing, replays(findings)
        yield "teacher", teacher, not truth.graded and findings.reliability(findings.labels).errs(graded=False)


def grid(figure: "Figure", count: int, columns: int = COLUMNS, **options: Any) -> "list[Axes]":
    """Return so many axes in rows (Any: what matplotlib takes)."""
    rows = ceil(count / columns)
    axes = figure.subplots(rows, min(count, columns), squeeze=False, **options).ravel().tolist()
    for spare in axes[count:]:
        spare.remove()
    return list(axes[:count])


def look(place: int) -> dict[str, Any]:
    """Return the colour and line of a label (Any: what matplotlib takes)."""
    return {
        "color": CATEGORY_COLOURS[place % len(CATEGORY_COLOURS)],
        "linestyle": LINES[place // len(CATEGORY_COLOURS) % len(LINES)],
    }


def curves(findings: Findings, path: Path) -> None:
    """Draw the mean over turns, with a band for the mean of other seeds."""
    labels = list(findings.values)
    together = len(labels) <= MOST_TOGETHER
    title = (
        f"Held-out {findings.measure.name} on {len(findings.questions)} questions{Scale.of(findings.measure).unit}: "
        f"mean of {many(len(findings.seeds), 'seed')}"
        + (", 95 % t interval over seeds" if len(findings.seeds) > 1 else "")
    )
    size = (9.0, 4.8) if together else (9.0, 0.9 + 1.9 * ceil(len(labels) / COLUMNS))
    with drawn(path, title, size) as figure:
        if together:
            axes = figure.add_subplot()
            for place, label in enumerate(labels):
                curve(axes, findings, label, len(labels) * len(findings.seeds) <= MOST_THIN_LINES, look(place))
            finish(axes)
            axes.legend(loc="lower right" if rising(findings) else "best", ncols=1 if len(labels) < 5 else 2)
            return
        for place, axes in enumerate(grid(figure, len(labels), sharex=True, sharey=True)):
            if place:
                curve(axes, findings, labels[0], False, {"color": SOFT, "linestyle": "-"})
            curve(axes, findings, labels[place], False, {"color": BLUE, "linestyle": "-"})
            axes.set_title(fill(shown(labels[place]), 26), fontsize=8)
            finish(axes)
            lowest = place >= len(labels) - COLUMNS
            axes.set_xlabel("turn" if lowest else "")
            axes.tick_params(labelbottom=lowest)
        figure.supxlabel(f"grey: {shown(labels[0])}", fontsize=8, x=0.01, ha="left", color=SOFT)


def curve(axes: "Axes", findings: Findings, label: str, thin: bool, how: dict[str, Any]) -> None:
    """Draw one label's learning curve (Any: what matplotlib takes)."""
    scale = Scale.of(findings.measure)
    turns, rows_SE = findings.turns, scale.factor * findings.values[label].mean(axis=2)
    if thin and len(rows_SE) > 1:
        for row in rows_SE:
            axes.plot(turns, row, color=how["color"], alpha=0.25, linewidth=0.6)
    if len(rows_SE) > 1:
        bands = np.array([mean_interval(column)[1:] for column in rows_SE.T]).clip(0, scale.factor)
        axes.fill_between(turns, bands[:, 0], bands[:, 1], color=how["color"], alpha=0.13, linewidth=0)
    means = rows_SE.mean(axis=0)
    axes.plot(turns, means, linewidth=2, label=f"{shown(label)}, {scale.number(means[-1] / scale.factor)}", **how)


def rising(findings: Findings) -> bool:
    """Tell whether the means rise, so that the lower right corner is empty."""
    return all(standing.last.value > standing.first.value for standing in findings.standings)


def differences(findings: Findings, path: Path) -> None:
    """Draw the difference of every pair in every aspect with its interval."""
    verdicts = findings.aspects[0].family.verdicts
    pairs = [(verdict.a, verdict.b) for verdict in chosen_pairs(verdicts)]
    hidden, scale = len(verdicts) - len(pairs), Scale.of(findings.measure)
    unit = f"Differences in {findings.measure.name}" if scale.graded else "Differences in points"
    title = f"{unit} with 95 % intervals; filled: told apart, after Holm" + (
        f" ({hidden} more pairs in verdicts.json)" if hidden else ""
    )
    with drawn(path, title, (max(6.0, 2.6 + 2.0 * len(findings.aspects)), 1.6 + 0.27 * len(pairs))) as figure:
        panels = figure.subplots(1, len(findings.aspects), sharey=True, squeeze=False)[0]
        for axes, aspect in zip(panels, findings.aspects, strict=True):
            forest(axes, aspect, pairs, scale)


def forest(axes: "Axes", aspect: Aspect, pairs: Sequence[tuple[str, str]], scale: Scale) -> None:
    """Draw one aspect's differences below each other."""
    from matplotlib.ticker import MaxNLocator

    verdict_by_pair = {(verdict.a, verdict.b): verdict for verdict in aspect.family.verdicts}
    for place, pair in enumerate(pairs):
        verdict, factor = verdict_by_pair[pair], scale.factor
        colour = SOFT if not verdict.tells else GREEN if verdict.difference > 0 else RED
        axes.plot([factor * verdict.low, factor * verdict.high], [place, place], color=colour, linewidth=1.6)
        face = colour if verdict.tells else "white"
        axes.plot(factor * verdict.difference, place, "o", markersize=5, color=colour, markerfacecolor=face)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=MOST_STEPS, steps=[1, 2, 4, 5, 10], min_n_ticks=3))
    axes.set_yticks(range(len(pairs)), [fill(f"{shown(b)} − {shown(a)}", 44) for a, b in pairs])
    axes.set_ylim(len(pairs) - 0.4, -0.6)
    axes.set_title(fill(shown(aspect.name), 26), fontsize=8)
    axes.grid(axis="x", color="#e4e7eb")
    axes.grid(axis="y", visible=False)
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)


def categories(findings: Findings, path: Path) -> None:
    """Draw the mean by category: over turns for each label, or of many labels at the last turn."""
    by_category, name, scale = mastery(findings), findings.measure.name, Scale.of(findings.measure)
    names = [shown(category) or "none" for category in by_category]
    means_LCE = np.stack([table.mean(axis=(1, 3)) for table in by_category.values()], axis=1)
    labels = [shown(label) for label in findings.values]
    if len(labels) > MOST_HEAT_MAPS:
        title = f"Held-out {name} by category at turn {findings.turns[-1]}{scale.unit}"
        with drawn(path, title, (2.5 + 0.8 * len(names), 1.2 + 0.27 * len(labels))) as figure:
            axes = figure.add_subplot()
            heat(axes, means_LCE[:, :, -1], scale, (labels, names), range(len(names)))
        return
    columns = 2 if len(labels) <= 4 else 3
    height = 0.8 + ceil(len(labels) / columns) * (0.7 + 0.24 * len(names))
    with drawn(path, f"Held-out {name} by category over turns{scale.unit}", (9.0, height)) as figure:
        for axes, label, table_CE in zip(grid(figure, len(labels), columns), labels, means_LCE, strict=True):
            heat(axes, table_CE, scale, (names, list(map(str, findings.turns))), (0, len(findings.turns) - 1))
            axes.set_title(fill(label, 40), fontsize=8.5)
            axes.set_xlabel("turn")


def heat(
    axes: "Axes",
    table: NDArray[np.float64],
    scale: Scale,
    names: tuple[Sequence[str], Sequence[str]],
    written: Sequence[int],
) -> None:
    """Draw a table of means as colours, with the numbers of some columns; `names` are those of its rows and columns."""
    rows, columns = names
    axes.imshow(table, cmap="Blues", vmin=0, vmax=1.1, aspect="auto")
    axes.set_yticks(range(len(rows)), rows, fontsize=7.5)
    step = max(1, ceil(len(columns) / 12)) if len(written) < len(columns) else 1
    places = range(0, len(columns), step)
    axes.set_xticks(places, [columns[place] for place in places], fontsize=7.5)
    for row in range(len(rows)):
        for column in written:
            value = table[row, column]
            text = f"{value:.2f}" if scale.graded else f"{100 * value:.0f}"
            colour = "white" if value > 0.65 else INK
            axes.text(column, row, text, ha="center", va="center", fontsize=7, color=colour)
    axes.grid(visible=False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def flows(findings: Findings, path: Path) -> None:
    """Draw how many held-out answers got better and how many got worse since the evaluation before."""
    labels, scale = list(findings.values), Scale.of(findings.measure)
    title = "Held-out answers that changed since the evaluation before, % of the questions"
    counts: tuple[Callable[[Measurement], int | None], ...] = (
        lambda measurement: measurement.rose,
        lambda measurement: measurement.fell,
    )
    with drawn(path, title, (9.0, 3.4 + 0.16 * max(0, len(labels) - MOST_TOGETHER))) as figure:
        panels = figure.subplots(1, 2, sharey=True).tolist()
        for place, label in enumerate(labels):
            grouped = by_turn(findings.courses(label))
            for axes, count in zip(panels, counts, strict=True):
                shares_by_turn = {
                    turn: [
                        100 * changed_answers / measurement.questions
                        for measurement in measurements
                        if (changed_answers := count(measurement)) is not None
                    ]
                    for turn, measurements in grouped.items()
                }
                means = {turn: float(np.mean(shares)) for turn, shares in shares_by_turn.items() if shares}
                axes.plot(list(means), list(means.values()), linewidth=1.5, label=shown(label), **look(place))
        for axes, word, meaning in zip(panels, scale.movement, scale.movements, strict=True):
            axes.set_title(f"{word}: {meaning}")
            finish(axes)
        panels[0].set_ylim(bottom=0)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center", fontsize=7.5)


def passing(findings: Findings, path: Path) -> None:
    """Draw the passing share of what updates drew beside the learning curves."""
    title = f"What updates learned from, %, and what came of it{Scale.of(findings.measure).unit}"
    with drawn(path, title, (9.0, 3.6 + 0.16 * max(0, len(findings.values) - MOST_TOGETHER))) as figure:
        left, right = figure.subplots(1, 2)
        draws_by_label = draws(findings)
        for place, label in enumerate(findings.values):
            shares = {turn: 100 * draw.passing / draw.lessons for turn, draw in draws_by_label[label].items()}
            left.plot(list(shares), list(shares.values()), linewidth=1.5, label=shown(label), **look(place))
            means = Scale.of(findings.measure).factor * findings.values[label].mean(axis=(0, 2))
            right.plot(findings.turns, means, linewidth=1.5, **look(place))
        left.set_title("share of the lessons that passed")
        right.set_title(f"held-out {shown(findings.measure.name)}")
        left.set_ylim(0, 103)
        finish(left)
        finish(right)
        figure.legend(*left.get_legend_handles_labels(), loc="outside right center", fontsize=7.5)


def teacher(findings: Findings, path: Path) -> None:
    """Draw the teacher's verdicts against the truth, for each label or for many together."""
    groups = {label: [label] for label in findings.labels if findings.reliability([label]).verdicts}
    if len(groups) > MOST_TOGETHER:
        groups = {f"all {len(groups)} labels": list(groups)}
    height = 0.7 + 1.9 * ceil(len(groups) / COLUMNS)
    with drawn(
        path, "The teacher's verdicts: share of the truly wrong and the truly right, %", (9.0, height)
    ) as figure:
        for axes, (name, labels) in zip(grid(figure, len(groups)), groups.items(), strict=True):
            matrix = findings.reliability(labels).matrix
            shares = 100 * matrix / np.maximum(1, matrix.sum(axis=1, keepdims=True))
            axes.imshow(shares, cmap="Blues", vmin=0, vmax=110, aspect="auto")
            for truth in range(2):
                for verdict in range(2):
                    text = f"{shares[truth, verdict]:.1f}\n{matrix[truth, verdict]:,}"
                    colour = "white" if shares[truth, verdict] > 65 else INK
                    axes.text(verdict, truth, text, ha="center", va="center", color=colour, fontsize=8)
            axes.set_xticks([0, 1], ["said wrong", "said right"], fontsize=7.5)
            axes.set_yticks([0, 1], ["wrong", "right"], fontsize=7.5)
            axes.set_title(fill(shown(name), 26), fontsize=8.5)
            axes.grid(visible=False)
            axes.tick_params(length=0)
            for spine in axes.spines.values():
                spine.set_visible(False)
