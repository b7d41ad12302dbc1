"""Loading base models and tokenizers: safetensors only, no code from the model's repository."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from agents.models.devices import absent
from agents.models.files.headers import tensors
from agents.models.files.numbers import check_numbers
from agents.models.hub import snapshot
from simulation.core.errors import DataError, MissingExtra, ModelError, SimulationError

DTYPES = {"float64": torch.float64, "float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """In what numbers a base is held and computed."""

    dtype: str = "float32"
    quantization: str | None = None
    """"nf4" holds the weights in 4 bits (bitsandbytes) and computes in `dtype`."""
    device: str = "auto"

    @property
    def place(self) -> torch.device:
        """The device: "auto" is the GPU where there is one."""
        if self.device == "auto":
            return torch.device("cuda" if torch.cuda.is_available() else "cpu")
        device = torch.device(self.device)
        seen = {"cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}.get(device.type, 1)
        if (device.index or 0) >= seen:
            raise absent(self.device, seen, torch.__version__)
        return device


def read_from(source: str) -> str:
    """Return the folder that a model is read from: a name's own in the cache, or the name where that holds no whole."""
    return source if Path(source).is_dir() else snapshot(source) or source


def load_causal(source: str, precision: Precision) -> tuple[nn.Module, Any]:
    """Return a causal language model, frozen and in evaluation mode, with its tokenizer (Any: untyped library)."""
    from transformers import AutoConfig, AutoModelForCausalLM

    with explained(source):
        place = read_from(source)
        config = AutoConfig.from_pretrained(place, trust_remote_code=False)
        # scaled-dot-product kernels have no soft capping of attention logits (Gemma 2)
        capped = getattr(config.get_text_config(), "attn_logit_softcapping", None) is not None
        attention = {"attn_implementation": "eager"} if capped else {}  # else as the architecture has it
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            place, config=config, output_loading_info=True, **attention, **arguments(precision)
        )
    return ready(source, loaded, precision), load_tokenizer(source)


def load_seq2seq(source: str, precision: Precision) -> tuple[nn.Module, Any]:
    """Return a sequence-to-sequence model, frozen and in evaluation mode, with its tokenizer (Any: untyped library)."""
    from transformers import AutoModelForSeq2SeqLM

    with explained(source):
        loaded: Any = AutoModelForSeq2SeqLM.from_pretrained(
            read_from(source), output_loading_info=True, **arguments(precision)
        )
    return ready(source, loaded, precision), load_tokenizer(source)


def ready(source: str, loaded: tuple[nn.Module, Mapping[str, Any]], precision: Precision) -> nn.Module:
    """Return what was loaded as it computes (Any: the library's report); raises DataError where its weights are none.

    Here every weight is looked at, where `check` looks at as many as a moment allows.
    """
    module = settle(whole(source, loaded), precision)
    wrong = without_number(module)
    if wrong or precision.quantization is not None:  # 4 bits hold no NaN, whatever they were made of
        place = Path(read_from(source))
        check_numbers(tensors(place) if place.is_dir() else {}, all_of_it=True)
    if wrong:
        what = f"the weights of {source}: {wrong[0]} holds NaN or infinite numbers in {precision.dtype}"
        raise DataError(f"{what}, which its files do not; write dtype: bfloat16 or float32")
    return module


def without_number(module: nn.Module) -> list[str]:
    """Return the names of the parameters that hold what is infinite or no number: their sum is no finite one either."""
    return [
        name
        for name, values in module.named_parameters()
        if values.is_floating_point()
        and not torch.isfinite(values.sum())  # .2 s a GiB on a core (measured), where looking at each takes seconds
        and not torch.isfinite(values).all()
    ]


def whole(source: str, loaded: tuple[nn.Module, Mapping[str, Any]]) -> nn.Module:
    """Return a loaded model, unless its files lack a part, which transformers fills with random numbers."""
    module, report = loaded
    lacking = sorted(report["missing_keys"])
    if lacking:
        raise DataError(f"the weights of {source} lack {lacking[0]} and {len(lacking) - 1} more; replace the files")
    return module


def load_tokenizer(source: str) -> Any:
    """Return the tokenizer of a model (Any: untyped library)."""
    from transformers import AutoTokenizer

    with explained(source):
        return AutoTokenizer.from_pretrained(read_from(source), trust_remote_code=False)


def arguments(precision: Precision) -> dict[str, Any]:
    """Return what `from_pretrained` is told (Any: its arguments have many types)."""
    common = {"dtype": DTYPES[precision.dtype], "use_safetensors": True, "trust_remote_code": False}
    if precision.quantization is None:
        return common
    try:
        import bitsandbytes  # noqa: F401  # transformers would name neither the scenario's field nor the extra
    except ImportError as error:
        raise MissingExtra(
            f"quantization: {precision.quantization} needs bitsandbytes; install it with "
            "`make setup`, or `pip install 'bitsandbytes>=0.50,<0.51'`"
        ) from error
    from transformers import BitsAndBytesConfig

    quantization = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type=precision.quantization,
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=DTYPES[precision.dtype],
    )
    return {**common, "quantization_config": quantization, "device_map": {"": precision.place}}


def settle(module: nn.Module, precision: Precision) -> nn.Module:
    """Freeze a model and put it where it computes."""
    module.requires_grad_(False)
    module.eval()
    if precision.quantization is None:
        return module.to(precision.place)
    from bitsandbytes.nn import Linear4bit  # type: ignore[attr-defined]  # it does not list what it exports

    for layer in module.modules():
        if isinstance(layer, Linear4bit):
            # on a CPU with AVX512-BF16 the first pass without gradients repacks the weights for a kernel that passes
            # none back, and later updates would silently train on wrong ones (bitsandbytes 0.50)
            layer.support_avx512bf16_for_cpu = False
    return module


@contextmanager
def explained(source: str) -> Iterator[None]:
    """Turn a loading library's errors into one line that names the model and what to do."""
    from transformers.utils import logging

    local = Path(source).is_dir()
    bars = logging.is_progress_bar_enabled()
    if local:
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    except SimulationError:
        raise
    except Exception as error:  # a library that takes whatever a file says for granted raises anything
        reason = " ".join(str(error).split())[:300]
        if local:
            raise DataError(f"the model in {source} cannot be loaded: {reason}; check or replace the folder") from error
        raise ModelError(
            f"model {source!r} cannot be loaded: {reason}; check the name, the network or your hub token, "
            "or give a local folder"
        ) from error
    finally:
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
