"""Who sits next to whom in a class: an undirected graph over the numbers of its students."""

from functools import lru_cache
from typing import Literal

Shape = Literal["small_world", "ring", "complete", "star", "scale_free", "empty"]


@lru_cache(maxsize=64)
def adjacency(shape: Shape, seats: int, degree: int, rewire: float, seed: int) -> tuple[frozenset[int], ...]:
    """Return the neighbours of each number from 0 to `seats` - 1, by networkx's generators.

    small_world  Watts & Strogatz (1998), Nature 393: a ring lattice of `degree` neighbours, each edge rewired with
                 probability `rewire`
    scale_free   Barabási & Albert (1999), Science 286: each newcomer joins `degree` / 2 others, the popular ones sooner
    ring         two neighbours each; star: number 0 is everybody's neighbour and nobody else is
    complete     everybody is everybody's neighbour; empty: nobody is anybody's
    """
    import networkx as nx  # type: ignore[import-untyped]  # it has no stubs

    if shape == "small_world":
        graph = nx.watts_strogatz_graph(seats, degree, rewire, seed=seed)
    elif shape == "scale_free":
        graph = nx.barabasi_albert_graph(seats, degree // 2, seed=seed)
    elif shape == "ring":
        graph = nx.cycle_graph(seats)
    elif shape == "star":
        graph = nx.star_graph(seats - 1)
    elif shape == "complete":
        graph = nx.complete_graph(seats)
    else:
        graph = nx.empty_graph(seats)
    # a ring of one student joins it with itself
    return tuple(frozenset(graph.neighbors(number)) - {number} for number in range(seats))
