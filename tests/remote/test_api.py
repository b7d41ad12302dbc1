"""Students behind an API: what they ask, what they keep, what they may spend, and what they refuse."""

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from agents.remote.redaction import Redactor
from agents.students.api import ApiStudents
from simulation.core.calls import Request
from simulation.core.errors import ModelError, StoreError
from simulation.core.kinds.options import Options
from simulation.core.model_roles import KeepsReplies
from simulation.core.roles import Trainable, trainable
from simulation.core.types import Question
from tests.support.api_students import SEATS, VARIABLE, asked, learner, proper, students
from tests.support.fault_server import KEY, FaultServer, Heard, Sent, good, reply


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)


def test_replies_stand_in_the_order_of_the_requests_whatever_the_order_they_come_in() -> None:
    def later(heard: Heard) -> Sent:
        return good(heard)

    with FaultServer(seconds=0.02) as server:
        server.always = later
        requests = asked(40)
        assert learner(server, concurrency=16).generate(requests) == [proper(each) for each in requests]
        assert 8 < server.most_at_once <= 16
        assert learner(server, concurrency=1).generate(requests) == [proper(each) for each in requests]


def test_equal_requests_are_asked_once_and_samples_differ_by_their_seed(tmp_path: Path) -> None:
    once = Request(slot="ada", prompt="same", max_tokens=16, temperature=0.5, seed=1)
    other = Request(slot="ada", prompt="same", max_tokens=16, temperature=0.5, seed=2)
    greedy = [Request(slot="bob", prompt="same", max_tokens=16, seed=seed) for seed in (1, 2)]
    with FaultServer() as server:
        model = learner(server, tmp_path)
        found = model.generate([once, other, once, *greedy])
        assert len(server.heard) == 3, "greedy decoding has no samples"
        assert found[0] == found[2] != found[1] and found[3] == found[4]
        assert learner(server, tmp_path).generate([other, once]) == [found[1], found[0]]
        assert len(server.heard) == 3
        assert model.generate([]) == []


def test_what_a_reply_depends_on_is_what_names_it(tmp_path: Path) -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"model": "large"},
        {"system": "Be brief."},
        {"extra": {"top_p": 0.9}},
        {"stop": ("\n",)},
        {"logprobs": False},
        {"endpoint": "completions"},
    ]
    with FaultServer() as server:
        for number, change in enumerate(changes, start=1):
            learner(server, tmp_path, **change).generate(asked())
            learner(server, tmp_path, **change, concurrency=3, attempts=2).generate(asked())
            assert len(server.heard) == number
        assert len({each.key for each in server.heard}) == len(changes)


def test_a_chat_model_hears_the_system_and_a_base_model_the_prompt_alone() -> None:
    with FaultServer() as server:
        learner(server, system="Be brief.", extra={"seed": None, "top_p": 0.9}).generate(asked())
        found = learner(server, endpoint="completions", stop=("\n\n",)).generate(asked())
        chat, plain = server.heard
    assert chat.path == "/v1/chat/completions" and plain.path == "/v1/completions"
    told = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "question 0"}]
    assert chat.body == {
        "model": "small", "messages": told, "max_tokens": 16, "temperature": 1.0, "logprobs": True, "top_p": 0.9,
    }  # fmt: skip
    assert plain.body == {
        "model": "small", "prompt": "question 0", "max_tokens": 16, "temperature": 1.0, "seed": 0, "logprobs": 1,
        "stop": ["\n\n"],
    }  # fmt: skip
    assert found[0].logprob == -0.25 * found[0].tokens
    assert chat.headers["authorization"] == f"Bearer {KEY}"


def test_seeds_fit_into_31_bits_on_the_wire_and_stay_whole_in_the_name() -> None:
    requests = [Request(slot="ada", prompt="x", max_tokens=4, temperature=1.0, seed=seed) for seed in (5, 5 + 2**31)]
    with FaultServer() as server:
        learner(server).generate(requests)
    assert [each.body["seed"] for each in server.heard] == [5, 5]
    assert len({each.key for each in server.heard}) == 2


