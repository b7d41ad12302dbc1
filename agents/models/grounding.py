"""Writing a title freely and taking the items nearest to it, by the hidden states of titles.

After Bao et al. (2023), arXiv 2308.08434, section 3.2 (see `nearness.py`). A title is read alone, without the prompt;
sequences are padded on the right, where a causal model cannot see it. The states of a catalogue are kept until the
weights change that they were read with.
Axes: I texts of a catalogue, Q different texts that were written, E features, M rows, L tokens.
"""

from collections import OrderedDict
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from agents.models.finding import Answering
from agents.models.nearness import Floats, Grounding
from agents.models.scoring import Scorer
from agents.models.text import Text
from agents.reading.titles import written_title
from simulation.core.calls import Completion, Request
from simulation.core.catalogue import catalogue

MOST_KEPT = 2**27
"""The most numbers of tables that are kept: half a gigabyte."""


@dataclass(frozen=True, slots=True)
class TitleStates:
    """The states of a catalogue's texts under the weights of one slot."""

    texts: tuple[str, ...]
    states_IE: Tensor
    """As they are compared."""
    mean_E: Tensor | None
    """What was taken off them; None where they are not centred."""
    weights_P: Tensor | None
    """What the slot held; None for the base's."""

    def compared(self, states_QE: Tensor) -> Tensor:
        """Return states of other texts as those of the table are compared."""
        return states_QE if self.mean_E is None else direction(states_QE - self.mean_E)


