"""One slot as an ordinary PEFT model in a process that stays as quiet and as seeded as it was."""

import json
import random
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from simulation.core.ranks import world_size
from simulation.core.roles import Lendable
from simulation.core.seeding import draw_seed
from training.recipe import Recipe
from training.trl.processes import meeting, send


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """What a slot's base and adapter are loaded by, in every process of a run."""

    source: str
    dtype: torch.dtype
    quantization: Any
    """How the base is quantized, as its configuration says, or None (Any: each method has a class of its own)."""
    on_cpu: bool
    adapter: Mapping[str, bytes]
    """The files of the slot's PEFT folder."""
    seed: int

    @contextmanager
    def taken(self) -> Iterator["Borrowed"]:
        """Load both, and leave no file, no global seed and no setting behind.

        The base is loaded anew, because TRL replaces its forward and adds an adapter "ref" for the reference.
        """
        with TemporaryDirectory(prefix="trl-") as name, quiet(), own_randomness():
            folder = Path(name)
            (folder / "before").mkdir()
            for file, content in self.adapter.items():
                (folder / "before" / file).write_bytes(content)
            peft_model = PeftModel.from_pretrained(self.base(), str(folder / "before"), is_trainable=True)
            yield Borrowed(loan=self, peft_model=peft_model, folder=folder)

    def base(self) -> Any:
        """Load the base once more, as the learner holds it (Any: transformers' models have no common type)."""
        device = torch.device("cpu") if self.on_cpu else torch.device("cuda", torch.cuda.current_device())
        if self.quantization is not None:
            return AutoModelForCausalLM.from_pretrained(
                self.source, quantization_config=self.quantization, device_map={"": device}
            )
        model: Any = AutoModelForCausalLM.from_pretrained(self.source, dtype=self.dtype)
        return model.to(device)


@dataclass(slots=True, kw_only=True)
class Borrowed:
    """A slot's base and adapter, loaded anew, and what a TRL trainer needs to know beside them."""

    loan: Loan
    peft_model: Any
    """A `PeftModel` whose "default" adapter is the slot's (Any: PEFT is untyped)."""
    folder: Path
    """Temporary; gone when the update is done."""
    gathered: Mapping[str, Any] | None = None
    """The trained weights, where each process has held a part of them (Any: tensors)."""

    @property
    def dropout(self) -> float:
        """How probably the adapter does not see a feature in training."""
        share: float = self.peft_model.peft_config["default"].lora_dropout
        return share

    def arguments(self, recipe: Recipe) -> dict[str, Any]:
        """Return the TRL settings that make its optimisation ours: no files, no logs, no bars."""
        dtype = self.peft_model.dtype
        return {
            "output_dir": str(self.folder / "trainer"),
            "learning_rate": recipe.learning_rate,
            "lr_scheduler_type": "constant_with_warmup" if recipe.decay == "constant" else recipe.decay,
            "warmup_steps": recipe.warmup,
            "optim": "adamw_torch",
            "per_device_train_batch_size": -(-recipe.batch_size // world_size()),
            "num_train_epochs": recipe.epochs,
            "max_grad_norm": recipe.clip or 0.0,
            "weight_decay": recipe.weight_decay,
            "seed": self.loan.seed,
            "bf16": dtype == torch.bfloat16,
            "fp16": dtype == torch.float16,
            "use_cpu": self.loan.on_cpu,
            "gradient_checkpointing": recipe.checkpointing,
            "gradient_checkpointing_kwargs": {"use_reentrant": False},
            "logging_strategy": "no",
            "save_strategy": "no",
            "report_to": "none",
            "disable_tqdm": True,
            "dataloader_pin_memory": False,
            "remove_unused_columns": False,
        }

    def train(self, make: Callable[["Borrowed"], Trainer]) -> int:
        """Run TRL's trainer in every process of the run, and return its optimiser steps."""
        if world_size() > 1:
            send(Job(loan=self.loan, make=make))
        return self.run(make(self))

    def run(self, trainer: Trainer) -> int:
        """Run a trainer without its printing, here, and return its optimiser steps."""
        trainer.remove_callback(PrinterCallback)
        drop_no_more(trainer.model)
        with meeting():
            steps = int(trainer.train().global_step)
            if trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled:
                self.gathered = trainer.accelerator.get_state_dict(trainer.model_wrapped)
        return steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One slot's update, as rank 0 sends it to the others."""

    loan: Loan
    make: Callable[[Borrowed], Trainer]

    def assist(self) -> None:
        """Take part in it; its adapter is kept at rank 0."""
        with self.loan.taken() as lent:
            lent.run(self.make(lent))


@contextmanager
def borrowed(model: Lendable, slot: str, generator: np.random.Generator) -> Iterator[Borrowed]:
    """Lend a slot to TRL and take its adapter back."""
    with lent_out(model, slot, draw_seed(generator) % 2**32).taken() as lent:
        yield lent
        after = lent.folder / "after"
        lent.peft_model.save_pretrained(str(after), selected_adapters=["default"], state_dict=lent.gathered)
        model.load(slot, after)


def lent_out(model: Lendable, slot: str, seed: int) -> Loan:
    """Return what this slot is loaded by."""
    with TemporaryDirectory(prefix="trl-") as name:
        folder = Path(name)
        model.save(slot, folder)
        check_plain(folder, slot)
        adapter = {path.name: path.read_bytes() for path in folder.iterdir()}
    return Loan(
        source=model.source,
        dtype=next(model.module.parameters()).dtype,
        quantization=getattr(model.module.config, "quantization_config", None),  # only quantized models have it
        on_cpu=model.adapters_SP.device.type == "cpu",
        adapter=adapter,
        seed=seed,
    )


def check_plain(folder: Path, slot: str) -> None:
    """Refuse a slot that holds more than the factors of a LoRA adapter."""
    file = folder / CONFIG
    config = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
    if config is None or config.get("trainable_token_indices"):
        raise ModelError(
            f"{slot!r} may change more than a LoRA adapter holds, which TRL does not train; write backend: cohort"
        )


def drop_no_more(model: Any) -> None:
    """Let nothing be dropped but what goes into the slot's own adapter: of no reference, nor of the base.

    Our trainers read both as they are (Any: PEFT is untyped).
    """
    for name, layer in model.named_modules():
        if isinstance(layer, torch.nn.Dropout) and not name.endswith("lora_dropout.default"):
            layer.p = 0.0


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
