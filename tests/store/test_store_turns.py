"""The turns that are put into a study come out of it, equal to the bit, or are refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from simulation.core.errors import StoreError
from simulation.core.types import Answer, Experience, Feedback, Question, Selection, Turn
from simulation.store import Study, canonical, difference
from simulation.store.arrays import (
    pack,
    pack_rows,
    pack_some,
    pack_whole,
    unpack,
    unpack_rows,
    unpack_some,
    unpack_whole,
)
from simulation.store.canonical import dump, plain
from tests.support.random_turns import TEXT, rounds
from tests.support.studies import experience, filled, make, question


@settings(max_examples=30, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(played=rounds(["student-0", "student-1"]))
def test_any_turns_come_back_equal_and_verify(played: list[tuple[Turn, ...]], disks: Any) -> None:
    folder = disks() / "s"
    with make(folder) as study:
        for turns in played:
            study.append(turns, {}, seconds={})
    with Study.open(folder) as study:
        study.verify()
        found = list(study.turns())
    put = [turn for turns in played for turn in turns]
    assert [canonical(turn) for turn in found] == [canonical(turn) for turn in put]
    assert [canonical(turn) for turn in put] == [dump(plain(turn, "")) for turn in put]
    assert not any(difference(ours, theirs) for ours, theirs in zip(found, put, strict=True))
    for ours, theirs in zip(found, put, strict=True):
        if "NaN" not in repr(theirs) and "nan" not in repr(theirs):
            assert ours == theirs


@given(st.lists(st.lists(st.floats() | st.floats(width=32), max_size=4), max_size=4))
def test_floats_keep_every_bit(rows: list[list[float]]) -> None:
    def bits(values: Any) -> list[bytes]:
        return [np.float64(value).tobytes() for value in values]

    assert [bits(row) for row in unpack_rows(pack_rows(rows))] == [bits(row) for row in rows]
    for row in rows:
        assert bits(unpack(pack(row))) == bits(row)


def test_values_take_as_few_bytes_as_they_need() -> None:
    assert len(pack([0.0, 1.0] * 5)) == 11
    assert len(pack([0.5] * 2)) == 9
    assert len(pack([0.1] * 2)) == 17
    assert len(pack([float(np.float32(0.1))] * 10)) == 41
    assert len(pack([0.1] * 10)) == 81
    assert len(pack_whole([7] * 1000)) == 6
    assert len(pack_whole([7, 300])) == 9


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3) | st.none(), max_size=6))
def test_whole_numbers_come_back_and_so_do_missing_ones(values: list[int | None]) -> None:
    assert list(unpack_some(pack_some(values, pack_whole), unpack_whole)) == values
    real = [None if value is None else float(value) for value in values]
    assert list(unpack_some(pack_some(real, pack), unpack)) == real


@given(TEXT, TEXT)
def test_difference_names_the_field(first: str, second: str) -> None:
    ours, theirs = (Turn(turn=1, student="a", picks=(Selection(item=question(text)),)) for text in (first, second))
    found = difference(ours, theirs)
    assert (found is None) == (first == second)
    assert found is None or found.startswith("picks[0].item.prompt: ")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (experience(truth=np.float32(1)), r"turn 0 of 'student-0': experiences\[0\]\.truth must be a float"),
        (experience(feedback=Feedback(score=True, judge="j")), r"experiences\[0\]\.feedback\.score must be a float"),
        (experience(question=Question(id="q", prompt="?", tags=["a"])), "tags must be a tuple"),  # type: ignore[arg-type]
        (
            experience(
                answer=Answer(
                    question_id="q",
                    prompt="?",
                    text="1",
                    answerer="a",
                    model_version="v",
                    choice=np.int64(1),  # type: ignore[arg-type]
                )
            ),
            "choice must be of type int",
        ),
    ],
)
def test_a_value_of_another_type_is_refused_by_place(wrong: Experience, named: str, disk: Path) -> None:
    with make(disk / "s", 1) as study:
        with pytest.raises(StoreError, match=named):
            study.append([Turn(turn=0, student="student-0", experiences=(wrong,))], {}, seconds={})
        assert study.last_turn == -1
        study.append([Turn(turn=0, student="student-0", experiences=(experience(),))], {}, seconds={})


def test_turns_out_of_order_are_refused(disk: Path) -> None:
    study, played = filled(disk / "s", 1)
    with study, pytest.raises(ValueError, match="next turn is 2"):
        study.append(played[-2:], {}, seconds={})


def test_a_lesson_never_experienced_is_refused_and_nothing_of_its_turn_kept(disk: Path) -> None:
    lesson = Selection(item=experience(turn=0, position=5))
    with make(disk / "s", 1) as study:
        with pytest.raises(StoreError, match="FOREIGN KEY"):
            study.append([Turn(turn=0, student="student-0", lessons=(lesson,))], {}, seconds={})
        assert study.query("SELECT count(*) FROM turns") == [(0,)]
