"""Writing is transformers' own decoding, batched over students, with a random stream a request."""

from dataclasses import replace

import pytest
import torch

from agents.models.causal import CausalLearner
from agents.models.learner_settings import LearnerSettings
from simulation.core.calls import Completion, Request
from tests.support import tiny_models as tiny
from tests.support.learners import PROMPTS, learner, seats


def requests(model: CausalLearner, *, temperature: float = 0.0) -> list[Request]:
    return [
        Request(
            slot=model.slots[index % len(model.slots)],
            prompt=PROMPTS[index % 4] + "?" * (index % 3),
            max_tokens=30 - 2 * index,
            temperature=temperature,
            seed=index,
        )
        for index in range(8)
    ]


def assert_same(one: Completion, other: Completion) -> None:
    assert (one.text, one.tokens, one.stop) == (other.text, other.tokens, other.stop)
    assert one.logprob == pytest.approx(other.logprob, abs=1e-5)


@pytest.mark.parametrize(("kind", "cache"), [("llama", True), ("gpt2", True), ("mistral", True), ("mamba", False)])
def test_greedy_writing_is_that_of_transformers(kind: str, cache: bool) -> None:
    # fresh adapters change nothing, so the bare model is the reference
    model = CausalLearner(tiny.build(kind), tiny.tokenizer(), seats(3), LearnerSettings(rank=4), source=kind)
    reference = tiny.build(kind)
    assert (model.abilities.cache is not None) is cache
    for request, found in zip(requests(model), model.generate(requests(model)), strict=True):
        prompt = torch.tensor([model.encode(request.prompt, ()).prompt])
        written = reference.generate(
            prompt, attention_mask=torch.ones_like(prompt), do_sample=False, max_new_tokens=request.max_tokens
        )[0, prompt.shape[1] :].tolist()
        ended = written[-1] == 1
        assert found.tokens == len(written)
        assert found.stop == ("stop" if ended else "length")
        assert found.text == tiny.tokenizer().decode(written, skip_special_tokens=True).removeprefix(" ")


@pytest.mark.parametrize("kind", ["llama", "mamba"])
def test_a_sample_depends_on_its_own_seed_alone(kind: str) -> None:
    model = learner(kind)
    asked = requests(model, temperature=1.0)
    asked += [replace(asked[0], seed=100 + copy) for copy in range(5)]
    together = model.generate(asked)
    for request, found in zip(asked, together, strict=True):
        assert_same(model.generate([request])[0], found)
    for found, again in zip(together, reversed(model.generate(asked[::-1])), strict=True):
        assert_same(found, again)
    assert len({found.text for found in together[-5:]}) > 1


def test_the_log_probability_is_that_of_the_written_text() -> None:
    model = learner()
    # after a line break no space joins the answer, so a text has one encoding
    asked = [
        replace(request, prompt=f"{request.prompt}\n", temperature=1.0, max_tokens=60) for request in requests(model)
    ]
    checked = 0
    for request, found in zip(asked, model.generate(asked), strict=True):
        tree = model.encode(request.prompt, (found.text,))
        if found.stop != "stop" or len(tree.branches[0]) != found.tokens:
            continue  # cut off, or a special token was written, which text cannot hold
        checked += 1
        assert found.logprob == pytest.approx(model.score([replace(request, continuations=(found.text,))])[0][0])
    assert checked


def test_samples_follow_the_model_and_the_temperature() -> None:
    model = learner(count=1)
    one = Request(slot="student-0", prompt="7", max_tokens=1, temperature=1.0)
    tree = model.encode("7", ())
    with torch.no_grad(), model.adapters.seated([0], rows=1, columns=len(tree.prompt)):
        logits = model.module(torch.tensor([tree.prompt])).logits[0, -1]
    for temperature in (1.0, 0.5):
        drawn = model.generate([replace(one, seed=seed, temperature=temperature) for seed in range(800)])
        best = (logits / temperature).softmax(-1).max()
        likeliest = sum(abs((found.logprob or 0) - float(logits.log_softmax(-1).max())) < 1e-9 for found in drawn)
        assert likeliest / 800 == pytest.approx(float(best), abs=4 * (0.25 / 800) ** 0.5)


def test_a_prompt_that_leaves_no_room_is_an_error_on_its_completion() -> None:
    model = learner("gpt2")
    asked = [
        Request(slot="student-0", prompt="1" * 127, max_tokens=9),
        Request(slot="student-0", prompt="1" * 200, max_tokens=9),
        Request(slot="student-1", prompt="1", max_tokens=0),
        Request(slot="student-1", prompt="1", max_tokens=2),
    ]
    last_room, too_long, nothing, some = model.generate(asked)
    assert last_room.tokens == 1
    assert too_long == Completion(stop="error: the prompt has 200 tokens, the model reads 128")
    assert nothing == Completion(stop="length")
    assert some.tokens > 0


def test_equal_prompts_of_a_student_are_read_once() -> None:
    model = learner()
    shapes: list[tuple[int, ...]] = []
    model.module.get_submodule("model.embed_tokens").register_forward_hook(
        lambda _layer, _inputs, output: shapes.append(tuple(output.shape[:2]))
    )
    asked = [Request(slot="student-1", prompt="12 + 7", max_tokens=4, temperature=1.0, seed=copy) for copy in range(6)]
    model.generate(asked)
    assert shapes[0] == (1, len(model.encode("12 + 7", ()).prompt))
    assert shapes[1][1] == 1
    assert shapes[-1][0] <= shapes[1][0] <= 6
