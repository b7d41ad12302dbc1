"""A reward model: a language model with a head of one number that says how good an answer is to a prompt."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from agents.models.layout import dated
from agents.models.loading import Precision, arguments, explained, load_tokenizer, read_from, ready
from simulation.core.errors import DataError, ModelError

UNBOUNDED = 10**9
"""Tokens that a model reads whose configuration names no number of positions."""


class Rewards:
    """Reads conversations of a prompt and an answer, one at a time, so that no reward depends on its neighbours.

    A batch would change the last digits of each by how long the others are, and classifiers on decoders take the state
    of the last token that is no padding, which a text that ends as it is padded does not have.
    """

    def __init__(self, module: nn.Module, tokenizer: Any, source: str, tokens: int) -> None:
        config: Any = module.config
        if config.num_labels != 1:
            raise DataError(
                f"{source} tells {config.num_labels} classes apart, but a reward is one number; "
                "name a model with one label"
            )
        own_limit = getattr(config.get_text_config(), "max_position_embeddings", None) or UNBOUNDED
        self.module = module
        self.tokenizer = tokenizer
        self.longest = min(tokens, own_limit, tokenizer.model_max_length)
        """Tokens that are read of a conversation."""

    def rewards(self, conversations: Sequence[tuple[str, str]]) -> list[tuple[float, int]]:
        """Return for each (prompt, answer) the reward and how many characters of the answer were read.

        Equal ones are read once. Raises DataError where a prompt alone is too long, ModelError where a reward is no
        number.
        """
        by_conversation = {conversation: self._reward(*conversation) for conversation in dict.fromkeys(conversations)}
        return [by_conversation[conversation] for conversation in conversations]

    @torch.no_grad()
    def _reward(self, prompt: str, text: str) -> tuple[float, int]:
        inputs, characters = self._fitted(prompt, text)
        device = next(self.module.parameters()).device
        batch = {name: torch.tensor([row], device=device) for name, row in inputs.items()}
        reward = float(self.module(**batch).logits.double().squeeze())
        if not math.isfinite(reward):
            raise ModelError(f"the reward model gives {reward} to {text[:60]!r}; compute it in float32 (dtype)")
        return reward, characters

    def _fitted(self, prompt: str, text: str) -> tuple[dict[str, list[int]], int]:
        """Return the token ids of a conversation, with as much of the answer as the model can read, and its length."""
        characters = len(text)
        while True:
            inputs = self.encode(prompt, text[:characters])
            length = len(inputs["input_ids"])
            if length <= self.longest:
                return inputs, characters
            if not characters:
                raise DataError(
                    f"the prompt that begins {prompt[:60]!r} has {length} tokens without an answer, and the reward "
                    f"model reads {self.longest}; name a model that reads more, or raise its `tokens`"
                )
            characters = min(characters - 1, characters * self.longest // length)

    def encode(self, prompt: str, text: str) -> dict[str, list[int]]:
        """Return what the model reads: its chat template's words, or prompt and answer as a pair where it has none."""
        if self.tokenizer.chat_template:
            turns = [{"role": "user", "content": prompt}, {"role": "assistant", "content": text}]
            laid_out = self.tokenizer.apply_chat_template(turns, tokenize=False)
            inputs = self.tokenizer(laid_out, add_special_tokens=False)
        else:
            inputs = self.tokenizer(prompt, text)
        return {name: inputs[name] for name in self.tokenizer.model_input_names if name in inputs}


def load(source: str, *, device: str, dtype: str, tokens: int, date: str | None = None) -> Rewards:
    """Return the reward model in a folder or on the hub; raises DataError where it has more than one label.

    `date` is the day that a template prints which would read the clock.
    """
    from transformers import AutoModelForSequenceClassification

    precision = Precision(dtype=dtype, device=device)
    with explained(source):
        loaded: Any = AutoModelForSequenceClassification.from_pretrained(
            read_from(source), output_loading_info=True, **arguments(precision)
        )
    tokenizer = load_tokenizer(source)
    if isinstance(tokenizer.chat_template, str):
        name = f"the chat template of {source!r}"
        tokenizer.chat_template = dated(tokenizer.chat_template, date, name, "the reward model's date")
    return Rewards(ready(source, loaded, precision), tokenizer, source, tokens)
