"""Replies of status 200 that hold odd values: each has its outcome, is paid as it is, and ends no study."""

import json
from pathlib import Path
from typing import Any

import pytest

from simulation.core.calls import Completion
from tests.remote.test_api_faults import BARE, LOST, OK, Case, choice, entries, message, outcome, status
from tests.support.api_students import VARIABLE, asked, learner, proper
from tests.support.fault_server import KEY, Fault, FaultServer, Heard, Sent, reply, sample

NO_END = "error: a reply without a known end"
NO_PART = "error: a reply with a part that is no text"
BROKE = "error: the server broke off"
HUGE = -int("9" * 400)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)


def respelled(*tokens: str, **changes: Any) -> Fault:
    """A billed reply of two words whose tokens are spelled so."""

    def fault(heard: Heard) -> Sent:
        found = reply(heard, text="tea é x", **changes)
        listed = [{"token": token, "logprob": -0.5} for token in tokens]
        found["choices"][0]["logprobs"] = {"content": listed}
        found["usage"] = reply(heard)["usage"]
        return Sent(body=json.dumps(found).encode(), bill=True)

    return fault


def parted(*kinds: object) -> Fault:
    """A billed reply whose content is such parts; "text" stands for a half of the proper text."""

    def fault(heard: Heard) -> Sent:
        found, text = reply(heard), sample(heard)
        halves = iter((text[:7], text[7:]))
        parts = [{"type": kind, "text": next(halves)} if kind == "text" else kind for kind in kinds]
        found["choices"][0]["message"]["content"] = parts
        return Sent(body=json.dumps(found).encode(), bill=True)

    return fault


def logprob(value: object) -> Fault:
    """A billed reply of which one log-probability is this."""
    return entries(lambda each: each[1].update(logprob=value))


def top(**changes: Any) -> Fault:
    """A billed reply of which something beside its choices is this."""

    def fault(heard: Heard) -> Sent:
        return Sent(body=json.dumps({**reply(heard), **changes}).encode(), bill=True)

    return fault


ENDS: list[object] = [["stop"], {"stop": 1}, 3, True, 1.5, "", "STOP?", [[]]]
BROKEN_ENDS = [
    "insufficient_system_resource",
    "abort",
    "error",
    "overloaded",
    "server_error",
    "cancelled",
    "unavailable",
]
LOGPROBS: list[object] = [HUGE, -HUGE, True, [], {}, -1e300, "", float("-inf")]
PARTS: list[object] = [3, None, {}, {"type": ["text"]}, {"type": "image_url"}, {"type": "text"}, ["a"]]
THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
DEAD = {"type": "refusal", "refusal": "I cannot"}

