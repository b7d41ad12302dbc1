"""Write the shipped base of recommenders by title, which knows the words of the shop's titles and nothing else.

    python -m training.making.titles --seed 0 --out agents/embedded/titles

As `recommender`, it is drawn at random: what a student of it knows of a shop it learned in its run.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simulation.core.catalogue import catalogue
from simulation.core.kinds.next_items import NextItems
from simulation.core.registry import build
from simulation.core.roles import Environment
from training.making.recommender import RecommenderRecipe, build_model
from training.making.tokenizers import closed

ENVIRONMENT = "recommendation"
"""Whose shop has the titles; they are the same in each of its worlds."""


def shop_words() -> list[str]:
    """Return the different words of the shop's titles, in alphabetical order."""
    shop: Environment = build("environment", ENVIRONMENT, {"wants": "titles"})
    asked = shop.questions(0).held_out[0].form
    if not isinstance(asked, NextItems):
        raise TypeError(f"the environment {ENVIRONMENT} asks for no items of a catalogue")
    return sorted({word for title in catalogue(asked.catalogue).titles for word in title.split()})


def spell(words: Sequence[str], positions: int) -> Any:
    """Return a tokenizer with a token a word (Any: transformers is untyped).

    The quote that closes a title is the token that ends an answer, and the one that opens it is none: so the titles of
    a history and the one that follows are learned as the same kind of text, and end in the same place.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    vocabulary = {text: number for number, text in enumerate(["<pad>", "<eos>", "<unk>", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    opening, closing = normalizers.Replace(Regex('(^|, ) ?"'), " "), normalizers.Replace('"', " <eos>")
    tokenizer.normalizer = normalizers.Sequence([opening, closing])
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return closed(tokenizer, positions=positions)


def card(recipe: RecommenderRecipe, words: int, parameters: int) -> str:
    """Return the model card."""
    shape = {name: value for name, value in asdict(recipe).items() if name not in ("levels", "codes")}
    return f"""---
license: apache-2.0
library_name: transformers
pipeline_tag: text-generation
---
# A recommender by title that has learned nothing yet

A {parameters:,}-parameter Llama with seeded random weights. Its tokenizer has a token for each of the {words} words of
the embedded shop's titles. In a history such as `"rustic kettle Cedar", "modern lamp Orrin"` a quote that closes a
title is the token that also ends an answer, a quote that opens one is no token: four tokens an item.

## Use
```yaml
students: {{model: embedded/titles, slot: every_weight, start: drawn, template: "{{prompt}}"}}
```

as scenarios/bigrec.yaml has it: every weight is drawn from each student's seed. What a student knows of a shop it then
learns in its run.

## Recipe
`python -m training.making.titles --seed {recipe.seed}` with

```json
{json.dumps(shape, indent=2)}
```

## Limits
It was never trained: it recommends at random. Any other word is an unknown token.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a model folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    recipe, words = RecommenderRecipe(seed=chosen.seed), shop_words()
    tokenizer = spell(words, recipe.positions)
    model = build_model(recipe, tokenizer)
    model.save_pretrained(chosen.out)
    tokenizer.save_pretrained(chosen.out)
    (chosen.out / "README.md").write_text(card(recipe, len(words), model.num_parameters()), encoding="utf-8")


if __name__ == "__main__":
    main()
