"""Which tensors a model of a known family has, and of which shapes: what its config.json says must be what lies there.

A family that is not here is held to the rules that all have in common; the library decides the rest when it loads one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Settings = Mapping[str, object]
"""What config.json says, a family's defaults where it says nothing."""

_BLOCK = """
layers.*.input_layernorm.weight            width
layers.*.post_attention_layernorm.weight   width
layers.*.self_attn.o_proj.weight           width queries
layers.*.mlp.down_proj.weight              width inner
embed_tokens.weight                        vocabulary width
norm.weight                                width
"""
_APART = """
layers.*.self_attn.q_proj.weight           queries width
layers.*.self_attn.k_proj.weight           keys width
layers.*.self_attn.v_proj.weight           keys width
layers.*.mlp.gate_proj.weight              inner width
layers.*.mlp.up_proj.weight                inner width
"""
_JOINED = """
layers.*.self_attn.qkv_proj.weight         fused width
layers.*.mlp.gate_up_proj.weight           gates width
"""
_INPUT_BIASES = """
layers.*.self_attn.q_proj.bias             queries
layers.*.self_attn.k_proj.bias             keys
layers.*.self_attn.v_proj.bias             keys
"""
_HEAD_NORMS = """
layers.*.self_attn.q_norm.weight           head
layers.*.self_attn.k_norm.weight           head
"""
_FEEDFORWARD_NORMS = """
layers.*.pre_feedforward_layernorm.weight  width
layers.*.post_feedforward_layernorm.weight width
"""
_ATTENTION_BIASES = f"""{_INPUT_BIASES}
layers.*.self_attn.o_proj.bias             width
"""
_MLP_BIASES = """
layers.*.mlp.gate_proj.bias                inner
layers.*.mlp.up_proj.bias                  inner
layers.*.mlp.down_proj.bias                width
"""
_GPT2 = """
wte.weight                                 vocabulary width
wpe.weight                                 positions width
h.*.ln_1.weight                            width
h.*.ln_1.bias                              width
h.*.attn.c_attn.weight                     width fused
h.*.attn.c_attn.bias                       fused
h.*.attn.c_proj.weight                     width width
h.*.attn.c_proj.bias                       width
h.*.ln_2.weight                            width
h.*.ln_2.bias                              width
h.*.mlp.c_fc.weight                        width inner
h.*.mlp.c_fc.bias                          inner
h.*.mlp.c_proj.weight                      inner width
h.*.mlp.c_proj.bias                        width
ln_f.weight                                width
ln_f.bias                                  width
"""


def _attention(stack: str, layer: int, name: str) -> str:
    """Return the tensors of one attention of T5."""
    square = "".join(f"{stack}.block.*.layer.{layer}.{name}.{part}.weight queries width\n" for part in "qkv")
    return f"""{square}
{stack}.block.*.layer.{layer}.{name}.o.weight width queries
{stack}.block.*.layer.{layer}.layer_norm.weight width
"""


def _feedforward(stack: str, layer: int, inner: tuple[str, ...]) -> str:
    """Return the tensors of one feed-forward block of T5, which has one inner matrix or two."""
    ways = "".join(f"{stack}.block.*.layer.{layer}.DenseReluDense.{part}.weight inner width\n" for part in inner)
    return f"""{ways}
{stack}.block.*.layer.{layer}.DenseReluDense.wo.weight width inner
{stack}.block.*.layer.{layer}.layer_norm.weight width
"""


def _t5(settings: Settings) -> str:
    gated = str(settings["feed_forward_proj"]).startswith("gated")
    inner = ("wi_0", "wi_1") if gated else ("wi",)
    outside = "shared.weight vocabulary width\n" + "".join(
        f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight buckets heads\n"
        f"{stack}.final_layer_norm.weight width\n"
        for stack in ("encoder", "decoder")
    )
    encoder = _attention("encoder", 0, "SelfAttention") + _feedforward("encoder", 1, inner)
    decoder = _attention("decoder", 0, "SelfAttention") + _attention("decoder", 1, "EncDecAttention")
    return outside + encoder + decoder + _feedforward("decoder", 2, inner)


def _decoder(*parts: str) -> Callable[[Settings], str]:
    """Return how a decoder of Llama's kind is laid out, with the biases that its settings ask for."""

    def layout(settings: Settings) -> str:
        biases = _ATTENTION_BIASES if settings.get("attention_bias") else ""
        return "".join((_BLOCK, *parts, biases, _MLP_BIASES if settings.get("mlp_bias") else ""))

    return layout


