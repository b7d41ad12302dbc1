"""Pretraining a coder: programs survive its tokenizer word for word, and its lessons teach it to write them."""

import pytest
import torch

from agents.models.text import Text
from simulation.core.registry import build
from simulation.core.templates import lay_out
from training.making.encoding import Encoder
from training.making.examinations import programs, write
from training.making.pretraining import PretrainingRecipe, build_model, card, spell, train
from training.making.subjects import OPTIONS, WRITING, subject

SMALL = PretrainingRecipe(
    environment="code_tasks", tokens=30_000, first_stage=0.0, vocabulary=700, width=32, layers=1, heads=2,
    feed_forward=64, rows=8,
)  # fmt: skip


@pytest.fixture(scope="module")
def corpus():
    return build("environment", "code_tasks", {"held_out_size": 8})


@pytest.fixture(scope="module")
def tokenizer(corpus):
    return spell(SMALL, corpus)


def test_the_kind_of_a_lesson_tells_its_subject(corpus) -> None:
    maths = build("environment", "math_word_problems", {})
    assert subject(maths.lesson(0, seed=0, stage=0)) is OPTIONS
    assert subject(corpus.lesson(0, seed=0, stage=0)) is WRITING


def test_a_program_survives_the_tokenizer_and_the_seam_to_its_prompt(corpus, tokenizer) -> None:
    text = Text(tokenizer, "coder")
    for index in range(300):
        lesson = corpus.lesson(index, seed=1, stage=1)
        prompt, program = lay_out(lesson.question, "plain"), lesson.branches[0].text
        tree = text.encode(prompt, (program.removeprefix(" "),))
        assert tree.branches == Encoder(tokenizer, "plain").lesson(lesson)[0].branches
        assert text.decode(tree.branches[0][:-1], prompt) == program.removeprefix(" ")
        assert tokenizer.unk_token_id not in tree.branches[0] + tree.prompt


def test_prompts_and_programs_are_short_and_an_indented_line_begins_with_one_token(corpus, tokenizer) -> None:
    lessons = [corpus.lesson(index, seed=0, stage=1) for index in range(500)]
    trees = [Encoder(tokenizer, "plain").lesson(lesson)[0] for lesson in lessons]
    assert sum(len(tree.prompt) for tree in trees) / len(trees) < 26
    assert max(len(tree.branches[0]) for tree in trees) < 60
    assert [tokenizer.tokenize("x\n" + " " * indent + "y")[1] for indent in (4, 8, 12)] == [
        "\n" + "▁" * indent for indent in (4, 8, 12)
    ]


def test_what_was_not_met_in_lessons_is_kept_too(tokenizer) -> None:
    text = "class Queue(list):\n\n  def __len__(self): return ~len(self.items) - 17  # Why?"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_a_coder_learns_to_begin_a_function_and_is_examined(corpus, tokenizer) -> None:
    torch.manual_seed(0)
    model, encoder = build_model(SMALL, tokenizer), Encoder(tokenizer, "plain")
    train(SMALL, corpus, model, encoder)
    answers = list(write(model, encoder, corpus.questions(0).held_out, sample=False))
    assert all(answer.text.startswith("def") for answer in answers)
    again = [[each.text for each in write(model, encoder, corpus.questions(0).held_out, sample=True)] for _ in range(2)]
    assert again[0] == again[1]
    figures = programs(model, encoder, corpus)
    assert figures["questions"] == 8 and 0 <= figures["greedy"] <= 1
    assert "--environment code_tasks --width 32 --layers 1 --seed 0" in card(SMALL, WRITING, figures, 1000)
