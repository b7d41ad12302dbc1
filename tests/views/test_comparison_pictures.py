"""The pictures of a comparison show its numbers, for two labels as for many."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from simulation.core.errors import StoreError
from simulation.measures.findings import Findings
from simulation.play.folders import Comparison
from simulation.views.comparison_pictures import curve, draw_all, forest, look
from simulation.views.plots import STYLE
from simulation.views.text import GRADED, SHARES
from tests.support.comparisons import found, planned, play


@pytest.fixture(scope="module")
def findings(disks: Callable[[], Path]) -> Findings:
    """Three policies over three seeds."""
    return found(play(planned(disks() / "compare")))


def many(disk: Path, labels: int) -> Comparison:
    counts = ",".join(str(count) for count in range(4, 4 + labels))
    return play(planned(disk / "compare", 2, vary=[f"ask.questions={counts}"], overrides=["turns=2"]))


def test_every_picture_that_has_something_to_show_is_drawn(findings: Findings, tmp_path: Path) -> None:
    (tmp_path / "teacher.png").write_bytes(b"of an earlier report")
    (tmp_path / "flows-2-pass@5.png").write_bytes(b"of an earlier report")
    written = [path.name for path in draw_all([findings], tmp_path)]
    expected = ["learning_curves.png", "differences.png", "categories.png", "flows.png", "teacher.png"]
    assert written == expected  # the scripted teacher errs now and then
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in written)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(expected)


def test_many_labels_are_drawn_apart(disk: Path, tmp_path: Path) -> None:
    assert len(draw_all([found(many(disk, 14))], tmp_path)) == 5


def test_a_curve_is_the_mean_over_seeds_with_thin_lines_where_they_are_few(findings: Findings) -> None:
    axes = Figure().add_subplot()
    curve(axes, findings, "random", True, look(0))
    rows = 100 * findings.values["random"].mean(axis=2)
    *thin, mean = axes.lines
    assert [np.asarray(line.get_ydata()).tolist() for line in thin] == rows.tolist()
    assert np.asarray(mean.get_ydata()).tolist() == pytest.approx(rows.mean(axis=0).tolist())
    assert np.asarray(mean.get_xdata()).tolist() == [0, 2, 4]
    assert len(axes.collections) == 1


def test_a_difference_is_drawn_with_its_interval(findings: Findings) -> None:
    axes = Figure().add_subplot()
    verdict = findings.aspects[0].family.verdicts[0]
    forest(axes, findings.aspects[0], [(verdict.a, verdict.b)], SHARES)
    interval, point = axes.lines[0], axes.lines[1]
    assert np.asarray(interval.get_xdata()).tolist() == [100 * verdict.low, 100 * verdict.high]
    assert np.asarray(point.get_xdata()).tolist() == [100 * verdict.difference]
    assert [label.get_text() for label in axes.get_yticklabels()] == [f"{verdict.b} − {verdict.a}"]


@pytest.mark.parametrize(
    ("low", "high"), [(-0.075, 0.055), (-0.0061, 0.0043), (-0.93, 0.98), (0.012, 0.019), (-0.053, 0.038)]
)
def test_numbers_on_the_axis_of_differences_stand_apart(findings: Findings, low: float, high: float) -> None:
    aspect = findings.aspects[0]
    wide = replace(aspect.family.verdicts[0], low=low, high=high, difference=(low + high) / 2)
    aspect = replace(aspect, family=replace(aspect.family, verdicts=(wide,)))
    figure = Figure(figsize=(6.6, 3.2), layout="constrained")
    with rc_context(STYLE):
        canvas = FigureCanvasAgg(figure)
        panels = figure.subplots(1, 2, sharey=True).tolist()
        for axes in panels:
            forest(axes, aspect, [(wide.a, wide.b)], GRADED)
        canvas.draw()
    boxes = [
        label.get_window_extent()
        for axes in panels
        for label, place in zip(axes.get_xticklabels(), axes.get_xticks(), strict=True)
        if axes.get_xlim()[0] <= place <= axes.get_xlim()[1]
    ]
    assert len(boxes) >= 6
    assert all(left.x1 + 4 <= right.x0 for left, right in pairwise(boxes))


def test_labels_look_different() -> None:
    assert len({tuple(sorted(look(place).items())) for place in range(32)}) == 32


def test_a_folder_that_cannot_be_written_is_an_error_with_a_remedy(findings: Findings, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="make room or make the folder writable"):
        draw_all([findings], tmp_path / "missing")
