"""How different k texts of one prompt are: distinct n-grams, BLEU among siblings, Vendi score, distance, right ones.

Each is in [0, 1] unless it says otherwise, and greater where texts differ more. Two empty texts are copies of each
other; of k texts without any word nothing is said, and neither is of one text alone: there the value is None.
"""

from collections.abc import Callable, Sequence
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from simulation.quality.tokens import Counts, Grams, Numbers

Similarities = NDArray[np.float64]
"""[texts, texts], symmetric, 1 on the diagonal."""
Kernel = Callable[[Sequence[str]], Similarities]
"""Tells how alike k texts are, 1 for copies: n-grams at hand, or the cosine of what an encoder makes of the texts."""
DISTINCT = 3
"""The greatest n of distinct-n and of the kernel of n-grams."""
AT_A_TIME = 1_000_000
"""Counts that are laid out as an array at a time."""


def speaks(grams: Grams) -> bool:
    """Tell whether there is a difference to be measured: two texts or more, one of them with a word."""
    return grams.lengths.size > 1 and bool(grams.lengths.any())


def distinct_n(grams: Grams) -> float | None:
    """Return the share of n-grams that are different among all of the k texts pooled, mean over n = 1 to 3.

    An n that is longer than every text has no share. Source: Li et al. (2016), A diversity-promoting objective
    function, arXiv 1510.03055; pooled over the texts of a prompt as Li et al. (2024), arXiv 2408.16673, do.
    """
    if not speaks(grams):
        return None
    shares = [counts.begins.size / int(counts.often.sum()) for counts in grams.counts[:DISTINCT] if counts.begins.size]
    return float(np.mean(shares))


def self_bleu(grams: Grams) -> float | None:
    """Return 1 less the mean BLEU of each text against all of its siblings, so 0 for copies.

    Source: Zhu et al. (2018), Texygen, arXiv 1802.01886. BLEU-4 of a sentence as Post (2018, arXiv 1804.08771)
    defines it, exponential smoothing, up to the n that the text has; an n-gram counts as often as the sibling with most
    of it has it. A text without words is 1 to another one and 0 to all others.
    """
    if not speaks(grams):
        return None
    texts = grams.lengths.size
    matched = np.stack([shared(counts, texts) for counts in grams.counts])
    totals = np.maximum(grams.lengths - np.arange(len(grams.counts))[:, None], 0)
    nearest = nearest_lengths(grams.lengths)
    empty = grams.lengths == 0
    scores = [
        float(empty.sum() > 1) if empty[text] else bleu(matched[:, text], totals[:, text], int(nearest[text]))
        for text in range(texts)
    ]
    return max(0.0, 1 - float(np.mean(scores)))


def shared(counts: Counts, texts: int) -> Numbers:
    """Return how many n-grams each text shares with its siblings, each at most as often as one sibling has it."""
    matched = np.bincount(counts.text, weights=counts.often, minlength=texts)
    if counts.begins.size:
        # only the text that has most of an n-gram may have more of it than its siblings
        order = np.lexsort((-counts.often, counts.gram))
        lone = np.diff(counts.begins, append=order.size) == 1
        first, second = order[counts.begins], order[counts.begins + ~lone]
        beyond = counts.often[first] - np.where(lone, 0, counts.often[second])
        matched -= np.bincount(counts.text[first], weights=beyond, minlength=texts)
    return matched.astype(np.int64)


def nearest_lengths(lengths: Numbers) -> Numbers:
    """Return the length among each text's siblings that is nearest to its own; the shorter of two as near."""
    size = lengths.size
    far = np.abs(lengths[:, None] - lengths[None, :]) * (2 * int(lengths.max()) + 2) + lengths[None, :]
    far[np.arange(size), np.arange(size)] = np.iinfo(np.int64).max
    nearest: Numbers = lengths[far.argmin(axis=1)]
    return nearest


def bleu(matched: Numbers, totals: Numbers, reference_length: int) -> float:
    """Return the BLEU of one text from its n-grams by n: those matched and all; an n without a match is smoothed."""
    if not matched.any():
        return 0.0
    orders, smoothing, total_log = 0, 1.0, 0.0
    for hits, total in zip(matched.tolist(), totals.tolist(), strict=True):
        if total == 0:
            break
        orders += 1
        if hits == 0:
            smoothing *= 2
        total_log += log(hits / total) if hits else -log(smoothing * total)
    length = int(totals[0])
    brevity = 0.0 if length >= reference_length else 1 - reference_length / length
    return exp(brevity + total_log / orders)


