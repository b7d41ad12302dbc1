"""Text to token ids and back, the one place that knows how a prompt and its answer join."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from simulation.core.errors import ModelError
from simulation.core.packing import Tree

KEPT_TREES = 8192
"""Encoded prompts kept: an evaluation asks every student the same questions again (about 3 kB each)."""

_PROBES = ("7", "12.5 km", "Yes, it is", "a) 3/4")


class Text:
    """Encodes prompts with their continuations, and decodes what a model wrote.

    A chat model's prompt is laid out by its template; any other prompt is used as it is, and its answer follows after
    one space. Every continuation ends with the token that ends a turn.
    """

    def __init__(self, tokenizer: Any, source: str) -> None:
        self.tokenizer = tokenizer
        self.chat = bool(tokenizer.chat_template)
        if tokenizer.eos_token_id is None:
            raise ModelError(f"the tokenizer of {source!r} has no end-of-text token; set eos_token in its folder")
        self.end: int = self._turn_end() if self.chat else tokenizer.eos_token_id
        self.pad: int = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
        self._trees: OrderedDict[tuple[str, tuple[str, ...]], Tree] = OrderedDict()
        self._first = self._opening()
        self._apart = self._joins_at_the_seam()

    def render(self, prompt: str) -> str:
        """Return the exact text a prompt becomes."""
        if not self.chat:
            return prompt
        turns = [{"role": "user", "content": prompt}]
        text: str = self.tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        return text

    def encode(self, prompt: str, continuations: Sequence[str]) -> Tree:
        """Return the prompt's and the continuations' token ids."""
        return self.encode_all([(prompt, tuple(continuations))])[0]

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

    def continuations(self, prompt: str, texts: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        """Return the token ids of many continuations of a prompt, which are not kept."""
        return self._encode([(prompt, tuple(texts))])[0].branches

    def anchor(self, prompt: str) -> str:
        """Return a short prompt behind which continuations have the token ids that they have behind this one.

        A chat template always ends alike; behind any other prompt an answer follows after one space or after none.
        """
        return "" if self.chat else "Answer:" if self._joint(prompt) else "Answer:\n"

    def alone(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of texts that are neither prompts nor answers."""
        return [[*self._first, *ids] for ids in self._ids(texts)]

    def decode(self, tokens: Sequence[int], prompt: str) -> str:
        """Return the text of generated tokens, without the space that joins it to its prompt."""
        text: str = self.tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text.removeprefix(self._joint(prompt))

    def _joint(self, rendered: str) -> str:
        return "" if self.chat or not rendered or rendered[-1].isspace() else " "

    def _encode(self, asked: Sequence[tuple[str, tuple[str, ...]]]) -> list[Tree]:
        texts = []
        for prompt, continuations in asked:
            rendered = self.render(prompt)
            joint = self._joint(rendered)
            joined = [f"{joint}{text}" if text else "" for text in continuations]
            texts.append([rendered, *joined])
        return self._apart_trees(texts) if self._apart else [self._joined_tree(row) for row in texts]

    def _apart_trees(self, texts: Sequence[Sequence[str]]) -> list[Tree]:
        """Encode each row's prompt and continuations by themselves."""
        ids = iter(self._ids([text for row in texts for text in row]) if texts else ())
        return [self._tree([next(ids) for _ in row]) for row in texts]

    def _joined_tree(self, row: Sequence[str]) -> Tree:
        """Encode continuations behind their prompt, as a tokenizer that joins across the seam demands."""
        rendered, *texts = row
        opening, *whole = self._ids([rendered, *(rendered + text for text in texts)])
        rest = [
            ids[len(opening) :] if ids[: len(opening)] == opening else self._ids([text])[0]
            for ids, text in zip(whole, texts, strict=True)
        ]
        return self._tree([opening, *rest])

    def _tree(self, ids: Sequence[Sequence[int]]) -> Tree:
        opening, *rest = ids
        return Tree(
            prompt=(*self._first, *opening) or (self.tokenizer.eos_token_id,),
            branches=tuple((*branch, self.end) for branch in rest),
        )

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        ids: list[list[int]] = self.tokenizer(list(texts), add_special_tokens=False)["input_ids"]
        return ids

    def _opening(self) -> tuple[int, ...]:
        """Return what the tokenizer puts before a text; a chat template writes its own."""
        first = self.tokenizer.bos_token_id
        begins = first is not None and self.tokenizer("a")["input_ids"][:1] == [first]
        return (first,) if begins and not self.chat else ()

    def _joins_at_the_seam(self) -> bool:
        """Say whether continuations may be encoded apart from their prompt, which is much faster."""
        opening, *apart = self._ids(["Answer:", *(f" {probe}" for probe in _PROBES)])
        whole = self._ids([f"Answer: {probe}" for probe in _PROBES])
        return not self.chat and all([*opening, *rest] == ids for rest, ids in zip(apart, whole, strict=True))

    def _turn_end(self) -> int:
        """Return the token with which the chat template ends the assistant's turn."""
        mark = "answer"
        turns = [{"role": "user", "content": "question"}, {"role": "assistant", "content": mark}]
        text: str = self.tokenizer.apply_chat_template(turns, tokenize=False)
        after = self._ids([text[text.rindex(mark) + len(mark) :].lstrip()])[0]
        special = after and after[0] in self.tokenizer.all_special_ids
        end: int = after[0] if special else self.tokenizer.eos_token_id
        return end
