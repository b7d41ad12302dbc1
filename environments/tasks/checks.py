"""The tests of a composition: eight calls of its program, the hidden ones chosen to tell every bug from the right."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any
from zlib import crc32

from environments.tasks.composition import Composition
from environments.tasks.programs import program, single_bugs, styles
from simulation.core.kinds.program_tests import Test
from simulation.core.seeding import generator

VISIBLE, HIDDEN = 3, 5
CANDIDATES, DRAWN = 24, 60
"""How many calls the tests are chosen from, and how many are drawn at most: some come twice or have no answer."""
Arguments = tuple[object, ...]
Function = Callable[..., Any]
"""A program of the bank, loaded (Any: what it returns is of any type)."""


@lru_cache(maxsize=1 << 13)
def checks(composition: Composition, seed: int) -> tuple[Test, ...]:
    """Return the visible tests, then the hidden ones; no two make the same call."""
    right = load(program(composition, styles(composition)[0]))
    calls = [(arguments, right(*arguments)) for arguments in candidates(composition, seed, right)]
    caught = catches(composition, calls)
    hidden = cover(caught, HIDDEN)
    visible = telling(caught, [place for place in range(len(calls)) if place not in hidden])[:VISIBLE]
    return tuple(
        Test(code=f"assert f({', '.join(map(repr, arguments))}) == {expected!r}", hidden=place in hidden)
        for place in (*visible, *hidden)
        for arguments, expected in [calls[place]]
    )


def load(text: str) -> Function:
    """Return the function that a program of the bank defines."""
    space: dict[str, Any] = {}
    exec(text, space)  # only ever what `programs` wrote
    function: Function = space["f"]
    return function


def candidates(composition: Composition, seed: int, right: Function) -> list[Arguments]:
    """Draw different calls that the right program can answer."""
    stream = generator(seed, crc32(composition.name.encode()), 0, "task arguments")
    distinct: dict[str, Arguments] = {}
    for _ in range(DRAWN):
        arguments = composition.source.draw(stream)
        if len(distinct) == CANDIDATES:
            break
        try:
            right(*arguments)
        except (ValueError, IndexError):  # of nothing there is no largest
            continue
        distinct[repr(arguments)] = arguments
    return list(distinct.values())


def catches(composition: Composition, calls: Sequence[tuple[Arguments, object]]) -> list[set[int]]:
    """Return for each call the programs with one bug that answer it wrongly, by number."""
    first, *others = styles(composition)
    bugs = single_bugs(composition)
    texts = [program(composition, first, bug) for bug in bugs]
    # what a bug in the last slot does depends on the style
    texts += [program(composition, style, bug) for style in others for bug in bugs if bug[-1]]
    wrong = [load(text) for text in texts]
    return [
        {number for number, function in enumerate(wrong) if not answers(function, arguments, expected)}
        for arguments, expected in calls
    ]


def answers(function: Function, arguments: Arguments, expected: object) -> bool:
    """Tell whether a program returns what is expected."""
    try:
        return bool(function(*arguments) == expected)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError):
        return False


def telling(caught: Sequence[set[int]], places: Sequence[int]) -> list[int]:
    """Put the calls first that catch at least as many programs as the middle one: those of nothing catch few."""
    middle = sorted(len(caught[place]) for place in places)[len(places) // 2]
    return sorted(places, key=lambda place: len(caught[place]) < middle)


def cover(caught: Sequence[set[int]], size: int) -> list[int]:
    """Choose calls that together catch the most programs, each time the one that catches most of what is left."""
    chosen: list[int] = []
    left = set().union(*caught)
    for _ in range(size):
        others = [place for place in range(len(caught)) if place not in chosen]
        best = max(others, key=lambda place: (len(caught[place] & left), len(caught[place]), -place))
        chosen.append(best)
        left -= caught[best]
    return chosen
