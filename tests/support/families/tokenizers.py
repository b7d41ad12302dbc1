"""Tokenizers of two kinds, trained in a moment: of bytes, and of pieces with their space before them."""

import json
from collections.abc import Sequence
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

CORPUS = (
    "What is 7 plus 12? The answer is 19.",
    "def add(left, right):\n    return left + right\n\n\nclass Sum:\n    value = 0\n",
    "### Instruction:\nWrite a function.\n### Response:\n75\n",
    "a train of 12 km, 3/4 of it\n\n    more: 5,5,5\n",
    "system user assistant model think Today Date: Cutting Knowledge Date: December 2023",
) * 20


WORDS = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
"""Where newer tokenizers of bytes divide a text: after the last of several line breaks, before the space of a word."""


def of_bytes(special: Sequence[str], plain: Sequence[str] = (), *, older: bool = False) -> Tokenizer:
    """Return a tokenizer of bytes; an older one divides texts as GPT-2's does, and joins line breaks with spaces."""
    tokenizer = Tokenizer(models.BPE())
    as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=older)
    words = [] if older else [pre_tokenizers.Split(Regex(WORDS), "isolated")]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*words, as_bytes])
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        CORPUS, trainers.BpeTrainer(vocab_size=420, initial_alphabet=alphabet, show_progress=False)
    )
    return with_added(tokenizer, special, plain)


def of_pieces(special: Sequence[str], plain: Sequence[str] = (), *, spaced: bool) -> Tokenizer:
    """Return a tokenizer of pieces that begin with their space; `spaced` puts one before every text."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    before = [normalizers.Prepend("▁")] if spaced else []
    tokenizer.normalizer = normalizers.Sequence([*before, normalizers.Replace(" ", "▁")])
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    strip = [decoders.Strip(" ", 1, 0)] if spaced else []
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *strip]
    )
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=160, show_progress=False))
    learned = json.loads(tokenizer.to_str())["model"]
    pieces = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), *sorted(learned["vocab"], key=learned["vocab"].get)]
    vocabulary = {piece: place for place, piece in enumerate(dict.fromkeys(pieces))}
    merges = [tuple(pair) for pair in learned["merges"]]
    tokenizer.model = models.BPE(vocab=vocabulary, merges=merges, byte_fallback=True, unk_token="<unk>", fuse_unk=True)
    return with_added(tokenizer, special, plain)


def with_added(tokenizer: Tokenizer, special: Sequence[str], plain: Sequence[str]) -> Tokenizer:
    """Add tokens that are special and tokens that are only whole."""
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in special])
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in plain])
    return tokenizer


def wrapped(
    tokenizer: Tokenizer, *, bos: str | None, eos: str, pad: str, template: str | None, begins: bool
) -> PreTrainedTokenizerFast:
    """Return the tokenizer of a folder; `begins` puts `bos` before every text, unless it is told not to."""
    if begins and bos is not None:
        pair: list[Any] = [(bos, tokenizer.token_to_id(bos))]
        tokenizer.post_processor = processors.TemplateProcessing(single=f"{bos} $A", special_tokens=pair)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=bos, eos_token=eos, pad_token=pad)
    fast.chat_template = template
    return fast
