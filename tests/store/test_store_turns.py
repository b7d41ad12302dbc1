"""The turns that are put into a study come out of it, equal to the bit, or are refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from simulation.core.errors import StoreError
from simulation.core.types import Answer, Selection, Turn
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
    assert not any(difference(ours, theirs) for ours, theirs in zip(found, put, strict=True))
    assert found == put


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


def test_a_turn_that_is_refused_leaves_nothing_and_can_be_put_again(disk: Path) -> None:
    with make(disk / "s", 1) as study:
        for wrong in (experience(truth=1), experience(truth=float("nan"))):
            with pytest.raises(StoreError, match=r"turn 0 of 'student-0': experiences\[0\]\.truth must be a"):
                study.append([Turn(turn=0, student="student-0", experiences=(wrong,))], {"student-0": b"a"}, seconds={})
            assert study.last_turn == -1
        study.append([Turn(turn=0, student="student-0", experiences=(experience(),))], {"student-0": b"b"}, seconds={})
        study.verify()


def test_what_the_model_read_is_kept_around_the_prompt_or_whole(disk: Path) -> None:
    """A template recurs, and so its two parts are stored once."""
    inputs = ("<user>?<end>", "?", "<user>??<end>", "another", "", "\ud800?")
    experiences = tuple(
        experience(
            answer=Answer(
                question_id="q", prompt=prompt, text="", answerer="a", model_version="v", model_input=model_input
            ),
            position=place,
        )
        for place, (model_input, prompt) in enumerate((text, prompt) for text in inputs for prompt in ("?", ""))
    )
    turn = Turn(turn=0, student="student-0", experiences=experiences)
    with make(disk / "s", 1) as study:
        study.append([turn], {}, seconds={})
    with Study.open(disk / "s") as study:
        assert [*study.turns()] == [turn]
        assert study.query("SELECT model_input FROM answered WHERE position < 10 ORDER BY position") == [
            (each.answer.model_input,) for each in experiences[:10]
        ]
