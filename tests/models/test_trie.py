"""The trie holds exactly the sequences that it was built of, whatever their lengths and what they share."""

import time

import numpy as np
import pytest
import torch

from agents.models.trie import Trie, build, padded

END = 1


def sequences(trie: Trie) -> list[tuple[int, ...]]:
    """Return all sequences of a trie in its order, found by walking it node by node."""
    texts: dict[int, tuple[int, ...]] = {}

    def walk(depth: int, node: int, path: tuple[int, ...]) -> None:
        level = trie.levels[depth]
        nodes = torch.tensor([[node]])
        allowed_A = level.allowed(nodes, torch.zeros((1, 1, len(level.alphabet_A))))[0, 0]
        for place in (allowed_A > -torch.inf).nonzero().flatten().tolist():
            child = level.child(nodes, torch.tensor([[place]]))
            token = int(level.tokens(child))
            if token == END or depth + 1 == trie.depth:
                texts[int(level.texts(child))] = (*path, token)
            else:
                walk(depth + 1, int(child), (*path, token))

    walk(0, 0, ())
    return [texts[leaf] for leaf in range(trie.size)]


def random_rows(stream: np.random.Generator, depth: int, *, several: bool) -> list[tuple[int, ...]]:
    """Return random sequences, some of them twice; those of several lengths end with a token of their own."""
    lengths = stream.integers(1, depth + 1, size=40) if several else np.full(40, depth)
    size = int(stream.integers(2, 9))
    ends = (END,) if several else ()
    return [(*stream.integers(5, 5 + size, size=length).tolist(), *ends) for length in lengths]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("several", [False, True])
def test_a_trie_holds_its_sequences_and_no_other(seed: int, several: bool) -> None:
    rows = random_rows(np.random.default_rng(seed), 1 + seed % 6, several=several)
    trie, rows_L = build(padded(rows), end=END if several else None)
    assert sequences(trie) == sorted(set(rows)) == [rows[row] for row in rows_L]
    assert trie.size == len(set(rows))
    assert trie.ends is several


def test_codes_that_follow_in_one_sequence_do_not_follow_in_another() -> None:
    # a table of which token follows which at a place would allow (3, 5, 9) and (4, 5, 8)
    trie, _ = build(np.array([[3, 5, 8], [4, 5, 9]]))
    assert sequences(trie) == [(3, 5, 8), (4, 5, 9)]


def test_sequences_too_large_to_be_sorted_as_single_numbers_are_sorted_by_column() -> None:
    stream = np.random.default_rng(0)
    rows = [tuple(stream.integers(5, 2**17, size=9).tolist()) for _ in range(50)] * 2
    trie, rows_L = build(padded(rows))
    assert sequences(trie) == sorted(set(rows)) == [rows[row] for row in rows_L]


def test_equal_rows_are_one_text_the_first_of_them() -> None:
    trie, rows_L = build(np.array([[7, 8], [3, 4], [7, 8], [3, 5]]))
    assert trie.size == 3
    assert rows_L.tolist() == [1, 3, 0]


@pytest.mark.parametrize("full", [False, True])
def test_a_level_is_full_where_any_token_may_follow_any_node(full: bool) -> None:
    stream = np.random.default_rng(3)
    numbers = np.arange(6**3) if full else stream.choice(6**3, size=50, replace=False)
    tokens_LT = 5 + np.stack([numbers // 36, numbers // 6 % 6, numbers % 6], axis=1)
    trie, _ = build(tokens_LT)
    assert [level.full for level in trie.levels] == [True, full, full]
    assert sequences(trie) == sorted(map(tuple, tokens_LT.tolist()))


def test_a_million_identifiers_take_five_megabytes_and_little_time() -> None:
    numbers = np.random.default_rng(0).choice(256**3, size=10**6, replace=False)
    tokens_LT = 2 + np.stack([numbers // 65536, 256 + numbers // 256 % 256, 512 + numbers % 256], axis=1)
    began = time.process_time()
    trie, rows_L = build(tokens_LT)
    assert time.process_time() - began < 2  # the benchmark measures it: 0.2 s on a quiet core
    assert trie.nbytes < 3e6
    assert trie.size == len(rows_L) == 10**6
