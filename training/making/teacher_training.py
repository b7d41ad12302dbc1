"""Train a small teacher from scratch to tell right answers from wrong ones; the command that made the shipped weights.

    python -m training.making.teacher_training --seed 0 --steps 5000 --threads 1 --out agents/embedded/teacher
    python -m training.making.teacher_training --evaluate agents/embedded/teacher

The budget is a number of steps and a seed, never a time, so a run can be repeated. `--evaluate` takes any sequence to
sequence model that reads the same wording, `google/flan-t5-large` among them.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from simulation.core.registry import build
from simulation.core.roles import Environment
from simulation.core.seeding import draw_seed, generator
from simulation.core.teacher_prompt import CORRECT, WRONG, teacher_prompt
from training.making.descent import descend
from training.making.teacher_rows import PHRASINGS, Row, rows
from training.making.teacher_tokenizer import train_tokenizer

FRESH_ROWS = 2000
METHOD = f"""Half of the rows are right. Of the wrong ones 60 % change one place of the gold number; the others give
another number or none.

## Limits
It knows answers that hold one number (whole, negative, decimal, a fraction as written, with thousands separators) of up
to five digits in {len(PHRASINGS)} phrasings; what else stands in an answer may mislead it. It compares how numbers are
written: 1/2 and 0.5 are different answers to it, 1,200 and 1200 the same. It judges neither reasoning nor units.
"""
"""How the model card ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherRecipe:
    """Everything that the weights depend on besides the libraries' versions."""

    environment: str = "math_word_problems"
    """Only measured on, never trained on."""
    seed: int = 0
    steps: int = 5000
    batch_size: int = 64
    """Rows a step, half of them right."""
    vocabulary: int = 400
    width: int = 64
    feed_forward: int = 192
    heads: int = 4
    encoder_layers: int = 2
    decoder_layers: int = 1
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    warmup: float = 0.05


def build_model(recipe: TeacherRecipe, tokenizer: Any) -> Any:
    """Return a T5 with seeded random weights."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(draw_seed(generator(recipe.seed, 0, 0, "teacher weights")))
    return T5ForConditionalGeneration(
        T5Config(
            vocab_size=len(tokenizer),
            d_model=recipe.width,
            d_kv=recipe.width // recipe.heads,
            d_ff=recipe.feed_forward,
            num_heads=recipe.heads,
            num_layers=recipe.encoder_layers,
            num_decoder_layers=recipe.decoder_layers,
            dropout_rate=0.0,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            decoder_start_token_id=tokenizer.pad_token_id,  # type: ignore[call-arg]  # any generation setting is taken
        )
    )


def encoded(tokenizer: Any, batch: Sequence[Row]) -> dict[str, Any]:
    """Return a padded batch of prompts as tensors."""
    prompts = [teacher_prompt(row.reference, row.answer) for row in batch]
    encoding: dict[str, Any] = dict(tokenizer(prompts, padding=True, return_tensors="pt"))
    return {name: encoding[name] for name in ("input_ids", "attention_mask")}


def learning_rate(recipe: TeacherRecipe, step: int) -> float:
    """Return the rate of a step: linear warm-up, then a cosine to zero."""
    warm = recipe.warmup * recipe.steps
    if step < warm:
        return recipe.learning_rate * (step + 1) / warm
    return recipe.learning_rate * 0.5 * (1 + float(np.cos(np.pi * (step - warm) / (recipe.steps - warm))))


def train(recipe: TeacherRecipe, model: Any, tokenizer: Any) -> None:
    """Spend the steps."""
    import torch

    def losses() -> Iterator[tuple[float, float, Any]]:
        verdict_tokens = [tokenizer(word, return_tensors="pt")["input_ids"][0] for word in (WRONG, CORRECT)]
        source = rows(recipe.seed, "train", recipe.steps * recipe.batch_size)
        for step, batch in enumerate(batches(source, recipe.batch_size)):
            labels = torch.stack([verdict_tokens[row.correct] for row in batch])
            loss = model(**encoded(tokenizer, batch), labels=labels).loss * labels.shape[1]
            yield learning_rate(recipe, step), step / recipe.steps, loss

    descend(model, torch.optim.AdamW(model.parameters(), weight_decay=recipe.weight_decay), losses())


def batches(source: Iterator[Row], size: int) -> Iterator[list[Row]]:
    """Yield `size` rows at a time."""
    while batch := list(islice(source, size)):
        yield batch


def verdicts(model: Any, tokenizer: Any, examined_rows: Sequence[Row]) -> list[bool]:
    """Return whether the model finds each answer correct: the likelier of the two words, all their tokens counted."""
    import torch

    judged: list[bool] = []
    words = [tokenizer(word, return_tensors="pt")["input_ids"] for word in (WRONG, CORRECT)]
    for batch in batches(iter(examined_rows), 64):
        inputs = encoded(tokenizer, batch)
        scores = []
        for word in words:
            with torch.no_grad():
                logits = model(**inputs, labels=word.repeat(len(batch), 1)).logits
            logprobs = logits.float().log_softmax(-1).gather(-1, word.repeat(len(batch), 1)[..., None])
            scores.append(logprobs.sum((1, 2)))
        judged.extend((scores[1] > scores[0]).tolist())
    return judged


def measure(model: Any, tokenizer: Any, examined_rows: Sequence[Row]) -> dict[str, float]:
    """Return the accuracy and both kinds of error on rows, with the 95 % interval of the accuracy."""
    judged = verdicts(model, tokenizer, examined_rows)
    right = [verdict == row.correct for verdict, row in zip(judged, examined_rows, strict=True)]
    wrong_called_right = [verdict for verdict, row in zip(judged, examined_rows, strict=True) if not row.correct]
    near_misses_called_right = [verdict for verdict, row in zip(judged, examined_rows, strict=True) if row.near_miss]
    right_called_wrong = [not verdict for verdict, row in zip(judged, examined_rows, strict=True) if row.correct]
    low, high = wilson(sum(right), len(right))
    return {
        "rows": len(examined_rows),
        "accuracy": float(np.mean(right)),
        "accuracy_low": low,
        "accuracy_high": high,
        "false_correct": float(np.mean(wrong_called_right)),
        "false_correct_of_near_misses": float(np.mean(near_misses_called_right)),
        "false_wrong": float(np.mean(right_called_wrong)),
    }


def option_rows(environment: Environment) -> list[Row]:
    """Return every option of an environment's held-out questions as an answer to its question."""
    return [
        Row(reference=reference, answer=choice, correct=choice == reference, near_miss=False)
        for question in environment.questions(0).held_out
        if (reference := question.key.reference) is not None
        for choice in question.form.alternatives
    ]


