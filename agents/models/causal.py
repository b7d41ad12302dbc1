"""The students' language model: one frozen causal base, one slot a student, every call one batch over all."""

import copy
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from agents.models import adapter_file, lora, slots_rows, slots_weights, weights_file
from agents.models.attention import learning
from agents.models.batching import plan
from agents.models.finding import Finder, dealt
from agents.models.folder import comes_with_project
from agents.models.forward import Abilities
from agents.models.generation import Writer
from agents.models.grounding import Grounder
from agents.models.lean import Lean
from agents.models.lean_scoring import LeanScorer
from agents.models.learner_settings import LearnerSettings, attach, endings
from agents.models.loading import DTYPES, load_causal
from agents.models.objectives import target_logprobs
from agents.models.recomputing import recomputed
from agents.models.scoring import Scorer, depth, length
from agents.models.slots import Adapters
from agents.models.text import Text
from agents.models.trial import observe
from simulation.core.calls import Completion, Request
from simulation.core.errors import ModelError, nearest
from simulation.core.model_roles import lost_paths
from simulation.core.objectives import CROSS_ENTROPY, Objective
from simulation.core.packing import Tree
from simulation.core.seeding import draw_seeds
from simulation.core.types import Seat

CPU_BATCH_TOKENS, GPU_BATCH_TOKENS = 2048, 16_384
"""Activations of 2,048 tokens of the embedded student stay in a core's cache (more are slower)."""


