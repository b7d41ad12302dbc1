"""A real server, `transformers serve`, on loopback: the sampler and the model itself give the same answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.students.api import ApiStudents
from agents.students.language_model import LanguageModelStudents
from simulation.core.calls import Completion, Request
from simulation.core.errors import ModelError
from simulation.core.types import Seat
from tests.support.served import needs_serving, sampling_copy, serving

STUDENT = Path(__file__).resolve().parents[2] / "agents" / "embedded" / "student"
SEATS = [Seat(name="ada", number=0, seed=0)]
pytestmark = needs_serving


@pytest.fixture(scope="module")
def sampling_student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sampling_copy(STUDENT, tmp_path_factory.mktemp("model") / "student")


@pytest.fixture(scope="module")
def url(sampling_student: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(sampling_student, tmp_path_factory.mktemp("hub")) as address:
        yield address


def generate(url: str, folder: Path, requests: list[Request], **changes: Any) -> list[Completion]:
    fields = {"provider": "custom", "base_url": url, "model": str(folder), "endpoint": "completions", "cache": False}
    return ApiStudents(**{**fields, **changes}).learner(SEATS).generate(requests)


def asked(temperature: float = 0.0, seeds: int = 1) -> list[Request]:
    prompts = ["what is 3 + 4 ? a) 7 b) 8 c) 12 answer:", "a car goes 60 km in 2 hours . speed ? answer:"]
    return [
        Request(slot="ada", prompt=prompt, max_tokens=8, temperature=temperature, seed=seed)
        for prompt in prompts
        for seed in range(seeds)
    ]


def test_the_model_behind_the_server_answers_as_the_model_in_this_process(url: str, sampling_student: Path) -> None:
    found = generate(url, sampling_student, asked())
    here = LanguageModelStudents(device="cpu").learner(SEATS).generate(asked())
    assert [(each.text.strip(), each.tokens) for each in found] == [(each.text.strip(), each.tokens) for each in here]
    assert all(each.stop == "stop" for each in found)


def test_seeds_give_samples_and_the_same_ones_again(url: str, sampling_student: Path) -> None:
    found = generate(url, sampling_student, asked(temperature=3.0, seeds=6), concurrency=1)
    assert len({each.text for each in found}) > 2
    assert found == generate(url, sampling_student, asked(temperature=3.0, seeds=6), concurrency=1)


def test_a_chat_is_answered_and_missing_log_probabilities_are_noticed(url: str, sampling_student: Path) -> None:
    found = generate(url, sampling_student, asked(), endpoint="chat")
    assert all(each.stop in ("stop", "length") for each in found)
    with pytest.raises(ModelError, match="sent no log-probabilities"):
        generate(url, sampling_student, asked(), logprobs=True)


def test_a_model_that_is_not_served_stops_the_study(url: str) -> None:
    with pytest.raises(ModelError, match="no-such-model at"):
        generate(url, Path("no-such-model"), asked() * 2, attempts=2)
