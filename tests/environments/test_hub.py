"""A data set is asked for at once or not at all."""

import socket
import sys
import types

import pytest
from huggingface_hub import constants

from environments import hub
from environments.row_files import raw_rows
from simulation.core.errors import DataError


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "getproxies", dict)


def test_an_address_that_answers_is_reached_and_another_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert hub.unreachable(here) == ""
    assert hub.unreachable(here).startswith(f"{here} cannot be reached")
    monkeypatch.setattr(hub, "getproxies", lambda: {"https": "http://proxy"})
    assert hub.unreachable(here) == ""


def test_where_the_hub_is_not_reached_its_library_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with hub.at_once() as reason:
        assert "127.0.0.1:9 cannot be reached" in reason and constants.is_offline_mode()
    assert not constants.is_offline_mode()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with hub.at_once() as reason:
        assert reason == "" and constants.is_offline_mode()
    assert constants.is_offline_mode()


def test_a_data_set_that_is_neither_cached_nor_reached_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load_dataset(*_: object, **__: object) -> None:
        assert constants.is_offline_mode()
        raise ConnectionError("offline")

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setitem(sys.modules, "datasets", types.SimpleNamespace(load_dataset=load_dataset))
    with pytest.raises(DataError, match=r"'owner/rows' is not in the cache, and http://127.0.0.1:9 cannot be reached"):
        next(raw_rows("owner/rows", None))
    assert not constants.is_offline_mode()
