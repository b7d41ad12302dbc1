"""What a server can do wrong: each misbehaviour has its class, its outcome and its price, and none tells the key."""

import gzip
import json
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from simulation.core.calls import Completion
from simulation.core.errors import ModelError
from tests.support.api_students import VARIABLE, asked, learner, proper
from tests.support.fault_server import KEY, Fault, FaultServer, Heard, Sent, good, reply

OK = "the proper reply"
pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)


def status(code: int, error: object = None, **headers: str) -> Fault:
    """An HTTP error, with an error object as body."""
    told = {"error": {"message": "no"} if error is None else error}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return always(Sent(status=code, headers=named, body=json.dumps(told).encode()))


def always(sent: Sent) -> Fault:
    """The same thing whatever is asked."""
    return lambda heard: sent  # noqa: ARG005


def body(data: bytes, **sent: Any) -> Fault:
    """A 200 with such a body."""
    return always(Sent(body=data, **sent))


def spoiled(change: Callable[[bytes], bytes]) -> Fault:
    """A 200 with a proper body that is changed."""
    return lambda heard: Sent(body=change(good(heard).body))


def changed(change: Callable[[dict[str, Any]], object]) -> Fault:
    """A billed 200 whose reply is changed (Any: JSON values)."""

    def fault(heard: Heard) -> Sent:
        found = reply(heard)
        change(found)
        return Sent(body=json.dumps(found).encode(), bill=True)

    return fault


def choice(**changes: Any) -> Fault:
    """A billed 200 whose choice is changed."""
    return changed(lambda found: found["choices"][0].update(changes))


def message(**changes: Any) -> Fault:
    """A billed 200 whose message is changed."""
    return changed(lambda found: found["choices"][0]["message"].update(changes))


def entries(change: Callable[[list[Any]], object]) -> Fault:
    """A billed 200 whose log-probabilities are changed."""
    return changed(lambda found: change(found["choices"][0]["logprobs"]["content"]))


def wire(heard: Heard, **sent: Any) -> Sent:
    """A proper reply that goes wrong on the wire."""
    return Sent(**{"body": good(heard).body, "bill": True, **sent})


@dataclass(frozen=True)
class Case:
    """A misbehaviour: what is sent, how often the server is called, and what comes of it."""

    name: str
    script: Sequence[Fault]
    calls: int
    outcome: str = OK
    """OK, the `stop` of a refused sample, or "stops: " and what the error says."""
    change: tuple[tuple[str, Any], ...] = ()


QUOTA = {"code": "insufficient_quota", "type": "insufficient_quota", "message": "You exceeded your current quota"}
LONG = {"code": "context_length_exceeded", "message": "maximum context length is 8 tokens"}
HTML = b"<html><body>Welcome to the hotel</body></html>"
LOST = "error: a reply whose log-probabilities are not those of its text"
BARE = "error: a reply with a token without log-probability"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

