"""What a base's forward pass was seen to do."""

from dataclasses import dataclass
from typing import Literal

Apart = Literal["frozen", "trained"]
"""Whether the slots may change something of an output head, which decides what its gradients need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What the base's forward pass was seen to do (see `trial.py`)."""

    tree: bool
    """Takes a tree mask with positions."""
    cache: str | None
    """The keyword under which it takes and returns a key-value cache of left-padded prompts; None where it has none."""
    reserve: bool
    """Decodes from a cache with reserved room, with masks made beforehand, within the attention's reach."""
    keeps: bool
    """Takes `logits_to_keep`."""
    masks: bool
    """Takes `attention_mask`."""
    head: Apart | None = None
    """Its output head can be applied to some tokens at a time; None where its scores are had of all at once alone."""
    branches: bool = False
    """Grows many beams from one prompt as columns of one cached sequence."""
    slices: bool = False
    """Its logits are its last features times its head, of which rows can be taken."""
    lean: bool = False
    """Is small and has blocks of Llama's kind, so that a search may compute them with fewer operations."""
    window: int | None = None
    """The tokens that attention reaches back; beyond them a tree mask would see more than the model may."""
    longest: int | None = None
    """The most tokens a sequence may have."""

    @property
    def fast_paths(self) -> dict[str, bool]:
        """What spares work, by name, and whether the model was seen to take it; a lost one costs no more than that."""
        return {
            "tree scoring": self.tree,
            "key-value cache": self.cache is not None,
            "reserved cache": self.reserve,
            "constrained search": self.branches,
            "chunked head": self.head is not None,
        }
