"""Write the shipped base of recommenders, which knows the codes of identifiers as tokens and nothing else.

    python -m training.making.recommender --seed 0 --out agents/embedded/recommender

A student of it starts from weights of its own (`slot: every_weight`, `start: drawn`), or trains the rows of the codes
beside its adapter (`slot: lora_and_rows`); either way what it knows of a catalogue it learned in its run.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from simulation.core.seeding import draw_seed, generator


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


def spell(recipe: RecommenderRecipe) -> Any:
    """Return a tokenizer with a token a code; spaces between identifiers vanish (Any: transformers is untyped)."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    codes = [f"<{chr(ord('a') + level)}_{code}>" for level in range(recipe.levels) for code in range(recipe.codes)]
    vocabulary = {text: number for number, text in enumerate(["<pad>", "<eos>", "<unk>", *codes])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Replace(Regex(r"\s+"), "")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("<[a-z]_[0-9]+>|."), "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<eos>",
        unk_token="<unk>",
        model_max_length=recipe.positions,
    )


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


def card(recipe: RecommenderRecipe, parameters: int) -> str:
    """Return the model card."""
    last = chr(ord("a") + recipe.levels - 1)
    return f"""---
license: apache-2.0
library_name: transformers
pipeline_tag: text-generation
---
# A recommender that has learned nothing yet

A {parameters:,}-parameter Llama with seeded random weights. Its tokenizer has a token for each code of identifiers
such as `<a_3><b_17><c_0>`: `<a_0>` to `<{last}_{recipe.codes - 1}>`, {recipe.codes} a level. Spaces vanish, so that a
history of ten items of three codes is 30 tokens.

## Use
```yaml
students: {{model: embedded/recommender, slot: every_weight, start: drawn}}
```

draws every weight from each student's seed; `start: base` begins with those in this folder. What a student knows of a
catalogue it then learns in its run.

## Recipe
`python -m training.making.recommender --seed {recipe.seed}` with

```json
{json.dumps(asdict(recipe), indent=2)}
```

## Limits
It was never trained: it recommends at random. A code beyond those above is an unknown token, as is any other word.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a model folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    recipe = RecommenderRecipe(seed=chosen.seed)
    tokenizer = spell(recipe)
    model = build_model(recipe, tokenizer)
    model.save_pretrained(chosen.out)
    tokenizer.save_pretrained(chosen.out)
    (chosen.out / "README.md").write_text(card(recipe, model.num_parameters()), encoding="utf-8")


if __name__ == "__main__":
    main()