def gram_kernel(grams: Grams) -> Similarities:
    """Return the cosine of the texts' counts of n-grams, n = 1 to 3; of texts without words 1 among themselves."""
    products = sum(products_of(counts, grams.lengths.size) for counts in grams.counts[:DISTINCT])
    squares = np.diagonal(products)
    empty = squares == 0
    similarities: Similarities = products / np.sqrt(np.outer(np.where(empty, 1, squares), np.where(empty, 1, squares)))
    similarities[np.ix_(empty, empty)] = 1
    return similarities


def products_of(counts: Counts, texts: int) -> Similarities:
    """Return the inner products of the texts' counts, some n-grams at a time."""
    products = np.zeros((texts, texts))
    width = max(1, AT_A_TIME // texts)
    for start in range(0, counts.begins.size, width):
        begin, end = np.searchsorted(counts.gram, (start, start + width))
        block = np.zeros((texts, min(width, counts.begins.size - start)))
        block[counts.text[begin:end], counts.gram[begin:end] - start] = counts.often[begin:end]
        products += block @ block.T
    return products


def vendi(similarities: Similarities) -> float:
    """Return the Vendi score, how many wholly different texts k texts are worth: 1 for copies, k for strangers.

    Source: Friedman & Dieng (2022), The Vendi score, arXiv 2210.02410, definition 3.1: exp of the entropy of the
    eigenvalues of K / k.
    """
    eigenvalues = np.linalg.eigvalsh(square(similarities) / len(similarities))
    positive = eigenvalues[eigenvalues > 1e-15]
    return min(float(len(similarities)), max(1.0, exp(-float((positive * np.log(positive)).sum()))))


def distance(similarities: Similarities) -> float | None:
    """Return 1 less the mean similarity of two of k texts; None of one text. In [0, 2] where similarity may be < 0."""
    texts = len(square(similarities))
    if texts < 2:
        return None
    return 1 - (float(similarities.sum()) - float(np.trace(similarities))) / (texts * (texts - 1))


def square(similarities: Similarities) -> Similarities:
    """Return a kernel's values; raises ValueError where they are no similarities of k texts to one another."""
    rows = similarities.shape
    if len(rows) != 2 or rows[0] != rows[1] or not np.isfinite(similarities).all():
        raise ValueError(f"a kernel gives a square array of finite numbers, one row a text; got shape {rows}")
    if not np.allclose(np.diagonal(similarities), 1, atol=1e-5) or not np.allclose(
        similarities, similarities.T, atol=1e-5
    ):
        raise ValueError("a kernel is symmetric and 1 on its diagonal: divide by the lengths of what the encoder gives")
    return similarities


def distinct_right(texts: Sequence[str], right: Sequence[bool], classes: Sequence[str | None] | None = None) -> int:
    """Return how many different right answers there are.

    Answers differ where their texts do, white space folded, or, where `classes` of equal meaning are given, where those
    do; None is a class of its own.
    """
    names = class_numbers(texts, classes)
    return len({name for name, is_right in zip(names, right, strict=True) if is_right})


def utility(classes: Sequence[str | int | None], truths: Sequence[float], patience: float = 0.8) -> float:
    """Return what k answers, in their order, are worth to a reader who goes on to a next one with `patience`.

    That is the probability of reading one more. An answer whose class was not read before is worth its truth, in
    [0, 1], any other nothing; None is a class of its own. Source: Zhang et al. (2025), NoveltyBench, arXiv 2504.05228,
    section 3: (1 - p) / (1 - p^k) times the discounted sum.
    """
    if not 0 < patience < 1:
        raise ValueError(f"patience is between 0 and 1, got {patience}")
    seen: set[str | int] = set()
    worth, weight, weights = 0.0, 1.0, 0.0
    for name, truth in zip(classes, truths, strict=True):
        worth += weight * truth * (name not in seen)
        seen |= set() if name is None else {name}
        weights += weight
        weight *= patience
    return worth / weights


def class_numbers(texts: Sequence[str], classes: Sequence[str | None] | None) -> list[int]:
    """Return a number for each answer, equal where two are of one class, or of one text where no classes are given."""
    names = [" ".join(text.split()) for text in texts] if classes is None else [*classes]
    if len(names) != len(texts):
        raise ValueError(f"every answer is of a class, got {len(texts)} answers and {len(names)} classes")
    numbers: dict[str, int] = {}
    return [numbers.setdefault(name, at) if name is not None else at for at, name in enumerate(names)]
