"""Model folders whose weights are wrong, each with what must be said of it."""

from collections.abc import Mapping

import numpy as np

from tests.support.broken_files import Edit, both, put, remove, rename
from tests.support.broken_models import (
    EMBEDDING,
    GATE,
    INDEX,
    NORM,
    POINTER,
    WEIGHTS,
    begin,
    drop,
    header,
    keep,
    poison,
    reshape,
    shifted,
    split,
    weights,
)

STORED: Mapping[str, tuple[Edit, str]] = {
    "no weights": (remove(WEIGHTS), "lacks model.safetensors; download the folder completely"),
    "pickled weights": (rename(WEIGHTS, "pytorch_model.bin"), "pytorch_model.bin holds pickled weights"),
    "weights by another name": (rename(WEIGHTS, "weights.safetensors"), "call weights.safetensors so"),
    "weights of git-lfs": (put(WEIGHTS, POINTER), "model.safetensors: it is a placeholder of git-lfs"),
    "empty weights": (put(WEIGHTS, ""), "model.safetensors is empty"),
    "weights that are a page": (put(WEIGHTS, "<html>Not Found</html>"), "cut off or no safetensors file"),
    "weights cut off": (keep(-1000), "is cut off: .* would end at byte"),
    "a header cut off": (keep(60), "is cut off"),
    "a header of endless length": (begin(b"\xff" * 8), "is cut off or no safetensors file"),
    "a header that is no JSON": (begin((40).to_bytes(8, "little") + b"?" * 40), "has a broken header"),
    "a header that is a list": (begin((2).to_bytes(8, "little") + b"[]"), "has a header that is no object"),
    "bytes behind the last tensor": (
        lambda folder: (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes() + b"12345678"),
        "holds 8 bytes behind its last tensor",
    ),
    "tensors that overlap": (header(shifted), "the tensor model.* overlaps the tensor before it"),
    "offsets beyond the file": (
        header(lambda described: described[GATE].update(data_offsets=[10**9, 10**9 + 48 * 32 * 4])),
        "gap before it|cut off",
    ),
    "a shape of other bytes": (
        header(lambda described: described[GATE].update(shape=[48, 31])),
        f"{GATE} has 6,144 by",
    ),
    "a negative shape": (header(lambda described: described[GATE].update(shape=[-48, -32])), f"{GATE} has the shape"),
    "an unknown dtype": (
        header(lambda described: described[GATE].update(dtype="F31")),
        f"{GATE} has the unknown dtype",
    ),
    "integers in place of weights": (
        header(lambda described: described[GATE].update(dtype="I32")),
        f"holds {GATE} as I32, not as one of F64",
    ),
    "a transposed tensor": (reshape(GATE, 32, 48), rf"{GATE} has the shape \[32, 48\].*\[48, 32\]"),
    "a tensor too short": (reshape(NORM, 16), rf"{NORM} has the shape \[16\]"),
    "a tensor missing": (drop(GATE), f"model.safetensors lacks {GATE}, which"),
    "no embedding": (drop(EMBEDDING), f"holds no {EMBEDDING}, the embedding"),
    "no head": (drop("lm_head.weight"), "model.safetensors lacks lm_head.weight"),
    "no last norm": (drop("model.norm.weight"), "model.safetensors lacks model.norm.weight"),
    "no tensor at all": (weights(lambda stored: stored.clear()), "hold no tensor"),
    "names of another wrapping": (
        weights(lambda stored: [stored.update({f"module.{name}": stored.pop(name)}) for name in list(stored)]),
        f"holds no {EMBEDDING}",
    ),
    "an index without a map": (both(remove(WEIGHTS), put(INDEX, "{}")), f"{INDEX} has no weight_map"),
    "an index of absent shards": (split(lost=["two.safetensors"]), f"lacks two.safetensors; {INDEX} says"),
    "an index of too many tensors": (
        split(named={"model.extra": "one.safetensors"}),
        f"one.safetensors lacks the tensor model.extra, which {INDEX}",
    ),
    "an index that leads outside": (
        split(named={"x": "../one.safetensors"}),
        "lies in '../one.safetensors', which is no",
    ),
    "an index of numbers": (split(named={"x": 7}), f"{INDEX} says that x lies in 7"),
    "NaN in a norm": (poison(NORM, np.nan), f"the tensor {NORM} holds NaN"),
    "infinity in the embedding": (poison(EMBEDDING, np.inf), f"the tensor {EMBEDDING} holds NaN or infinite"),
}
