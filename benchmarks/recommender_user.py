"""Claim: a recommender that learns online from the clicks on its lists gets more of them, also from unseen users.

Plays `compare scenarios/recommender_user.yaml`: GRPO on the list that was shown, the same with the reference kept near,
REINFORCE and a student that never learns, over paired seeds, each with users of its own. Clicks of the last 128 users
are the mean score of the turns they stay; unseen users are measured by expected clicks, without noise. What the log's
next item loses is told beside it. Then the seeds of one arm alone, as one cohort. About 16 minutes of one core.
"""

import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console

from benchmarks import record, worlds
from benchmarks.classroom import Entry, play
from benchmarks.compare import keep
from benchmarks.worlds import Figures, Way

SCENARIO = "recommender_user"
ARMS = ("grpo", "grpo_kl", "reinforce", "frozen")
FROZEN = "frozen"
STAY = 20
"""Turns that users stay, so that the last of them are met in the last so many turns."""
LAST, UNSEEN, LOGGED = "clicks of the last users", "clicks of unseen users", "next item in the first ten"
SHOWN = (LAST, UNSEEN, LOGGED, "hit@1", "ndcg@10", "hit@50")
GOALS = {LAST: 0.025, UNSEEN: 0.045, f"{UNSEEN}, low": 0.035, f"{LOGGED}, grpo_kl": -0.02}
GOAL_SECONDS, GOAL_BYTES = 60, 1_500_000_000
PICTURES = ("tables.txt", "verdicts.json", "differences.png", "learning_curves.png")


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Play the comparison, then one arm alone."""
    vary = f"preset={','.join(arguments.arms)}"
    command = ["compare", f"scenarios/{SCENARIO}.yaml", *arguments.settings, "--vary", vary]
    with TemporaryDirectory(prefix="recommender-user-") as name:
        folder = Path(name) / "studies"
        ended = worlds.played([*command, "--seeds", str(arguments.seeds), "--workers", "1"], folder)
        ways = worlds.ways(folder)
        if arguments.write:
            keep(folder, arguments.results / SCENARIO, PICTURES)
    found = result(console, ways, arguments.arms)
    began = time.process_time()
    alone = Entry(label="grpo", scenario=SCENARIO, overrides=("preset=grpo", *arguments.settings))
    play([alone], range(arguments.seeds), [], console)
    cohort = time.process_time() - began
    costs = f"{ended.processor_seconds:.0f} CPU seconds, {ended.peak_bytes / 1e6:.0f} MB"
    console.print(f"the comparison: {costs}; {arguments.seeds} seeds of grpo as one cohort: {cohort:.0f} CPU seconds")
    return {
        "seeds": arguments.seeds,
        "goals": {**GOALS, "cohort_cpu_seconds": GOAL_SECONDS, "peak_bytes": GOAL_BYTES},
        **found,
        "cohort_cpu_seconds": round(cohort, 1),
        "comparison_cpu_seconds": round(ended.processor_seconds, 1),
        "comparison_peak_bytes": ended.peak_bytes,
    }


def figures(way: Way) -> Figures:
    """Return what is told of one student."""
    last = way.last
    clicks = float(np.mean(way.scores[-STAY:]))
    return {LAST: clicks, UNSEEN: last["clicks"], LOGGED: last["hit@10"], **{name: last[name] for name in SHOWN[3:]}}


def result(console: Console, ways: Sequence[Way], arms: Sequence[str]) -> record.Result:
    """Print the tables and return them as JSON values."""
    rows = {arm: [figures(way) for way in ways if way.label == arm] for arm in arms}
    by_arm = {arm: worlds.means(own) for arm, own in rows.items()}
    against = {arm: worlds.differences(own, rows[FROZEN]) for arm, own in rows.items() if arm != FROZEN}
    count = len(rows[FROZEN])
    console.print(worlds.table(f"Means over {count} seeds, 95 % intervals", by_arm, SHOWN))
    console.print(worlds.table("Less the student that never learns, paired over seeds", against, SHOWN, sign="+"))
    strangers = sum(figure["no_item"] for way in ways for figure in way.figures.values())
    return {
        "at_the_end": {arm: worlds.plain(row) for arm, row in by_arm.items()},
        "minus_frozen": {arm: worlds.plain(row) for arm, row in against.items()},
        "texts_that_are_no_item": strangers,
        "raw": {
            arm: [{name: round(value, 6) for name, value in row.items()} for row in own] for arm, own in rows.items()
        },
    }


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("settings", nargs="*", help="further settings of the scenario, KEY=VALUE")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--arms", nargs="+", default=ARMS, help="presets of the scenario, frozen among them")
    record.run("recommender_user", parser, measure)
