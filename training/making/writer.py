"""Write the shipped writer of short lines under conditions.

    python -m training.making.writer --seed 0 --out agents/embedded/writer

It learns from the environment's lessons, of single conditions and then of combinations that may be asked, and goes on
by its own lines that meet every condition (rejection sampling, Yuan et al. 2023, arXiv 2308.01825, section 3.3;
changed: a prompt gives few lines, so that hard ones count as much). No combination that is held out is among them.
"""

import argparse
import json
import math
import sys
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from simulation.core.corpus import Corpus
from simulation.core.registry import build
from simulation.core.roles import Environment, Judge
from simulation.core.seeding import draw_seed, generator
from simulation.core.templates import lay_out
from simulation.core.types import Question
from training.making.descent import descend
from training.making.encoding import Encoder
from training.making.examinations import exact_judge, lines, write
from training.making.tokenizers import closed

Row = tuple[list[int], list[int]]
"""The tokens of a prompt and of its line."""
TOGETHER = 512
"""Lines that are written at once."""
IGNORED = -100
"""The label of a token that is not learned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterRecipe:
    """Everything that the weights depend on besides the libraries' versions."""

    environment: str = "instructions"
    seed: int = 0
    steps: int = 11_000
    stages: tuple[float, ...] = (0.15,)
    """The shares of the steps after which lessons ask for combinations, and after which not every condition is met."""
    rows: int = 48
    """Lessons a step."""
    together: int = 8
    """Steps whose lessons are sorted by length."""
    width: int = 128
    layers: int = 4
    heads: int = 4
    feed_forward: int = 320
    positions: int = 128
    spread: float = 0.1
    """The standard deviation of the embedding at first; words that are copied are soon told apart by it."""
    learning_rate: float = 4e-3
    weight_decay: float = 0.05
    warmup: int = 100
    """Steps over which the rate rises, before it falls as a cosine to a twentieth."""
    template: str = "plain"
    rounds: int = 12
    """How often it writes and learns from what it wrote."""
    prompts: int = 1024
    """Prompts a round, each another."""
    samples: int = 8
    """Lines it writes to a prompt."""
    kept: int = 2
    """The most right and different lines of a prompt that it learns from."""
    practice_rate: float = 7e-4
    """The learning rate of the first round; it falls to 0 by equal steps."""


def spell(recipe: WriterRecipe, words: Sequence[str]) -> Any:
    """Return a tokenizer with a token a word; signs vanish (Any: transformers is untyped)."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    vocabulary = {text: number for number, text in enumerate(["<pad>", "<eos>", "<unk>", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Replace(Regex(r'[",.:;!?]'), " ")
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return closed(tokenizer, positions=recipe.positions)


def build_model(recipe: WriterRecipe, tokenizer: Any) -> Any:
    """Return a Llama with seeded random weights (Any: torch is loaded only here)."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(draw_seed(generator(recipe.seed, 0, 0, "weights")))
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=recipe.width,
            intermediate_size=recipe.feed_forward,
            num_hidden_layers=recipe.layers,
            num_attention_heads=recipe.heads,
            num_key_value_heads=recipe.heads,
            max_position_embeddings=recipe.positions,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    with torch.no_grad():
        model.model.embed_tokens.weight.copy_(embedding(recipe, tokenizer))
    return model


def embedding(recipe: WriterRecipe, tokenizer: Any) -> Any:
    """Return the rows of the tokens at first; a word in capitals is its small letters and what all capitals share."""
    import torch

    places = tokenizer.get_vocab()
    rows_VD = torch.randn(len(places), recipe.width) * recipe.spread
    capitals_D, first_D = torch.randn(2, recipe.width) * recipe.spread
    for word, place in places.items():
        if word != word.lower() and word.lower() in places:
            rows_VD[place] = rows_VD[places[word.lower()]] + (capitals_D if word.isupper() else first_D)
    return rows_VD


