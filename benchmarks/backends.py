"""Claim: the cohort's trainers and TRL's reach accuracies that do not differ.

Every seed is played twice from the same first adapter, with the same candidates: once trained by our loop over all
slots, once by TRL's trainer rebuilt for each slot and turn. Orders of examples differ, so the runs do, by chance. About
6 minutes on two quiet cores for DPO and SFT with 5 seeds; GRPO takes longer (`--trainers grpo --turns 8`).
"""

from argparse import Namespace

from rich.console import Console

from benchmarks import classroom, record
from benchmarks.classroom import Entry
from benchmarks.learning import finite, points
from simulation.measures.statistics import paired_difference, sign_flip, smallest_sign_flip_p

SCENARIOS = {"dpo": "random_selection", "sft": "sft_on_corrections", "grpo": "grpo"}


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Play both backends of every trainer and compare their last accuracies."""
    settings = [
        *record.overrides(arguments),
        f"turns={arguments.turns}",
        f"evaluate.questions={arguments.questions}",
        f"evaluate.every={max(1, arguments.turns // 2)}",
    ]
    found, rows = {}, []
    for trainer in arguments.trainers:
        played = classroom.play(entries(trainer), range(arguments.seeds), settings, console)
        ours, theirs = (played.accuracies(f"{trainer} {backend}")[:, -1] for backend in ("cohort", "trl"))
        difference, p = paired_difference(theirs, ours), sign_flip(ours - theirs)
        means = [f"{100 * each.mean():.1f} %" for each in (ours, theirs)]
        rows.append([trainer, *means, points(difference), f"{p:.3f}"])
        found[trainer] = {
            "difference": finite(difference),
            "sign_flip_p": p,
            "differs": difference.tells,
            "seconds": played.seconds,
            "courses": played.raw(),
        }
    columns = ("trainer", "cohort", "TRL", "cohort - TRL", "sign-flip p")
    console.print(record.table(f"Accuracy after turn {arguments.turns}, {arguments.seeds} paired seeds", columns, rows))
    return {"trainers": found, "smallest_possible_p": smallest_sign_flip_p(arguments.seeds)}


def entries(trainer: str) -> list[Entry]:
    """Return the scenario of a trainer under both backends.

    TRL's GRPO takes whole batches only and would make them smaller, so it gets two full ones a turn, and so do we.
    """
    alike = ("learn.experiences=16",) if trainer == "grpo" else ()
    return [
        Entry(label=f"{trainer} cohort", scenario=SCENARIOS[trainer], overrides=alike),
        Entry(label=f"{trainer} trl", scenario=SCENARIOS[trainer], overrides=(*alike, "learn.trainer.backend=trl")),
    ]


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--trainers", nargs="+", choices=list(SCENARIOS), default=["dpo", "sft"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--questions", type=int, default=600)
    record.run("backends", parser, measure)
