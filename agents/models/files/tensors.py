"""Holds the weights of a folder to its config.json: every tensor of its family is there, with its shape and numbers."""

import re
from collections.abc import Iterator, Mapping

from agents.models.files.configuration import Configuration
from agents.models.files.families import Family, Settings
from agents.models.files.headers import FLOATING, StoredTensor
from simulation.core.errors import DataError

HEADS = {"ForCausalLM": "lm_head.weight", "ForConditionalGeneration": "lm_head.weight"}
_LAYER = re.compile(r"(?:^|\.)(layers|h|block|blocks)\.(\d+)\.")
_EMBEDDINGS = ("embed_tokens.weight", "wte.weight", "word_embeddings.weight", "backbone.embeddings.weight")
_COUNTS = ("num_hidden_layers", "n_layer", "num_layers")
_AGAIN = "replace the one that is wrong"


def check_tensors(stored: Mapping[str, StoredTensor], configuration: Configuration, purpose: str) -> None:
    """Refuse weights that are not those of the model that config.json describes; raises DataError."""
    if not stored:
        raise DataError(f"the weights beside {configuration.file} hold no tensor; download them again")
    if configuration.quantized:
        return
    if configuration.family is None:
        _check_layers(stored, configuration)
        return
    for name, needed, keys in _expected(stored, configuration, configuration.family, purpose):
        _check_one(stored, configuration, name, needed, keys)


def dimensions(settings: Settings, family: Family) -> dict[str, int]:
    """Return the sizes that a family's tensors have by the names that its layout gives them."""
    sizes = {key: value for key, value in settings.items() if type(value) is int}
    heads = sizes.get("num_attention_heads", sizes.get("n_head", sizes.get("num_heads", 1)))
    width = sizes.get("hidden_size", sizes.get("n_embd", sizes.get("d_model", 0)))
    head = sizes.get("head_dim", sizes.get("d_kv", width // heads))
    queries, keys = heads * head, sizes.get("num_key_value_heads", heads) * head
    inner = sizes.get("intermediate_size", sizes.get("n_inner", sizes.get("d_ff", 4 * width)))
    sizes = {
        "width": width,
        "inner": inner,
        "gates": 2 * inner,
        "head": head,
        "heads": heads,
        "queries": queries,
        "keys": keys,
        "fused": queries + 2 * keys,
        "vocabulary": sizes.get("vocab_size", 0),
        "positions": sizes.get("n_positions", 0),
        "buckets": sizes.get("relative_attention_num_buckets", 0),
    }
    return {name: sizes[name] for name in family.dimensions}


def layout(settings: Settings, family: Family) -> Iterator[tuple[str, tuple[int, ...], tuple[str, ...]]]:
    """Yield every tensor of a model: its name without prefix, its shape, and the settings that decide the shape."""
    sizes = dimensions(settings, family)
    for line in family.layout(settings).splitlines():
        name, *names = line.split() or [""]
        if not name:
            continue
        shape = tuple(sizes[dimension] for dimension in names)
        keys = tuple(dict.fromkeys(key for dimension in names for key in family.dimensions[dimension]))
        for layer in range(_count(settings, family, name)):
            yield name.replace("*", str(layer), 1), shape, keys
            if "*" not in name:
                break


def _count(settings: Settings, family: Family, name: str) -> int:
    """Return how many layers a line of a layout stands for."""
    if "*" not in name:
        return 1
    count = settings.get(family.stacks[name.partition(".*")[0]])
    other = settings.get("num_layers")  # of T5, whose decoder has as many layers as its encoder unless it says so
    return next(number for number in (count, other) if isinstance(number, int))


def _expected(
    stored: Mapping[str, StoredTensor], configuration: Configuration, family: Family, purpose: str
) -> Iterator[tuple[str, tuple[int, ...], tuple[str, ...]]]:
    """Yield what the files must hold by its whole name, the head included; refuse layers that are too many."""
    settings = configuration.settings
    prefix = _prefix(stored, configuration, family)
    for name, shape, keys in layout(settings, family):
        yield prefix + name, shape, keys
    sizes = dimensions(settings, family)
    if purpose in HEADS and not settings.get("tie_word_embeddings"):
        head = next((name for name in stored if name.endswith(HEADS[purpose])), HEADS[purpose])
        yield head, (sizes["vocabulary"], sizes["width"]), ("vocab_size", *family.dimensions["width"])
    for stack, count_key in family.stacks.items():
        count = _count(settings, family, f"{stack}.*")
        for name in stored:
            layer = re.match(rf"{re.escape(prefix + stack)}\.(\d+)\.", name)
            if layer and int(layer[1]) >= count:
                raise DataError(
                    f"{stored[name].file} holds {name}, but {configuration.file} says {count_key}: {count}; {_AGAIN}"
                )


def _prefix(stored: Mapping[str, StoredTensor], configuration: Configuration, family: Family) -> str:
    """Return what stands before the names of a family's tensors."""
    for prefix in family.prefixes:
        if prefix + family.embedding in stored:
            return prefix
    file = next(iter(stored.values())).file
    raise DataError(
        f"{file} holds no {family.prefixes[0]}{family.embedding}, the embedding of the model that "
        f"{configuration.file} describes; {_AGAIN}"
    )


def _check_one(
    stored: Mapping[str, StoredTensor],
    configuration: Configuration,
    name: str,
    needed: tuple[int, ...],
    keys: tuple[str, ...],
) -> None:
    """Refuse a tensor that is not there, of another shape, or of numbers that no model computes in."""
    if name not in stored:
        parts = sorted({tensor.file.name for tensor in stored.values()})
        where = configuration.file.parent / parts[0]
        more = f" and {len(parts) - 1} more files" if len(parts) > 1 else ""
        raise DataError(
            f"{where}{more} lack{'' if more else 's'} {name}, which {configuration.file} calls for; {_AGAIN}"
        )
    tensor = stored[name]
    if tensor.dtype not in FLOATING:
        raise DataError(f"{tensor.file} holds {name} as {tensor.dtype}, not as one of {', '.join(FLOATING)}; {_AGAIN}")
    if tensor.shape != needed:
        settings = ", ".join(f"{key}: {configuration.settings.get(key)}" for key in keys)
        raise DataError(
            f"{tensor.file}: {name} has the shape {list(tensor.shape)}, but {configuration.file} makes it "
            f"{list(needed)} ({settings}); {_AGAIN}"
        )


def _check_layers(stored: Mapping[str, StoredTensor], configuration: Configuration) -> None:
    """Refuse a model of another family of which a whole layer is missing, or whose embedding has other tokens."""
    vocabulary = configuration.vocabulary
    for name, tensor in stored.items():
        if name.endswith(_EMBEDDINGS) and vocabulary is not None and tensor.shape[:1] != (vocabulary,):
            raise DataError(
                f"{tensor.file}: {name} has the shape {list(tensor.shape)}, but {configuration.file} says "
                f"vocab_size: {vocabulary}; {_AGAIN}"
            )
    count = next((value for key in _COUNTS if isinstance(value := configuration.settings.get(key), int)), None)
    layers = {int(place[2]) for name in stored if (place := _LAYER.search(name))}
    lacking = sorted({*range(count or 0)} - layers)
    if layers and lacking:
        file = next(iter(stored.values())).file
        raise DataError(
            f"{file} holds nothing of layer {lacking[0]}, but {configuration.file} says {count} layers; {_AGAIN}"
        )
