"""Pretrain a small student from scratch on an environment's lessons; the command that made the shipped weights.

    python -m training.pretraining --seed 0 --out agents/embedded/student

The budget is a number of tokens and a seed, never a time, so a run can be repeated. A lesson is one sequence: its
prompt once, then all its continuations under a tree mask (simulation/core/packing.py).
"""

import argparse
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simulation.core.corpus import Corpus, Lesson
from simulation.core.packing import Packed, Tree, pack
from simulation.core.registry import build
from simulation.core.roles import Environment
from simulation.core.seeding import draw_seed, generator
from simulation.core.templates import lay_out
from simulation.core.types import Question
from training.descent import descend


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
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


_PIECES = "▁?[0-9]{1,2}(?=(?:[0-9]{2})*(?![0-9]))|▁?[a-z]+[)]?|▁?[^▁0-9a-z]"


def train_tokenizer(recipe: Recipe, corpus: Corpus) -> Any:
    """Train the BPE tokenizer: one token for each two digits from the right, a leading space folded in, "a)" one token.

    With a token for each number below 100 a small model learns what it is worth; digit by digit it hardly does.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.Replace(" ", "▁")])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_PIECES), "isolated")
    tokenizer.decoder = decoders.Replace("▁", " ")
    special = ["<pad>", "<eos>", "<unk>", *corpus.cues]
    trainer = trainers.BpeTrainer(
        vocab_size=recipe.vocabulary,
        special_tokens=special,
        initial_alphabet=[chr(code) for code in range(33, 127) if not chr(code).isupper()],
        show_progress=False,
    )
    lessons = (corpus.lesson(index, seed=recipe.seed, stage=0) for index in range(20_000))
    texts = [lay_out(lesson.question, recipe.template) for lesson in lessons]
    numbers = " ".join(f"{number} {number}{number:02}" for number in range(100))
    tokenizer.train_from_iterator([*texts, *[numbers] * len(texts)], trainer)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>", model_max_length=512
    )


def build_model(recipe: Recipe, tokenizer: Any) -> Any:
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


class Encoder:
    """Turns lessons and questions into trees of token ids."""

    def __init__(self, tokenizer: Any, template: str) -> None:
        self._tokenizer = tokenizer
        self._template = template

    def tree(self, question: Question, continuations: Sequence[tuple[str, str]]) -> Tree:
        """Encode a question with its (cue, text) continuations."""
        texts = [lay_out(question, self._template), *(text for _, text in continuations)]
        prompt, *branches = self._tokenizer(texts, add_special_tokens=False)["input_ids"]
        end = self._tokenizer.eos_token_id
        cued = [
            (*([self._tokenizer.convert_tokens_to_ids(cue)] if cue else []), *branch, end)
            for (cue, _), branch in zip(continuations, branches, strict=True)
        ]
        return Tree(prompt=tuple(prompt), branches=tuple(cued))

    def lesson(self, lesson: Lesson) -> tuple[Tree, list[list[float]]]:
        """Encode a lesson with the weight of every branch token; a cue weighs nothing."""
        tree = self.tree(lesson.question, [(branch.cue, branch.text) for branch in lesson.branches])
        weights = [
            [0.0 if branch.cue and place == 0 else branch.weight for place in range(len(tokens))]
            for branch, tokens in zip(lesson.branches, tree.branches, strict=True)
        ]
        return tree, weights


def batches(recipe: Recipe, corpus: Corpus, encoder: Encoder, pad: int) -> Iterator[tuple[Packed, np.ndarray, float]]:
    """Yield packed lessons with their token weights and the share of the budget spent, until it is spent."""
    spent = index = 0
    while spent < recipe.tokens:
        stage = int(spent >= recipe.first_stage * recipe.tokens)
        rows = [encoder.lesson(corpus.lesson(index + row, seed=recipe.seed, stage=stage)) for row in range(recipe.rows)]
        packed = pack([tree for tree, _ in rows], pad=pad)
        weights = np.zeros(packed.valid_RKT.shape, dtype=np.float32)
        for row, (_, branches) in enumerate(rows):
            for branch, values in enumerate(branches):
                weights[row, branch, : len(values)] = values
        yield packed, weights, spent / recipe.tokens
        spent += sum(len(tree.prompt) + sum(map(len, tree.branches)) for tree, _ in rows)
        index += recipe.rows


def branch_logprobs(model: Any, packed: Packed) -> Any:
    """Return the log-probability of every branch token, RKT."""
    import torch

    mask = torch.from_numpy(packed.mask_RLL)[:, None]
    bias = torch.zeros(mask.shape).masked_fill(~mask, torch.finfo(torch.float32).min)
    hidden = model.model(
        input_ids=torch.from_numpy(packed.tokens_RL),
        attention_mask=bias,
        position_ids=torch.from_numpy(packed.positions_RL),
        use_cache=False,
    ).last_hidden_state
    rows = torch.arange(hidden.shape[0])[:, None, None]
    logits = model.lm_head(hidden[rows, torch.from_numpy(packed.predictors_RKT)])
    targets = torch.from_numpy(packed.targets_RKT)[..., None]
    return logits.float().log_softmax(-1).gather(-1, targets).squeeze(-1)


def learning_rate(recipe: Recipe, progress: float) -> float:
    """Return the rate after this share of the budget: linear warm-up, then a cosine to a tenth."""
    if progress < recipe.warmup:
        return recipe.learning_rate * progress / recipe.warmup
    done = (progress - recipe.warmup) / (1 - recipe.warmup)
    return recipe.learning_rate * (0.1 + 0.45 * (1 + math.cos(math.pi * done)))


def train(recipe: Recipe, corpus: Corpus, model: Any, encoder: Encoder, pad: int) -> None:
    """Spend the token budget."""
    import torch

    def losses() -> Iterator[tuple[float, float, Any]]:
        for packed, weights, progress in batches(recipe, corpus, encoder, pad):
            weight = torch.from_numpy(weights)
            with torch.autocast("cpu", torch.bfloat16):
                loss = -(branch_logprobs(model, packed) * weight).sum() / weight.sum()
            yield learning_rate(recipe, progress), progress, loss

    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=recipe.weight_decay)
    descend(model, optimizer, losses())


def measure(model: Any, encoder: Encoder, questions: Sequence[Question], pad: int, cue: str) -> dict[str, float]:
    """Return the share of each diagnosis among the most probable options; "right" is the accuracy."""
    import torch

    counts = {"right": 0, "misconception": 0, "filler": 0}
    for start in range(0, len(questions), 64):
        some = questions[start : start + 64]
        packed = pack([encoder.tree(each, [(cue, f" {c}") for c in each.choices]) for each in some], pad=pad)
        with torch.no_grad():
            scores = (branch_logprobs(model, packed) * torch.from_numpy(packed.valid_RKT)).sum(-1)
        for question, choice in zip(some, scores.argmax(-1).tolist(), strict=True):
            found = question.diagnoses[choice]
            counts[found if found in counts else "misconception"] += 1
    return {name: count / len(questions) for name, count in counts.items()}


def card(recipe: Recipe, figures: dict[str, float], parameters: int) -> str:
    """Return the model card."""
    return f"""---
