"""The tokenizers of the students that are taught from scratch: what is one piece of text, and BPE within the pieces."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

DIALECT = "embedded"
"""What the tokenizer's settings of a model that is taught here say that it was taught to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """How text is cut before BPE joins what is often met; "▁" stands for a space."""

    pieces: str
    """A regular expression of what no token crosses."""
    keeps_case: bool
    alphabet: str
    """The signs that are tokens even if no lesson holds them."""
    drill: str = ""
    """A text learned once for every other one."""


_PRINTABLE = "".join(map(chr, range(33, 127)))

NUMBERS = Spelling(
    pieces="▁?[0-9]{1,2}(?=(?:[0-9]{2})*(?![0-9]))|▁?[a-z]+[)]?|▁?[^▁0-9a-z]",
    keeps_case=False,
    alphabet="".join(sign for sign in _PRINTABLE if not sign.isupper()),
    drill=" ".join(f"{number} {number}{number:02}" for number in range(100)),
)
"""One token for each two digits from the right, a leading space folded in, "a)" one token.

With a token for each number below 100 a small model learns what it is worth; digit by digit it hardly does.
"""

PROGRAMS = Spelling(
    pieces="\n▁*|▁?[A-Za-z_]+|▁?[0-9]|▁?[^▁\nA-Za-z0-9_]+|▁",
    keeps_case=True,
    alphabet=f"{_PRINTABLE}▁\n",
)
"""A line's end and the indentation behind it are one token; names, digits and runs of signs are apart."""


def train_tokenizer(spelling: Spelling, texts: Iterable[str], *, vocabulary: int, cues: Sequence[str]) -> Any:
    """Train a BPE tokenizer on texts (Any: transformers leaves it untyped)."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    spaces = normalizers.Replace(" ", "▁")
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([spaces] if spelling.keeps_case else [normalizers.Lowercase(), spaces])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(spelling.pieces), "isolated")
    tokenizer.decoder = decoders.Replace("▁", " ")
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=["<pad>", "<eos>", "<unk>", *cues],
        initial_alphabet=list(spelling.alphabet),
        show_progress=False,
    )
    learned = list(texts)
    tokenizer.train_from_iterator([*learned, *[spelling.drill] * (len(learned) if spelling.drill else 0)], trainer)
    return closed(tokenizer, positions=512)


def closed(tokenizer: Any, *, positions: int) -> Any:
    """Return a trained tokenizer as transformers has one, with its special tokens (Any: untyped libraries)."""
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<eos>",
        unk_token="<unk>",
        model_max_length=positions,
        dialect=DIALECT,
    )
