"""A request that was given up is paid once: its turn, played again, does not ask it; a later turn may."""

from pathlib import Path

import pytest

from simulation.core.errors import ModelError
from simulation.play.runner import play
from tests.play.test_runner import Ears, begun, stopping_at, world
from tests.remote.test_api_faults import choice, status
from tests.remote.test_api_odd_replies import BROKE
from tests.support import scripted
from tests.support.api_students import QUICK, VARIABLE, asked, learner, proper
from tests.support.fault_server import KEY, FaultServer, Heard, Sent, good
from tests.support.scripted import ScriptedLearner, stepper

ATTEMPTS = QUICK["attempts"]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)


def breaking(heard: Heard) -> Sent:
    """A billed generation that breaks off for the second question, a proper reply to every other."""
    breaks = heard.prompt == asked(2)[1].prompt
    return choice(finish_reason="insufficient_system_resource")(heard) if breaks else good(heard)


def test_what_was_given_up_is_asked_again_only_when_its_turn_is_committed(tmp_path: Path) -> None:
    with FaultServer(honours_keys=False) as server:
        server.always = breaking
        first = learner(server, tmp_path)
        completions = first.generate(asked(3))
        spent, calls = first.spent, len(server.heard)
        assert [completion.stop for completion in completions] == ["stop", BROKE, "stop"] and calls == 2 + ATTEMPTS
        resumed = learner(server, tmp_path)
        assert resumed.generate(asked(3)) == resumed.generate(asked(3)) == completions
        assert (resumed.spent, len(server.heard)) == (spent, calls), "nothing is paid twice"
        resumed.committed()
        resumed.committed()
        assert resumed.generate(asked(3)) == completions
        assert len(server.heard) == calls + ATTEMPTS
        resumed.committed()
        server.always = good
        assert learner(server, tmp_path).generate(asked(3)) == [proper(request) for request in asked(3)]


def test_what_a_server_at_fault_did_not_answer_is_asked_again_when_it_is_mended(tmp_path: Path) -> None:
    with FaultServer() as server:
        server.always = breaking
        assert learner(server, tmp_path).generate(asked(2))[1].stop == BROKE
        server.always = status(500)
        with pytest.raises(ModelError, match="3 requests failed one after the other"):
            learner(server, tmp_path, concurrency=2).generate(asked(20))
        server.always = good
        completions = learner(server, tmp_path).generate(asked(20))
        assert completions[1].stop == BROKE, "of this one the server was asked, and had its money"
        assert [*completions[:1], *completions[2:]] == [
            proper(request) for number, request in enumerate(asked(20)) if number != 1
        ]


def test_a_model_that_keeps_replies_hears_of_every_committed_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with begun(tmp_path / "s") as study:
        committed: list[int] = []

        class Keeps(ScriptedLearner):
            """A class of its own: what a class was once seen to be, it is taken to be for good."""

            def keep_in(self, folder: Path) -> None:
                del folder

            def committed(self) -> None:
                committed.append(study.last_turn)

        monkeypatch.setattr(scripted, "ScriptedLearner", Keeps)
        stage = world()
        with pytest.raises(InterruptedError):
            play(study, stage, stopping_at(2, stage), Ears())
        assert committed == [0, 1]
        stage = world()
        play(study, stage, stepper(stage), Ears())
        assert committed == [0, 1, 2, 3, 4, 5]
