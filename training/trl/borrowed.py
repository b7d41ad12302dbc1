"""One slot as an ordinary PEFT model in a process that stays as quiet and as seeded as it was."""

import json
import random
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from datasets import Dataset  # type: ignore[import-untyped]
from peft import PeftModel
from transformers import AutoModelForCausalLM, PrinterCallback, Trainer
from transformers.utils import logging

from simulation.core.errors import ModelError
from simulation.core.peft_folder import CONFIG
from simulation.core.roles import Lendable
from simulation.core.seeding import draw_seed
from training.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Borrowed:
    """A slot's base and adapter, loaded anew, and what a TRL trainer needs to know beside them."""

    peft_model: Any
    """A `PeftModel` whose "default" adapter is the slot's (Any: PEFT is untyped)."""
    folder: Path
    """Temporary; gone when the update is done."""
    seed: int

    def arguments(self, recipe: Recipe) -> dict[str, Any]:
        """Return the TRL settings that make its optimisation ours: no files, no logs, no bars."""
        dtype = self.peft_model.dtype
        return {
            "output_dir": str(self.folder / "trainer"),
            "learning_rate": recipe.learning_rate,
            "lr_scheduler_type": "constant_with_warmup" if recipe.decay == "constant" else recipe.decay,
            "warmup_steps": recipe.warmup,
            "optim": "adamw_torch",
            "per_device_train_batch_size": recipe.batch_size,
            "num_train_epochs": recipe.epochs,
            "max_grad_norm": recipe.clip or 0.0,
            "weight_decay": recipe.weight_decay,
            "seed": self.seed,
            "bf16": dtype == torch.bfloat16,
            "fp16": dtype == torch.float16,
            "use_cpu": self.peft_model.device.type == "cpu",
            "gradient_checkpointing": False,
            "logging_strategy": "no",
            "save_strategy": "no",
            "report_to": "none",
            "disable_tqdm": True,
            "dataloader_pin_memory": False,
            "remove_unused_columns": False,
        }

    def train(self, trainer: Trainer) -> int:
        """Run a trainer without its printing and return its optimiser steps."""
        trainer.remove_callback(PrinterCallback)
        return int(trainer.train().global_step)


@contextmanager
def borrowed(model: Lendable, slot: str, generator: np.random.Generator) -> Iterator[Borrowed]:
    """Lend a slot to TRL and take its adapter back, leaving no file, no global seed and no setting behind.

    The base is loaded anew, because TRL replaces its forward and adds an adapter "ref" for the reference.
    """
    seed = draw_seed(generator) % 2**32
    with TemporaryDirectory(prefix="trl-") as name, quiet(), own_randomness():
        folder = Path(name)
        model.save(slot, folder / "before")
        check_plain(folder / "before", slot)
        peft_model = PeftModel.from_pretrained(base_of(model), str(folder / "before"), is_trainable=True)
        yield Borrowed(peft_model=peft_model, folder=folder, seed=seed)
        peft_model.save_pretrained(str(folder / "after"), selected_adapters=["default"])
        model.load(slot, folder / "after")


def check_plain(folder: Path, slot: str) -> None:
    """Refuse a slot that holds more than the factors of a LoRA adapter."""
    file = folder / CONFIG
    config = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
    if config is None or config.get("trainable_token_indices"):
        raise ModelError(
            f"{slot!r} may change more than a LoRA adapter holds, which TRL does not train; write backend: cohort"
        )


def base_of(model: Lendable) -> Any:
    """Load the learner's base once more, as the learner holds it (Any: transformers' models have no common type)."""
    quantization = getattr(model.module.config, "quantization_config", None)  # only quantized models have it
    if quantization is not None:
        place = {"": model.adapters_SP.device}
        return AutoModelForCausalLM.from_pretrained(model.source, quantization_config=quantization, device_map=place)
    dtype = next(model.module.parameters()).dtype
    return AutoModelForCausalLM.from_pretrained(model.source, dtype=dtype).to(model.adapters_SP.device)


@contextmanager
def quiet() -> Iterator[None]:
    """Silence transformers, PEFT and TRL: their notices are about settings that are ours on purpose."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


@contextmanager
def own_randomness() -> Iterator[None]:
    """Let a library seed Python, NumPy and torch globally, and put their states back afterwards."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng():
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


def rows(examples: Sequence[Mapping[str, Any]]) -> Dataset:
    """Return a data set in memory."""
    return Dataset.from_list([dict(example) for example in examples])