CASES = [
    Case("a third 429", [status(429)] * 3, 4),
    Case("a 429 with a short wait", [status(429, retry_after="0.1")], 2),
    Case("a wait in milliseconds", [status(429, retry_after_ms="50")], 2),
    Case("a wait until a date that is past", [status(429, retry_after="Wed, 21 Oct 2015 07:28:00 GMT")], 2),
    Case("a wait that is no number", [status(429, retry_after="soon")], 2),
    Case("a wait of NaN", [status(503, retry_after="nan")], 2),
    Case("a wait of minus ten", [status(503, retry_after="-10")], 2),
    Case("a wait over 120 s", [status(429, retry_after="121")], 1, "stops: asks to wait 121 s"),
    Case("a 503 with a long wait", [status(503, retry_after="999")], 1, "stops: asks to wait 999 s"),
    Case("a 503 with a short wait", [status(503, retry_after="0.05")], 2),
    Case("a 500, then a reply", [status(500)], 2),
    Case("a 502 of a gateway", [always(Sent(status=502, body=HTML))], 2),
    Case("a 408 and a 409", [status(408), status(409)], 3),
    Case("500s to the end", [status(500)] * 4, 4, "error: HTTP 500"),
    Case("HTML in a 200", [body(HTML, headers={"Content-Type": "text/html"})], 2),
    Case("HTML to the end", [body(HTML)] * 4, 4, "error: a reply that is not JSON"),
    Case("cut JSON", [spoiled(lambda whole: whole[:-20])], 2),
    Case("invalid UTF-8", [spoiled(lambda whole: whole.replace(b"said", b"\xff\xfe"))], 2),
    Case("an empty body", [body(b"")], 2),
    Case("a list in place of an object", [body(b"[]")], 2),
    Case("JSON nested too deeply", [body(b"[" * 100_000)], 2),
    Case("a 204", [always(Sent(status=204))], 2),
    Case("an error object in a 200", [body(b'{"error": {"message": "overloaded"}}')], 2),
    Case("a rate limit in a 200", [body(b'{"error": {"code": 429, "message": "slow"}}')], 2),
    Case("a bare error in a 200", [body(b'{"error": "boom", "choices": []}')], 2),
    Case("no quota in a 200", [body(json.dumps({"error": QUOTA}).encode())], 1, "stops: no quota"),
    Case("empty choices", [changed(lambda found: found.update(choices=[]))], 2),
    Case("no choices", [changed(lambda found: found.pop("choices"))], 2),
    Case("more choices than asked", [changed(lambda found: found["choices"].append(found["choices"][0]))], 2),
    Case(
        "empty choices twice",
        [changed(lambda found: found.update(choices=[]))] * 2,
        2,
        "error: a reply of 0 choices, 1 was asked for",
    ),
    Case("null content", [message(content=None)], 2),
    Case("null content twice", [message(content=None)] * 2, 2, "error: a reply without text"),
    Case("no message", [choice(message=None)], 2),
    Case("no end", [choice(finish_reason=None)], 2),
    Case("a content filter", [choice(finish_reason="content_filter")], 1, "error: refused by the content filter"),
    Case("a refusal", [message(content=None, refusal="I cannot")], 1, "error: refused by the model"),
    Case("a tool call", [choice(finish_reason="tool_calls")], 1, "error: the model called a tool instead of answering"),
    Case("the end of the tokens", [choice(finish_reason="length")], 1, "length"),
    Case(
        "a model that reasons until its tokens end",
        [choice(finish_reason="length", message={"content": None}, logprobs=None)],
        1,
        "length",
    ),
    Case("missing logprobs", [choice(logprobs=None)], 1, "stops: sent no log-probabilities"),
    Case("logprobs without content", [choice(logprobs={"content": None})], 1, "stops: sent no log-probabilities"),
    Case("a null among the logprobs", [entries(lambda each: each.__setitem__(1, None))] * 2, 2, BARE),
    Case("a null logprob", [entries(lambda each: each[1].update(logprob=None))] * 2, 2, BARE),
    Case("a logprob of NaN", [entries(lambda each: each[1].update(logprob=float("nan")))] * 2, 2, BARE),
    Case("a positive logprob", [entries(lambda each: each[1].update(logprob=1.0))] * 2, 2, BARE),
    Case("a logprob as text", [entries(lambda each: each[1].update(logprob="-1"))] * 2, 2, BARE),
    Case("too few logprobs", [entries(lambda each: each.pop())] * 2, 2, LOST),
    Case("no logprobs for a text", [entries(lambda each: each.clear())] * 2, 2, LOST),
    Case("a drop before the headers", [lambda heard: wire(heard, raw=b"")], 2),
    Case("a drop in the headers", [lambda heard: wire(heard, raw=HEAD)], 2),
    Case("a drop in the body", [lambda heard: wire(heard, cut=40)], 2),
    Case("a chunk cut off", [lambda heard: wire(heard, raw=HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{")], 2),
    Case("no HTTP at all", [always(Sent(raw=b"220 smtp ready\r\n\r\n"))], 2),
    Case("headers without end", [always(Sent(raw=HEAD + b"X: y\r\n" * 60_000))], 2),
    Case("two lengths", [always(Sent(raw=HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"))], 2),
    Case("a slow body", [lambda heard: wire(heard, dribble=0.05)], 2, change=(("timeout_seconds", 0.5),)),
    Case(
        "slow headers",
        [lambda heard: wire(heard, raw=HEAD * 9, dribble=0.05)],
        2,
        change=(("timeout_seconds", 0.5),),
    ),
    Case("a 401 that echoes the key", [status(401, {"message": f"Incorrect API key: {KEY}"})], 1, "stops: Incorrect"),
    Case("a 401 with a part of it", [status(401, {"message": f"key {KEY[:14]}***{KEY[-4:]}"})], 1, "stops: HTTP 401"),
    Case("a 401 of plain text", [always(Sent(status=401, body=f"Bearer {KEY}".encode()))], 1, "stops: HTTP 401"),
    Case("a 403", [status(403)], 1, "stops: HTTP 403"),
    Case("a 402", [status(402, {"message": "Insufficient Balance"})], 1, "stops: no quota or money"),
    Case("a 429 without quota", [status(429, QUOTA)], 1, "stops: no quota or money"),
    Case("a 400", [status(400, {"message": "Unsupported parameter"})], 1, "stops: Unsupported parameter"),
    Case("a wrong model", [status(404, {"message": "The model does not exist"})], 1, "stops: does not exist"),
    Case("a 422", [status(422, {"message": "Extra inputs"})], 1, "stops: HTTP 422"),
    Case("a prompt too long", [status(400, LONG)], 1, "error: the prompt is longer than the model can read"),
    Case("a filter as 400", [status(400, {"code": "content_filter"})], 1, "error: refused by the content filter"),
    Case("a redirect", [status(307, location="http://127.0.0.1:9/elsewhere")], 1, "stops: moved to http://127.0.0.1:9"),
    Case("a huge reply", [body(b'{"x": "' + b"y" * 2_000_000 + b'"}')], 2),
    Case(
        "a bomb",
        [body(gzip.compress(b"0" * 50_000_000), headers={"Content-Encoding": "gzip"})] * 2,
        2,
        "error: a reply longer than what was asked for",
    ),
    Case("broken compression", [body(b"no gzip", headers={"Content-Encoding": "gzip"})], 2),
    Case("usage that is no number", [changed(lambda found: found.update(usage={"prompt_tokens": "3"}))], 1),
    Case("no usage", [changed(lambda found: found.pop("usage"))], 1),
]


def outcome(case: Case, server: FaultServer, folder: Path) -> tuple[Completion | None, str]:
    """Return the one reply, or the text of the error with its traceback."""
    model = learner(server, folder, **dict(case.change))
    try:
        return model.generate(asked())[0], ""
    except ModelError as error:
        assert error.__cause__ is None and error.__context__ is None, "what caused it could be shown and hold the key"
        return None, "".join(traceback.format_exception(error))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_misbehaviour_has_its_outcome_and_never_tells_the_key(
    case: Case, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    server = FaultServer(case.script, honours_keys=False)
    with server:
        found, told = outcome(case, server, tmp_path)
        spent = learner(server, tmp_path).spent
    assert len(server.heard) == spent.requests == case.calls
    assert spent.tokens >= server.tokens, "every billed token is in the books, whatever became of the reply"
    if case.outcome == OK:
        assert found == proper(asked()[0])
    elif case.outcome.startswith("stops: "):
        assert found is None
        assert case.outcome.removeprefix("stops: ") in told
        assert f"small at {server.url}" in told and "resume the study" in told
    else:
        assert found is not None and found.stop == case.outcome
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    captured = capfd.readouterr()
    for text in (repr(found), told, captured.out, captured.err, written.decode("latin-1")):
        assert not any(KEY[start : start + 8] in text for start in range(len(KEY) - 7))


def test_there_are_many_cases_and_each_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 74


def test_a_wait_that_the_server_asks_for_holds_back_every_call() -> None:
    with FaultServer([status(429, retry_after="0.6")], seconds=0.05) as server:
        learner(server, concurrency=4).generate(asked(12))
        began = server.heard[0].at
        early = [each.at - began for each in server.heard if each.at - began < 0.6]
    assert len(early) <= 4 + 3, "at most one more for each that was answered before the server asked to wait"
    assert len(server.heard) == 13


def test_a_server_that_does_not_answer_stops_the_study_and_one_that_refuses_a_prompt_does_not() -> None:
    def poisoned(heard: Heard) -> Sent:
        return status(500)(heard) if heard.prompt == "question 2" else good(heard)

    with FaultServer() as server:
        server.always = poisoned
        found = learner(server).generate(asked(6))
        assert [each.stop for each in found] == ["stop", "stop", "error: HTTP 500", "stop", "stop", "stop"]
        model = learner(server)
        assert model.generate(asked(1, first=2))[0].stop == "error: HTTP 500", "asked alone, while the server is alive"
        server.models = Sent(status=503)
        with pytest.raises(ModelError, match="the server does not answer"):
            learner(server).generate(asked(1, first=2))
    with pytest.raises(ModelError, match="the server does not answer"):
        learner(server).generate(asked(3))


def test_a_server_that_fails_one_request_after_the_other_stops_the_study() -> None:
    with FaultServer() as server:
        server.always = status(500)
        with pytest.raises(ModelError, match="3 requests failed one after the other"):
            learner(server, concurrency=2).generate(asked(20))
        assert len(server.heard) <= 3 * 4 + 3


def test_while_nothing_is_answered_only_one_call_at_a_time_is_made() -> None:
    with FaultServer([status(500)] * 24, seconds=0.02) as server:
        found = learner(server, concurrency=8, attempts=40).generate(asked(8))
    assert [each.stop for each in found] == ["stop"] * 8
    probes = [each.at for each in server.heard][16:24]
    assert min(later - earlier for earlier, later in pairwise(probes)) >= 0.02, "a probe waits for the end of another"


def test_an_answer_that_echoes_the_key_loses_it(tmp_path: Path) -> None:
    with FaultServer([choice(message={"content": f"print('{KEY}')"}, logprobs=None)]) as server:
        found = learner(server, tmp_path, logprobs=False).generate(asked())[0]
    assert found.text == "print('[key]')"


def test_half_a_character_becomes_the_replacement_character(tmp_path: Path) -> None:
    with FaultServer([choice(message={"content": "a\ud83d b"}, logprobs=None)]) as server:
        model = learner(server, tmp_path, logprobs=False)
        assert model.generate(asked())[0].text == "a� b"
        assert model.generate(asked())[0].text == "a� b"
    assert len(server.heard) == 1
