"""Search within a catalogue finds for each slot what its own model holds, and draws by each request's own seed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from math import exp
from typing import Any

import pytest
import torch
from scipy.stats import chisquare  # type: ignore[import-untyped]

from agents.models.finding import Finder, drawn
from simulation.core.calls import Request
from simulation.core.catalogue import Catalogue
from tests.support.learners import learner
from tests.support.searches import asked, assert_same, identifiers, listed, shop, titled, titles_of, without_ends

SLOTS = {"lora": {}, "lora_and_rows": {"rows": "▁?[a-f]"}, "every_weight": {}}


@pytest.mark.parametrize(
    ("kind", "dtype"), [("llama", torch.float64), ("llama", torch.float32), ("mamba", torch.float64)]
)
@pytest.mark.parametrize("make", [lambda: shop(identifiers(1, 90)), lambda: titled(titles_of(2, 90))])
def test_slots_and_prompts_in_one_batch_find_what_each_finds_alone(
    kind: str, dtype: torch.dtype, make: Callable[[], Catalogue]
) -> None:
    model, within = learner(kind, dtype=dtype), make()
    requests = asked(model, within)
    requests = [*requests[:7], replace(requests[0], beams=9, texts=3, temperature=1.0, seed=4), *requests[7:]]
    for request, completion in zip(requests, model.generate(requests), strict=True):
        (alone,) = model.generate([request])
        assert_same(completion, alone)
        assert replace(completion, beam=()) == completion.beam[0]


def test_draws_without_replacement_follow_the_law_of_plackett_and_luce() -> None:
    found = [(0, -0.4), (1, -1.1), (2, -2.0), (3, -2.5)]
    temperature, count = 1.5, 6000
    weights = {text: exp(total / temperature) for text, total in found}

    def probability(order: Sequence[int]) -> float:
        left, product = sum(weights.values()), 1.0
        for text in order:
            product *= weights[text] / left
            left -= weights[text]
        return product

    counts: Mapping[tuple[int, ...], int] = dict.fromkeys(permutations(range(4), 3), 0)
    request = Request(slot="", prompt="", beams=4, texts=3, temperature=temperature)
    for seed in range(count):
        counts[tuple(text for text, _ in drawn(found, replace(request, seed=seed)))] += 1  # type: ignore[index]
    expected = [count * probability(order) for order in counts]
    assert chisquare([*counts.values()], expected).pvalue > 0.01


def test_a_draw_depends_on_its_own_seed_alone() -> None:
    model, within = learner(), shop(identifiers(1, 90))
    requests = [replace(asked(model, within)[0], beams=20, texts=5, temperature=1.0, seed=seed) for seed in range(30)]
    together = [listed(completion) for completion in model.generate(requests)]
    assert together == [listed(model.generate([request])[0]) for request in requests]
    assert len({tuple(texts) for texts in together}) > 20
    twenty = set(listed(model.generate([replace(requests[0], texts=20, temperature=0.0)])[0]))
    assert all(len(set(texts)) == 5 and set(texts) <= twenty for texts in together)


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize(
    ("kind", "dtype"), [("llama", torch.float64), ("gpt2", torch.float64), ("llama", torch.float32)]
)
def test_whatever_a_slot_holds_its_own_model_is_searched(kind: str, dtype: torch.dtype, slot: str) -> None:
    within = shop(identifiers(1, 90))
    fields: dict[str, Any] = {"slot": slot, **SLOTS[slot]}
    model = learner(kind, dtype=dtype, **fields)
    assert model.abilities.lean is (dtype == torch.float32)
    model._finder = Finder(model._scorer, model._text, 2048, model._finder._lean, normaliser="vocabulary")
    texts = tuple(within.sharing)
    requests = asked(model, within, beams=90, texts=90)
    for request, completion in zip(requests, model.generate(requests), strict=True):
        best = sorted(zip(without_ends(model, request, texts), texts, strict=True), reverse=True)
        assert listed(completion) == [text for _, text in best]
        error = 1e-9 if dtype == torch.float64 else 3e-5
        assert [text.logprob for text in completion.beam] == pytest.approx([score for score, _ in best], abs=error)


def test_weights_that_were_read_off_are_read_again_once_a_slot_has_learned() -> None:
    model, within = learner(dtype=torch.float32), shop(identifiers(1, 90))
    requests = asked(model, within)
    before = model.generate(requests)
    with torch.no_grad():
        model.adapters_SP[1] *= 3
    after = model.generate(requests)
    slow = learner(dtype=torch.float32)
    with torch.no_grad():
        slow.adapters_SP[1] *= 3
    slow._finder._lean = None
    for request, one, other, plain in zip(requests, before, after, slow.generate(requests), strict=True):
        assert (one == other) is (request.slot != "student-1")
        assert_same(other, plain)
