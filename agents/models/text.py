"""Text to token ids and back, the one place that knows how a prompt and its answer join."""

from collections import OrderedDict
from collections.abc import Collection, Sequence
from typing import Any

from agents.models.chat import PLAIN, Chat
from agents.models.layout import ANSWER, PROBE, Layout, layout_of
from simulation.core.errors import ModelError
from simulation.core.packing import Tree

KEPT_TREES = 8192
"""Encoded prompts kept: an evaluation asks every student the same questions again (about 3 kB each)."""
CONTEXT = 16
"""Tokens of a prompt that an answer is decoded behind: some tokenizers leave out a text's first space."""

_PROBES = ("7", "12.5 km", "Yes, it is", "a) 3/4")
_TRIED = ("7", "12.5 km", "Yes.\nIt is", "def f(x):\n    return x", "    return x")
Ids = tuple[int, ...]


class Text:
    """Encodes prompts with their continuations, and decodes what a model wrote.

    A chat model's prompt and answer are laid out by its template, and all that it writes between the prompt for an
    answer and the end of the turn belongs to the continuation. Any other prompt is used as it is, and its answer
    follows after one space. Every continuation ends with the token that ends a turn, unless it was cut.
    """

    def __init__(self, tokenizer: Any, source: str, chat: Chat = PLAIN, ends: Collection[int] = ()) -> None:
        """Take a tokenizer (Any: untyped library) and the tokens that end what its model writes, besides its own."""
        self.tokenizer = tokenizer
        self.layout: Layout | None = layout_of(tokenizer, source, chat)
        if tokenizer.eos_token_id is None:
            raise ModelError(f"the tokenizer of {source!r} has no end-of-text token; set eos_token in its folder")
        self.end: int = tokenizer.eos_token_id
        self._lead, self._before_end, self._ends_behind = "", "", 0
        if self.layout is not None:
            self._close(self.layout, frozenset([tokenizer.eos_token_id, *ends]))
        self.ends = frozenset([self.end, tokenizer.eos_token_id, *ends])
        self.pad: int = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
        self._trees: OrderedDict[tuple[str, tuple[str, ...]], Tree] = OrderedDict()
        self._begin = self._beginning()
        self._first = self._begin if self.layout is None else ()
        self._apart = self._joins_at_the_seam()
        if self.layout is not None:
            written = self.decode(self.continuations(PROBE, (ANSWER,))[0][:-1], PROBE)
            self._lead, whole, self._before_end = written.rpartition(ANSWER)
            if not whole:
                raise ModelError(f"the tokenizer of {source!r} makes {written!r} of {ANSWER!r}; name another model")

    def render(self, prompt: str) -> str:
        """Return the exact text a prompt becomes."""
        return prompt if self.layout is None else self.layout.question(prompt)

    def encode(self, prompt: str, continuations: Sequence[str], cut: Collection[int] = ()) -> Tree:
        """Return the prompt's and the continuations' token ids; those in the places of `cut` have no end.

        One of no tokens keeps its end all the same.
        """
        if not any(continuations[place] for place in cut):
            return self.encode_all([(prompt, tuple(continuations))])[0]
        return self._joined_tree(prompt, continuations, frozenset(place for place in cut if continuations[place]))

    def encode_all(self, asked: Sequence[tuple[str, tuple[str, ...]]]) -> list[Tree]:
        """Return the token ids of each (prompt, continuations); what is new is tokenized in one call."""
        new_keys = [key for key in dict.fromkeys(asked) if key not in self._trees]
        trees = {key: self._trees[key] for key in asked if key in self._trees}
        trees.update(zip(new_keys, self._encode(new_keys), strict=True))
        for key in trees:
            self._trees[key] = trees[key]
            self._trees.move_to_end(key)
        while len(self._trees) > KEPT_TREES:
            self._trees.popitem(last=False)
        return [trees[key] for key in asked]

    def continuations(self, prompt: str, texts: Sequence[str]) -> tuple[Ids, ...]:
        """Return the token ids of many continuations behind all of a prompt's own, which are not kept."""
        if self._apart:
            return self._encode([(prompt, tuple(texts))])[0].branches
        opening, wholes = self._joined(prompt, texts)
        size = len(opening)
        return tuple(
            ids[size:] if ids[:size] == opening else self._ended(tuple(self._ids([self._behind(prompt, text)])[0]))
            for ids, text in zip(wholes, texts, strict=True)
        )

    def anchor(self, prompt: str) -> str:
        """Return a short prompt behind which continuations have the token ids that they have behind this one.

        A chat template always ends alike; behind any other prompt an answer follows after one space or after none.
        """
        return "Answer:" if self.layout is not None or self._joint(prompt) else "Answer:\n"

    def alone(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of texts that are neither prompts nor answers."""
        return [[*self._begin, *ids] for ids in self._ids(texts)]

    def decode(self, tokens: Sequence[int], prompt: str, *, ended: bool = True) -> str:
        """Return the text of generated tokens without their end, and without what joins it to its prompt and its end.

        It is what decoding adds to the end of the prompt: alone, it might lose its first space.
        """
        context = self.encode(prompt, ()).prompt[-CONTEXT:]
        before, whole = self._text_of(context), self._text_of((*context, *tokens))
        lead = self._joint(prompt) if self.layout is None else self._lead
        written = whole[alike(before, whole) :].removeprefix(lead)
        return written.removesuffix(self._before_end) if ended else written

    def followed_template(self) -> str:
        """Compare conversations, token for token, with what the library makes of them; raises where one differs."""
        if self.layout is None:
            return ""
        for answer in _TRIED:
            tree = self.encode(PROBE, (answer,))
            ids, whole = [*tree.prompt, *tree.branches[0]], self.layout.ids(PROBE, answer)
            if ids != whole[: len(ids)]:
                raise ModelError(f"{self.layout.name} makes {whole} of {answer!r}, but {ids} is what the model reads")
            written = self.decode(self.continuations(PROBE, (answer,))[0][:-1], PROBE)
            if written.strip() != answer.strip():
                raise ModelError(f"the tokenizer of {self.layout.name} makes {written!r} of {answer!r}")
        end = self.tokenizer.convert_ids_to_tokens(self.end)
        return f"{len(_TRIED)} conversations are read as its template has them, to {end}"

    def _text_of(self, tokens: Sequence[int]) -> str:
        text: str = self.tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text

    def _joint(self, prompt: str) -> str:
        """Return what joins an answer to a prompt that no template lays out."""
        return "" if not prompt or prompt[-1].isspace() else " "

    def _behind(self, prompt: str, text: str) -> str:
        """Return what stands behind a prompt as far as the end of an answer's text."""
        if self.layout is not None:
            return f"{self.layout.lead}{text}{self.layout.tail}"
        return f"{self._joint(prompt)}{text}" if text else ""

    def _encode(self, asked: Sequence[tuple[str, tuple[str, ...]]]) -> list[Tree]:
        if not self._apart:
            return [self._joined_tree(prompt, texts) for prompt, texts in asked]
        rows = [(prompt, *(self._behind(prompt, text) for text in texts)) for prompt, texts in asked]
        ids = iter(self._ids([text for row in rows for text in row]) if rows else ())
        trees = []
        for row in rows:
            opening, *branches = [next(ids) for _ in row]
            trees.append(self._tree(tuple(opening), [(*branch, self.end) for branch in branches]))
        return trees

    def _joined_tree(self, prompt: str, texts: Sequence[str], cut: Collection[int] = ()) -> Tree:
        """Encode continuations with their prompt, whose last tokens are theirs where the tokenizer joins them."""
        opening, wholes = self._joined(prompt, texts, cut)
        shared = min((alike(opening, ids) for ids in wholes), default=len(opening))
        return self._tree(opening[:shared], [ids[shared:] for ids in wholes])

    def _joined(self, prompt: str, texts: Sequence[str], cut: Collection[int] = ()) -> tuple[Ids, list[Ids]]:
        """Return the token ids of a prompt, and of it with each continuation and its end."""
        if self.layout is None:
            wholes = [prompt + self._behind(prompt, text) for text in texts]
        else:
            ways = [self.layout.unfinished if place in cut else self.layout.conversation for place in range(len(texts))]
            wholes = [way(prompt, text) for way, text in zip(ways, texts, strict=True)]
        opening, *rows = map(tuple, self._ids([self.render(prompt), *wholes]))
        return opening, [ids if place in cut else self._ended(ids) for place, ids in enumerate(rows)]

    def _ended(self, ids: Ids) -> Ids:
        """Return the ids of a conversation as far as the end of its last turn."""
        if self.layout is None:
            return (*ids, self.end)
        ends = [place for place, token in enumerate(ids) if token == self.end]
        return ids[: ends[-self._ends_behind] + 1]

    def _tree(self, opening: Ids, branches: Sequence[Ids]) -> Tree:
        return Tree(prompt=(*self._first, *opening) or (self.tokenizer.eos_token_id,), branches=tuple(branches))

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        ids: list[list[int]] = self.tokenizer(list(texts), add_special_tokens=False)["input_ids"]
        return ids

    def _beginning(self) -> Ids:
        """Return what the tokenizer puts before a text; a chat template writes its own."""
        first = self.tokenizer.bos_token_id
        begins = first is not None and self.tokenizer("a")["input_ids"][:1] == [first]
        return (first,) if begins else ()

    def _joins_at_the_seam(self) -> bool:
        """Say whether continuations may be encoded apart from their prompt, which is much faster."""
        opening, *apart = self._ids(["Answer:", *(f" {probe}" for probe in _PROBES)])
        whole = self._ids([f"Answer: {probe}" for probe in _PROBES])
        joined = all([*opening, *rest] == ids for rest, ids in zip(apart, whole, strict=True))
        return self.layout is None and joined

    def _close(self, layout: Layout, ends: frozenset[int]) -> None:
        """Take note of how the template ends an answer's turn; raises ModelError where nothing marks it.

        Tokens may be special to the tokenizer without being named so, as <end_of_turn> of Gemma is.
        """
        flagged = {token for token, added in self.tokenizer.added_tokens_decoder.items() if added.special}
        marks = ends | flagged | set(self.tokenizer.all_special_ids)
        behind = self._ids([layout.tail])[0]
        end = next((token for token in behind if token in marks), None)
        if end is None:
            raise ModelError(
                f"{layout.name} ends an answer with {layout.tail!r}, in which no token is special, so that nobody can "
                "tell where it ends; name another in students.chat.template, or off"
            )
        self.end, self._ends_behind = end, behind.count(end)


def alike(first: Sequence[object], second: Sequence[object]) -> int:
    """Return how far two sequences are the same."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(first), len(second)))