def batches(recipe: WriterRecipe, corpus: Corpus, tokenizer: Any) -> Iterator[tuple[int, Any, Any]]:
    """Yield every step with its token ids and labels, the answers' tokens alone (Any: torch is loaded only here).

    The lessons of a few steps are sorted by length, so that little is padded, and the steps then come in any order.
    """
    for first in range(0, recipe.steps, recipe.together):
        steps = range(first, min(recipe.steps, first + recipe.together))
        lessons = [
            corpus.lesson(index, seed=recipe.seed, stage=bisect(recipe.stages, first / recipe.steps))
            for index in range(steps.start * recipe.rows, steps.stop * recipe.rows)
        ]
        prompts = tokenizer([lay_out(lesson.question, recipe.template) for lesson in lessons]).input_ids
        answers = tokenizer([lesson.branches[0].text for lesson in lessons]).input_ids
        rows = sorted(zip(prompts, answers, strict=True), key=lambda row: len(row[0]) + len(row[1]))
        order = generator(recipe.seed, first, 0, "order").permutation(len(steps)).tolist()
        for step, place in zip(steps, order, strict=True):
            yield step, *padded(rows[place * recipe.rows : (place + 1) * recipe.rows], tokenizer)


def padded(rows: Sequence[tuple[list[int], list[int]]], tokenizer: Any) -> tuple[Any, Any]:
    """Return the tokens of prompts with their answers, and the labels (Any: torch is loaded only here)."""
    import torch

    longest = max(len(prompt) + len(answer) for prompt, answer in rows) + 1
    tokens = torch.full((len(rows), longest), tokenizer.pad_token_id)
    labels = torch.full((len(rows), longest), IGNORED)
    for row, (prompt, answer) in enumerate(rows):
        whole = [*prompt, *answer, tokenizer.eos_token_id]
        tokens[row, : len(whole)] = torch.tensor(whole)
        labels[row, len(prompt) : len(whole)] = torch.tensor(whole[len(prompt) :])
    return tokens, labels


def rate(recipe: WriterRecipe, step: int) -> float:
    """Return the learning rate at a step."""
    if step < recipe.warmup:
        return recipe.learning_rate * (step + 1) / recipe.warmup
    done = (step - recipe.warmup) / (recipe.steps - recipe.warmup)
    return recipe.learning_rate * (0.05 + 0.475 * (1 + math.cos(math.pi * done)))


def teach(recipe: WriterRecipe, corpus: Corpus, tokenizer: Any, model: Any) -> None:
    """Let the model learn to write what the lessons' prompts ask for."""
    import torch

    def losses() -> Iterator[tuple[float, float, Any]]:
        for step, tokens, labels in batches(recipe, corpus, tokenizer):
            # what is padded stands behind what is learned, so that a causal model needs no mask
            yield rate(recipe, step), step / recipe.steps, model(input_ids=tokens, labels=labels).loss

    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=recipe.weight_decay)
    descend(model, optimizer, losses())


def practise(recipe: WriterRecipe, environment: Environment, tokenizer: Any, model: Any) -> None:
    """Let the model learn from its own lines that meet every condition, round after round."""
    import torch

    judge, encoder = exact_judge(environment), Encoder(tokenizer, recipe.template)
    pool = environment.questions(recipe.seed).pool

    def losses() -> Iterator[tuple[float, float, Any]]:
        for turn in range(recipe.rounds):
            asked = [pool[place] for place in range(turn * recipe.prompts, (turn + 1) * recipe.prompts)]
            rows = right_lines(recipe, asked, model.eval(), encoder, judge, turn)
            spent = turn / recipe.rounds
            for batch in mixed(recipe, rows, turn):
                tokens, labels = padded(batch, tokenizer)
                yield recipe.practice_rate * (1 - spent), spent, model.train()(input_ids=tokens, labels=labels).loss

    descend(model, torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=recipe.weight_decay), losses())


