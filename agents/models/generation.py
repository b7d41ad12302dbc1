"""Writing: batched decoding with a key-value cache, each request from a random stream of its own."""

from collections.abc import Sequence

from agents.models.scoring import Scorer
from agents.models.text import Text
from simulation.core.types import Completion, Request


class Writer:
    """Continues prompts."""

    def __init__(self, scorer: Scorer, text: Text, budget: int) -> None:
        self._scorer = scorer
        self._text = text
        self._budget = budget

    def write(self, requests: Sequence[Request], slots: Sequence[int]) -> list[Completion]:
        """Continue each prompt under its slot."""
        raise NotImplementedError
