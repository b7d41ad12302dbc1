"""The families: their configuration, their tokenizer's special tokens, their template."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoModelForImageTextToText
from transformers.models.gemma import GemmaConfig
from transformers.models.gemma2 import Gemma2Config
from transformers.models.gemma3 import Gemma3Config, Gemma3TextConfig
from transformers.models.llama import LlamaConfig
from transformers.models.mistral import MistralConfig
from transformers.models.phi3 import Phi3Config
from transformers.models.qwen2 import Qwen2Config
from transformers.models.qwen3 import Qwen3Config
from transformers.models.qwen3_moe import Qwen3MoeConfig

from tests.support.families import templates
from tests.support.families.tokenizers import of_bytes, of_pieces, wrapped

SIZE: Mapping[str, Any] = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "intermediate_size": 128,
    "max_position_embeddings": 512,
    "initializer_range": 0.2,
}
EXPERTS: Mapping[str, Any] = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 64}
SIGHT: Mapping[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "image_size": 28,
    "patch_size": 14,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What one family is made of."""

    config: Callable[..., Any]
    size: Mapping[str, Any] = field(default_factory=lambda: SIZE)
    template: str | None
    letters: Callable[[], Tokenizer]
    bos: str | None
    eos: str
    pad: str
    closes: str
    """The token that ends a turn."""
    ends: tuple[str, ...] = ()
    """Tokens at which its generation settings end, besides `eos`."""
    begins: bool = True
    """Whether its tokenizer puts `bos` before a text."""

    @property
    def tokenizer(self) -> Any:
        """The tokenizer (Any: untyped library)."""
        return wrapped(
            self.letters(), bos=self.bos, eos=self.eos, pad=self.pad, template=self.template, begins=self.begins
        )

    def save(self, folder: Path) -> Path:
        """Write a tiny checkpoint with seeded weights."""
        tokenizer = self.tokenizer
        eos = tokenizer.convert_tokens_to_ids([self.eos, *self.ends])
        ids = {"pad_token_id": tokenizer.pad_token_id, "bos_token_id": tokenizer.bos_token_id, "eos_token_id": eos}
        torch.manual_seed(1)
        sees = self.config is Gemma3Config
        config = seeing(len(tokenizer), ids) if sees else self.config(vocab_size=len(tokenizer), **self.size, **ids)
        model: Any = (AutoModelForImageTextToText if sees else AutoModelForCausalLM).from_config(config)
        model.eval().save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder


def seeing(vocabulary: int, ids: Mapping[str, Any]) -> Any:
    """Return the configuration of a model that reads pictures too (Any: transformers' settings have many types)."""
    text = Gemma3TextConfig(vocab_size=vocabulary, sliding_window=128, **SIZE, **ids)
    pictures: dict[str, Any] = {
        "mm_tokens_per_image": 4,
        "image_token_index": 5,
        "boi_token_index": 6,
        "eoi_token_index": 7,
    }
    return Gemma3Config(text_config=text.to_dict(), vision_config=dict(SIGHT), **pictures, **ids)


def gemma(config: Callable[..., Any], template: str, **size: Any) -> Family:
    """Return a family of Gemma's, whose end of a turn is special by its flag alone."""
    turns = ("<pad>", "<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>", "<start_of_image>")
    return Family(
        config=config,
        size={**SIZE, **size},
        template=template,
        letters=lambda: of_pieces(turns, spaced=False),
        closes="<end_of_turn>",
        bos="<bos>",
        eos="<eos>",
        pad="<pad>",
    )


def qwen(config: Callable[..., Any], template: str, **size: Any) -> Family:
    """Return a family of Qwen's, whose marks of thinking are no special tokens."""
    special = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
    return Family(
        config=config,
        size={**SIZE, **size},
        template=template,
        letters=lambda: of_bytes(special, ("<think>", "</think>")),
        bos=None,
        eos="<|im_end|>",
        closes="<|im_end|>",
        pad="<|endoftext|>",
        ends=("<|endoftext|>",),
    )


def deepseek(template: str | None) -> Family:
    """Return a coder of DeepSeek's; the base has no template."""
    special = ("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<|EOT|>")
    return Family(
        config=LlamaConfig,
        template=template,
        letters=lambda: of_bytes(special, older=True),
        bos=special[0],
        eos=special[1] if template is None else special[2],
        closes=special[1] if template is None else special[2],
        pad=special[1],
    )


LLAMA_TOKENS = ("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
PHI_TOKENS = ("<s>", "<|endoftext|>", "<|user|>", "<|assistant|>", "<|system|>", "<|end|>")
FAMILIES: Mapping[str, Family] = {
    "gemma": gemma(GemmaConfig, templates.GEMMA),
    "gemma2": gemma(Gemma2Config, templates.GEMMA, sliding_window=128),
    "gemma3_text": gemma(Gemma3TextConfig, templates.GEMMA_3, sliding_window=128),
    "gemma3": gemma(Gemma3Config, templates.GEMMA_3),
    "qwen2": qwen(Qwen2Config, templates.QWEN_2),
    "qwen3": qwen(Qwen3Config, templates.QWEN_3),
    "qwen3_moe": qwen(Qwen3MoeConfig, templates.QWEN_3, **EXPERTS),
    "llama": Family(
        config=LlamaConfig,
        template=templates.LLAMA_3,
        letters=lambda: of_bytes(LLAMA_TOKENS),
        bos="<|begin_of_text|>",
        eos="<|end_of_text|>",
        closes="<|eot_id|>",
        pad="<|end_of_text|>",
        ends=("<|eot_id|>",),
    ),
    "mistral": Family(
        config=MistralConfig,
        size={**SIZE, "sliding_window": None},
        template=templates.MISTRAL,
        letters=lambda: of_pieces(("<s>", "</s>", "[INST]", "[/INST]"), spaced=True),
        bos="<s>",
        eos="</s>",
        closes="</s>",
        pad="</s>",
    ),
    "phi3": Family(
        config=Phi3Config,
        template=templates.PHI_3,
        letters=lambda: of_pieces(PHI_TOKENS, spaced=True),
        bos="<s>",
        eos="<|endoftext|>",
        closes="<|end|>",
        pad="<|endoftext|>",
        ends=("<|end|>",),
        begins=False,
    ),
    "deepseek_base": deepseek(None),
    "deepseek_coder": deepseek(templates.DEEPSEEK_CODER),
}
