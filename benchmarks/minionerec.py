"""Claim: a model that learns semantic identifiers from nothing recommends better than popularity and co-occurrence.

Plays scenarios/minionerec.yaml in several worlds, each with its own people, log, identifiers and first weights, beside
baselines that learn from the same windows, each a run of its own. Every window that may be asked is asked once, of all
alike. What the generator itself holds likeliest stands beside them, above which nobody can be expected to come.
Differences are paired over worlds. About four minutes of one core a world.
"""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console

from benchmarks import record, worlds
from benchmarks.process import Ended
from benchmarks.worlds import Figures, Way
from simulation.core.kinds.taken import Foreseen
from simulation.store import Study

SCENARIO = "scenarios/minionerec.yaml"
MODEL = "model"
BASELINES = ("co_occurrence", "co_occurrence_window", "transition_graph", "sasrec", "popularity")
ORACLE = "oracle"
CUTOFFS = (1, 3, 5, 10, 20, 50)
SHOWN = ("hit@1", "hit@10", "ndcg@10", "hit@50", "prefix 1@1", "prefix 2@1", "code 2@10", "code 3@10", "no_item")
COMPARED = ("hit@1", "hit@10", "ndcg@10", "hit@50")
GOALS = {"hit@10": 0.385, "hit@10 aimed at": 0.42, "ndcg@10": 0.21, "hit@10 before": 0.03, "over popularity": 0.30}
GOAL_SECONDS, GOAL_BYTES = 90, 1_500_000_000


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Play all arms in every world."""
    arms = (MODEL, *BASELINES)
    runs: dict[str, list[Way]] = {arm: [] for arm in arms}
    costs: dict[str, list[Ended]] = {arm: [] for arm in arms}
    oracles: list[Figures] = []
    covered: list[float] = []
    with TemporaryDirectory(prefix="minionerec-") as folder:
        for world in range(arguments.worlds):
            for arm in arms:
                place = Path(folder) / f"{arm}-{world}"
                costs[arm].append(worlds.played(command(arm, world, arguments.settings), place))
                (way,) = worlds.ways(place)
                runs[arm].append(way)
                console.print(
                    f"world {world}, {arm}: {way.last['hit@10']:.4f}, {costs[arm][-1].processor_seconds:.0f} s"
                )
            with Study.open(next((Path(folder) / f"{MODEL}-{world}").glob("*/"))) as study:
                oracles.append(foreseen(study))
                covered.append(coverage(study))
    return result(console, runs, costs, oracles, covered)


def command(arm: str, world: int, settings: Sequence[str]) -> list[str]:
    """Return the command that plays an arm in a world."""
    return ["run", SCENARIO, "--preset", arm, f"seed={world}", f"environment.world_seed={world}", *settings]


def foreseen(study: Study) -> Figures:
    """Return hit rates and gains of what the generator itself held likeliest at each held-out window."""
    keys = [question.key for question in study.question_set("held_out")]
    ranks_Q = np.array(list(ranks(key for key in keys if isinstance(key, Foreseen))))
    hits = {f"hit@{cutoff}": float((ranks_Q <= cutoff).mean()) for cutoff in CUTOFFS}
    gains_Q = np.where(ranks_Q <= 10, 1 / np.log2(ranks_Q + 1), 0.0)
    return {**hits, "ndcg@10": float(gains_Q.mean())}


def ranks(keys: Iterator[Foreseen]) -> Iterator[float]:
    """Yield where what was taken stands among the likeliest, from 1; infinity where it does not."""
    for key in keys:
        yield key.likeliest.index(key.item) + 1 if key.item in key.likeliest else np.inf


def coverage(study: Study) -> float:
    """Return how many different windows were asked."""
    return float(study.query("SELECT count(DISTINCT question) FROM answers")[0][0])


def result(
    console: Console,
    runs: dict[str, list[Way]],
    costs: dict[str, list[Ended]],
    oracles: Sequence[Figures],
    covered: Sequence[float],
) -> record.Result:
    """Print the tables and return them as JSON values."""
    figures = {arm: worlds.means([way.last for way in ways]) for arm, ways in runs.items()}
    before = worlds.means([way.first for way in runs[MODEL]])
    likeliest = worlds.means(oracles)
    against = {
        arm: worlds.differences([way.last for way in runs[MODEL]], [way.last for way in runs[arm]]) for arm in BASELINES
    }
    title = f"Means over {len(oracles)} worlds, 95 % intervals"
    console.print(worlds.table(title, figures, SHOWN))
    console.print(
        worlds.table("The model before it learned; the oracle", {"before": before, ORACLE: likeliest}, COMPARED)
    )
    console.print(worlds.table("The model less each baseline, paired over worlds", against, COMPARED, sign="+"))
    rows = [
        [arm, f"{seconds(ended):.0f}", f"{max(one.peak_bytes for one in ended) / 1e6:.0f}"]
        for arm, ended in costs.items()
    ]
    console.print(record.table("Each run with imports and report", ("arm", "CPU s", "peak MB"), rows))
    strangers = sum(row["no_item"] for ways in runs.values() for way in ways for row in way.figures.values())
    console.print(f"texts that are no item in any list of any evaluation: {strangers:g}")
    return {
        "worlds": len(oracles),
        "goals": {**GOALS, "cpu_seconds": GOAL_SECONDS, "peak_bytes": GOAL_BYTES},
        "windows_asked": covered,
        "before": worlds.plain(before),
        "at_the_end": {arm: worlds.plain(row) for arm, row in figures.items()},
        ORACLE: worlds.plain(likeliest),
        "model_minus": {arm: worlds.plain(row) for arm, row in against.items()},
        "texts_that_are_no_item": strangers,
        "cpu_seconds": {arm: round(seconds(ended), 1) for arm, ended in costs.items()},
        "peak_bytes": {arm: max(one.peak_bytes for one in ended) for arm, ended in costs.items()},
        "raw": {
            arm: [{name: round(way.last[name], 6) for name in SHOWN} for way in ways] for arm, ways in runs.items()
        },
    }


def seconds(costs: Sequence[Ended]) -> float:
    """Return the mean CPU time of runs."""
    return float(np.mean([ended.processor_seconds for ended in costs]))


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("settings", nargs="*", help="further settings of the scenario, KEY=VALUE")
    parser.add_argument("--worlds", type=int, default=5)
    record.run("minionerec", parser, measure)
