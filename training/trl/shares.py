"""The same global batches however many processes share them: each takes its part, and the mean is over all of them."""

from collections.abc import Iterator
from typing import Any

from accelerate.data_loader import SeedableRandomSampler  # type: ignore[import-untyped]
from torch.utils.data import DataLoader, Sampler
from transformers import Trainer

from simulation.core.ranks import rank, world_size
from training.recipe import Recipe


class Shares(Sampler[list[int]]):
    """The batches of one process in their order, and of each what this rank takes.

    A last one that cannot be shared evenly is taken whole by every rank, whose mean is the same.
    """

    def __init__(self, examples: int, batch_size: int, seed: int) -> None:
        self._sampler = SeedableRandomSampler(range(examples), data_seed=seed)
        self._batch_size = batch_size

    def __len__(self) -> int:
        return -(-len(self._sampler) // self._batch_size)

    def set_epoch(self, epoch: int) -> None:
        """Shuffle as that epoch does."""
        self._sampler.set_epoch(epoch)

    def __iter__(self) -> Iterator[list[int]]:
        order = [*self._sampler]
        for start in range(0, len(order), self._batch_size):
            batch = order[start : start + self._batch_size]
            yield batch if len(batch) % world_size() else batch[rank() :: world_size()]


class SharingTrainer(Trainer):
    """A trainer of the same batches, whatever the number of processes."""

    def __init__(self, *arguments: Any, recipe: Recipe, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._recipe = recipe

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Return this rank's share of every batch; in one process, what the library makes."""
        if world_size() == 1:
            return super().get_train_dataloader()
        examples: Any = self.train_dataset
        shares = Shares(len(examples), self._recipe.batch_size, self.args.seed)
        return DataLoader(examples, batch_sampler=shares, collate_fn=self.data_collator)
