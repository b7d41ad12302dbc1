"""config.json and generation_config.json: which model they describe, and whether their numbers can be those of one."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.models.files.families import FAMILIES, Family
from agents.models.files.json_object import read_if_there, read_json
from agents.models.files.library import classes, named_version, parts
from simulation.core.errors import DataError, nearest

CONFIG, GENERATION, ADAPTER = "config.json", "generation_config.json", "adapter_config.json"
_SIZES = (
    "hidden_size", "n_embd", "d_model", "intermediate_size", "n_inner", "d_ff", "d_kv", "head_dim", "vocab_size",
    "num_hidden_layers", "n_layer", "num_layers", "num_decoder_layers", "num_attention_heads", "n_head", "num_heads",
    "num_key_value_heads", "max_position_embeddings", "n_positions", "relative_attention_num_buckets",
)  # fmt: skip
_RATES = ("rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", "initializer_range", "rope_theta")
_DTYPES = ("float16", "bfloat16", "float32", "float64", "auto")
_WIDTHS = (("hidden_size", "num_attention_heads"), ("n_embd", "n_head"))
_TOKENS = ("eos_token_id", "pad_token_id", "bos_token_id")
_ACTIVATIONS = ("hidden_act", "hidden_activation", "activation_function")
_ROPES = ("rope_parameters", "rope_scaling")
_OLDER_ROPES = ("default", "mrope", "su")
"""Read by the library beside those of its table."""
_BY_LAYER = ("intermediate_size", "num_attention_heads", "num_key_value_heads")
"""Sizes that families which are not ours may have one of for each layer, as Gemma 3n has."""
_DRAWING = {
    "temperature": (0, math.inf),
    "top_p": (0, 1),
    "top_k": (-1, math.inf),
    "min_p": (0, 1),
    "typical_p": (0, 1),
    "repetition_penalty": (0, math.inf),
}
"""The least and the most of what drawing is set by; a top_k of -1 is none to some servers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the checks of weights and tokenizer take from config.json."""

    file: Path
    settings: Mapping[str, object]
    """What it says of the language model, a known family's defaults where it says nothing."""
    family: Family | None
    quantized: bool
    """Whether the weights are held otherwise than the family has them."""

    @property
    def vocabulary(self) -> int | None:
        """The number of tokens that the embedding has."""
        size = self.settings.get("vocab_size")
        return size if isinstance(size, int) else None


def architectures_of(config: Mapping[str, object]) -> list[str]:
    """Return the class names that a model's config.json lists."""
    listed = config.get("architectures")
    return [str(name) for name in listed] if isinstance(listed, list) else []


def configuration(folder: Path, architectures: Sequence[str]) -> Configuration:
    """Return what the configuration of a folder says; raises DataError where no model for the purpose has it."""
    file = folder / CONFIG
    missing = f"{folder} is not a model folder{_instead(folder)}"
    config = read_json(file, "download it again" if file.exists() else missing)
    kind = _kind(file, config)
    if architectures:
        _check_purpose(folder, file, config, kind, architectures)
    inner = config.get("text_config") or {}  # the library reads null as nothing
    if not isinstance(inner, dict):
        raise DataError(f"{file}: text_config is {inner!r:.60}, not an object; download it again")
    own_kind = str(inner.get("model_type", "gemma3_text" if kind == "gemma3" else kind)) if inner else kind
    family = FAMILIES.get(own_kind)
    settings = {**(family.defaults if family else {}), **(inner or config)}
    _check_numbers(file, settings, family)
    _check_parts(file, settings, family)
    _check_division(file, settings, family)
    _check_tokens(file, config, settings)
    _check_generation(folder / GENERATION, settings)
    return Configuration(file=file, settings=settings, family=family, quantized="quantization_config" in config)


def _instead(folder: Path) -> str:
    """Say what a folder without config.json is, as far as its files tell."""
    if (folder / ADAPTER).is_file():
        base = read_if_there(folder / ADAPTER).get("base_model_name_or_path") or "unknown"
        return f" but an adapter of the base {base!r}; name the folder of that base"
    if files := sorted(folder.glob("*.gguf")):
        return f"; name its file: {files[0]}"
    inside = sorted(path.parent for path in folder.glob("*/config.json"))
    return f"; name the folder that holds config.json{f', such as {inside[0]}' if inside else ''}"


def _kind(file: Path, config: Mapping[str, object]) -> str:
    kind = config.get("model_type")
    if not isinstance(kind, str) or not kind:
        raise DataError(f"{file} names no model_type ({kind!r}), such as llama; download it again")
    return kind


def _check_purpose(
    folder: Path, file: Path, config: Mapping[str, object], kind: str, architectures: Sequence[str]
) -> None:
    """Refuse a kind of model that is unknown to the library, or has no class of the endings that are needed."""
    needed = " or ".join(architectures)
    loaded = classes(architectures[0])
    named = architectures_of(config)
    if named and not any(name.endswith(tuple(architectures)) or name in loaded.get(kind, ()) for name in named):
        raise DataError(f"{folder} holds {', '.join(named)}, but a model for {needed} is needed")
    if kind not in loaded:
        own_code = "; code of its own (auto_map) is not run" if "auto_map" in config else ""
        close = nearest(kind, loaded).partition("known:")[0]
        raise DataError(
            f"{file}: model_type is {kind!r}, of which {named_version()} makes no model for {needed}{own_code}; "
            f"{close or 'name a model of another kind'}"
        )