_LLAMA_DIMENSIONS = {
    "width": ("hidden_size",),
    "inner": ("intermediate_size",),
    "vocabulary": ("vocab_size",),
    "head": ("head_dim",),
    "queries": ("num_attention_heads", "head_dim"),
    "keys": ("num_key_value_heads", "head_dim"),
    "fused": ("num_attention_heads", "num_key_value_heads", "head_dim"),
    "gates": ("intermediate_size",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What the models of one `model_type` have in common."""

    layout: Callable[[Settings], str]
    """A line a tensor: its name behind the prefix, * for the number of a layer, and its dimensions."""
    defaults: Settings
    """What the library takes where config.json says nothing; it is no family's own where it is None."""
    embedding: str = "embed_tokens.weight"
    prefixes: tuple[str, ...] = ("model.", "")
    stacks: Mapping[str, str] = field(default_factory=lambda: {"layers": "num_hidden_layers"})
    """The setting that counts the layers of each stack."""
    dimensions: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _LLAMA_DIMENSIONS)
    """The settings that each dimension follows from."""


_COLUMNS = (
    "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
    "vocab_size", "tie_word_embeddings", "head_dim",
)  # fmt: skip
_GEMMA2 = (_APART, _FEEDFORWARD_NORMS)
_DECODERS: Mapping[str, tuple[tuple[str, ...], tuple[int | None, ...]]] = {
    "llama": ((_APART,), (4096, 11008, 32, 32, None, 32000, False)),
    "granite": ((_APART,), (4096, 11008, 32, 32, None, 32000, False)),
    "mistral": ((_APART,), (4096, 14336, 32, 32, 8, 32000, False)),
    "qwen2": ((_APART, _INPUT_BIASES), (4096, 22016, 32, 32, 32, 151_936, False)),
    "qwen3": ((_APART, _HEAD_NORMS), (4096, 22016, 32, 32, 32, 151_936, False, 128)),
    "gemma": ((_APART,), (3072, 24576, 28, 16, 16, 256_000, True, 256)),
    "gemma2": (_GEMMA2, (2304, 9216, 26, 8, 4, 256_000, True, 256)),
    "gemma3_text": ((*_GEMMA2, _HEAD_NORMS), (2304, 9216, 26, 8, 4, 262_208, True, 256)),
    "phi3": ((_JOINED,), (3072, 8192, 32, 32, None, 32064, False)),
}
"""What a decoder of Llama's kind has, and its defaults by `_COLUMNS`; one that says no head's width divides its own."""
_PREFIXES = {"gemma3_text": ("model.", "", "language_model.model.", "model.language_model.")}
_T5_STACKS = {"encoder.block": "num_layers", "decoder.block": "num_decoder_layers"}
_T5_DIMENSIONS = {
    "width": ("d_model",),
    "inner": ("d_ff",),
    "vocabulary": ("vocab_size",),
    "heads": ("num_heads",),
    "queries": ("num_heads", "d_kv"),
    "buckets": ("relative_attention_num_buckets",),
}
_T5_DEFAULTS = {
    "d_model": 512,
    "d_kv": 64,
    "d_ff": 2048,
    "num_layers": 6,
    "num_decoder_layers": None,
    "num_heads": 8,
    "relative_attention_num_buckets": 32,
    "vocab_size": 32128,
    "feed_forward_proj": "relu",
    "tie_word_embeddings": True,
}

FAMILIES: Mapping[str, Family] = {
    **{
        kind: Family(
            layout=_decoder(*parts),
            defaults=dict(zip(_COLUMNS, values, strict=False)),
            prefixes=_PREFIXES.get(kind, ("model.", "")),
        )
        for kind, (parts, values) in _DECODERS.items()
    },
    "gpt2": Family(
        layout=lambda _: _GPT2,
        defaults={
            "n_embd": 768,
            "n_inner": None,
            "n_layer": 12,
            "n_head": 12,
            "n_positions": 1024,
            "vocab_size": 50257,
            "tie_word_embeddings": True,
        },
        embedding="wte.weight",
        prefixes=("transformer.", ""),
        stacks={"h": "n_layer"},
        dimensions={
            "width": ("n_embd",),
            "inner": ("n_inner",),
            "fused": ("n_embd",),
            "positions": ("n_positions",),
            "vocabulary": ("vocab_size",),
        },
    ),
    "t5": Family(
        layout=_t5,
        defaults=_T5_DEFAULTS,
        embedding="shared.weight",
        prefixes=("",),
        stacks=_T5_STACKS,
        dimensions=_T5_DIMENSIONS,
    ),
}
