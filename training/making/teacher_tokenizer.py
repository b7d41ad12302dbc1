"""The tokenizer of the shipped teacher: a token for each digit at each place of a number."""

from typing import Any

from simulation.core.teacher_prompt import teacher_prompt
from training.making.teacher_rows import rows

FIRST_SIGN = 0xE000
"""Where Unicode's private use area begins: digits with a place become signs of it."""


def placed_digits() -> list[tuple[str, str]]:
    """Return what the tokenizer replaces, in order: (pattern of a digit at its place in a number, its own sign).

    A digit's token says its place, counted from the left, and whether it follows a point or a slash, so that comparing
    two numbers is comparing tokens (Nogueira et al. 2021, arXiv 2102.13019, section 3, let tokens say places of powers
    of ten). The last place of each kind stands for all that follow.
    """
    behind = [f"(?<=/[0-9]{{{place}}})" for place in (2, 1, 0)]
    behind += [f"(?<=[.][0-9]{{{place}}})" for place in (2, 1, 0)]
    behind += [f"(?<=[0-9]{{{place}}})" for place in (5, 4, 3, 2, 1)]
    return [
        (f"{before}{digit}", chr(FIRST_SIGN + 10 * kind + digit))
        for kind, before in enumerate(behind)
        for digit in range(10)
    ]


def train_tokenizer(*, seed: int, vocabulary: int) -> Any:
    """Train the BPE tokenizer: a token a digit and place, one for each fixed part of the prompt.

    Thousands separators are dropped; only a space between two digits is kept, as a token of its own.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    digits = placed_digits()
    signs = [sign for _, sign in digits]
    parts = [part.strip() for part in teacher_prompt("|", "|").split("|")]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Replace(Regex(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))"), ""),
            normalizers.Replace(Regex(r"(?<=[0-9])\s+(?=[0-9])"), "▁"),
            *(normalizers.Replace(Regex(pattern), sign) for pattern, sign in digits),
        ]
    )
    alone = f"[0-9{signs[0]}-{signs[-1]}]"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex(f"{alone}|[A-Za-z]+|[^A-Za-z]"), "isolated")]
    )
    tokenizer.decoder = decoders.Fuse()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=["<pad>", "</s>", "<unk>", *parts],
        initial_alphabet=[*(chr(code) for code in range(33, 127)), "▁", *signs],
        show_progress=False,
    )
    texts = (teacher_prompt(row.reference, row.answer) for row in rows(seed, "train", 20_000))
    tokenizer.train_from_iterator(texts, trainer)
    end = tokenizer.token_to_id("</s>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", end)]
    )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=512
    )