def test_only_openai_itself_hears_of_an_organization(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FaultServer() as server:
        learner(server, key_variable=None).generate(asked())
    headers = server.heard[0].headers
    assert not {"openai-organization", "openai-project"} & set(headers)
    assert headers["authorization"] == "Bearer none", "a server that wants no key gets none, whatever is set"


def test_a_batch_runs_inside_a_notebooks_loop_too() -> None:
    async def cell(model: Any) -> Any:
        return model.generate(asked(3))

    with FaultServer() as server:
        assert asyncio.run(cell(learner(server))) == [proper(each) for each in asked(3)]


def test_without_a_folder_nothing_is_asked_unless_the_scenario_says_so() -> None:
    with FaultServer() as server:
        kept = students(server.url).learner(SEATS)
        assert isinstance(kept, KeepsReplies)
        with pytest.raises(ModelError, match="set cache: false"):
            kept.generate(asked())
        loose = students(server.url, cache=False).learner(SEATS)
        loose.generate(asked(2))
        loose.generate(asked(2))
        assert len(server.heard) == 2
        assert loose.spent.requests == 2


def test_a_damaged_or_newer_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "replies.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="do not delete it"):
        learner("http://127.0.0.1:9/v1", tmp_path)
    (tmp_path / "replies.db").unlink()
    connection = sqlite3.connect(tmp_path / "replies.db")
    connection.execute("PRAGMA user_version = 7")
    connection.close()
    with pytest.raises(StoreError, match="has format 7"):
        learner("http://127.0.0.1:9/v1", tmp_path)


def test_it_has_no_beams_no_scores_and_no_weights() -> None:
    model = learner("http://127.0.0.1:9/v1", cache=False)
    with pytest.raises(ModelError, match=r"no beam search: .* set ask.beams to 0"):
        model.generate([Request(slot="ada", prompt="x", max_tokens=4, beams=3, texts=3)])
    with pytest.raises(ModelError, match="cannot score given options"):
        model.score([Request(slot="ada", prompt="x", continuations=("a", "b"))])
    assert model.score([]) == []
    assert not isinstance(model, Trainable)
    with pytest.raises(ModelError, match=r"dpo trains adapters by gradients, and small at http.* has none"):
        trainable(model, "dpo")


def test_what_is_sent_is_told_as_text() -> None:
    url = "http://127.0.0.1:9/v1"
    assert learner(url, cache=False).render("7 + 5?") == "user:\n7 + 5?"
    assert learner(url, cache=False, system="Be brief.").render("7 + 5?") == ("system:\nBe brief.\n\nuser:\n7 + 5?")
    assert learner(url, cache=False, endpoint="completions").render("7 + 5?") == "7 + 5?"


def test_its_adapter_is_none_and_names_the_model() -> None:
    url = "http://127.0.0.1:9/v1"
    model, other = learner(url, cache=False), learner(url, cache=False, model="large")
    assert model.slots == ("ada", "bob")
    assert model.version("ada") == model.version("bob") != other.version("ada")
    model.restore("ada", model.dump("bob"))
    with pytest.raises(ModelError, match="was not played by large"):
        other.restore("ada", model.dump("ada"))


def test_the_key_comes_from_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    made = students("http://127.0.0.1:9/v1")
    made.check()
    assert KEY not in repr(made) + str(made.fingerprint())
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(ModelError, match=f"the environment variable {VARIABLE} is empty"):
        made.check()
    monkeypatch.setenv(VARIABLE, f"{KEY[:20]}\n{KEY[20:]}")
    with pytest.raises(ModelError, match="copy the key again") as told:
        made.check()
    assert KEY[:8] not in str(told.value)
    students("http://127.0.0.1:9/v1", key_variable=None).check()
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelError, match="OPENAI_API_KEY is empty"):
        ApiStudents().check()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"provider": "custom", "model": "m"}, "needs base_url and model"),
        ({"provider": "openai", "base_url": "https://x.org/v1"}, "set provider: custom"),
        ({"base_url": "ftp://x"}, "is no address"),
        ({"base_url": "https://user:pass@x.org/v1"}, "no user, password"),
        ({"base_url": "https://x.org/v1?key=1"}, "no user, password or parameters"),
        ({"extra": {"api_key": "x"}}, "looks like a key"),
        ({"extra": {"n": 4}}, "cannot be set here"),
        ({"extra": {"temperature": 0.5}}, "can only be null"),
        ({"budget": {"money": 1}}, "needs prices"),
        ({"budget": {"tokens": 0}}, "greater than or equal to 1"),
        ({"endpoint": "completions", "system": "x"}, "knows no system"),
        ({"template": "{question}"}, "must contain"),
        ({"key_variable": "sk-123"}, "should match pattern"),
    ],
)
def test_a_wrong_configuration_is_refused_before_anything_is_sent(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        ApiStudents(**fields)


def test_presets_know_their_servers() -> None:
    openai, deepseek = ApiStudents().address, ApiStudents(provider="deepseek").address
    assert (openai.name, openai.length_parameter) == (
        "gpt-4o-mini at https://api.openai.com/v1",
        "max_completion_tokens",
    )
    assert (deepseek.name, deepseek.length_parameter) == ("deepseek-chat at https://api.deepseek.com", "max_tokens")


def test_its_students_write_whatever_is_asked() -> None:
    student = students("http://127.0.0.1:9/v1", max_tokens=9, template="multiple_choice").answerer(SEATS[0])
    questions = [
        Question(id="1", prompt="One and one?", form=Options(choices=("1", "2"))),
        Question(id="2", prompt="Write."),
    ]
    requests = student.requests(questions, generator=np.random.default_rng(0))
    assert [(each.continuations, each.max_tokens) for each in requests] == [((), 9), ((), 9)]


def test_the_program_of_a_reply_can_be_taken_out_of_it() -> None:
    fenced = "Sure:\n```python\ndef f():\n    return 1\n```\nIs that all?"

    def talkative(heard: Heard) -> Sent:
        return Sent(body=json.dumps(reply(heard, text=fenced)).encode())

    with FaultServer() as server:
        server.always = talkative
        assert learner(server, take="program").generate(asked())[0].text == "def f():\n    return 1"
        assert learner(server).generate(asked())[0].text == fenced


def test_a_redactor_hides_a_key_whole_in_parts_and_what_looks_like_one() -> None:
    redactor = Redactor(KEY)
    assert redactor.text(f"a {KEY} b {KEY[3:20]} c {KEY[:5]}") == f"a [key] b [key] c {KEY[:5]}"
    assert redactor.text("sk-something-else") == "sk-something-else"
    assert redactor.error("Incorrect: sk-pro***9xyz, Bearer abc.def-123") == "Incorrect: [key], [key]"
    assert Redactor("EMPTY").text("x = EMPTY") == "x = EMPTY", "no answer loses a word to a local server's key"
