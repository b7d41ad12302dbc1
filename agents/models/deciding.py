"""In what numbers a frozen base computes where that is left open: by what the hardware has and what a trial shows.

Never by a clock. bfloat16 keeps 8 bits of a number's 24; whether answers survive that is seen on the model itself.
"""

from typing import Final, Literal

import torch
from torch import Tensor

from agents.models.loading import Precision, load_causal

Decided = Literal["float32", "bfloat16"]
EXACT: Final = "float32"
SHORT: Final = "bfloat16"
TEXT = (
    "What is 7 plus 12? The answer is 19.\n\ndef add(left, right):\n    return left + right\n\n"
    "A train of 12 carriages leaves the town in the morning and comes back before the evening, because it is Sunday."
)
"""What is read in the trial."""
MEAN, MOST = 0.1, 0.75
"""How far log-probabilities of what a model deems likeliest may be apart, nats a token: on average, and anywhere."""


def decided(source: str, precision: Precision) -> Decided:
    """Return the dtype in which a model is to compute; `precision` says the rest."""
    if not hardware(precision.place):
        return EXACT
    logprobs = [
        read(source, Precision(dtype=dtype, quantization=precision.quantization, device=precision.device))
        for dtype in (EXACT, SHORT)
    ]
    return SHORT if agree(*logprobs) else EXACT


def hardware(place: torch.device) -> str:
    """Say what of a device multiplies in bfloat16, "" where nothing does."""
    if place.type == "cuda":
        return "cuda" if torch.cuda.is_bf16_supported(including_emulation=False) else ""
    if place.type != "cpu":
        return ""
    has = torch.cpu.get_capabilities()
    return next((name for name in ("amx_bf16", "avx512_bf16") if has.get(name)), "")


@torch.no_grad()
def read(source: str, precision: Precision) -> Tensor:
    """Return the log-probabilities `logprobs_LV` of what may come after each token of the trial's text."""
    module, tokenizer = load_causal(source, precision)
    tokens = torch.tensor([tokenizer(TEXT)["input_ids"]], device=precision.place)
    logprobs_LV: Tensor = module(input_ids=tokens, use_cache=False).logits[0].float().log_softmax(-1).cpu()
    return logprobs_LV


def agree(exact_LV: Tensor, short_LV: Tensor) -> bool:
    """Say whether a model deems as likely in one precision what it deems likeliest in the other, both ways."""
    likeliest_L2 = torch.stack([exact_LV.argmax(-1), short_LV.argmax(-1)], dim=-1)
    apart_L2 = (exact_LV.gather(-1, likeliest_L2) - short_LV.gather(-1, likeliest_L2)).abs()
    return bool(apart_L2.mean() <= MEAN and apart_L2.max() <= MOST)
