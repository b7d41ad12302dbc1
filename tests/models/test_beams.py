"""Beam search is that of transformers, whatever else is in the batch."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch

import tests.support.tiny_models as tiny
from agents.models.causal import CausalLearner
from agents.models.folder import resolve
from agents.models.learner_settings import LearnerSettings
from simulation.core.calls import Completion, Request
from simulation.core.types import Seat
from tests.support.learners import PROMPTS, learner, seats


def asked(slot: str, prompt: str, *, beams: int, max_tokens: int = 20) -> Request:
    """Return a request for all texts of a search."""
    return Request(slot=slot, prompt=prompt, max_tokens=max_tokens, beams=beams, texts=beams)


def texts(completions: Sequence[Completion]) -> Iterator[Completion]:
    """Yield all texts, search after search."""
    for completion in completions:
        assert replace(completion, beam=()) == completion.beam[0]
        yield from completion.beam


def oracle(module: Any, prompt: tuple[int, ...], *, beams: int, max_tokens: int, end: int) -> list[tuple[Any, ...]]:
    """Return transformers' texts as (tokens, mean log-probability a token), best first."""
    given = torch.tensor([prompt])
    found = module.generate(
        given,
        attention_mask=torch.ones_like(given),
        do_sample=False,
        num_beams=beams,
        num_return_sequences=beams,
        max_new_tokens=max_tokens,
        return_dict_in_generate=True,
        output_scores=True,
    )
    rows = found.sequences[:, len(prompt) :].tolist()
    texts = [row[: row.index(end) + 1] if end in row else row for row in rows]
    return list(zip(texts, found.sequences_scores.tolist(), strict=True))


def assert_same(one: Completion, other: Completion) -> None:
    assert (one.text, one.tokens, one.stop) == (other.text, other.tokens, other.stop)
    assert one.logprob == pytest.approx(other.logprob, abs=1e-5)
    for text, text_of_other in zip(one.beam, other.beam, strict=True):
        assert_same(text, text_of_other)


@pytest.mark.parametrize("beams", [1, 2, 5])
@pytest.mark.parametrize(("kind", "cache"), [("llama", True), ("gpt2", True), ("mistral", True), ("mamba", False)])
def test_texts_and_scores_are_those_of_transformers(kind: str, cache: bool, beams: int) -> None:
    # fresh adapters change nothing, so the bare model is the reference
    model = CausalLearner(tiny.build(kind), tiny.tokenizer(), seats(2), LearnerSettings(rank=4), source=kind)
    assert (model.abilities.cache is not None) is cache
    lengths = (1, 2, 9, 30)
    requests = [
        asked("student-1", prompt, beams=beams, max_tokens=length)
        for prompt, length in zip(PROMPTS, lengths, strict=True)
    ]
    found = texts(model.generate(requests))
    reference = tiny.build(kind)
    for prompt, length in zip(PROMPTS, lengths, strict=True):
        tokens = model.encode(prompt, ()).prompt
        if beams == 1:
            expected = greedy(reference, tokens, length)
        else:
            expected = oracle(reference, tokens, beams=beams, max_tokens=length, end=1)
        for written, score in expected:
            mine = next(found)
            assert mine.tokens == len(written)
            assert mine.stop == ("stop" if written[-1] == 1 else "length")
            assert mine.text == tiny.tokenizer().decode(written, skip_special_tokens=True).removeprefix(" ")
            assert (mine.logprob or 0) / mine.tokens == pytest.approx(score, abs=1e-5)


def greedy(module: Any, prompt: tuple[int, ...], max_tokens: int) -> list[tuple[Any, ...]]:
    """Return the greedy text, which one beam finds, with its mean log-probability a token."""
    given = torch.tensor([prompt])
    row = module.generate(given, attention_mask=torch.ones_like(given), do_sample=False, max_new_tokens=max_tokens)
    written = row[0, len(prompt) :]
    with torch.no_grad():
        logprobs = module(row).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
    return [(written.tolist(), float(logprobs.gather(1, written.unsqueeze(1)).mean()))]


