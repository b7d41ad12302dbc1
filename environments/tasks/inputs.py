"""Arguments for the programs of the bank: small, so that no program, right or wrong, is ever slow."""

import numpy as np

WORDS = (
    "a", "an", "ax", "ape", "area", "apple", "alone", "amber",
    "ski", "sun", "eel", "tree", "moon", "bread", "cloud", "idea", "level", "sand", "garden", "oval",
)  # fmt: skip
SIGNS = "abcdeeiouuxyzABEKU01237 "
MOST = 7
"""How long a list or a text gets."""


def count(stream: np.random.Generator) -> tuple[int]:
    """Draw a number to count to."""
    return (int(stream.integers(0, 20)),)


def bounds(stream: np.random.Generator) -> tuple[int, int]:
    """Draw two numbers, mostly in order."""
    low, width = stream.integers((0, -1), (8, 10)).tolist()
    return low, low + width


def written(stream: np.random.Generator) -> tuple[int]:
    """Draw a number of one to five digits."""
    digits = int(stream.integers(1, 6))
    return (int(stream.integers(0, 10**digits)),)


def numbers(stream: np.random.Generator) -> tuple[list[int]]:
    """Draw a list of numbers."""
    return (stream.integers(-6, 10, size=stream.integers(0, MOST + 1)).tolist(),)


def two_lists(stream: np.random.Generator) -> tuple[list[int], list[int]]:
    """Draw two lists of numbers."""
    return *numbers(stream), *numbers(stream)


def numbers_and_count(stream: np.random.Generator) -> tuple[list[int], int]:
    """Draw a list of numbers and how many of them to take, at least one."""
    return *numbers(stream), int(stream.integers(1, MOST))


def words(stream: np.random.Generator) -> tuple[list[str]]:
    """Draw a list of words, some of them twice."""
    few = stream.integers(0, len(WORDS), size=4)
    return ([WORDS[place] for place in few[stream.integers(0, 4, size=stream.integers(0, MOST + 1))]],)


def sentence(stream: np.random.Generator) -> tuple[str]:
    """Draw words in one text."""
    return (" ".join(*words(stream)),)


def text(stream: np.random.Generator) -> tuple[str]:
    """Draw letters of both cases, digits and spaces, some of them twice."""
    return ("".join(SIGNS[place] for place in stream.integers(0, len(SIGNS), size=stream.integers(0, 11))),)


def named_numbers(stream: np.random.Generator) -> tuple[dict[str, int]]:
    """Draw a dictionary from words to numbers."""
    (values,) = numbers(stream)
    names = stream.permutation(len(WORDS))[: len(values)]
    return ({WORDS[name]: value for name, value in zip(names, values, strict=True)},)


def named_lists(stream: np.random.Generator) -> tuple[dict[str, list[int]], str]:
    """Draw a dictionary from words to lists of numbers, and a word, mostly one of its keys."""
    names = [WORDS[name] for name in stream.permutation(len(WORDS))[:3]]
    keys = names[: int(stream.integers(1, 4))]
    return {name: numbers(stream)[0] for name in keys}, names[int(stream.integers(0, 1 + len(keys))) % 3]