def _check_numbers(file: Path, settings: Mapping[str, object], family: Family | None) -> None:
    """Refuse sizes that are no positive whole numbers, rates that are none, and unknown numbers."""
    for key in _SIZES:
        value = settings.get(key)
        if family is None and key in _BY_LAYER and isinstance(value, list):
            _check_by_layer(file, settings, key, value)
            continue
        if value is not None and (type(value) is not int or value < 1):
            raise DataError(f"{file}: {key} is {value!r}, not a positive whole number; download it again")
    for key in _RATES:
        value = settings.get(key)
        if value is not None and (type(value) not in (int, float) or not float(str(value)) > 0):
            raise DataError(f"{file}: {key} is {value!r}, not a positive number; download it again")
    for key in ("dtype", "torch_dtype"):
        value = settings.get(key)
        if value is not None and str(value).removeprefix("torch.") not in _DTYPES:
            raise DataError(f"{file}: {key} is {value!r}; write one of {', '.join(_DTYPES)}")


def _check_by_layer(file: Path, settings: Mapping[str, object], key: str, sizes: list[object]) -> None:
    """Refuse sizes of layers that are no positive whole numbers, or not as many as there are layers."""
    for size in sizes:
        if type(size) is not int or size < 1:
            raise DataError(f"{file}: {key} holds {size!r}, not a positive whole number; download it again")
    _check_count(file, settings, key, sizes)


def _check_count(file: Path, settings: Mapping[str, object], key: str, listed: list[object]) -> None:
    count = settings.get("num_hidden_layers")
    if isinstance(count, int) and count != len(listed):
        raise DataError(f"{file}: {key} lists {len(listed)} layers, but num_hidden_layers is {count}; correct one")


def _check_parts(file: Path, settings: Mapping[str, object], family: Family | None) -> None:
    """Refuse activations, position embeddings and layers by names that the library does not know."""
    for key in _ACTIVATIONS:
        if settings.get(key) is not None:
            _check_known(file, key, settings[key], parts("activation"))
    listed = settings.get("layer_types")
    if isinstance(listed, list):
        for name in listed:
            _check_known(file, "layer_types", name, parts("layer"))
        _check_count(file, settings, "layer_types", listed)
    for key in _ROPES if family is not None else ():  # others read kinds of their own
        rope = settings.get(key)
        nested = [entry for entry in rope.values() if isinstance(entry, dict)] if isinstance(rope, dict) else []
        for entry in (rope, *nested):
            kind = entry.get("rope_type", entry.get("type")) if isinstance(entry, dict) else None
            if kind is not None:
                _check_known(file, f"{key}.rope_type", kind, (*parts("rope"), *_OLDER_ROPES))


def _check_known(file: Path, key: str, value: object, known: Sequence[str]) -> None:
    if not isinstance(value, str) or value not in known:
        raise DataError(
            f"{file}: {key} is {value!r:.60}, which {named_version()} has not; {nearest(str(value), known)}"
        )


def _check_division(file: Path, settings: Mapping[str, object], family: Family | None) -> None:
    """Refuse a width that its heads do not share evenly, and heads that share no keys evenly."""
    heads, pairs = settings.get("num_attention_heads"), settings.get("num_key_value_heads")
    if isinstance(heads, int) and isinstance(pairs, int) and heads % pairs:
        raise DataError(
            f"{file}: num_attention_heads {heads} is no multiple of num_key_value_heads {pairs}; correct it"
        )
    if family is None or settings.get("head_dim") is not None:
        return
    for width_key, heads_key in _WIDTHS:
        width, heads = settings.get(width_key), settings.get(heads_key)
        if isinstance(width, int) and isinstance(heads, int) and width % heads:
            raise DataError(f"{file}: {width_key} {width} is no multiple of {heads_key} {heads}; correct it")


def _check_tokens(file: Path, config: Mapping[str, object], settings: Mapping[str, object]) -> None:
    """Refuse tokens by numbers that the vocabulary does not have."""
    size = settings.get("vocab_size")
    for key in _TOKENS:
        value = config.get(key)
        for token in value if isinstance(value, list) else [value]:
            if token is not None and type(token) is not int:
                raise DataError(f"{file}: {key} is {value!r}, not the number of a token; download it again")
            if isinstance(token, int) and token < 0 and key == "eos_token_id":
                raise DataError(f"{file}: {key} is {token}, not the number of a token; correct it")
            if isinstance(token, int) and isinstance(size, int) and token >= size:
                raise DataError(f"{file}: {key} is {token}, but the vocabulary has {size} tokens; correct it")


def _check_generation(file: Path, settings: Mapping[str, object]) -> None:
    """Refuse settings for generation that are no object, or by whose numbers nothing can be drawn."""
    generation = read_if_there(file)
    _check_tokens(file, generation, settings)
    for key, (least, most) in _DRAWING.items():
        value = generation.get(key)
        if value is None:
            continue
        if type(value) not in (int, float):
            raise DataError(f"{file}: {key} is {value!r}, not a number; correct it or remove the file")
        if not least <= float(str(value)) <= most:
            bounds = f"at least {least}" if most == math.inf else f"from {least} to {most}"
            raise DataError(f"{file}: {key} is {value!r}, but must be {bounds}; correct it or remove the file")
