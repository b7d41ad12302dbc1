"""A student's adapter as bytes and as a standard PEFT folder; equal adapters give equal bytes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from agents.models.slots import Adapters
from agents.models.slots_rows import DELTA, PREFIX
from simulation.core.errors import DataError
from simulation.core.peft_folder import CARD, CONFIG, WEIGHTS, peft_config


def dump(adapters: Adapters, slot: int) -> bytes:
    """Return a slot as safetensors, a slot with factors under PEFT's names; its metadata says what it is."""
    key, content = ("weights", {"every": True}) if adapters.whole else ("lora", description(adapters))
    # one metadata key: safetensors writes several in no fixed order
    return save(tensors(adapters, slot), metadata={key: json.dumps(content, sort_keys=True)})


def restore(adapters: Adapters, slot: int, data: bytes, where: str) -> None:
    """Put back what `dump` or PEFT wrote; raises DataError where it does not fit."""
    try:
        stored_factors = load(data)
    except SafetensorError as error:
        raise DataError(f"{where} is not a safetensors file ({error}); restore it from a copy") from error
    slot_factors = tensors(adapters, slot)
    check_fit({name: tuple(factor.shape) for name, factor in stored_factors.items()}, slot_factors, where)
    row_P = torch.cat([stored_factors[name].reshape(-1) for name in slot_factors])
    with torch.no_grad():
        adapters.values_SP[slot] = row_P.to(adapters.values_SP)


def check_fit(stored_shapes: Mapping[str, tuple[int, ...]], slot_factors: Mapping[str, Tensor], where: str) -> None:
    """Refuse an adapter of other layers or another rank."""
    for name in sorted({*stored_shapes, *slot_factors}):
        shape = tuple(slot_factors[name].shape) if name in slot_factors else None
        if stored_shapes.get(name) != shape:
            raise DataError(
                f"{where} does not fit this student: {name} is {stored_shapes.get(name, 'missing')} there and "
                f"{shape or 'no layer'} here; use the model, slot, lora.rank and lora.targets that it was made with"
            )


def tensors(adapters: Adapters, slot: int) -> dict[str, Tensor]:
    """Return what a slot holds, in the order of its row: factors by PEFT's names, whole weights by the base's."""
    factors, pieces = adapters.views(adapters.values_SP.detach()[slot : slot + 1])
    named: dict[str, Tensor] = {}
    for shape, (a_GRI, b_GOR) in zip(adapters.shapes, factors, strict=True):
        named[f"base_model.model.{shape.name}.lora_A.weight"] = a_GRI[0].contiguous().cpu()
        named[f"base_model.model.{shape.name}.lora_B.weight"] = b_GOR[0].contiguous().cpu()
    for piece, own in zip(adapters.pieces, pieces, strict=True):
        named[piece.name] = own[0].contiguous().cpu()
    return named


def description(adapters: Adapters) -> dict[str, object]:
    """Return what PEFT's configuration must say of the adapters."""
    leaves = sorted({shape.name.rsplit(".", 1)[-1] for shape in adapters.shapes})
    layers = [piece.name.removeprefix(PREFIX).removesuffix(DELTA) for piece in adapters.pieces]
    rows = {"trainable_token_indices": {layer: list(adapters.tokens) for layer in layers}} if layers else {}
    return {
        "r": adapters.rank,
        "lora_alpha": adapters.alpha,
        **({"lora_dropout": adapters.dropout} if adapters.dropout else {}),
        "target_modules": leaves if adapters.by_leaf else [shape.name for shape in adapters.shapes],
        "fan_in_fan_out": adapters.transposed,
        **rows,
    }


def save_folder(adapters: Adapters, slot: int, folder: Path, *, name: str, base: str, tokenizer: Any) -> None:
    """Write a slot as a folder that `PeftModel.from_pretrained` loads (Any: transformers leaves it untyped).

    With trained rows it holds the tokenizer too, which may have tokens that the base's lacks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = peft_config(base, description(adapters))
    (folder / WEIGHTS).write_bytes(save(tensors(adapters, slot), metadata={"format": "pt"}))
    (folder / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    (folder / CARD).write_text(model_card(config, name), encoding="utf-8")
    if adapters.tokens:
        tokenizer.save_pretrained(folder)


def load_folder(adapters: Adapters, slot: int, folder: Path) -> None:
    """Read a slot from a PEFT folder; raises DataError where it is none or does not fit."""
    file = folder / WEIGHTS
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        data = file.read_bytes()
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"{folder} is not a PEFT adapter folder ({error}); name one that holds {CONFIG}") from error
    scale = config.get("lora_alpha", 0) / max(1, config.get("r", 1))
    if not np.isclose(scale, adapters.scale) or config.get("use_rslora") or config.get("use_dora"):
        raise DataError(
            f"{folder} scales its adapter otherwise (lora_alpha {config.get('lora_alpha')}, r {config.get('r')}, "
            f"rsLoRA or DoRA); this student needs alpha/rank = {adapters.scale:g}"
        )
    if config.get("trainable_token_indices") != description(adapters).get("trainable_token_indices"):
        raise DataError(f"{folder} holds rows of other tokens than this student trains; use the rows it was made with")
    restore(adapters, slot, data, str(file))


def model_card(config: Mapping[str, object], name: str) -> str:
    """Return the README of an adapter folder."""
    base = config["base_model_name_or_path"]
    rows, load = (
        "",
        f'''from peft import PeftModel
from transformers import AutoModelForCausalLM

model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained("{base}"), "this folder")''',
    )
    if "trainable_token_indices" in config:
        rows = ", and rows of the embedding and the head for some tokens"
        load = f'''from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

base = AutoModelForCausalLM.from_pretrained("{base}")
tokenizer = AutoTokenizer.from_pretrained("this folder")
if len(tokenizer) > base.get_input_embeddings().num_embeddings:
    base.resize_token_embeddings(len(tokenizer))  # the adapter brings the rows of the new tokens
model = PeftModel.from_pretrained(base, "this folder")'''
    return f"""---
base_model: {base}
library_name: peft
tags:
- lora
---

# Adapter of {name}

The LoRA adapter of one simulated student, as its run left it. It changes the base model `{base}`
(rank {config["r"]}, alpha {config["lora_alpha"]}){rows}.

```python
{load}
```

It was trained to answer the questions of a simulation and is of no use beyond studying that; its figures are in the
study it was exported from.
"""