def all_figures(model: Any, tokenizer: Any, fresh: Sequence[Row], options: Sequence[Row]) -> dict[str, float]:
    """Return what the model card reports."""
    right = [verdict == row.correct for verdict, row in zip(verdicts(model, tokenizer, options), options, strict=True)]
    return {
        **measure(model, tokenizer, fresh),
        "options": len(options),
        "option_accuracy": float(np.mean(right)),
    }


def wilson(hits: int, count: int) -> tuple[float, float]:
    """Return the 95 % score interval of a proportion (Wilson 1927)."""
    z = 1.959964
    centre = (hits + z * z / 2) / (count + z * z)
    half = z / (count + z * z) * float(np.sqrt(hits * (count - hits) / count + z * z / 4))
    return centre - half, centre + half


def card(recipe: TeacherRecipe, figures: dict[str, float], parameters: int) -> str:
    """Return the model card."""
    interval = f"{figures['accuracy_low']:.2%} to {figures['accuracy_high']:.2%}"
    return f"""---
license: apache-2.0
library_name: transformers
pipeline_tag: text2text-generation
---
# A teacher that compares an answer with the gold number

A {parameters:,}-parameter T5 trained from scratch. It reads

```
{teacher_prompt("{gold answer}", "{student's answer}")}
```

and replies `{CORRECT}` or `{WRONG}`: the likelier of the two words.

## Figures
On {int(figures["rows"]):,} fresh answers to gold numbers that no training row asks for:

| | |
|---|---|
| accuracy (95 % interval) | {figures["accuracy"]:.2%} ({interval}) |
| wrong answers called right | {figures["false_correct"]:.2%} |
| the same, of those one edit away from the gold number | {figures["false_correct_of_near_misses"]:.2%} |
| right answers called wrong | {figures["false_wrong"]:.2%} |
| accuracy on {int(figures["options"]):,} options of `{recipe.environment}` | {figures["option_accuracy"]:.2%} |

`python -m training.making.teacher_training --evaluate agents/embedded/teacher` repeats the measurement.

## Recipe
`python -m training.making.teacher_training --seed {recipe.seed} --steps {recipe.steps} --threads 1` with

```json
{json.dumps(asdict(recipe), indent=2)}
```

{METHOD}"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, measure and write a model folder; or only measure one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seed", type=int, default=TeacherRecipe().seed)
    parser.add_argument("--steps", type=int, default=TeacherRecipe().steps)
    parser.add_argument("--rows", type=int, default=FRESH_ROWS, help="fresh answers to measure on")
    parser.add_argument("--threads", type=int, default=None)
    goal = parser.add_mutually_exclusive_group(required=True)
    goal.add_argument("--out", type=Path, help="train and write the model folder here")
    goal.add_argument("--evaluate", metavar="MODEL", help="measure this model folder or hub name")
    chosen = parser.parse_args(arguments)
    import torch

    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    recipe = TeacherRecipe(seed=chosen.seed, steps=chosen.steps)
    model, tokenizer = load(chosen.evaluate) if chosen.evaluate else make(recipe)
    environment = build("environment", recipe.environment, {})
    fresh = list(rows(recipe.seed, "test", chosen.rows))
    figures = all_figures(model, tokenizer, fresh, option_rows(environment)[: chosen.rows])
    sys.stderr.write(json.dumps(figures) + "\n")
    if chosen.out:
        model.save_pretrained(chosen.out)
        tokenizer.save_pretrained(chosen.out)
        (chosen.out / "README.md").write_text(card(recipe, figures, model.num_parameters()), encoding="utf-8")


def make(recipe: TeacherRecipe) -> tuple[Any, Any]:
    """Return a model trained from scratch and its tokenizer."""
    tokenizer = train_tokenizer(seed=recipe.seed, vocabulary=recipe.vocabulary)
    model = build_model(recipe, tokenizer)
    train(recipe, model, tokenizer)
    return model.eval(), tokenizer


def load(source: str) -> tuple[Any, Any]:
    """Return a model and its tokenizer from a folder or the hub."""
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    return AutoModelForSeq2SeqLM.from_pretrained(source).eval(), AutoTokenizer.from_pretrained(source)


if __name__ == "__main__":
    main()
