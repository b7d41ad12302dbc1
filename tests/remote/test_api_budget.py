"""What a study on an API may spend is reserved, counted over resumes and exact."""

import json
from pathlib import Path

import pytest

from agents.remote.budget import Prices
from agents.remote.endpoint import FRAME_TOKENS
from simulation.core.calls import Request
from simulation.core.errors import ModelError, ScenarioError
from tests.support.api_students import VARIABLE, asked, learner, proper
from tests.support.fault_server import KEY, FaultServer, Heard, Sent, reply


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)


def worst(request: Request) -> int:
    return len(request.prompt) + FRAME_TOKENS + request.max_tokens


def test_a_call_that_the_budget_may_not_cover_is_not_made(tmp_path: Path) -> None:
    need = worst(asked()[0])
    for budget in ({"tokens": need - 1}, {"money": (need - 1) / 1e6}, {"tokens": 1}):
        with FaultServer() as server:
            model = learner(server, tmp_path, budget=budget, prices={"input": 1, "output": 1})
            with pytest.raises(ModelError, match=r"is used up: 0 are spent .*budget.json; .* resume the study"):
                model.generate(asked())
            assert not server.heard
    with FaultServer() as server:
        assert learner(server, tmp_path, budget={"tokens": need}).generate(asked()) == [proper(asked()[0])]


def test_a_budget_waits_for_what_calls_under_way_leave_over(tmp_path: Path) -> None:
    """Each call holds its worst price while it is under way and costs far less: the budget covers them in turn."""
    requests = asked(20)
    with FaultServer(seconds=0.01) as server:
        model = learner(server, tmp_path, budget={"tokens": 2 * worst(requests[-1]) + 300}, concurrency=8)
        assert model.generate(requests) == [proper(each) for each in requests]
        assert server.most_at_once <= 3
        assert model.spent.tokens == server.tokens


def test_a_budget_counts_over_resumes_and_is_raised_by_a_file(tmp_path: Path) -> None:
    with FaultServer() as server:
        learner(server, tmp_path, budget={"requests": 3}).generate(asked(3))
        with pytest.raises(ModelError, match="the budget of 3 requests is used up: 3 are spent"):
            learner(server, tmp_path, budget={"requests": 3}).generate(asked(4))
        assert len(server.heard) == 3
        (tmp_path / "budget.json").write_text('{"tokens": 100000}')
        with pytest.raises(ModelError, match="the budget of 3 requests"):
            learner(server, tmp_path, budget={"requests": 3}).generate(asked(4))
        (tmp_path / "budget.json").write_text('{"requests": 4}')
        found = learner(server, tmp_path, budget={"requests": 3}).generate(asked(4))
        assert found == [proper(each) for each in asked(4)]
        (tmp_path / "budget.json").write_text('{"request": 4}')
        with pytest.raises(ScenarioError, match="is no budget"):
            learner(server, tmp_path)


def test_what_was_answered_before_the_money_ended_is_kept(tmp_path: Path) -> None:
    with FaultServer(seconds=0.01) as server:
        with pytest.raises(ModelError, match="10 requests"):
            learner(server, tmp_path, budget={"requests": 10}).generate(asked(30))
        assert len(server.heard) == 10
        assert learner(server, tmp_path).generate(asked(30)) == [proper(each) for each in asked(30)]
        assert len(server.heard) == 30


def test_money_is_exact_and_rounded_up() -> None:
    prices = Prices(input=0.15, output=0.6)
    assert prices.nano(1_000_000, 1_000_000) == 750_000_000
    assert prices.nano(1, 0) == 150
    assert Prices(input=0.0001).nano(1, 0) == 1


def test_a_call_of_unknown_usage_costs_its_worst_price(tmp_path: Path) -> None:
    def mute(heard: Heard) -> Sent:
        found = reply(heard)
        del found["usage"]
        return Sent(body=json.dumps(found).encode())

    with FaultServer([mute]) as server:
        model = learner(server, tmp_path, prices={"input": 2, "output": 4})
        model.generate(asked())
    assert model.spent.tokens == worst(asked()[0])
    assert model.spent.money == pytest.approx(((worst(asked()[0]) - 16) * 2 + 16 * 4) / 1e6)
