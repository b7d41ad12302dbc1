"""How different texts are: by hand, against sacrebleu, and for texts that have little or nothing in them."""

import random
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu import sentence_bleu

from simulation.quality import difference
from simulation.quality.difference import distance, distinct_n, distinct_right, gram_kernel, self_bleu, utility, vendi
from simulation.quality.tokens import grams, words

VOCABULARY = (
    "a",
    "b",
    "the",
    "The",
    "it's",
    "1,234.5",
    "end.",
    "x,y",
    "3-4",
    "well-known",
    "(see",
    "&lt;",
    "é",
    "…",
    "?!",
)
ODD = "a1.,-'&;<>lt()\n\t \"/é ..,,"


def sibling_bleu(texts: Sequence[str]) -> float:
    """Return the difference by sacrebleu, each text against all others."""
    scores = [sentence_bleu(text, [*texts[:at], *texts[at + 1 :]]).score for at, text in enumerate(texts)]
    return 1 - float(np.mean(scores)) / 100


def drawn(generator: random.Random, texts: int, longest: int) -> list[str]:
    """Return lines of a few words, so that n-grams come again."""
    vocabulary = generator.sample(VOCABULARY, generator.randint(2, len(VOCABULARY)))
    return [" ".join(generator.choices(vocabulary, k=generator.randint(1, longest))) for _ in range(texts)]


def test_self_bleu_is_that_of_sacrebleu_with_every_sibling_as_a_reference() -> None:
    generator = random.Random(12)
    for _ in range(400):
        texts = drawn(generator, generator.randint(2, 9), generator.choice([3, 12, 40]))
        assert self_bleu(grams(texts)) == pytest.approx(sibling_bleu(texts), abs=1e-6), texts


@given(st.lists(st.text(ODD, min_size=1).map(lambda text: f"{text}x"), min_size=2, max_size=5))
def test_self_bleu_is_that_of_sacrebleu_for_odd_marks(texts: list[str]) -> None:
    assert self_bleu(grams(texts)) == pytest.approx(sibling_bleu(texts), abs=1e-6)


@given(st.text(ODD) | st.text())
def test_words_are_those_of_sacrebleu(text: str) -> None:
    from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

    assert words(text) == Tokenizer13a()(text.rstrip()).split()


def test_self_bleu_sees_a_last_sibling_that_is_near() -> None:
    text, stranger = "the red fox runs over the hill", "many small boats were lying at anchor"
    near_last = [text, *(stranger.replace("a", mark) for mark in "uio"), text]
    first_only = 1 - float(np.mean([sentence_bleu(near_last[0], [near_last[1]]).score, 0])) / 100
    assert self_bleu(grams(near_last)) == pytest.approx(sibling_bleu(near_last), abs=1e-9)
    assert self_bleu(grams(near_last)) < self_bleu(grams([*near_last[:-1], "p q r s t u"])) < first_only  # type: ignore[operator]


@pytest.mark.parametrize("k", [2, 5, 16])
@pytest.mark.parametrize("text", ["word", "two words", "a longer line, with marks (and 1,000 numbers)."])
def test_copies_are_not_different(k: int, text: str) -> None:
    pieces = grams([text] * k)
    assert self_bleu(pieces) == 0
    assert vendi(gram_kernel(pieces)) == pytest.approx(1, abs=1e-12)
    assert distance(gram_kernel(pieces)) == pytest.approx(0, abs=1e-12)
    assert distinct_n(pieces) == pytest.approx(distinct_n(grams([text, text])) * 2 / k)  # type: ignore[operator]
    assert distinct_right([text] * k, [True] * k) == 1


@pytest.mark.parametrize("k", [2, 5, 16])
def test_strangers_are_wholly_different(k: int) -> None:
    texts = [f"a{at} b{at} c{at} d{at} e{at}" for at in range(k)]
    pieces = grams(texts)
    assert self_bleu(pieces) == 1
    assert distinct_n(pieces) == 1
    assert vendi(gram_kernel(pieces)) == pytest.approx(k)
    assert distance(gram_kernel(pieces)) == pytest.approx(1)
    assert distinct_right(texts, [True] * k) == k


def test_distinct_n_by_hand() -> None:
    # 5 words of which 3 differ, 3 pairs of which 2 differ, 1 triple; no n-gram reaches from one text into the next
    assert distinct_n(grams(["a b a", "a c"])) == pytest.approx((3 / 5 + 3 / 3 + 1 / 1) / 3)
    assert distinct_n(grams(["a b", "a b"])) == pytest.approx((2 / 4 + 1 / 2) / 2)  # no text has three words
    assert distinct_n(grams(["a b c", "a b c"])) == pytest.approx(1 / 2)


def test_vendi_by_hand_of_two_kinds() -> None:
    # two copies and two of another kind: eigenvalues 1/2 and 1/2; three and one: 3/4 and 1/4
    halves = gram_kernel(grams(["a b", "a b", "c d", "c d"]))
    assert vendi(halves) == pytest.approx(2)
    assert distance(halves) == pytest.approx(4 / 6)
    quarters = gram_kernel(grams(["a b", "a b", "a b", "c d"]))
    assert vendi(quarters) == pytest.approx((4 / 3) ** 0.75 * 4**0.25)