def test_the_embedded_student_searches_as_transformers_does() -> None:
    source = resolve("embedded", embedded="student")
    model = CausalLearner.from_source(source, [Seat(name="one", number=0, seed=0)], LearnerSettings())
    reference = CausalLearner.from_source(source, [Seat(name="one", number=0, seed=0)], LearnerSettings()).module
    prompts = ["What is 12 + 30?\nAnswer:", "Add 7 and 8.\nAnswer:", "A train goes 60 km in 2 hours. How fast is it?"]
    found = texts(model.generate([asked("one", prompt, beams=4, max_tokens=12) for prompt in prompts]))
    end = model.tokenizer.eos_token_id
    for prompt in prompts:
        tokens = model.encode(prompt, ()).prompt
        for written, score in oracle(reference, tokens, beams=4, max_tokens=12, end=end):
            mine = next(found)
            assert mine.text == model.tokenizer.decode(written, skip_special_tokens=True).removeprefix(" ")
            assert (mine.logprob or 0) / mine.tokens == pytest.approx(score, abs=1e-4)


@pytest.mark.parametrize("kind", ["llama", "mamba"])
def test_a_search_depends_on_nothing_else_in_the_batch(kind: str) -> None:
    model = learner(kind)
    together = [
        asked(f"student-{(number * number) % 3}", PROMPTS[number % 4], beams=2 + number % 3, max_tokens=5 + 3 * number)
        for number in range(7)
    ]
    together += [Request(slot="student-2", prompt="b", max_tokens=9, temperature=1.0, seed=copy) for copy in range(3)]
    found = model.generate(together)
    for request, mine in zip(together, found, strict=True):
        assert_same(model.generate([request])[0], mine)
    for again, mine in zip(reversed(model.generate(together[::-1])), found, strict=True):
        assert_same(again, mine)


def test_slots_search_with_their_own_adapters() -> None:
    model = learner()
    found = texts(model.generate([asked(slot, "b", beams=4, max_tokens=12) for slot in model.slots]))
    seen = set()
    for slot in range(len(model.slots)):
        expected = oracle(merged(model, slot), model.encode("b", ()).prompt, beams=4, max_tokens=12, end=1)
        for written, score in expected:
            mine = next(found)
            assert mine.text == tiny.tokenizer().decode(written, skip_special_tokens=True).removeprefix(" ")
            assert (mine.logprob or 0) / mine.tokens == pytest.approx(score, abs=1e-5)
            seen.add(mine.text)
    assert len(seen) > 4


def merged(model: CausalLearner, slot: int) -> Any:
    """Return the bare model with a slot's changes added to its weights."""
    made = tiny.build("llama")
    factors = model.adapters.factors(model.adapters_SP.detach()[slot : slot + 1])
    with torch.no_grad():
        for shape, (a_1RI, b_1OR) in zip(model.adapters.shapes, factors, strict=True):
            made.get_submodule(shape.name).weight += model.adapters.scale * (b_1OR[0] @ a_1RI[0])
    return made


def test_equal_requests_share_a_search_whatever_their_seed() -> None:
    model = learner()
    rows: list[int] = []
    model.module.get_submodule("model.embed_tokens").register_forward_hook(
        lambda _layer, _inputs, output: rows.append(output.shape[0])
    )
    search = asked("student-0", "12 + 7", beams=5)
    requests = [replace(search, seed=number, temperature=0.5, texts=number) for number in range(1, 6)]
    found = model.generate([*requests, *requests])
    assert max(rows) == 5
    assert rows[0] == 1
    assert found[:5] == found[5:]
    assert [each.beam for each in found[:5]] == [found[4].beam[:number] for number in range(1, 6)]
    ratios = [(each.logprob or 0) / each.tokens for each in found[4].beam]
    assert ratios == sorted(ratios, reverse=True)


def test_what_is_not_found_is_an_error_on_its_completion() -> None:
    model = learner()
    one = Request(slot="student-0", prompt="b", max_tokens=1, beams=3)
    vocabulary = len(tiny.PIECES)
    three, beyond, below, wide, nothing, long = model.generate(
        [
            replace(one, texts=3),
            replace(one, texts=4),
            replace(one, texts=0),
            replace(one, beams=vocabulary + 5, texts=vocabulary + 2),
            replace(one, max_tokens=0),
            replace(one, prompt="1" * 200),
        ]
    )
    assert [text.tokens for text in three.beam] == [1, 1, 1]
    assert beyond == Completion(stop="error: a beam search of width 3 has no 4 texts")
    assert below.stop.startswith("error: ")
    missing = Completion(stop=f"error: the beam search found {vocabulary} of the {vocabulary + 5} texts")
    assert [text.tokens for text in wide.beam[:vocabulary]] == [1] * vocabulary
    assert wide.beam[vocabulary:] == (missing, missing)
    assert nothing == Completion(stop="length")
    assert long == Completion(stop="error: the prompt has 200 tokens, the model reads 128")
