"""Claim: a turn of ours takes at most a fifth of a turn played the published way.

Per round, one after the other on the same threads: our turn (ask, answer, judge, learn, hash, commit to the run store),
then the published way (`published.py`) on the same questions and the same pairs, from the same first adapter. It is
played as published (one question at a time is generated, DPO with batches of one pair), with our batches of 8 pairs,
and with options scored instead of generated. DPO passes over its pairs twice in all of them. The first round warms up.
About 3 minutes on two quiet cores.
"""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console

from benchmarks import record
from benchmarks.published import PublishedTurn
from simulation.core.roles import lendable
from simulation.core.types import Turn
from simulation.loop.turn import play_turn
from simulation.loop.world import World
from simulation.play.runner import play
from simulation.scenario.prepare import Prepared, prepare
from simulation.scenario.scenario import load_scenario
from simulation.scenario.seating import load_world
from simulation.store import Study
from training.lessons import pairs

GOAL = 5.0
LEARNING_RATE, BETA, EPOCHS = 1e-3, 0.1, 2


class Rounds:
    """Watches a study of ours and plays every turn again in the published ways."""

    def __init__(self, ways: dict[str, PublishedTurn], prepared: Prepared, console: Console) -> None:
        self._ways = ways
        self._prepared = prepared
        self._console = console
        self.ours: list[float] = []
        self.pairs: list[int] = []

    def started(self, study: Study, world: World, first_turn: int) -> None:
        """Let every way start from the student's first adapter."""
        del study, first_turn
        model = lendable(world.model, "the published way")
        for way in self._ways.values():
            model.save(world.students[0].seat.name, way.checkpoint)

    def turn(self, turns: Sequence[Turn], seconds: float) -> None:
        """Note what our turn took, and play its questions and pairs the other ways."""
        (turn,) = turns
        if not turn.experiences:
            return
        made, _ = pairs([lesson.item for lesson in turn.lessons])
        self.ours.append(seconds)
        self.pairs.append(len(made))
        for name, way in self._ways.items():
            self._console.print(f"[dim]round {turn.turn}: {name}[/dim]")
            prompts = [each.answer.prompt for each in turn.experiences]
            way.play(prompts, [each.question for each in turn.experiences], made, self._prepared.teacher)

    def stopping(self) -> None:
        """Do nothing: the turn ends first."""

    def finished(self, study: Study) -> None:
        """Do nothing: the figures are read from this object."""


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Play the rounds and compare their medians."""
    trainer = f"{{name: dpo, learning_rate: {LEARNING_RATE}, beta: {BETA}, epochs: {EPOCHS}}}"
    settings = [
        *record.overrides(arguments),
        f"learn.trainer={trainer}",
        f"turns={arguments.rounds + 2}",  # the last turn evaluates, so it is not played
        f"ask.questions={arguments.questions}",
        "evaluate.every=1000000",
        "evaluate.questions=1",
    ]
    prepared = prepare(load_scenario(record.ROOT / "scenarios" / "random_selection.yaml", settings))
    with TemporaryDirectory(prefix="published-") as folder:
        world = load_world([prepared])
        ways = published_ways(world.model.source, Path(folder))
        rounds = Rounds(ways, prepared, console)
        play_rounds(prepared, world, rounds, Path(folder), arguments.rounds + 1)
    return conclude(rounds, ways, console, arguments.questions)


def published_ways(base: str, folder: Path) -> dict[str, PublishedTurn]:
    """Return the published way and two faster variants of it."""
    variants = (("generate", 1), ("generate", 8), ("score", 8))
    return {
        f"{answering} one by one, DPO batch {size}": PublishedTurn(
            base=base,
            checkpoint=folder / f"{answering}-{size}",
            answering=answering,  # type: ignore[arg-type]  # mypy widens the literal in a tuple
            batch_size=size,
            learning_rate=LEARNING_RATE,
            beta=BETA,
            epochs=EPOCHS,
        )
        for answering, size in variants
    }


def play_rounds(prepared: Prepared, world: World, rounds: Rounds, folder: Path, count: int) -> None:
    """Play turns 1 to `count` into a study of their own; turn 0 and the last one would only evaluate."""
    with Study.create(
        folder / "study",
        scenario=prepared.scenario.resolved(),
        seats=prepared.seats,
        measures=prepared.measures,
        fingerprint={"benchmark": "yes"},
    ) as study:
        empty = (
            Turn(turn=0, student=prepared.seats[0].name, model_version=world.model.version(prepared.seats[0].name)),
        )

        def step(number: int) -> tuple[Turn, ...]:
            return play_turn(world, number) if 0 < number <= count else tuple(at(empty, number))

        play(study, world, step, rounds)


def at(turns: Sequence[Turn], number: int) -> list[Turn]:
    """Return turns in which nothing happened, under another number."""
    return [Turn(turn=number, student=turn.student, model_version=turn.model_version) for turn in turns]


def conclude(rounds: Rounds, ways: dict[str, PublishedTurn], console: Console, questions: int) -> record.Result:
    """Return medians over the rounds after the first, and the ratios to ours."""
    ours = float(np.median(rounds.ours[1:]))
    stages = {
        name: {stage: float(np.median(row[1:])) for stage, row in way.seconds.items()} for name, way in ways.items()
    }
    totals = {
        name: float(np.median(np.sum([row[1:] for row in way.seconds.values()], axis=0))) for name, way in ways.items()
    }
    rows = [["ours", f"{ours:.2f}", "", ""]]
    for name, total in totals.items():
        parts = ", ".join(f"{stage} {value:.2f}" for stage, value in stages[name].items())
        rows.append([name, f"{total:.2f}", f"{total / ours:.1f}", parts])
    mean_pairs = float(np.mean(rounds.pairs[1:]))
    title = f"A turn of {questions} questions and {mean_pairs:.0f} pairs, median of {len(rounds.ours) - 1} rounds"
    console.print(record.table(title, ("way", "seconds", "ours is faster by", "of which"), rows))
    console.print(f"goal: at least {GOAL} times as fast as published")
    return {
        "ours_seconds": ours,
        "published_seconds": totals,
        "published_stage_seconds": stages,
        "ours_is_faster_by": {name: total / ours for name, total in totals.items()},
        "goal": GOAL,
        "pairs": rounds.pairs,
        "ours_by_round": rounds.ours,
    }


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="measured rounds, besides one to warm up")
    parser.add_argument("--questions", type=int, default=40)
    record.run("published_turn", parser, measure)
