"""Tiny random models with a real tokenizer, built in a moment, for tests of whatever sits on a language model."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    BloomConfig,
    GPT2Config,
    LlamaConfig,
    MambaConfig,
    MistralConfig,
    PreTrainedTokenizerFast,
    T5Config,
)

from agents.models.causal import CausalLearner
from agents.models.learner_settings import LearnerSettings
from agents.models.loading import Precision
from simulation.core.types import Seat

LETTERS = [chr(code) for code in range(33, 127)]
SPECIAL = ["<pad>", "<eos>", "<unk>", "<bos>", "<turn>", "<end>"]
PIECES = [*SPECIAL, "▁", "\n", *LETTERS, *(f"▁{letter}" for letter in LETTERS)]

CHAT = (
    "<bos>{% for message in messages %}<turn>{{ 'model' if message['role'] == 'assistant' else 'user' }}\n"
    "{{ message['content'] }}<end>\n{% endfor %}"
    "{% if add_generation_prompt %}<turn>model\n{% endif %}"
)


def tokenizer(*, chat: bool = False, closes: bool = False) -> Any:
    """Return a tokenizer of single characters with a leading space folded in; `closes` appends <eos> as T5's does."""
    made = Tokenizer(models.WordLevel({piece: index for index, piece in enumerate(PIECES)}, unk_token="<unk>"))
    made.normalizer = normalizers.Replace(" ", "▁")
    made.pre_tokenizer = pre_tokenizers.Split(Regex("▁?[^▁]|▁"), "isolated")
    made.decoder = decoders.Sequence([decoders.Fuse(), decoders.Replace("▁", " ")])
    if closes:
        made.post_processor = processors.TemplateProcessing(single="$A <eos>", special_tokens=[("<eos>", 1)])
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<pad>",
        eos_token="<eos>",
        unk_token="<unk>",
        additional_special_tokens=["<turn>", "<end>"],
        bos_token="<bos>",
        dialect="embedded",
    )
    wrapped.chat_template = CHAT if chat else None
    return wrapped


def _llama(**size: Any) -> Any:
    return LlamaConfig(
        **size,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=48,
        max_position_embeddings=128,
    )


def _mistral(**size: Any) -> Any:
    return MistralConfig(
        **size,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=48,
        sliding_window=24,
    )


def _gpt2(**size: Any) -> Any:
    return GPT2Config(**size, n_embd=32, n_layer=2, n_head=4, n_positions=128)


def _bloom(**size: Any) -> Any:
    return BloomConfig(**size, hidden_size=32, n_layer=2, n_head=4)


def _mamba(**size: Any) -> Any:
    return MambaConfig(**size, hidden_size=32, num_hidden_layers=2, state_size=4)


CAUSAL: Mapping[str, Callable[..., Any]] = {
    "llama": _llama,
    "mistral": _mistral,
    "gpt2": _gpt2,
    "bloom": _bloom,
    "mamba": _mamba,
}


def build(kind: str, dtype: torch.dtype = torch.float64) -> Any:
    """Return a tiny causal model with seeded weights, large ones, so that its answers differ clearly."""
    size = {"vocab_size": len(PIECES), "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": None}
    torch.manual_seed(1)
    config = CAUSAL[kind](**size, initializer_range=0.3)
    return AutoModelForCausalLM.from_config(config, dtype=dtype).eval()


def build_t5() -> Any:
    """Return a tiny T5 with seeded weights."""
    torch.manual_seed(1)
    config = T5Config(
        vocab_size=len(PIECES),
        d_model=32,
        d_kv=8,
        d_ff=48,
        num_heads=4,
        num_layers=2,
        num_decoder_layers=1,
        dropout_rate=0.0,
        pad_token_id=0,
        eos_token_id=1,
        decoder_start_token_id=0,  # type: ignore[call-arg]  # any generation setting is taken
    )
    return AutoModelForSeq2SeqLM.from_config(config).eval()


def save(kind: str, folder: Path) -> Path:
    """Write a tiny model and its tokenizer as a model folder; "t5" writes a teacher."""
    model = build_t5() if kind == "t5" else build(kind, torch.float32)
    model.save_pretrained(folder)
    tokenizer(closes=kind == "t5").save_pretrained(folder)
    return folder


def save_reward(folder: Path, *, chat: bool = False, labels: int = 1, positions: int = 4096) -> Path:
    """Write a tiny reward model with its tokenizer: a decoder with a head of `labels` numbers, large weights."""
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(PIECES),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=48,
        max_position_embeddings=positions,
        pad_token_id=0,
        eos_token_id=1,
        num_labels=labels,  # type: ignore[call-arg]  # a setting of every configuration
        initializer_range=0.3,
    )
    AutoModelForSequenceClassification.from_config(config).eval().save_pretrained(folder)
    tokenizer(chat=chat).save_pretrained(folder)
    return folder


def learner(folder: Path, *, slots: Sequence[str] = ("one",), dtype: str = "float32") -> CausalLearner:
    """Return a learner on a saved model, its adapters random and the same each time."""
    seats = [Seat(name=slot, number=number, seed=3) for number, slot in enumerate(slots)]
    made = CausalLearner.from_source(str(folder), seats, LearnerSettings(precision=Precision(dtype=dtype)))
    with torch.no_grad():
        made.adapters_SP.normal_(std=0.05, generator=torch.Generator().manual_seed(0))
    return made
