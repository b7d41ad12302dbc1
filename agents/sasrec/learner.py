"""What computes for students of SASRec: a network for each slot and catalogue, drawn from the seat's seed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor
from torch.nn import functional

from agents.counting.answering import CELLS, History, listed, scored
from agents.counting.windows import Window, lesson_update, texts_of, windows
from agents.sasrec.network import Dropout, SasrecNetwork
from agents.sasrec.settings import SasrecParameters
from simulation.core.calls import Completion, Request
from simulation.core.errors import DataError
from simulation.core.seeding import draw_seed, generator
from simulation.core.types import Experience, Seat, Update

SASREC = "sasrec"
UNLIKELY = 40.0
"""How much less likely, in nats, a text of the history is where nothing is taken twice."""
NO_DROPOUT = Dropout(0.0, None)


@dataclass(slots=True)
class Networks:
    """One student's networks, by catalogue; one that was never taught is not among them."""

    seat: Seat
    networks: dict[str, SasrecNetwork] = field(default_factory=dict)
    version: str = ""


class SasrecLearner:
    """A `Learner` whose slots hold all weights of small networks; it lends them to no trainer but its own rule."""

    source = SASREC

    def __init__(self, seats: Sequence[Seat], settings: SasrecParameters) -> None:
        self.slots = tuple(seat.name for seat in seats)
        self._slots = {seat.name: Networks(seat) for seat in seats}
        self._settings = settings

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        """List the likeliest texts for each request, or draw them where it has a temperature."""
        return listed(requests, self.source, self._logprobs)

    def score(self, requests: Sequence[Request]) -> list[tuple[float, ...]]:
        """Return the log-probability, nats, of each continuation, which must be a text of the catalogue."""
        return scored(requests, self.source, self._logprobs)

    def _network(self, slot: str, name: str) -> SasrecNetwork:
        """Return the network of a slot for a catalogue, as it was taught, or as the seat's seed draws it."""
        state = self._slots[slot]
        if name in state.networks:
            return state.networks[name]
        network = self._blank(len(texts_of(name).texts))
        purpose = f"the weights of sasrec for {name}"
        network.draw(stream(generator(state.seat.seed, 0, state.seat.number, purpose)))
        return network

    def _blank(self, texts: int) -> SasrecNetwork:
        chosen = self._settings
        return SasrecNetwork(
            texts, width=chosen.width, layers=chosen.layers, heads=chosen.heads, history=chosen.history
        )

    def _logprobs(self, slot: str, name: str, histories: Sequence[History]) -> NDArray[np.float64]:
        return self._answered(self._network(slot, name), histories)

    @torch.no_grad()
    def _answered(self, network: SasrecNetwork, histories: Sequence[History]) -> NDArray[np.float64]:
        """Return the log-probability, nats, of every text after each history."""
        logits_WV = network(network.laid_out(histories), NO_DROPOUT)
        if not self._settings.repeats:
            rows = [row for row, history in enumerate(histories) for _ in history]
            logits_WV[rows, [place for history in histories for place in history]] -= UNLIKELY
        logprobs_WV: NDArray[np.float64] = logits_WV.double().log_softmax(-1).numpy()
        return logprobs_WV

    def learn(
        self,
        batches: Mapping[str, Sequence[Experience]],
        *,
        turn: int,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        """Teach each slot its lessons, one slot after the other."""
        del turn
        return {slot: self._learn(slot, lessons, generators[slot]) for slot, lessons in batches.items()}

    def _learn(self, slot: str, lessons: Sequence[Experience], randomness: np.random.Generator) -> Update:
        state, steps, losses = self._slots[slot], 0, [0.0]
        by_catalogue = windows(lessons, self.source)
        before, after = [], []
        for name, learned in by_catalogue.items():
            network = self._network(slot, name)
            before += self._taught(network, learned)
            losses = self._fitted(network, learned, randomness)
            steps += len(losses)
            after += self._taught(network, learned)
            state.networks[name] = network
        state.version = ""
        return lesson_update(
            self.source,
            self.version(slot),
            lessons=len(lessons),
            steps=steps,
            before=before,
            after=after,
            metrics={"loss_first": losses[0], "loss_last": losses[-1]} if steps else {},
        )

    def _fitted(
        self, network: SasrecNetwork, learned: Sequence[Window], randomness: np.random.Generator
    ) -> list[float]:
        """Teach a network, in place; return the loss of each step, in nats a window."""
        chosen = self._settings
        places_WT = network.laid_out([window.history for window in learned])
        taken_W = torch.tensor([window.taken for window in learned])
        drop = Dropout(chosen.dropout, stream(randomness))
        optimiser = torch.optim.Adam(network.parameters(), lr=chosen.learning_rate)
        losses = []
        for _ in range(chosen.passes):
            order_W = randomness.permutation(len(learned))
            for first in range(0, len(order_W), chosen.batch_size):
                batch = torch.from_numpy(order_W[first : first + chosen.batch_size])
                loss = functional.cross_entropy(network(places_WT[batch], drop), taken_W[batch])
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                losses.append(float(loss.detach()))
        return losses

    def _taught(self, network: SasrecNetwork, learned: Sequence[Window]) -> list[tuple[int, float]]:
        """Return the place of each window's lesson, and the log-probability, nats, of what was taken."""
        taught: list[tuple[int, float]] = []
        for first in range(0, len(learned), step := max(1, CELLS // network.texts)):
            chunk = learned[first : first + step]
            logprobs_WV = self._answered(network, [window.history for window in chunk])
            taken_W = logprobs_WV[np.arange(len(chunk)), [window.taken for window in chunk]]
            taught += zip([window.lesson for window in chunk], taken_W.tolist(), strict=True)
        return taught

    def version(self, slot: str) -> str:
        """Return the sha256 of what `dump` returns."""
        state = self._slots[slot]
        state.version = state.version or hashlib.sha256(self.dump(slot)).hexdigest()
        return state.version

    def dump(self, slot: str) -> bytes:
        """Return all weights of the slot as safetensors; none where it was never taught."""
        networks = sorted(self._slots[slot].networks.items())
        tensors: dict[str, Tensor] = {
            f"{name}.{part}": weight.detach()
            for name, network in networks
            for part, weight in network.named_parameters()
        }
        # one metadata key: safetensors writes several in no fixed order
        return save(tensors, metadata={SASREC: json.dumps({name: network.texts for name, network in networks})})

    def restore(self, slot: str, data: bytes) -> None:
        """Put back what `dump` returned; what no network was taught is drawn by the seed of the seat."""
        try:
            tensors = load(data)
            header_size = int.from_bytes(data[:8], "little")
            sizes = json.loads(json.loads(data[8 : 8 + header_size])["__metadata__"][SASREC])
            networks = {name: self._blank(texts) for name, texts in sizes.items()}
            for name, network in networks.items():
                network.load_state_dict({part: tensors[f"{name}.{part}"] for part, _ in network.named_parameters()})
        except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
            raise DataError(
                f"the stored weights of {slot!r} hold no networks of these settings of sasrec ({error}); restore a copy"
            ) from error
        self._slots[slot] = Networks(self._slots[slot].seat, networks)

    def render(self, prompt: str) -> str:
        """Return the prompt."""
        return prompt


def stream(randomness: np.random.Generator) -> torch.Generator:
    """Return a stream of torch that begins with a number drawn from another's."""
    return torch.Generator().manual_seed(draw_seed(randomness))
