"""What is measured of the k answers to one prompt: names, values and words, in one place for all environments.

All are in [0, 1] and greater where answers are better or differ more. `self_bleu` is told as a difference, 1 less the
mean BLEU among all siblings; `vendi` and `distinct_right` are shares of k.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from simulation.core.questions import Measure
from simulation.quality.difference import (
    Kernel,
    class_numbers,
    distance,
    distinct_n,
    distinct_right,
    gram_kernel,
    self_bleu,
    speaks,
    utility,
    vendi,
)
from simulation.quality.rightness import best_by_score, majority
from simulation.quality.tokens import grams

DESCRIPTIONS: Mapping[str, str] = {
    "maj": "maj@{k}: the truth of the answer most often read among {k}; unreadable ones never win, ties share",
    "best_by_score": "the truth of that one of {k} answers to which the judge gives the greatest score, ties share",
    "distinct": "different texts among {k}, white space folded, as a share of {k}",
    "distinct_right": "different right answers among {k}, as a share of {k}",
    "distinct_n": "share of n-grams that are different among {k} texts, mean over n = 1 to 3",
    "self_bleu": "1 less the mean BLEU of each of {k} texts against its {siblings} siblings",
    "vendi": "Vendi score of {k} texts over n-grams, as a share of {k}",
    "distance": "1 less the mean cosine of two of {k} texts over n-grams",
    "utility": "what {k} answers are worth to a reader who reads on with probability .8 and wants no answer twice",
}
"""By name, with places for k and the number of siblings."""


def set_metrics(
    texts: Sequence[str],
    truths: Sequence[float],
    readings: Sequence[str | None] | None = None,
    classes: Sequence[str | None] | None = None,
    scores: Sequence[float] | None = None,
    kernels: Mapping[str, Kernel] | None = None,
) -> dict[str, float]:
    """Return by name what is measured of the k answers to one prompt, completions alone, in the order they were drawn.

    `truths` are in [0, 1], and an answer is right at 1. `readings` are what was read as the answer, None where nothing
    could be; without them there is no vote. `classes` name answers of equal meaning for `utility`, by default of equal
    text, white space folded; None is a class of its own. `scores` are a judge's. Each of `kernels` adds `vendi_NAME`
    and `distance_NAME`. What cannot be measured is absent: everything of one answer, differences of answers without a
    word.
    """
    if len(texts) != len(truths):
        raise ValueError(f"every text has a truth, got {len(texts)} texts and {len(truths)} truths")
    if len(texts) < 2:
        return {}
    numbers = class_numbers(texts, classes)
    right = [truth >= 1 for truth in truths]
    metrics = {
        "distinct": len(set(class_numbers(texts, None))) / len(texts),
        "distinct_right": distinct_right(texts, right) / len(texts),
        "utility": utility(numbers, truths),
    }
    if readings is not None:
        metrics["maj"] = majority(readings, truths)
    if scores is not None:
        metrics["best_by_score"] = best_by_score(scores, truths, len(texts))
    return metrics | differences(texts, kernels or {})


def differences(texts: Sequence[str], kernels: Mapping[str, Kernel]) -> dict[str, float]:
    """Return by name how different k texts are; nothing of fewer than two, or where none has a word."""
    pieces = grams(texts)
    if not speaks(pieces):
        return {}
    over = {"": gram_kernel(pieces)} | {
        f"_{name}": np.asarray(kernel(texts), dtype=np.float64) for name, kernel in kernels.items()
    }
    values = {"distinct_n": distinct_n(pieces), "self_bleu": self_bleu(pieces)}
    values |= {f"vendi{name}": vendi(similarities) / len(texts) for name, similarities in over.items()}
    values |= {f"distance{name}": distance(similarities) for name, similarities in over.items()}
    return {name: value for name, value in values.items() if value is not None}


def set_measures() -> tuple[Measure, ...]:
    """Return the measures of answers together, each graded: an answer carries its set's values."""
    return tuple(Measure(name=name, graded=True) for name in DESCRIPTIONS)


def described(name: str, samples: int) -> str:
    """Say what a measure of `samples` answers is; raises KeyError where it is none of these."""
    return DESCRIPTIONS[name].format(k=samples, siblings=samples - 1)
