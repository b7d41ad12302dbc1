"""An answer from elsewhere is waited for so long, and no longer."""

import time
from threading import Event, enumerate

import pytest

from simulation.core.patience import answered_within


def refuse() -> str:
    raise ConnectionError("nobody there")


def test_what_is_answered_is_returned_and_what_is_raised_is_raised() -> None:
    assert answered_within(60, lambda: "") == ""
    with pytest.raises(ConnectionError, match="nobody there"):
        answered_within(60, refuse)


def test_who_does_not_answer_is_waited_for_no_longer_and_keeps_nothing_alive() -> None:
    silence = Event()
    began = time.monotonic()
    assert answered_within(0.05, silence.wait) is None
    assert time.monotonic() - began < 30
    assert all(thread.daemon for thread in enumerate() if thread.name.endswith("(asking)"))
    silence.set()
