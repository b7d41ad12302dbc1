"""Write the shipped base of recommenders, which knows the codes of identifiers and the log of one embedded shop.

    python -m training.making.recommender --seed 0 --out agents/embedded/recommender

A student of it starts from weights of its own (`slot: every_weight`, `start: drawn`) and learns a log in its run, or
from what is known here (`start: base`) and learns from users who react.
"""

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from simulation.core.catalogue import catalogue
from simulation.core.kinds.next_items import NextItems
from simulation.core.registry import build
from simulation.core.roles import Environment
from simulation.core.seeding import draw_seed, generator
from simulation.core.types import Question
from training.making.descent import descend
from training.making.tokenizers import closed


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommenderRecipe:
    """Everything that the weights depend on besides the libraries' versions."""

    seed: int = 0
    levels: int = 4
    """Codes of an identifier, from coarse to fine; the last may tell apart what would share one."""
    codes: int = 64
    """Different codes a level."""
    width: int = 64
    layers: int = 2
    heads: int = 4
    feed_forward: int = 128
    positions: int = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtRecipe(RecommenderRecipe):
    """And what it learns."""

    environment: str = "recommendation"
    """Whose pool is learned, every history with what was taken next; nothing that is held out."""
    steps: int = 700
    rows: int = 64
    """Histories a step."""
    learning_rate: float = 4e-3
    warmup: int = 20
    """Steps over which the rate rises, before it falls as a cosine."""


def spell(recipe: RecommenderRecipe) -> Any:
    """Return a tokenizer with a token a code; spaces between identifiers vanish (Any: transformers is untyped)."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

    codes = [f"<{chr(ord('a') + level)}_{code}>" for level in range(recipe.levels) for code in range(recipe.codes)]
    vocabulary = {text: number for number, text in enumerate(["<pad>", "<eos>", "<unk>", *codes])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Replace(Regex(r"\s+"), "")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("<[a-z]_[0-9]+>|."), "isolated")
    tokenizer.decoder = decoders.Fuse()
    return closed(tokenizer, positions=recipe.positions)


def build_model(recipe: RecommenderRecipe, tokenizer: Any) -> Any:
    """Return a Llama with seeded random weights (Any: torch is loaded only here)."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(draw_seed(generator(recipe.seed, 0, 0, "weights")))
    return LlamaForCausalLM(
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


def written(question: Question) -> str:
    """Return a history with what was taken next, as answers write it."""
    form, item = question.form, question.key.reference
    assert isinstance(form, NextItems) and item is not None
    return question.prompt + catalogue(form.catalogue).text(item)


def batches(recipe: TaughtRecipe, tokenizer: Any) -> Iterator[tuple[int, Any]]:
    """Yield every step with its token ids and where they are no padding (Any: torch is loaded only here)."""
    environment: Environment = build("environment", recipe.environment, {})
    pool = environment.questions(recipe.seed).pool
    for step in range(recipe.steps):
        places = generator(recipe.seed, step, 0, "lessons").choice(len(pool), recipe.rows, replace=False)
        texts = [written(pool[place]) + tokenizer.eos_token for place in places.tolist()]
        yield step, tokenizer(texts, padding=True, return_tensors="pt")


def rate(recipe: TaughtRecipe, step: int) -> float:
    """Return the learning rate at a step."""
    if step < recipe.warmup:
        return recipe.learning_rate * (step + 1) / recipe.warmup
    done = (step - recipe.warmup) / (recipe.steps - recipe.warmup)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


def teach(recipe: TaughtRecipe, tokenizer: Any, model: Any) -> None:
    """Let the model learn the log: every token of every history but the first."""
    import torch

    def losses() -> Iterator[tuple[float, float, Any]]:
        for step, batch in batches(recipe, tokenizer):
            labels = batch.input_ids.masked_fill(batch.attention_mask == 0, -100)
            loss = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, labels=labels).loss
            yield rate(recipe, step), step / recipe.steps, loss

    descend(model, torch.optim.AdamW(model.parameters(), weight_decay=0.0), losses())


def card(recipe: TaughtRecipe, parameters: int) -> str:
    """Return the model card."""
    last = chr(ord("a") + recipe.levels - 1)
    return f"""---
license: apache-2.0
library_name: transformers
pipeline_tag: text-generation
---
# A recommender of the embedded shop

A {parameters:,}-parameter Llama that has learned what people of the embedded shop (world 0) took one after another.
Its tokenizer has a token for each code of identifiers such as `<a_3><b_17><c_0>`: `<a_0>` to
`<{last}_{recipe.codes - 1}>`, {recipe.codes} a level. Spaces vanish, so that a history of ten items of three codes is
30 tokens.

## Use
```yaml
students: {{model: embedded/recommender, slot: every_weight, start: drawn}}
```

draws every weight from each student's seed, so that what it knows of a catalogue it learned in its run; `start: base`
begins with the weights in this folder, as for users who react to what they are shown.

## Recipe
`python -m training.making.recommender --seed {recipe.seed}` with

```json
{json.dumps(asdict(recipe), indent=2)}
```

## Limits
It knows the identifiers that world 0 of the shop has by default; those of another world or catalogue mean nothing to
it. A code beyond those above is an unknown token, as is any other word.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a model folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    recipe = TaughtRecipe(seed=chosen.seed)
    tokenizer = spell(recipe)
    model = build_model(recipe, tokenizer)
    teach(recipe, tokenizer, model)
    model.eval()
    model.save_pretrained(chosen.out)
    tokenizer.save_pretrained(chosen.out)
    (chosen.out / "README.md").write_text(card(recipe, model.num_parameters()), encoding="utf-8")


if __name__ == "__main__":
    main()