CASES = [
    *(Case(f"the end {end!r}", [choice(finish_reason=end)] * 2, 2, NO_END) for end in ENDS),
    *(Case(f"the end {end}, once", [choice(finish_reason=end)], 2) for end in BROKEN_ENDS),
    *(Case(f"the end {end}, always", [choice(finish_reason=end)] * 4, 4, BROKE) for end in BROKEN_ENDS),
    *(Case(f"the log-probability {str(value)[:20]!r}", [logprob(value)] * 2, 2, BARE) for value in LOGPROBS),
    *(Case(f"a content with the part {part!r}", [parted("text", part)] * 2, 2, NO_PART) for part in PARTS),
    Case("a content of no parts", [message(content=[])] * 2, 2, "error: a reply without text"),
    Case("a content in two parts", [parted("text", "text")], 1),
    Case("a content with thoughts before it", [parted(THOUGHT, "text", "text")], 1),
    Case("a content that refuses", [parted(DEAD)], 1, "error: refused by the model"),
    Case("tokens of another text", [respelled("milk", " and", " x")] * 2, 2, LOST),
    Case("tokens of another text, as many as are billed", [respelled("milk", "!")] * 2, 2, LOST),
    Case("tokens of more than the text", [respelled("tea", " é", " x", " and more")] * 2, 2, LOST),
    Case("tokens of a text around it", [respelled("green ", "tea", " é", " x")] * 2, 2, LOST),
    Case("tokens of a part of it", [respelled("tea", " é")] * 2, 2, LOST),
    Case("tokens that are no texts", [entries(lambda each: each[0].update(token=3, bytes=None))] * 2, 2, LOST),
    Case("a list of no entries", [entries(lambda each: each.__setitem__(0, 7))] * 2, 2, BARE),
    Case("a model of half a character", [top(model="\ud83d")], 1),
    Case("a model that is a list", [top(model=["a", {"b": 1}])], 1),
    Case("a model with a name of 100,000 characters", [top(model="m" * 100_000)], 1),
    Case("usage of 30 digits", [top(usage={"prompt_tokens": 10**30, "completion_tokens": -1})], 1),
    Case("an error of half a character", [top(error={"message": "\ud83d", "code": ["x"]})], 2),
    Case("an error that is a number", [top(error=7)], 2),
    Case("an error whose code is no status", [top(error={"code": True, "message": None})], 2),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_odd_reply_has_its_outcome_and_its_price_and_ends_no_study(case: Case, tmp_path: Path) -> None:
    with FaultServer(case.script, honours_keys=True) as server:
        found, told = outcome(case, server, tmp_path)
        spent, calls = learner(server, tmp_path).spent, len(server.heard)
        again, _ = outcome(case, server, tmp_path)
    assert not told and found is not None
    assert found == proper(asked()[0]) if case.outcome == OK else found.stop == case.outcome
    assert again == found
    assert len(server.heard) == calls, "what was answered or given up is not asked again when its turn is"
    assert calls == spent.requests == case.calls
    assert spent.tokens >= server.tokens and max(server.bills.values()) == 1, "nothing is lost, nothing paid twice"


def test_there_are_129_misbehaviours_with_names_of_their_own() -> None:
    from tests.remote.test_api_faults import CASES as FIRST

    names = [case.name for case in (*FIRST, *CASES)]
    assert len(set(names)) == len(names) == 129


@pytest.mark.parametrize(
    "tokens",
    [
        ["tea", " é", " x"],
        ["tea", " \ufffd", "\ufffd", " x"],
        ["tea", " ", "bytes:\\xc3", "bytes:\\xa9", " x"],
        ["tea", "\u2581", "<0xC3>", "<0xA9>", "\u2581x"],
        ["tea", "\u0120é", "\u0120x"],
        [" tea", " é", " x", "<|im_end|>"],
        ["tea", " é", " x", "</s>"],
        ["tea", " é", " x", "\n"],
        ["tea", " é", " x", ";;", " then"],
    ],
    ids=" ".join,
)
def test_tokens_are_known_for_those_of_the_text_however_a_server_spells_them(tokens: list[str]) -> None:
    with FaultServer([respelled(*tokens)]) as server:
        found = learner(server, stop=(";;",)).generate(asked())[0]
    assert found == Completion(text="tea é x", tokens=len(tokens), logprob=-0.5 * len(tokens), stop="stop")


@pytest.mark.parametrize(
    ("error", "helps"),
    [
        ({"message": "Unsupported value: 'temperature' does not support 0.7"}, "extra: {temperature: null}"),
        ({"message": "no", "param": "temperature"}, "extra: {temperature: null}"),
        ({"message": "Unknown parameter: 'seed'"}, "extra: {seed: null}"),
        ({"message": "'max_tokens' is not supported. Use 'max_completion_tokens' instead."}, "length_parameter"),
        ({"message": "You are not allowed to request logprobs from this model"}, "logprobs: false"),
        ({"message": "'stop' is not supported with this model"}, "stop: []"),
        ({"message": "top_k: Extra inputs are not permitted"}, "top_k to 0"),
        ({"message": "the tokenizer has no chat template"}, "endpoint: completions"),
    ],
)
def test_a_refused_parameter_is_told_with_its_remedy(error: dict[str, str], helps: str, tmp_path: Path) -> None:
    with FaultServer([status(400, error)]) as server:
        found, told = outcome(Case("refused", (), 1), server, tmp_path)
    assert found is None and helps in told
