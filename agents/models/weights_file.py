"""A slot of every weight as an ordinary model folder, which `AutoModelForCausalLM` loads: PEFT has none of the kind."""

import copy
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import nn

from agents.models import adapter_file
from agents.models.slots import Adapters
from simulation.core.errors import DataError

WEIGHTS = "model.safetensors"


def save_folder(adapters: Adapters, slot: int, folder: Path, module: nn.Module, tokenizer: Any) -> None:
    """Write a slot with the configuration and the tokenizer of its base (Any: transformers leaves it untyped)."""
    folder.mkdir(parents=True, exist_ok=True)
    config: Any = copy.deepcopy(module.config)
    config.dtype = str(adapters.values_SP.dtype).removeprefix("torch.")
    config.architectures = [type(module).__name__]
    config.save_pretrained(folder)
    generation: Any = module.generation_config
    generation.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / WEIGHTS).write_bytes(save(adapter_file.tensors(adapters, slot), metadata={"format": "pt"}))


def load_folder(adapters: Adapters, slot: int, folder: Path) -> None:
    """Read a slot from a model folder; raises DataError where it is none or does not fit."""
    file = folder / WEIGHTS
    try:
        content = file.read_bytes()
    except OSError as error:
        raise DataError(f"{folder} is not a model folder ({error}); name one that holds {WEIGHTS}") from error
    adapter_file.restore(adapters, slot, content, str(file))
