"""Tiny random models with a real tokenizer, built in a second, for tests of whatever sits on a language model."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import (
    AutoModelForCausalLM,
    GPT2Config,
    LlamaConfig,
    MambaConfig,
    MistralConfig,
    PreTrainedTokenizerFast,
)

LETTERS = [chr(code) for code in range(33, 127)]


def tokenizer(*, beginning: bool = False) -> Any:
    """Return a tokenizer of single characters with a leading space folded in."""
    special = ["<pad>", "<eos>", "<unk>", *(["<bos>"] if beginning else [])]
    pieces = [*special, "▁", *LETTERS, *(f"▁{letter}" for letter in LETTERS)]
    made = Tokenizer(models.WordLevel({piece: index for index, piece in enumerate(pieces)}, unk_token="<unk>"))
    made.normalizer = normalizers.Replace(" ", "▁")
    made.pre_tokenizer = pre_tokenizers.Split(Regex("▁?[^▁]|▁"), "isolated")
    made.decoder = decoders.Sequence([decoders.Fuse(), decoders.Replace("▁", " ")])
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")


def config(kind: str) -> Any:
    """Return the configuration of a tiny model with large random weights, so that its answers differ."""
    size = {"vocab_size": len(tokenizer()), "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": None}
    wide = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "initializer_range": 0.3}
    if kind == "llama":
        return LlamaConfig(**size, **wide, intermediate_size=48, num_key_value_heads=2, max_position_embeddings=256)
    if kind == "mistral":
        return MistralConfig(**size, **wide, intermediate_size=48, num_key_value_heads=2, sliding_window=24)
    if kind == "gpt2":
        return GPT2Config(
            **size, n_embd=32, n_layer=2, n_head=4, n_positions=256, initializer_range=0.3, resid_pdrop=0.0
        )
    if kind == "mamba":
        return MambaConfig(**size, hidden_size=32, num_hidden_layers=2, state_size=4, initializer_range=0.3)
    raise ValueError(kind)


def build(kind: str, dtype: torch.dtype = torch.float64) -> Any:
    """Return a tiny model with seeded random weights."""
    torch.manual_seed(1)
    return AutoModelForCausalLM.from_config(config(kind), dtype=dtype).eval()


def save(kind: str, folder: Path) -> Path:
    """Write a tiny model and its tokenizer as a model folder."""
    build(kind, torch.float32).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder
