"""Pretraining: repeatable from its seed, learns its lessons, and writes a folder that any causal LM code loads."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from agents.models.folder import speaks_dialect
from simulation.core.packing import pack
from simulation.core.registry import build
from training.making.encoding import Encoder, branch_logprobs
from training.making.examinations import measure
from training.making.pretraining import PretrainingRecipe, batches, build_model, learning_rate, spell, train

SMALL = PretrainingRecipe(tokens=30_000, width=32, layers=1, heads=2, feed_forward=64, rows=8)


@pytest.fixture(scope="module")
def corpus():
    return build("environment", "math_word_problems", {})


@pytest.fixture(scope="module")
def tokenizer(corpus):
    return spell(SMALL, corpus)


def pretrained(corpus, tokenizer, recipe=SMALL):
    model = build_model(recipe, tokenizer)
    train(recipe, corpus, model, Encoder(tokenizer, recipe.template))
    return model


def test_a_number_below_a_hundred_is_one_token_and_below_ten_thousand_two(tokenizer) -> None:
    for number in range(1, 10_000):
        assert len(tokenizer.tokenize(f" {number}")) == (1 if number < 100 else 2)


def test_what_is_taught_says_that_it_reads_the_dialect(tokenizer, tmp_path) -> None:
    tokenizer.save_pretrained(tmp_path)
    assert speaks_dialect(str(tmp_path), embedded="student")


def test_text_survives_encoding_and_decoding(corpus, tokenizer) -> None:
    for question in corpus.questions(0).held_out[:50]:
        assert tokenizer.decode(tokenizer(question.prompt)["input_ids"]) == question.prompt


def test_equal_seeds_give_equal_weights_and_other_seeds_others(corpus, tokenizer) -> None:
    short = PretrainingRecipe(tokens=6_000, width=32, layers=1, heads=2, feed_forward=64, rows=8)
    one, again = (pretrained(corpus, tokenizer, short).state_dict() for _ in range(2))
    other = build_model(PretrainingRecipe(seed=1, width=32, layers=1, heads=2, feed_forward=64), tokenizer).state_dict()
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not torch.equal(one["lm_head.weight"], other["lm_head.weight"])


def test_pretraining_lowers_the_loss_on_lessons_it_has_not_seen(corpus, tokenizer) -> None:
    encoder = Encoder(tokenizer, SMALL.template)
    rows = [encoder.lesson(corpus.lesson(10**6 + index, seed=0, stage=1)) for index in range(32)]
    packed = pack([tree for tree, _ in rows], pad=tokenizer.pad_token_id)
    valid = torch.from_numpy(packed.valid_RKT)
    models = [build_model(SMALL, tokenizer), pretrained(corpus, tokenizer)]
    with torch.no_grad():
        before, after = (-(branch_logprobs(model, packed) * valid).sum() / valid.sum() for model in models)
    assert after < before - 1.0


def test_a_cue_is_given_and_never_learned(corpus, tokenizer) -> None:
    tree, weights = Encoder(tokenizer, "plain").lesson(corpus.lesson(0, seed=0, stage=1))
    cues = tokenizer.convert_tokens_to_ids(list(corpus.cues))
    for branch, row in zip(tree.branches, weights, strict=True):
        assert (row[0] == 0.0) == (branch[0] in cues)
        assert all(weight > 0 for weight in row[1:])


def test_the_budget_is_spent_in_two_stages(corpus, tokenizer) -> None:
    found = list(batches(SMALL, corpus, Encoder(tokenizer, "plain")))
    packed_tokens = sum(int((packed.tokens_RL != tokenizer.pad_token_id).sum()) for packed, _, _ in found)
    assert 0.5 * SMALL.tokens < packed_tokens < SMALL.tokens * 1.05, "what branches share is read once"
    assert [learning_rate(SMALL, share) for share in (0.0, 1.0)] == pytest.approx([0.0, SMALL.learning_rate / 10])
    assert np.all(np.diff([share for _, _, share in found]) > 0)


def test_shares_of_diagnoses_add_up(corpus, tokenizer) -> None:
    shares = measure(build_model(SMALL, tokenizer), Encoder(tokenizer, "plain"), corpus.questions(0).held_out[:64], "")
    assert sum(shares.values()) == pytest.approx(1.0)


def test_the_shipped_students_tokenizer_is_what_its_recipe_makes(tokenizer) -> None:
    shipped = Path(__file__).parents[2] / "agents" / "embedded" / "student" / "tokenizer.json"
    assert json.loads(tokenizer.backend_tokenizer.to_str()) == json.loads(shipped.read_text())
