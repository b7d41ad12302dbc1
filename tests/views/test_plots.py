"""The picture is drawn for every study that has an evaluation, and shows the numbers it should."""

from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from simulation.core.errors import StoreError
from simulation.measures.summary import by_turn, summarise
from simulation.views.plots import PANELS, ceiling, draw, learning_curve
from tests.support.courses import ACCURACY, HELD_OUT, turns

QUESTIONS = {each.id: each for each in HELD_OUT}


def size(path: Path) -> tuple[int, int]:
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def curve(students: int) -> Any:
    """The axes of a learning curve (Any: matplotlib's lines)."""
    courses = summarise((turn for number in range(students) for turn in turns(6, f"s{number}", number)), ACCURACY)
    axes = Figure().add_subplot()
    learning_curve(axes, courses, by_turn(courses), 0.2)
    return axes


@pytest.mark.parametrize(("students", "count"), [(1, 0), (1, 6), (70, 6)])
def test_any_number_of_students_and_turns_is_drawn(tmp_path: Path, students: int, count: int) -> None:
    courses = summarise(
        (turn for number in range(students) for turn in turns(count, f"s{number}", number)), ACCURACY, QUESTIONS
    )
    path = draw(courses, tmp_path / "curve.png", title="a study", chance=1 / 3)
    assert size(path)[0] == 1350
    assert [each.name for each in tmp_path.iterdir()] == ["curve.png"]


def test_one_student_has_its_accuracies_and_wilson_band() -> None:
    axes = curve(1)
    line = next(each for each in axes.lines if "Wilson" in str(each.get_label()))
    assert line.get_xdata().tolist() == [0, 2, 4, 6]
    assert line.get_ydata().tolist() == pytest.approx([30, 100 * 28 / 60, 100 * 38 / 60, 80])
    band = axes.collections[0].get_datalim(axes.transData)
    assert (band.y0, band.y1) == pytest.approx((19.9, 88.2), abs=0.1)


def test_many_students_are_thin_lines_with_their_mean() -> None:
    axes = curve(5)
    thin = [each for each in axes.lines if each.get_linewidth() < 1 and each.get_linestyle() == "-"]
    assert len(thin) == 5
    assert any("mean of 5 students" in str(each.get_label()) for each in axes.lines)


@pytest.mark.parametrize(
    ("highest", "end"), [(0.0, 0.05), (0.04, 0.05), (0.083, 0.2), (0.3, 0.5), (0.41, 1.0), (1.0, 1.0)]
)
def test_an_axis_ends_where_low_rates_can_still_be_read(highest: float, end: float) -> None:
    assert ceiling([0.0, highest]) == end


def test_an_axis_of_nothing_is_whole() -> None:
    assert ceiling([]) == 1.0


def test_a_panel_is_left_out_where_nothing_is_known() -> None:
    known = by_turn(summarise(turns(4), ACCURACY, QUESTIONS))
    bare = by_turn(summarise(turns(4), ACCURACY))
    assert [wanted(known) for _, wanted in PANELS] == [True, True, True, True]
    assert [wanted(bare) for _, wanted in PANELS] == [False, False, True, True]


def test_a_picture_that_cannot_be_written_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="make room or make the folder writable"):
        draw(summarise(turns(2), ACCURACY), tmp_path / "missing" / "curve.png", title="x")


def test_a_title_is_text_and_not_mathematics(tmp_path: Path) -> None:
    title = "$x_{$ \x1b[31m \u202e\x00 \ud800 %s $"
    assert size(draw(summarise(turns(2), ACCURACY), tmp_path / "curve.png", title=title))[0] == 1350
