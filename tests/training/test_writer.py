"""Pretraining a writer of lines: lines survive its tokenizer word for word, and its lessons teach it to write them."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from agents.models.text import Text
from simulation.core.registry import build
from simulation.core.templates import lay_out
from simulation.core.types import Feedback
from training.making.encoding import Encoder
from training.making.examinations import lines, write
from training.making.writer import (
    IGNORED,
    WriterRecipe,
    batches,
    build_model,
    card,
    mixed,
    rate,
    right_lines,
    spell,
    teach,
)

SMALL = WriterRecipe(steps=60, rows=16, width=32, layers=1, heads=2, feed_forward=64, warmup=5, learning_rate=1e-2)


@pytest.fixture(scope="module")
def corpus() -> Any:
    return build("environment", "instructions", {"held_out_size": 8})


@pytest.fixture(scope="module")
def tokenizer(corpus: Any) -> Any:
    return spell(SMALL, corpus.vocabulary())


def test_a_line_survives_the_tokenizer_and_the_seam_to_its_prompt(corpus: Any, tokenizer: Any) -> None:
    text = Text(tokenizer, "writer")
    for index in range(300):
        lesson = corpus.lesson(index, seed=1, stage=1)
        prompt, line = lay_out(lesson.question, "plain"), lesson.branches[0].text.strip()
        tree = text.encode(prompt, (line,))
        assert tree.branches == Encoder(tokenizer, "plain").lesson(lesson)[0].branches
        assert text.decode(tree.branches[0][:-1], prompt) == line
        assert len(tree.branches[0]) == len(line.split()) + 1
        assert tokenizer.unk_token_id not in tree.branches[0] + tree.prompt


def stage_of(step: int) -> int:
    return sum(step >= share * SMALL.steps for share in SMALL.stages)


def test_words_in_capitals_begin_near_those_in_small_letters(tokenizer: Any) -> None:
    rows = build_model(SMALL, tokenizer).model.embed_tokens.weight.detach()
    places = tokenizer.convert_tokens_to_ids(["gull", "GULL", "moon", "MOON", "the", "The"])
    gull, capital_gull, moon, capital_moon, the, first_the = rows[places]
    assert torch.allclose(capital_gull - gull, capital_moon - moon, atol=1e-6)
    assert not torch.allclose(first_the - the, capital_moon - moon, atol=1e-3)
    assert float(rows.std()) == pytest.approx(SMALL.spread, rel=0.4)


def test_a_batch_learns_the_lines_and_their_ends_alone(corpus: Any, tokenizer: Any) -> None:
    learned, steps, waste = [], [], 0.0
    for step, tokens, labels in batches(SMALL, corpus, tokenizer):
        steps.append(step)
        waste += float((tokens == tokenizer.pad_token_id).float().mean()) / SMALL.steps
        assert ((labels == IGNORED) | (labels == tokens)).all()
        for row, row_labels in zip(tokens, labels, strict=True):
            line = row_labels[row_labels != IGNORED]
            assert line[-1] == tokenizer.eos_token_id
            prompt = row[: int((row_labels != IGNORED).nonzero()[0])]
            learned.append((step // SMALL.together, tokenizer.decode(prompt), tokenizer.decode(line[:-1])))
    assert steps == [*range(60)] and waste < 0.12
    taught = []
    for index in range(60 * SMALL.rows):
        block = index // SMALL.rows // SMALL.together
        lesson = corpus.lesson(index, seed=SMALL.seed, stage=stage_of(block * SMALL.together))
        prompt = tokenizer.decode(tokenizer(lay_out(lesson.question, "plain")).input_ids)
        taught.append((block, prompt, lesson.branches[0].text.strip()))
    assert sorted(learned) == sorted(taught)


def test_the_rate_rises_and_falls() -> None:
    rates = [rate(SMALL, step) for step in range(SMALL.steps)]
    assert rates[0] == pytest.approx(SMALL.learning_rate / 5) and max(rates) == pytest.approx(SMALL.learning_rate)
    assert rates[5:] == sorted(rates[5:], reverse=True) and rates[-1] < SMALL.learning_rate / 10


def test_a_writer_learns_to_begin_a_line_and_is_examined(corpus: Any, tokenizer: Any) -> None:
    model, encoder = build_model(SMALL, tokenizer), Encoder(tokenizer, "plain")
    untaught = {
        answer.text.split(" ")[0] for answer in write(model, encoder, corpus.questions(0).held_out, sample=False)
    }
    teach(SMALL, corpus, tokenizer, model)
    questions = corpus.questions(0).held_out
    firsts = {answer.text.split(" ")[0].lower() for answer in write(model, encoder, questions, sample=False)}
    openers = {"the", "my", "this", "every", "our", "some", "today", "now", "again", "somewhere", "tonight", "here"}
    assert firsts <= openers and not untaught <= openers
    torch.manual_seed(0)
    figures = lines(model, encoder, corpus)
    assert figures["questions"] == 8 and figures["samples"] == 16
    assert 0 <= figures["distinct_right"] <= 16 * figures["sampled"] and 0 <= figures["greedy"] <= 1
    written = card(SMALL, figures, 1000)
    assert "python -m training.making.writer --seed 0" in written and '"width": 32' in written


class EvenLengths:
    """Finds every other answer right."""

    name = "even"

    def judge(self, questions: Any, answers: Any, *, seeds: Any) -> list[Feedback]:
        del questions, seeds
        return [Feedback(score=float(len(answer.text) % 2 == 0), judge="even") for answer in answers]


def test_it_practises_by_its_own_right_lines_few_a_prompt_and_all_of_them_once(corpus: Any, tokenizer: Any) -> None:
    recipe = replace(SMALL, samples=6, kept=2, prompts=5)
    model, encoder = build_model(recipe, tokenizer).eval(), Encoder(tokenizer, "plain")
    asked = list(corpus.questions(0).pool[:5])
    rows = right_lines(recipe, asked, model, encoder, EvenLengths(), 0)
    prompts = [tuple(prompt) for prompt, _ in rows]
    assert 0 < len(rows) <= 10 and max(map(prompts.count, prompts)) <= 2
    assert all(len(tokenizer.decode(line)) % 2 == 0 for _, line in rows)
    assert rows == right_lines(recipe, asked, model, encoder, EvenLengths(), 0)
    assert rows != right_lines(recipe, asked, model, encoder, EvenLengths(), 1)
    assert sorted(row for batch in mixed(recipe, rows, 0) for row in batch) == sorted(rows)