class CausalLearner:
    """A `Lendable`: scores, generates and is trained through `adapters_SP`, here or by another library's trainer."""

    def __init__(
        self, module: nn.Module, tokenizer: Any, seats: Sequence[Seat], settings: LearnerSettings, *, source: str
    ) -> None:
        self._source = source
        self._settings = settings
        self._module = module
        slots_rows.add_tokens(module, tokenizer, settings.new_tokens)
        self._text = Text(tokenizer, source, settings.chat, endings(module))
        self._slots = tuple(seat.name for seat in seats)
        self._rows = {name: row for row, name in enumerate(self._slots)}
        if len(self._rows) != len(seats) or not seats:
            raise ModelError(f"a learner needs seats of different names, not {self._slots}")
        twin = copy.deepcopy(module) if settings.score_dtype else None
        self._adapters = attach(module, tokenizer, seats, settings)
        abilities = observe(module, self._adapters, self._text.pad)
        if self._adapters.drawn:
            slots_weights.draw(module, self._adapters, seats)
        self._scorer = Scorer(module=module, adapters=self._adapters, abilities=abilities, pad=self._text.pad)
        lean = Lean(self._scorer) if abilities.lean else None
        second = self._scorer if twin is None else replace(self._scorer, module=self._second(twin))
        self._lean_scorer = LeanScorer(second, lean if twin is None else None)
        on_cpu = self._adapters.values_SP.device.type == "cpu"
        self._learning = learning(module)
        self._budget = settings.batch_tokens or (CPU_BATCH_TOKENS if on_cpu else GPU_BATCH_TOKENS)
        self._writer = Writer(self._scorer, self._text, self._budget)
        self._finder = Finder(self._scorer, self._text, self._budget, lean, normaliser=settings.normaliser)
        self._grounder = Grounder(self._scorer, self._text, self._budget, settings.grounding, write=self._writer.write)
        self._versions: dict[int, tuple[bytes, str]] = {}
        self._beginnings_SP = self._adapters.values_SP.detach().cpu().clone()

    @classmethod
    def from_source(cls, source: str, seats: Sequence[Seat], settings: LearnerSettings) -> "CausalLearner":
        """Load the base from a folder or the hub."""
        module, tokenizer = load_causal(source, settings.precision)
        model = cls(module, tokenizer, seats, settings, source=source)
        if (lost := lost_paths(model)) and comes_with_project(source):
            raise ModelError(
                f"the shipped model in {source} does not take {lost} and would be many times slower; install the "
                f"tested versions with `make setup` (transformers is {installed_version('transformers')})"
            )
        return model

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of the seats, in the order of the rows of `adapters_SP`."""
        return self._slots

    @property
    def source(self) -> str:
        """The model folder or hub name of the base."""
        return self._source

    @property
    def module(self) -> nn.Module:
        """The base with the slots attached."""
        return self._module

    @property
    def tokenizer(self) -> Any:
        """The Hugging Face tokenizer (Any: untyped library)."""
        return self._text.tokenizer

    @property
    def adapters_SP(self) -> Tensor:
        """All adapters as one leaf tensor that requires grad, a row a slot."""
        return self._adapters.values_SP

    @property
    def adapters(self) -> Adapters:
        """The slots with their layout."""
        return self._adapters

    @property
    def abilities(self) -> Abilities:
        """What the base's forward pass was seen to do; `tree` says how branches are scored."""
        return self._scorer.abilities

    @property
    def fast_paths(self) -> Mapping[str, bool]:
        """Whether the base takes each fast path, by name."""
        return self.abilities.fast_paths

    @property
    def left_out(self) -> str:
        """What of the base no slot changes though another kind of training would, for people; "" where nothing."""
        return "" if self._adapters.whole else lora.left_out(self._module, self._adapters)

    def followed_template(self) -> str:
        """Say which conversations were laid out and tokenized as the model's template has them, "" without one."""
        return self._text.followed_template()

    def render(self, prompt: str) -> str:
        """Return the exact text a prompt becomes."""
        return self._text.render(prompt)

    def encode(self, prompt: str, continuations: Sequence[str], cut: Collection[int] = ()) -> Tree:
        """Tokenize; every continuation ends as a turn does, but for those in the places of `cut`."""
        return self._text.encode(prompt, continuations, cut)

    def branch_logprobs(
        self, slots: Sequence[str], trees_SB: Sequence[Sequence[Tree]], objective: Objective = CROSS_ENTROPY
    ) -> tuple[Tensor, Tensor]:
        """Return `(logprobs_SBKT, valid_SBKT)` of the branch tokens, with the objective's gradient in `adapters_SP`."""
        with self._learning():
            return self._scorer.logprobs([self._row(slot) for slot in slots], trees_SB, objective)

    @staticmethod
    def target_logprobs(logits_NV: Tensor, targets_N: Tensor, objective: Objective) -> Tensor:
        """Return the log-probability of each target; the gradient in the logits is the objective's."""
        return target_logprobs(logits_NV, targets_N, objective)

    @torch.no_grad()
    def score(self, requests: Sequence[Request]) -> list[tuple[float, ...]]:
        """Return the log-probability, nats, of each request's continuations; () where too long for the model.

        Slots that were never trained answer alike, so what several of them are asked is computed once.
        """
        alike = self._alike(requests)
        if len(set(alike)) < len(requests):
            distinct_indices = dict.fromkeys(alike)
            logprobs_by_index = dict(
                zip(distinct_indices, self.score([requests[index] for index in distinct_indices]), strict=True)
            )
            return [logprobs_by_index[index] for index in alike]
        trees = self._text.encode_all([(request.prompt, request.continuations) for request in requests])
        longest = self.abilities.longest
        fitting = [index for index, tree in enumerate(trees) if longest is None or depth(tree) <= longest]
        logprobs: list[tuple[float, ...]] = [()] * len(requests)
        lengths = [self._cost(trees[index]) for index in fitting]
        for batch in plan([self._row(requests[index].slot) for index in fitting], lengths, self._budget):
            indices_SB = [[fitting[place] for place in piece.indices] for piece in batch]
            sums_SBK = self._lean_scorer.sums(
                [piece.slot for piece in batch], [[trees[index] for index in indices_B] for indices_B in indices_SB]
            )
            for indices_B, sums_BK in zip(indices_SB, sums_SBK.tolist(), strict=True):
                for place, index in enumerate(indices_B):
                    logprobs[index] = tuple(sums_BK[place][: len(trees[index].branches)])
        return logprobs

    def _alike(self, requests: Sequence[Request]) -> list[int]:
        """Return for each request the first one that the base itself answers in the same way, or the request."""
        untrained = {slot: self._adapters.untrained(self._row(slot)) for slot in {request.slot for request in requests}}
        first_indices: dict[tuple[str, tuple[str, ...]], int] = {}
        return [
            first_indices.setdefault((request.prompt, request.continuations), index)
            if untrained[request.slot]
            else index
            for index, request in enumerate(requests)
        ]

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        """Continue each prompt until its end-of-text token or `max_tokens`."""
        slots = [self._row(request.slot) for request in requests]
        return dealt(requests, slots, self._writer.write, self._finder.find, self._grounder.answer)

    @contextmanager
    def as_begun(self, slots: Sequence[str]) -> Iterator[None]:
        """Within it these slots are as they were before anything was learned; what they compute has no gradients."""
        rows, values_SP = [self._row(slot) for slot in slots], self._adapters.values_SP
        with torch.no_grad():
            now_GP = values_SP[rows].clone()
            values_SP[rows] = self._beginnings_SP[rows].to(values_SP)
            try:
                yield
            finally:
                values_SP[rows] = now_GP

    @contextmanager
    def dropping(self, generators: Mapping[str, np.random.Generator]) -> Iterator[None]:
        """Within it these slots' adapters lose features of what goes into them; each slot's generator draws which."""
        layers = len(self._adapters.shapes)
        if self._adapters.dropout:
            self._adapters.dropping = {self._row(slot): draw_seeds(own, layers) for slot, own in generators.items()}
        try:
            yield
        finally:
            self._adapters.dropping = {}

    def recomputing(self) -> AbstractContextManager[None]:
        """Within it, forward passes and their gradients keep of each block only what goes into it."""
        return recomputed(self._module, self._adapters)

    def touch(self, slots: Sequence[str]) -> None:
        """Forget the versions of these slots; `version` also notices by itself that a row has changed."""
        for slot in slots:
            self._versions.pop(self._row(slot), None)

    def version(self, slot: str) -> str:
        """Return the sha256 of what `dump` returns."""
        row = self._row(slot)
        bits_P = self._adapters.values_SP.detach()[row].view(torch.uint8)
        digest = hashlib.sha256(bits_P.cpu().numpy().tobytes()).digest()
        digest_and_version = self._versions.get(row)
        if digest_and_version is not None and digest_and_version[0] == digest:
            return digest_and_version[1]
        version = hashlib.sha256(self.dump(slot)).hexdigest()
        self._versions[row] = (digest, version)
        return version

    def dump(self, slot: str) -> bytes:
        """Return what the slot holds as safetensors."""
        return adapter_file.dump(self._adapters, self._row(slot))

    def restore(self, slot: str, data: bytes) -> None:
        """Put back what `dump` returned."""
        adapter_file.restore(self._adapters, self._row(slot), data, f"the stored adapter of {slot!r}")

    def save(self, slot: str, folder: Path) -> None:
        """Write the slot as a standard PEFT adapter folder; one of every weight as a model folder."""
        if self._adapters.whole:
            weights_file.save_folder(self._adapters, self._row(slot), folder, self._module, self.tokenizer)
            return
        adapter_file.save_folder(
            self._adapters, self._row(slot), folder, name=slot, base=self._source, tokenizer=self.tokenizer
        )

    def load(self, slot: str, folder: Path) -> None:
        """Read a slot from a folder that `save` or PEFT wrote, of the same rank and targets."""
        if self._adapters.whole:
            weights_file.load_folder(self._adapters, self._row(slot), folder)
            return
        adapter_file.load_folder(self._adapters, self._row(slot), folder)

    def _row(self, slot: str) -> int:
        if slot not in self._rows:
            raise ModelError(f"no student has the slot {slot!r}; {nearest(slot, self._rows)}")
        return self._rows[slot]

    def _cost(self, tree: Tree) -> int:
        return length(tree) if self.abilities.tree else sum(len(tree.prompt) + len(branch) for branch in tree.branches)

    def _second(self, twin: nn.Module) -> nn.Module:
        """Return a copy of the base in `score_dtype` that computes with the same slots."""
        twin = twin.to(DTYPES[str(self._settings.score_dtype)])
        if self._adapters.whole:
            slots_weights.wrap(twin, self._adapters)
        else:
            masters = {
                shape.name: lora.master(self._module.get_submodule(shape.name).base)  # type: ignore[arg-type]
                for shape in self._adapters.shapes
            }
            lora.wrap(twin, self._adapters, masters)
        if self._adapters.tokens:
            slots_rows.wrap(twin, self._adapters)
        return twin.requires_grad_(False)