def right_lines(
    recipe: WriterRecipe, asked: Sequence[Question], model: Any, encoder: Encoder, judge: Judge, turn: int
) -> list[Row]:
    """Return the tokens of prompts and of right lines that a model wrote to them, a few different ones a prompt."""
    questions = [question for question in asked for _ in range(recipe.samples)]
    seed = draw_seed(generator(recipe.seed, turn, 0, "practice"))
    answers = list(write(model, encoder, questions, sample=True, seed=seed, rows=TOGETHER))
    verdicts = judge.judge(questions, answers, seeds=[0] * len(questions))
    texts: dict[str, dict[str, None]] = {}
    for answer, verdict in zip(answers, verdicts, strict=True):
        if verdict.score == 1:
            texts.setdefault(answer.prompt, {})[answer.text] = None
    pairs = [(prompt, f" {text}") for prompt, right in texts.items() for text in [*right][: recipe.kept]]
    prompts = encoder.tokenizer([prompt for prompt, _ in pairs]).input_ids
    written = encoder.tokenizer([text for _, text in pairs]).input_ids
    return list(zip(prompts, written, strict=True))


def mixed(recipe: WriterRecipe, rows: list[Row], turn: int) -> Iterator[list[Row]]:
    """Yield batches of rows in any order, those of one batch of like length."""
    stream = generator(recipe.seed, turn, 0, "mixing")
    shuffled = [rows[place] for place in stream.permutation(len(rows)).tolist()]
    size, parts = recipe.rows * recipe.together, []
    for first in range(0, len(shuffled), size):
        alike = sorted(shuffled[first : first + size], key=lambda row: len(row[0]) + len(row[1]))
        parts += [alike[place : place + recipe.rows] for place in range(0, len(alike), recipe.rows)]
    for place in stream.permutation(len(parts)).tolist():
        yield parts[place]


FIGURES = """On {questions:.0f} held-out prompts, whose combinations of conditions it has never seen, {greedy:.1%} of
its lines meet every condition when it decodes greedily, {sampled:.1%} when it samples at temperature 1 ({samples:.0f}
times a prompt); of {samples:.0f} samples {distinct_right:.1f} are right and different."""
"""A format string over what the examination returns."""


def card(recipe: WriterRecipe, figures: dict[str, float], parameters: int) -> str:
    """Return the model card."""
    measured = FIGURES.format(**figures)
    return f"""---
license: apache-2.0
library_name: transformers
pipeline_tag: text-generation
---
# A writer of short lines

A {parameters:,}-parameter Llama pretrained from scratch on lines under conditions such as "write a line about the sea,
of 7 words", first by lessons of the bank, then by its own lines that met every condition.
Its tokenizer has a token for each word of the bank, in small letters and in capitals; signs vanish.

## Figures
{measured}

## Recipe
`python -m training.making.writer --seed {recipe.seed} --threads 1` with

```json
{json.dumps(asdict(recipe), indent=2)}
```

## Limits
It knows the words and wordings of one generated bank, and nothing else. A word beyond those is an unknown token.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Pretrain, measure and write a model folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seed", type=int, default=WriterRecipe().seed)
    parser.add_argument("--steps", type=int, default=WriterRecipe().steps)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=None)
    chosen = parser.parse_args(arguments)
    import torch

    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    recipe = replace(WriterRecipe(), seed=chosen.seed, steps=chosen.steps)
    pool = max(1, recipe.rounds * recipe.prompts)
    environment: Environment = build("environment", recipe.environment, {"pool_size": pool})
    corpus: Corpus = environment  # type: ignore[assignment]  # an environment that can teach offers both roles
    tokenizer = spell(recipe, environment.vocabulary())  # type: ignore[attr-defined]  # this one knows all its words
    model = build_model(recipe, tokenizer)
    teach(recipe, corpus, tokenizer, model)
    model.to(torch.bfloat16).to(torch.float32)  # as it is shipped
    practise(recipe, environment, tokenizer, model)
    model.eval().to(torch.bfloat16).save_pretrained(chosen.out)
    tokenizer.save_pretrained(chosen.out)
    figures = lines(model.to(torch.float32), Encoder(tokenizer, recipe.template), environment)
    sys.stderr.write(json.dumps(figures) + "\n")
    (chosen.out / "README.md").write_text(card(recipe, figures, model.num_parameters()), encoding="utf-8")


if __name__ == "__main__":
    main()
