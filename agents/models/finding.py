"""Requests within a catalogue: beam search that finds its items alone, many prompts and slots in one batch.

No setting for generation that comes with a model takes part. Where a temperature is given, texts are drawn without
replacement among the beams: the `texts` greatest of log-probability / temperature + Gumbel noise (Kool, van Hoof and
Welling 2019, arXiv 1903.06059, section 2), in the order of a Plackett-Luce model's draws.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from agents.models import trie
from agents.models.batching import plan, square
from agents.models.branches import begun, packs
from agents.models.lean import Lean
from agents.models.scoring import Scorer
from agents.models.text import Text
from agents.models.trie import Trie
from agents.models.trie_search import Normaliser, TrieSearch
from simulation.core.calls import Completion, Request
from simulation.core.catalogue import catalogue
from simulation.core.errors import ModelError

KEPT_TRIES = 8
"""Tries kept; a study asks within one or two catalogues."""


@dataclass(frozen=True, slots=True)
class WrittenCatalogue:
    """A catalogue's different texts as a model writes them."""

    trie: Trie
    texts: tuple[str, ...]
    rows_L: NDArray[np.int32]
    """Which of the texts each of the trie is."""
    lengths_L: NDArray[np.int16]
    """The tokens of each text, with the one that ends it where that counts."""

    @classmethod
    def of(cls, name: str, text: Text, anchor: str, device: torch.device) -> "WrittenCatalogue":
        """Tokenize a catalogue's texts behind an anchor; they end with a token of their own if of several lengths."""
        texts = tuple(catalogue(name).sharing)
        rows = text.continuations(anchor, texts)
        lengths = set(map(len, rows))
        several = len(lengths) > 1 or 1 in lengths
        tokens_LT = trie.padded(rows if several else [row[:-1] for row in rows])
        built, rows_L = trie.build(tokens_LT, end=text.end if several else None, device=device)
        if built.size < len(texts):
            raise ModelError(alike(texts, tokens_LT, rows_L))
        return cls(built, texts, rows_L.astype(np.int32), (tokens_LT >= 0).sum(1).astype(np.int16))


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched once, however many requests ask for it."""

    slot: int
    prompt: tuple[int, ...]
    catalogue: str
    anchor: str
    width: int


Found = list[tuple[int, float]]
"""Texts of a catalogue by their number, with their log-probabilities, nats, best first."""


class Finder:
    """Finds the likeliest texts of a catalogue; scores are normalised by `level` unless asked otherwise.

    So a text's log-probability is that of writing it when nothing but the catalogue's texts may be written, of which
    all together have probability 1.
    """

    def __init__(
        self, scorer: Scorer, text: Text, budget: int, lean: Lean | None, *, normaliser: Normaliser = "level"
    ) -> None:
        self.normaliser = normaliser
        self._scorer = scorer
        self._text = text
        self._budget = budget
        self._lean = lean
        self._catalogues: OrderedDict[tuple[str, str], WrittenCatalogue] = OrderedDict()

    @torch.inference_mode()
    def find(self, requests: Sequence[Request], slots: Sequence[int]) -> list[Completion]:
        """Return for each request, of a slot each, its texts as the beam of a completion."""
        prompts = [self._text.encode(request.prompt, ()).prompt for request in requests]
        queries = [
            Query(slot, prompt, request.within, self._text.anchor(request.prompt), request.beams)
            for request, slot, prompt in zip(requests, slots, prompts, strict=True)
        ]
        refusals = [self._refusal(request, query) for request, query in zip(requests, queries, strict=True)]
        asked = [query for query, refusal in zip(queries, refusals, strict=True) if not refusal]
        findings = self._search(list(dict.fromkeys(asked)))
        return [
            Completion(stop=refusal) if refusal else self._completion(request, self._written(query), findings[query])
            for request, query, refusal in zip(requests, queries, refusals, strict=True)
        ]

    def _refusal(self, request: Request, query: Query) -> str:
        """Say why a request cannot be answered, or nothing."""
        depth, longest = self._written(query).trie.depth, self._scorer.abilities.longest
        if longest is not None and len(query.prompt) + depth > longest:
            length = len(query.prompt)
            return f"error: the prompt has {length} tokens and an item {depth}, the model reads {longest}"
        if not 1 <= request.texts <= request.beams:
            return f"error: a beam search of width {request.beams} has no {request.texts} texts"
        return ""

    def _search(self, queries: Sequence[Query]) -> dict[Query, Found]:
        """Run the searches, those of one width within one catalogue together."""
        findings: dict[Query, Found] = {}
        for group in dict.fromkeys((query.catalogue, query.anchor, query.width) for query in queries):
            own = [query for query in queries if (query.catalogue, query.anchor, query.width) == group]
            written = self._written(own[0])
            lengths = [self._cost(query, written.trie) for query in own]
            for batch in plan([query.slot for query in own], lengths, self._budget, even=True):
                slots, order = square([(piece.slot, list(piece.indices)) for piece in batch])
                asked = [own[index] for index in order]
                findings.update(zip(asked, self._run(slots, asked, written), strict=True))
        return findings

    def _run(self, slots: Sequence[int], queries: Sequence[Query], written: WrittenCatalogue) -> list[Found]:
        """Run the searches of one batch."""
        prompts = [query.prompt for query in queries]
        beams = begun(self._scorer, slots, prompts, written.trie.depth, self._lean)
        leaves_RK, sums_RK = TrieSearch(written.trie, beams, len(queries), queries[0].width, self.normaliser).run()
        texts_RK = written.rows_L[leaves_RK.cpu().numpy()]
        rows = zip(texts_RK.tolist(), sums_RK.double().tolist(), strict=True)
        return [[pair for pair in zip(*row, strict=True) if pair[1] > -math.inf] for row in rows]

    def _cost(self, query: Query, built: Trie) -> int:
        """Return the tokens that a search holds at once."""
        length = len(query.prompt) + built.depth
        width = min(query.width, built.size)
        return len(query.prompt) + width if packs(self._scorer, length) else width * length

    def _written(self, query: Query) -> WrittenCatalogue:
        key = (query.catalogue, query.anchor)
        if key not in self._catalogues:
            device = self._scorer.adapters.values_SP.device
            self._catalogues[key] = WrittenCatalogue.of(*key[:1], self._text, query.anchor, device)
        self._catalogues.move_to_end(key)
        while len(self._catalogues) > KEPT_TRIES:
            self._catalogues.popitem(last=False)
        return self._catalogues[key]

    def _completion(self, request: Request, written: WrittenCatalogue, found: Found) -> Completion:
        chosen = found[: request.texts] if request.temperature == 0 else drawn(found, request)
        lengths = written.lengths_L[[text for text, _ in chosen]].tolist()
        beam = tuple(
            Completion(text=written.texts[text], tokens=length, logprob=total)
            for (text, total), length in zip(chosen, lengths, strict=True)
        )
        return replace(beam[0], beam=beam)


Answering = Callable[[Sequence[Request], Sequence[int]], list[Completion]]
"""Answers requests, of a slot each."""


def dealt(
    requests: Sequence[Request], slots: Sequence[int], free: Answering, search: Answering, ground: Answering
) -> list[Completion]:
    """Answer the requests of each kind in their own way, in the order that they came in.

    Those within a catalogue are searched for where they have beams, else written and grounded; all others are free.
    """
    ways = [free if not request.within else search if request.beams else ground for request in requests]
    completions: dict[int, Completion] = {}
    for way in (free, search, ground):
        places = [place for place, own in enumerate(ways) if own == way]
        if places:
            answers = way([requests[place] for place in places], [slots[place] for place in places])
            completions.update(zip(places, answers, strict=True))
    return [completions[place] for place in range(len(requests))]


def drawn(found: Found, request: Request) -> Found:
    """Draw texts without replacement, each in proportion to its probability to the power of 1 / temperature."""
    noise = np.random.default_rng(request.seed).gumbel(size=len(found))
    keys = np.array([total for _, total in found]) / request.temperature + noise
    return [found[place] for place in np.argsort(-keys, kind="stable")[: request.texts]]


def alike(texts: Sequence[str], tokens_LT: NDArray[np.int64], rows_L: NDArray[np.int64]) -> str:
    """Name two texts that are the same tokens."""
    lost = min(set(range(len(texts))) - set(rows_L.tolist()))
    twin = int(np.flatnonzero((tokens_LT == tokens_LT[lost]).all(1))[0])
    return (
        f"to the tokenizer of this model {texts[twin]!r} and {texts[lost]!r} of the catalogue are the same text; "
        "give items identifiers that it tells apart, or add their codes to it by students.codes={levels: L, size: K}"
    )
