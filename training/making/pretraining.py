"""Pretrain a small student from scratch on an environment's lessons; the command that made the shipped weights.

    python -m training.making.pretraining --seed 0 --out agents/embedded/student
    python -m training.making.pretraining --environment code_tasks --seed 0 --out agents/embedded/coder

The budget is a number of tokens and a seed, never a time, so a run can be repeated. A lesson is one sequence: its
prompt once, then all its continuations under a tree mask (simulation/core/packing.py).
"""

import argparse
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from simulation.core.corpus import Corpus
from simulation.core.packing import Packed, pack
from simulation.core.registry import build
from simulation.core.roles import Environment
from simulation.core.seeding import draw_seed, generator
from simulation.core.templates import lay_out
from training.making.descent import descend
from training.making.encoding import Encoder, branch_logprobs
from training.making.subjects import Subject, subject
from training.making.tokenizers import train_tokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainingRecipe:
    """Everything that the weights depend on besides the libraries' versions."""

    environment: str = "math_word_problems"
    seed: int = 0
    tokens: int = 15_000_000
    """Packed tokens over both stages."""
    first_stage: float = 0.6
    """The share of the tokens spent while believing half-way to right."""
    vocabulary: int = 1024
    width: int = 128
    layers: int = 4
    heads: int = 4
    feed_forward: int = 384
    rows: int = 32
    """Lessons a step."""
    learning_rate: float = 3e-3
    weight_decay: float = 0.05
    warmup: float = 0.03
    template: str = "plain"


def spell(recipe: PretrainingRecipe, corpus: Corpus) -> Any:
    """Train the tokenizer on the first lessons (Any: transformers leaves it untyped)."""
    taught = subject(corpus.lesson(0, seed=recipe.seed, stage=0))
    lessons = (corpus.lesson(index, seed=recipe.seed, stage=0) for index in range(20_000))
    texts = (text for lesson in lessons for text in taught.texts(lesson, lay_out(lesson.question, recipe.template)))
    return train_tokenizer(taught.spelling, texts, vocabulary=recipe.vocabulary, cues=corpus.cues)


def build_model(recipe: PretrainingRecipe, tokenizer: Any) -> Any:
    """Return a Llama with seeded random weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(draw_seed(generator(recipe.seed, 0, 0, "weights")))
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=recipe.width,
        intermediate_size=recipe.feed_forward,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.heads,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = LlamaForCausalLM(config)
    model.set_attn_implementation("eager")  # with a mask of its own a row, twice as fast as sdpa on a CPU
    return model


def batches(recipe: PretrainingRecipe, corpus: Corpus, encoder: Encoder) -> Iterator[tuple[Packed, np.ndarray, float]]:
    """Yield packed lessons with their token weights and the share of the budget spent, until it is spent."""
    spent = index = 0
    while spent < recipe.tokens:
        stage = int(spent >= recipe.first_stage * recipe.tokens)
        rows = [encoder.lesson(corpus.lesson(index + row, seed=recipe.seed, stage=stage)) for row in range(recipe.rows)]
        packed = pack([tree for tree, _ in rows], pad=encoder.tokenizer.pad_token_id)
        weights = np.zeros(packed.valid_RKT.shape, dtype=np.float32)
        for row, (_, branches) in enumerate(rows):
            for branch, values in enumerate(branches):
                weights[row, branch, : len(values)] = values
        yield packed, weights, spent / recipe.tokens
        spent += sum(len(tree.prompt) + sum(map(len, tree.branches)) for tree, _ in rows)
        index += recipe.rows


def learning_rate(recipe: PretrainingRecipe, progress: float) -> float:
    """Return the rate after this share of the budget: linear warm-up, then a cosine to a tenth."""
    if progress < recipe.warmup:
        return recipe.learning_rate * progress / recipe.warmup
    done = (progress - recipe.warmup) / (1 - recipe.warmup)
    return recipe.learning_rate * (0.1 + 0.45 * (1 + math.cos(math.pi * done)))


def train(recipe: PretrainingRecipe, corpus: Corpus, model: Any, encoder: Encoder) -> None:
    """Spend the token budget."""
    import torch

    def losses() -> Iterator[tuple[float, float, Any]]:
        for packed, weights, progress in batches(recipe, corpus, encoder):
            weight = torch.from_numpy(weights)
            with torch.autocast("cpu", torch.bfloat16):
                loss = -(branch_logprobs(model, packed) * weight).sum() / weight.sum()
            yield learning_rate(recipe, progress), progress, loss

    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=recipe.weight_decay)
    descend(model, optimizer, losses())


SIZES = ("width", "layers")


def is_own(recipe: PretrainingRecipe, name: str) -> bool:
    """Tell whether a recipe sets a size of its own."""
    return bool(getattr(recipe, name) != getattr(PretrainingRecipe(), name))


def card(recipe: PretrainingRecipe, taught: Subject, figures: dict[str, float], parameters: int) -> str:
    """Return the model card."""
    named = "" if recipe.environment == PretrainingRecipe().environment else f" --environment {recipe.environment}"
    named += "".join(f" --{name} {getattr(recipe, name)}" for name in SIZES if is_own(recipe, name))
    return f"""---
license: apache-2.0
library_name: transformers
pipeline_tag: text-generation
---
{taught.about.format(parameters=parameters)}

## Figures
{taught.figures.format(**figures)}

## Recipe
`python -m training.making.pretraining{named} --seed {recipe.seed}` with

```json
{json.dumps(asdict(recipe), indent=2)}
```

## Limits
{taught.limits}
"""


def asked_for(chosen: argparse.Namespace) -> dict[str, Any]:
    """Return the parts of the recipe that the command line sets (Any: fields are of many types)."""
    asked: dict[str, Any] = {name: getattr(chosen, name) for name in ("tokens", *SIZES) if getattr(chosen, name)}
    return asked | ({"feed_forward": 3 * chosen.width} if chosen.width else {})


def main(arguments: Sequence[str] | None = None) -> None:
    """Pretrain, measure and write a model folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--environment", default=PretrainingRecipe().environment)
    parser.add_argument("--seed", type=int, default=PretrainingRecipe().seed)
    parser.add_argument("--tokens", type=int, help="the budget, if not the subject's own")
    parser.add_argument("--width", type=int, help="of the model; its feed-forward layers are three times as wide")
    parser.add_argument("--layers", type=int)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=None)
    chosen = parser.parse_args(arguments)
    import torch

    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    environment: Environment = build("environment", chosen.environment, {})
    corpus: Corpus = environment  # type: ignore[assignment]  # an environment that can teach offers both roles
    taught = subject(corpus.lesson(0, seed=chosen.seed, stage=0))
    recipe = PretrainingRecipe(environment=chosen.environment, seed=chosen.seed, **taught.defaults)
    recipe = replace(recipe, **asked_for(chosen))
    tokenizer = spell(recipe, corpus)
    model = build_model(recipe, tokenizer)
    encoder = Encoder(tokenizer, recipe.template)
    train(recipe, corpus, model, encoder)
    model.to(torch.bfloat16).save_pretrained(chosen.out)
    tokenizer.save_pretrained(chosen.out)
    figures = taught.examine(model.to(torch.float32), encoder, environment)
    sys.stderr.write(json.dumps(figures) + "\n")
    text = card(recipe, taught, figures, model.num_parameters())
    (chosen.out / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
