"""Claim: on studies of simulated students, too, the verdicts keep their promises.

Many students of three kinds are played through the same loop that `compare` plays: random questions, random questions
under another number (so another stream of luck: one policy under two names), and a policy that differs. A study then
draws its seeds and its questions among them. Its false alarms must be at most 6 %, its intervals cover the difference
of all students on all questions in 93 to 97 %, and the predicted power be within 5 points. About 2 minutes on a core.
"""

from argparse import Namespace
from dataclasses import asdict, dataclass

import numpy as np
from rich.console import Console

import simulation.__main__  # noqa: F401  # sets what the command line sets, such as how often cycles are looked for
from benchmarks import calibration, record
from benchmarks.synthetic import Truths
from simulation.core.types import Seat
from simulation.loop.turn import first_look, play_turn
from simulation.scenario.scenario import load_scenario
from simulation.scenario.seating import build_world

SCENARIO = record.ROOT / "scenarios" / "surrogate.yaml"
OTHER = "kimi"
TOGETHER = 200
"""Students in one world: more would only take memory."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The last truths of all students of two kinds, from which studies draw seeds and questions."""

    first: Truths
    second: Truths
    seeds: int
    questions: int

    def __call__(self, generator: np.random.Generator) -> tuple[Truths, Truths]:
        """Draw a study."""
        seeds = generator.choice(len(self.first), self.seeds, replace=False)
        questions = generator.choice(self.first.shape[1], self.questions, replace=False)
        return self.first[np.ix_(seeds, questions)], self.second[np.ix_(seeds, questions)]

    @property
    def effect(self) -> float:
        """The difference of all students on all questions."""
        return float(self.second.mean() - self.first.mean())


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Play the students, then judge studies of them."""
    with console.status("playing"):
        plain, again, other = (
            played(arguments, policy, number) for policy, number in (("random", 0), ("random", 1), (OTHER, 0))
        )
    found = []
    for name, second in (("one policy under two names", again), (f"random and {OTHER}", other)):
        for seeds in arguments.seeds:
            pool = Pool(plain, second, seeds, arguments.questions)
            effect = 0.0 if second is again else pool.effect
            found.append((name, calibration.evaluate(pool, studies=arguments.studies, effect=effect)))
    calibration.show(console, found)
    return {"settings": [{"kind": name, **asdict(each)} for name, each in found], "students": arguments.students}


def played(arguments: Namespace, policy: str, number: int) -> Truths:
    """Return the truths `[students, questions]` at the last turn of as many students, a seed each."""
    settings = [f"turns={arguments.turns}", f"ask.policy={policy}", "evaluate.every=1000", "ask.candidates=80"]
    scenario = load_scenario(SCENARIO, settings)
    rows = []
    for start in range(0, arguments.students, TOGETHER):
        seeds = range(start, min(start + TOGETHER, arguments.students))
        world = build_world(scenario, [Seat(name=f"student-{seed}", number=number, seed=seed) for seed in seeds])
        turns = first_look(world)
        for turn in range(1, arguments.turns + 1):
            turns = play_turn(world, turn)
        rows += [[result.truth for result in each.evaluations["held_out"].results] for each in turns]
    return np.array(rows)


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--students", type=int, default=1000, help="of each kind")
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--studies", type=int, default=2000, help="of each kind and number of seeds")
    parser.add_argument("--seeds", type=int, nargs="+", default=[5, 8, 10])
    parser.add_argument("--questions", type=int, default=200)
    record.run("surrogate_studies", parser, measure)