class Grounder:
    """Answers requests within a catalogue by writing freely; the beam of a completion is the items nearest to it."""

    def __init__(self, scorer: Scorer, text: Text, budget: int, settings: Grounding, *, write: Answering) -> None:
        self._scorer = scorer
        self._text = text
        self._budget = budget
        self._settings = settings
        self._write = write
        self._tables: OrderedDict[tuple[str, int], TitleStates] = OrderedDict()

    @torch.inference_mode()
    def answer(self, requests: Sequence[Request], slots: Sequence[int]) -> list[Completion]:
        """Write, and ground what was written, of each slot and catalogue together; nothing written stays nothing."""
        completions = self._write(requests, slots)
        places_by_group: dict[tuple[str, int], list[int]] = {}
        for place, (request, slot) in enumerate(zip(requests, slots, strict=True)):
            if written_title(completions[place].text):
                places_by_group.setdefault((request.within, slot), []).append(place)
        for (name, slot), places in places_by_group.items():
            wanted = max(requests[place].texts for place in places)
            lists = self._nearest(name, slot, [written_title(completions[place].text) for place in places], wanted)
            for place, beam in zip(places, lists, strict=True):
                completions[place] = replace(completions[place], beam=beam[: requests[place].texts])
        return completions

    def _nearest(self, name: str, slot: int, written: Sequence[str], wanted: int) -> list[tuple[Completion, ...]]:
        """Return the nearest texts of a catalogue to each text written, equally near ones in the catalogue's order."""
        distinct = list(dict.fromkeys(written))
        distances_QI = self._settings.distances(self.distances(name, slot, distinct), name)
        texts = self.table(name, slot).texts
        nearest_QK = np.argsort(distances_QI, axis=1, kind="stable")[:, :wanted]
        beams = {
            text: tuple(Completion(text=texts[place], logprob=-float(distances_I[place])) for place in row)
            for text, distances_I, row in zip(distinct, distances_QI, nearest_QK.tolist(), strict=True)
        }
        return [beams[text] for text in written]

    @torch.inference_mode()
    def distances(self, name: str, slot: int, written: Sequence[str]) -> Floats:
        """Return how far each text of a catalogue is from each text written, before anything is injected, `(Q, I)`."""
        table = self.table(name, slot)
        places = {text: place for place, text in enumerate(table.texts)}
        unknown = [text for text in written if text not in places]
        states_QE = table.states_IE[[places.get(text, 0) for text in written]]
        if unknown:
            rows = [row for row, text in enumerate(written) if text not in places]
            states_QE[rows] = table.compared(self.states(unknown, slot))
        # not by products, which would leave a title at some distance from itself
        exactly = "donot_use_mm_for_euclid_dist"
        distances_QI: Floats = torch.cdist(states_QE, table.states_IE, compute_mode=exactly).double().cpu().numpy()
        return distances_QI

    def table(self, name: str, slot: int) -> TitleStates:
        """Return the states of a catalogue's texts, read again where the slot has changed."""
        own = self._settings.weights == "student"
        key = (name, slot if own else -1)
        weights_P = self._scorer.adapters.values_SP.detach()[slot] if own else None
        table = self._tables.get(key)
        if table is None or (weights_P is not None and not torch.equal(table.weights_P, weights_P)):  # type: ignore[arg-type]  # a slot's own
            table = self._tables[key] = self._read(tuple(catalogue(name).sharing), slot, weights_P)
        self._tables.move_to_end(key)
        while len(self._tables) > 1 and sum(table.states_IE.numel() for table in self._tables.values()) > MOST_KEPT:
            self._tables.popitem(last=False)
        return self._tables[key]

    def _read(self, texts: tuple[str, ...], slot: int, weights_P: Tensor | None) -> TitleStates:
        states_IE = self.states(texts, slot)
        mean_E = states_IE.mean(0) if self._settings.centred else None
        compared_IE = states_IE if mean_E is None else direction(states_IE - mean_E)
        return TitleStates(texts, compared_IE, mean_E, None if weights_P is None else weights_P.clone())

    @torch.inference_mode()
    def states(self, texts: Sequence[str], slot: int) -> Tensor:
        """Return the state that each text is known by, `(M, E)`, in single precision at least."""
        closed = self._settings.state == "separator"
        rows = self._text.alone([f'"{text}"' if closed else text for text in texts])
        longest_first = sorted(range(len(rows)), key=lambda place: -len(rows[place]))
        parts: list[Tensor] = []
        places = longest_first
        while places:
            size = max(1, self._budget // len(rows[places[0]]))
            parts.append(self._batch([rows[place] for place in places[:size]], slot))
            places = places[size:]
        return torch.cat(parts)[torch.from_numpy(np.argsort(longest_first)).to(parts[0].device)]

    def _batch(self, rows: Sequence[Sequence[int]], slot: int) -> Tensor:
        """Return the state of each sequence, padded on the right."""
        device = self._scorer.adapters.values_SP.device
        lengths_M = torch.tensor([len(row) for row in rows], device=device)
        columns = int(lengths_M.max())
        tokens_ML = torch.tensor([[*row, *[self._scorer.pad] * (columns - len(row))] for row in rows], device=device)
        own = self._settings.weights == "student"
        seated = self._scorer.adapters.seated([slot], rows=len(rows), columns=columns) if own else nullcontext()
        with seated:
            features_MLE = self._features(tokens_ML)
        if self._settings.state == "mean":
            inside_ML1 = (torch.arange(columns, device=device) < lengths_M.unsqueeze(1)).unsqueeze(-1)
            return features_MLE.where(inside_ML1, 0.0).sum(1) / lengths_M.unsqueeze(1)
        return features_MLE[torch.arange(len(rows), device=device), lengths_M - 1]

    def _features(self, tokens_ML: Tensor) -> Tensor:
        """Return the last layer's features, in single precision at least."""
        abilities, module = self._scorer.abilities, self._scorer.module
        inputs: dict[str, Any] = {"input_ids": tokens_ML, "use_cache": False}
        if abilities.masks:
            inputs["attention_mask"] = torch.ones_like(tokens_ML)
        if abilities.slices:
            features_MLE: Tensor = module.base_model(**inputs)[0]  # type: ignore[operator]
        else:
            features_MLE = module(**inputs, output_hidden_states=True).hidden_states[-1]
        return features_MLE if features_MLE.dtype == torch.float64 else features_MLE.float()


def direction(states_ME: Tensor) -> Tensor:
    """Return states of length 1 each; one of length 0 stays so."""
    return torch.nn.functional.normalize(states_ME, dim=-1)