def test_the_kernel_is_the_cosine_of_counts() -> None:
    # words a:2 b:1 and a:1 b:1, pairs ab ba and ab, triple aba and none
    assert gram_kernel(grams(["a b a", "a b"]))[0, 1] == pytest.approx((2 + 1 + 1) / np.sqrt(8 * 3))


def test_of_nothing_and_of_one_text_nothing_is_said() -> None:
    for texts in (["", " ", "\n"], ["alone"], [""]):
        assert distinct_n(grams(texts)) is None
        assert self_bleu(grams(texts)) is None
    assert distance(gram_kernel(grams(["alone"]))) is None


def test_empty_texts_are_copies_of_each_other() -> None:
    one_empty, two_empty = grams(["a b", "c d", ""]), grams(["a b", "c d", "", " "])
    assert self_bleu(one_empty) == 1
    assert self_bleu(two_empty) == 0.5
    assert vendi(gram_kernel(one_empty)) == pytest.approx(3)
    assert vendi(gram_kernel(two_empty)) == pytest.approx(4**0.5 * 2**0.5)  # eigenvalues 1/4, 1/4, 1/2
    assert distance(gram_kernel(two_empty)) == pytest.approx(5 / 6)


@given(st.lists(st.text("ab c.", max_size=20), min_size=2, max_size=6), st.randoms())
def test_differences_do_not_depend_on_order_and_stay_within_bounds(texts: list[str], order: random.Random) -> None:
    shuffled = order.sample(texts, len(texts))
    for measured in (distinct_n, self_bleu):
        value = measured(grams(texts))
        assert value is None or 0 <= value <= 1
        assert measured(grams(shuffled)) == (None if value is None else pytest.approx(value, abs=1e-12))
    kernel = gram_kernel(grams(texts))
    assert 1 <= vendi(kernel) <= len(texts)
    assert vendi(gram_kernel(grams(shuffled))) == pytest.approx(vendi(kernel), abs=1e-9)
    assert 0 <= distance(kernel) <= 1 + 1e-12  # type: ignore[operator]


@given(st.lists(st.text("abc ", min_size=1, max_size=12), min_size=2, max_size=5), st.text("abc ", min_size=1))
def test_one_more_copy_makes_no_set_more_different(texts: list[str], text: str) -> None:
    assert vendi(gram_kernel(grams([*texts, text, text]))) <= vendi(gram_kernel(grams([*texts, text]))) + 1 + 1e-9
    assert distinct_right([*texts, text, text], [True] * (len(texts) + 2)) == distinct_right(
        [*texts, text], [True] * (len(texts) + 1)
    )


def test_different_right_answers_are_counted_by_text_or_by_meaning() -> None:
    texts = ["x = 1", "x  =  1", "x=1", "y = 1", "x = 2"]
    right = [True, True, True, True, False]
    assert distinct_right(texts, right) == 3
    assert distinct_right(texts, right, ["one", "one", "one", "one", "two"]) == 1
    assert distinct_right(texts, right, ["one", None, None, "one", "two"]) == 3  # None is like no other
    assert distinct_right(texts, [False] * 5) == 0


def test_utility_by_hand() -> None:
    # 1 + .8 * 0 (seen) + .64 * .5 + .512 * 0 (worth nothing), of 1 + .8 + .64 + .512
    assert utility(["a", "a", "b", "c"], [1, 1, 0.5, 0]) == pytest.approx((1 + 0.32) / 2.952)
    assert pytest.approx(1 / 2.952) == (1 - 0.8) / (1 - 0.8**4)
    assert utility(["a", "b"], [1, 1]) == 1
    assert utility([None, None], [1, 1], patience=0.5) == 1
    assert utility(["a", "a"], [1, 1], patience=0.5) == pytest.approx(1 / 1.5)


def test_utility_is_greater_where_another_answer_comes_early() -> None:
    assert utility(["a", "b", "a"], [1, 1, 1]) > utility(["a", "a", "b"], [1, 1, 1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: utility(["a"], [1], patience=1), "patience is between 0 and 1, got 1"),
        (lambda: vendi(np.ones((2, 3))), "square array of finite numbers"),
        (lambda: vendi(np.array([[1, np.nan], [np.nan, 1]])), "square array of finite numbers"),
        (lambda: distance(np.array([[4.0, 1], [1, 4]])), "1 on its diagonal"),
        (lambda: distinct_right(["a", "b"], [True, True], ["a"]), "got 2 answers and 1 classes"),
    ],
)
def test_what_cannot_be_measured_is_refused(call: Callable[[], float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_the_kernel_is_the_same_however_many_counts_are_laid_out(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = grams(drawn(random.Random(3), 7, 30))
    whole = gram_kernel(pieces)
    for at_a_time in (1, 7, 20, 100):
        monkeypatch.setattr(difference, "AT_A_TIME", at_a_time)
        np.testing.assert_allclose(gram_kernel(pieces), whole, rtol=0, atol=1e-15)
