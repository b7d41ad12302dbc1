"""Claim: what rewards for what the log holds add to learning the log itself is told, whatever it is.

From the shipped recommender, which learned the log of the embedded shop, as many steps again: GRPO on groups of beams,
rewarded by rule and by rank, against supervised learning of the same windows (presets of scenarios/minionerec.yaml).
The differences are paired over seeds and told whatever they say. About eight minutes of one core.
"""

from argparse import Namespace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from benchmarks import record, worlds

REWARDED, SUPERVISED = ARMS = ("more_grpo", "more_sft")
SHOWN = ("hit@1", "hit@10", "ndcg@10", "hit@50", "no_item")


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Play both side by side."""
    vary = f"preset={','.join(ARMS)}"
    command = ["compare", "scenarios/minionerec.yaml", *arguments.settings, "--vary", vary, "--workers", "1"]
    with TemporaryDirectory(prefix="recommender-logs-") as name:
        folder = Path(name) / "studies"
        ended = worlds.played([*command, "--seeds", str(arguments.seeds)], folder)
        ways = worlds.ways(folder)
    ends = {arm: [way.last for way in ways if way.label == arm] for arm in ARMS}
    starts = {arm: [way.first for way in ways if way.label == arm] for arm in ARMS}
    by_arm = {"as shipped": worlds.means(starts[SUPERVISED]), **{arm: worlds.means(ends[arm]) for arm in ARMS}}
    against = {
        f"{REWARDED} less {SUPERVISED}": worlds.differences(ends[REWARDED], ends[SUPERVISED]),
        **{f"{arm} less as shipped": worlds.differences(ends[arm], starts[arm]) for arm in ARMS},
    }
    console.print(worlds.table(f"Means over {arguments.seeds} seeds, 95 % intervals", by_arm, SHOWN))
    console.print(worlds.table("Paired over seeds", against, SHOWN, sign="+"))
    console.print(f"{ended.processor_seconds:.0f} CPU seconds, {ended.peak_bytes / 1e6:.0f} MB")
    return {
        "seeds": arguments.seeds,
        "means": {label: worlds.plain(row) for label, row in by_arm.items()},
        "differences": {label: worlds.plain(row) for label, row in against.items()},
        "cpu_seconds": round(ended.processor_seconds, 1),
        "peak_bytes": ended.peak_bytes,
    }


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("settings", nargs="*", help="further settings of both, KEY=VALUE")
    parser.add_argument("--seeds", type=int, default=5)
    record.run("recommender_logs", parser, measure)
