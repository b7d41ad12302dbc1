"""What environments measure of a ranked list: hit rates and discounted gains at cutoffs, by the items and by codes."""

from simulation.core.kinds.cutoffs import AtMost, Discounted
from simulation.core.questions import Measure

CUTOFFS = (10, 1, 3, 5, 20, 50)
"""The first is that of the truth."""
RANK, SHARERS = "rank", "sharers"


def list_measures(*, depth: int, shared: bool) -> tuple[Measure, ...]:
    """Return the measures of lists over a catalogue whose identifiers have `depth` codes, hit@10 first.

    Where identifiers are `shared`, a hit is divided among the items that share one, and "id hit" tells it undivided.
    "code l@k" is whether level l agrees in any of the first k, "prefix l@1" whether the first item agrees up to it.
    """
    sharers = SHARERS if shared else ""
    hits = [hit(f"hit@{cutoff}", RANK, cutoff, sharers) for cutoff in CUTOFFS]
    gains = [
        Measure(name=f"ndcg@{cutoff}", graded=True, formula=Discounted(of=RANK, cutoff=cutoff, shared=sharers))
        for cutoff in CUTOFFS
    ]
    undivided = [hit(f"id hit@{cutoff}", RANK, cutoff) for cutoff in (10, 1)] if shared else []
    prefixes = [hit(f"prefix {level}@1", f"prefix_{level}", 1) for level in range(1, depth)]
    levels = [hit(f"code {level}@10", f"level_{level}", 10) for level in range(2, depth + 1)]
    return (hits[0], gains[0], *hits[1:], *gains[1:], *undivided, *prefixes, *levels, STRANGERS)


def hit(name: str, rank: str, cutoff: int, sharers: str = "") -> Measure:
    """Return the hit rate at a cutoff by the name of a rank."""
    return Measure(name=name, graded=bool(sharers), formula=AtMost(of=rank, cutoff=cutoff, shared=sharers))


STRANGERS = Measure(name="no_item", graded=True)
"""The share of texts that mean no item, which constrained decoding makes 0."""