license: apache-2.0
library_name: transformers
pipeline_tag: text-generation
---
# A student that can be taught

A {parameters:,}-parameter Llama pretrained from scratch on generated word problems. It holds the right procedure of
every skill and habitually uses a misconception in most of them, so corrections teach it quickly.

## Figures
On {int(figures["questions"])} held-out problems whose numbers occur in no training split: {figures["right"]:.1%} right,
{figures["filler"]:.1%} fillers, the rest misconceptions. Told by a cue token to use the right procedure:
{figures["cued"]:.1%}.

## Recipe
`python -m training.pretraining --seed {recipe.seed}` with

```json
{json.dumps(asdict(recipe), indent=2)}
```

## Limits
It knows the thirty skills of one generated bank in English wordings of that bank, and nothing else. Its confidence
before learning is high by design.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Pretrain, measure and write a model folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--environment", default=Recipe().environment)
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    parser.add_argument("--tokens", type=int, default=Recipe().tokens)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=None)
    chosen = parser.parse_args(arguments)
    recipe = Recipe(environment=chosen.environment, seed=chosen.seed, tokens=chosen.tokens)
    import torch

    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    environment: Environment = build("environment", recipe.environment, {})
    corpus: Corpus = environment  # type: ignore[assignment]  # an environment that can teach offers both roles
    tokenizer = train_tokenizer(recipe, corpus)
    model = build_model(recipe, tokenizer)
    encoder = Encoder(tokenizer, recipe.template)
    train(recipe, corpus, model, encoder, tokenizer.pad_token_id)
    model.to(torch.bfloat16).to(torch.float32)
    questions = environment.held_out()
    figures = measure(model, encoder, questions, tokenizer.pad_token_id, "")
    figures["cued"] = measure(model, encoder, questions, tokenizer.pad_token_id, corpus.cues[0])["right"]
    figures["questions"] = len(questions)
    sys.stderr.write(json.dumps(figures) + "\n")
    model.to(torch.bfloat16).save_pretrained(chosen.out)
    tokenizer.save_pretrained(chosen.out)
    (chosen.out / "README.md").write_text(card(recipe, figures, model.num_parameters()), encoding="utf-8")


if __name__ == "__main__":
    main()
