"""Pictures of learning curves: a line a label with a band over its seeds."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulation.measures.statistics import mean_interval
from simulation.views.plots import INK, SOFT, STYLE, finish

COLOURS = ("#0969da", "#cf222e", "#1a7f37", "#8250df", "#9a6700", "#57606a")
MARKS = "osD^vX"


def draw(
    curves: Mapping[str, NDArray[np.float64]], turns: Sequence[int], path: Path, *, title: str, chance: float | None
) -> Path:
    """Draw the mean over seeds and its 95 % t band of each label (rows: seeds, columns: turns) and write a PNG.

    `chance` is the accuracy of guessing; None where programs are written.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.4, 4.6), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        for (label, rows), colour, mark in zip(curves.items(), COLOURS, MARKS, strict=False):
            bands = [mean_interval(column) for column in rows.T]
            means = [100 * band.value for band in bands]
            if len(rows) > 1:
                low, high = [100 * band.low for band in bands], [100 * band.high for band in bands]
                axes.fill_between(turns, low, high, color=colour, alpha=0.13, linewidth=0)
            named = f"{label}: {means[0]:.1f} to {means[-1]:.1f} %"
            axes.plot(turns, means, color=colour, linewidth=1.8, marker=mark, markersize=4, label=named)
        axes.set_title(title)
        axes.set_ylabel("held-out accuracy, %" if chance else "held-out pass@1, %", color=INK)
        values = 100 * np.concatenate([rows.ravel() for rows in curves.values()])
        bottom = max(0.0, float(values.min()) - 12)
        axes.set_ylim(bottom, min(100.0, float(values.max()) + 4))
        if chance is not None and bottom < 100 * chance:
            axes.axhline(100 * chance, color=SOFT, linewidth=1, linestyle=":", label=f"guessing, {100 * chance:.0f} %")
        finish(axes)
        axes.legend(loc="lower right", frameon=True, framealpha=0.9, edgecolor="none")
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=150, format="png", metadata={"Software": None})
    return path
