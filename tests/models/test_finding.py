"""Search within a catalogue: transformers' lists, no other texts than items, whatever else is in the batch."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import exp
from pathlib import Path
from typing import Any

import pytest
import torch

import tests.support.tiny_models as tiny
from agents.models.causal import CausalLearner
from agents.models.finding import Finder
from agents.models.trie_search import Normaliser
from simulation.core.calls import Request
from simulation.core.catalogue import Catalogue
from simulation.core.errors import ModelError
from tests.support.learners import learner, seats
from tests.support.searches import asked, assert_same, identifiers, listed, shop, titled, titles_of, without_ends

END = 1


def bare(kind: str, normaliser: Normaliser, dtype: torch.dtype) -> CausalLearner:
    """Return a learner whose slots have learned nothing, so that the bare model is the reference."""
    model = CausalLearner(tiny.build(kind, dtype), tiny.tokenizer(), seats(1), learner()._settings, source=kind)
    model._finder = Finder(model._scorer, model._text, 2048, model._finder._lean, normaliser=normaliser)
    return model


def generated(
    reference: Any, prompt: Sequence[int], rows: Sequence[Sequence[int]], beams: int, normaliser: Normaliser
) -> list[tuple[list[int], float]]:
    """Return what transformers finds within these rows."""
    following: dict[tuple[int, ...], set[int]] = {}
    for row in rows:
        for place in range(len(row)):
            following.setdefault(tuple(row[:place]), set()).add(row[place])

    def allowed(_: int, tokens: torch.Tensor) -> list[int]:
        return sorted(following.get(tuple(tokens[len(prompt) :].tolist()), {END}))

    given = torch.tensor([list(prompt)])
    output = reference.generate(
        given,
        attention_mask=torch.ones_like(given),
        prefix_allowed_tokens_fn=allowed,
        do_sample=False,
        num_beams=beams,
        num_return_sequences=beams,
        length_penalty=0.0,
        early_stopping=False,
        renormalize_logits=normaliser == "level",
        max_new_tokens=max(map(len, rows)),
        return_dict_in_generate=True,
        output_scores=True,
    )
    texts = [row[: row.index(END) + 1] if END in row else row for row in output.sequences[:, len(prompt) :].tolist()]
    return list(zip(texts, output.sequences_scores.tolist(), strict=True))


@pytest.mark.parametrize("normaliser", ["level", "vocabulary"])
@pytest.mark.parametrize(
    ("kind", "dtype"),
    [*((kind, torch.float64) for kind in ("llama", "gpt2", "mistral", "mamba")), ("llama", torch.float32)],
)
@pytest.mark.parametrize("make", [lambda: shop(identifiers(1, 90)), lambda: titled(titles_of(2, 90))])
def test_lists_and_scores_are_those_of_transformers(
    kind: str, dtype: torch.dtype, make: Callable[[], Catalogue], normaliser: Normaliser
) -> None:
    model, within = bare(kind, normaliser, dtype), make()
    reference = tiny.build(kind, dtype)
    ends = within.depth == 1
    assert model.fast_paths["constrained search"] is (kind != "mamba")
    assert model.abilities.lean is (dtype == torch.float32)
    for request, completion in zip(asked(model, within), model.generate(asked(model, within)), strict=True):
        rows = {text: model.encode(request.prompt, [text]).branches[0] for text in within.sharing}
        rows = {text: row if ends else row[:-1] for text, row in rows.items()}
        prompt = model.encode(request.prompt, ()).prompt
        expected = generated(reference, prompt, list(rows.values()), 5, normaliser)
        assert [list(rows[text]) for text in listed(completion)] == [tokens for tokens, _ in expected]
        scores = [text.logprob for text in completion.beam]
        assert scores == pytest.approx([score for _, score in expected], abs=1e-5)
        assert [text.tokens for text in completion.beam] == [len(tokens) for tokens, _ in expected]


@pytest.mark.parametrize("make", [lambda: shop(identifiers(1, 40)), lambda: titled(titles_of(2, 40))])
def test_as_many_beams_as_items_list_all_by_their_scores(make: Callable[[], Catalogue]) -> None:
    within = make()
    model = learner()
    model._finder = Finder(model._scorer, model._text, 2048, model._finder._lean, normaliser="vocabulary")
    texts = tuple(within.sharing)
    for request, completion in zip(
        asked(model, within), model.generate(asked(model, within, beams=64, texts=64)), strict=True
    ):
        assert sorted(listed(completion)) == sorted(texts)
        (scores,) = model.score([replace(request, continuations=texts, within="", beams=0)])
        if within.depth > 1:  # the end of an identifier is certain, so it does not count
            scores = without_ends(model, request, texts)
        expected = sorted(zip(scores, texts, strict=True), reverse=True)
        assert listed(completion) == [text for _, text in expected]
        assert [text.logprob for text in completion.beam] == pytest.approx([score for score, _ in expected], abs=1e-9)


@torch.no_grad()
@pytest.mark.parametrize("seed", range(20))
def test_no_list_holds_what_is_no_item(seed: int) -> None:
    depth = 1 + seed % 6
    within = shop(identifiers(seed, 30, depth, "abcd"))
    model = learner(dtype=torch.float32)
    for beams in (1, 7, 50):
        for completion in model.generate(asked(model, within, beams=beams, texts=beams)):
            texts = listed(completion)
            assert len(texts) == len(set(texts)) == min(beams, len(within.sharing))
            assert set(texts) <= set(within.sharing)
            scores = [text.logprob or 0.0 for text in completion.beam]
            assert scores == sorted(scores, reverse=True)


def test_by_level_the_probabilities_of_all_items_sum_to_one() -> None:
    model = learner()
    for within in (shop(identifiers(1, 40)), titled(titles_of(2, 40))):
        for completion in model.generate(asked(model, within, beams=64, texts=64)):
            assert sum(exp(text.logprob or 0.0) for text in completion.beam) == pytest.approx(1.0)


def test_a_title_that_begins_another_can_be_chosen_and_so_can_the_other() -> None:
    within = titled(["a", "ab", "abc", "b"])
    model = learner()
    for completion in model.generate(asked(model, within, beams=4, texts=4)):
        assert sorted(listed(completion)) == ["a", "ab", "abc", "b"]


def test_identifiers_that_share_a_middle_code_alone_are_not_mixed() -> None:
    within = shop(["axp", "bxq"])
    model = learner()
    for completion in model.generate(asked(model, within, beams=50, texts=50)):
        assert sorted(listed(completion)) == ["axp", "bxq"]


def test_items_that_share_an_identifier_are_one_text() -> None:
    within = shop(["abc", "abd", "abc"])
    (completion,) = learner().generate([Request(slot="student-0", prompt="x", within=within.name, beams=9, texts=9)])
    assert sorted(listed(completion)) == ["abc", "abd"]


def test_small_batches_find_what_large_ones_do() -> None:
    large, small = learner(), learner(batch_tokens=1)
    within = shop(identifiers(1, 90))
    for one, other in zip(large.generate(asked(large, within)), small.generate(asked(small, within)), strict=True):
        assert_same(one, other)


def test_free_and_constrained_requests_are_answered_in_their_order() -> None:
    model = learner()
    within = shop(identifiers(1, 90))
    constrained = asked(model, within)[0]
    free = Request(slot="student-1", prompt="b", max_tokens=4)
    mixed = model.generate([free, constrained, free])
    (alone,) = model.generate([free])
    for beside in (mixed[0], mixed[2]):
        assert beside.logprob == pytest.approx(alone.logprob, rel=1e-9)
        assert replace(beside, logprob=None) == replace(alone, logprob=None)
    assert_same(mixed[1], model.generate([constrained])[0])


def test_generation_settings_that_come_with_a_model_take_no_part(tmp_path: Path) -> None:
    plain = tiny.save("llama", tmp_path / "plain")
    tuned = tiny.save("llama", tmp_path / "tuned")
    settings = '{"do_sample": true, "top_k": 20, "top_p": 0.8, "repetition_penalty": 1.5, "eos_token_id": 1}'
    (tuned / "generation_config.json").write_text(settings, encoding="utf-8")
    models = [tiny.learner(folder) for folder in (plain, tuned)]
    assert models[1].module.generation_config.top_k == 20  # type: ignore[union-attr]
    for within in (shop(identifiers(1, 90)), titled(titles_of(2, 90))):
        one, other = (model.generate(asked(model, within, beams=50, texts=50)) for model in models)
        assert one == other
        assert len(one[0].beam) == 50


def test_a_prompt_too_long_for_the_model_is_an_error_of_that_request_alone() -> None:
    model = learner()
    within = shop(identifiers(1, 90))
    requests = [replace(asked(model, within)[0], prompt=prompt) for prompt in ("b", "b" * 126, "b" * 125)]
    fine, long, longest = model.generate(requests)
    assert long.stop == "error: the prompt has 126 tokens and an item 3, the model reads 128"
    assert not long.beam
    assert len(fine.beam) == len(longest.beam) == 5


def test_more_texts_than_beams_are_an_error() -> None:
    model = learner()
    (completion,) = model.generate([replace(asked(model, shop(["ab", "cd"]))[0], beams=2, texts=3)])
    assert completion.stop == "error: a beam search of width 2 has no 3 texts"


def test_texts_that_the_tokenizer_cannot_tell_apart_are_refused() -> None:
    model = learner()
    with pytest.raises(ModelError, match=r"'aé' and 'aü' of the catalogue are the same text"):
        model.generate(asked(model, titled(["ab", "aé", "aü"])))


def test_a_chat_model_finds_items_behind_its_own_template() -> None:
    model = learner(chat=True)
    within = titled(titles_of(2, 30))
    model._finder = Finder(model._scorer, model._text, 2048, model._finder._lean, normaliser="vocabulary")
    texts = tuple(within.sharing)
    request = replace(asked(model, within)[0], beams=50, texts=50)
    (completion,) = model.generate([request])
    (scores,) = model.score([replace(request, continuations=texts, within="", beams=0)])
    best = sorted(zip(scores, texts, strict=True), reverse=True)
    assert listed(completion) == [text for _, text in best]
    assert [text.logprob for text in completion.beam] == pytest.approx([score for score, _ in best], abs=1e-9)


def test_with_more_beams_than_window_the_slow_way_finds_the_same() -> None:
    # mistral's attention reaches 24 tokens back; longer paths are read as plain texts
    model, within = learner("mistral"), shop(identifiers(1, 90))
    prompt = "a train of 12 metres is long"
    (completion,) = model.generate([replace(asked(model, within)[0], prompt=prompt, beams=90, texts=90)])
    model._finder = Finder(model._scorer, model._text, 2048, model._finder._lean, normaliser="vocabulary")
    (whole,) = model.generate([replace(asked(model, within)[0], prompt=prompt, beams=90, texts=90)])
    texts = tuple(within.sharing)
    scores = without_ends(model, Request(slot="student-0", prompt=prompt), texts)
    best = sorted(zip(scores, texts, strict=True), reverse=True)
    assert listed(whole) == [text for _, text in best]
    assert [text.logprob for text in whole.beam] == pytest.approx([score for score, _ in best], abs=1e-9)
    assert sorted(listed(completion)) == sorted(listed(whole))
