"""Claim: verdicts at equal difference are calibrated, over 1,000 simulated studies of each law.

The same loss under two names is told apart in at most 5 % of the studies (and two Monte-Carlo standard errors); where
one is better by a known gap, the 95 % interval holds it in 93 to 97 %. A study has seeds and prompts of its own; a
prompt is answered k times at each of five temperatures, right with a probability that falls and different with one that
rises. The second label writes as if it were hotter, as a loss that keeps more difference does, so that only at equal
difference the two are alike. The true gap is that of the laws' own curves, from many temperatures without noise, so
that what the curves through five points miss counts as an error. About 5 minutes on a core.
"""

from argparse import Namespace
from dataclasses import asdict, dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from scipy.special import expit  # type: ignore[import-untyped]

from benchmarks import record
from simulation.measures.frontier import gap_of
from simulation.measures.statistics.equal_difference import STEPS, Curves, common_reach
from simulation.measures.verdicts import Decision, decide

TEMPERATURES = np.array([0.5, 0.7, 1.0, 1.2, 1.43])
GAP = 0.04
MANY = 4000
"""Prompts and seeds by which a law's own curve is made."""
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """How students of a study answer: on the logit scale, of a prompt, a seed and a temperature."""

    seeds: int
    questions: int
    samples: int
    spread: float
    """Of the prompts, standard deviation in logits."""
    drift: float
    """Of the seeds, standard deviation in logits."""
    bend: float
    """How much faster rightness falls with each further degree."""

    def right(self, prompts: Values, drifts: Values, temperature: float, gap: float) -> Values:
        """Return the probability of a right answer."""
        falls = 3.5 * (temperature - 1.0) + self.bend * (temperature - 1.0) ** 2
        return np.asarray(expit(1.2 + prompts + drifts - falls)) * (1 - gap) + gap

    def different(self, prompts: Values, drifts: Values, temperature: float) -> Values:
        """Return the expected share of different texts."""
        return np.asarray(expit(-1.6 - 0.4 * prompts - 0.5 * drifts + 3.0 * (temperature - 1.0)))

    def curves(self, generator: np.random.Generator, prompts_Q: Values, hotter: float, gap: float) -> Curves:
        """Return a label's curves in one study."""
        drifts_S = generator.normal(0, self.drift, self.seeds)
        rights, differences = [], []
        for temperature in TEMPERATURES * hotter:
            right_SQ = self.right(prompts_Q[None, :], drifts_S[:, None], temperature, gap)
            different_SQ = self.different(prompts_Q[None, :], drifts_S[:, None], temperature)
            rights.append(generator.binomial(self.samples, right_SQ) / self.samples)
            differences.append(generator.binomial(self.samples, different_SQ) / self.samples)
        return Curves(right_STQ=np.stack(rights, axis=1), different_STQ=np.stack(differences, axis=1))

    def own_curve(self, gap: float) -> tuple[Values, Values]:
        """Return difference and rightness of the law itself over many temperatures, without noise."""
        stream = np.random.default_rng(7)
        prompts_M, drifts_M = stream.normal(0, self.spread, MANY), stream.normal(0, self.drift, MANY)
        temperatures = np.linspace(0.3, 2.2, 120)
        across = [self.different(prompts_M, drifts_M, heat).mean() for heat in temperatures]
        return np.array(across), np.array([self.right(prompts_M, drifts_M, heat, gap).mean() for heat in temperatures])


LAWS = {
    "code": Law(seeds=5, questions=80, samples=10, spread=1.0, drift=0.25, bend=1.0),
    "code, seeds alike": Law(seeds=5, questions=80, samples=10, spread=1.0, drift=0.05, bend=1.0),
    "instructions": Law(seeds=5, questions=120, samples=16, spread=0.6, drift=0.1, bend=0.0),
    "eight seeds": Law(seeds=8, questions=120, samples=16, spread=1.0, drift=0.25, bend=2.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What the verdicts did; shares in [0, 1]."""

    studies: int
    alike_told: float
    """Share of studies that told a loss from itself under another name."""
    hotter_told: float
    """The same where the second name writes hotter."""
    covered: float
    """Share of intervals that held the true gap."""
    told: float
    """Share of studies that told that gap."""
    bias: float
    """Mean of the estimates less the true gap."""


def calibrate(law: Law, studies: int) -> Calibration:
    """Judge many studies of a law."""
    (across, plain), (_, better) = law.own_curve(0.0), law.own_curve(GAP)
    alike, hotter, covered, told, errors = [], [], [], [], []
    for index in range(studies):
        stream = np.random.default_rng([11, index])
        prompts_Q = stream.normal(0, law.spread, law.questions)
        first, same, tilted, ahead = (
            law.curves(stream, prompts_Q, heat, gap) for heat, gap in ((1, 0), (1, 0), (1.15, 0), (1.15, GAP))
        )
        alike.append(judged(first, same)[0].tells)
        hotter.append(judged(first, tilted)[0].tells)
        decision, at_D = judged(first, ahead)
        true = float(np.mean(np.interp(at_D, across, better) - np.interp(at_D, across, plain)))
        covered.append(decision.test.low <= true <= decision.test.high)
        told.append(decision.tells)
        errors.append(decision.test.value - true)
    shares = (float(np.mean(values)) for values in (alike, hotter, covered, told, errors))
    alike_told, hotter_told, held, gap_told, bias = shares
    return Calibration(
        studies=studies, alike_told=alike_told, hotter_told=hotter_told, covered=held, told=gap_told, bias=bias
    )


def judged(first: Curves, second: Curves) -> tuple[Decision, Values]:
    """Judge two labels over the differences that both reach, and return these."""
    reach = common_reach([first, second])
    if reach is None:
        raise ValueError("two simulated curves have no difference in common")
    differences_D = np.linspace(*reach, STEPS)
    return decide([gap_of(first, second, differences_D)], graded=True)[0], differences_D


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Calibrate the verdicts under every law."""
    calibrations = {name: calibrate(law, arguments.studies) for name, law in LAWS.items()}
    allowed = 0.05 + 2 * sqrt(0.05 * 0.95 / arguments.studies)
    rows = [
        [
            name,
            f"{100 * shares.alike_told:.1f}",
            f"{100 * shares.hotter_told:.1f}",
            f"{100 * shares.covered:.1f}",
            f"{100 * shares.told:.1f}",
            f"{100 * shares.bias:+.2f}",
        ]
        for name, shares in calibrations.items()
    ]
    names = [
        "law",
        "told from itself, %",
        "from itself hotter, %",
        f"covered gap {GAP:g}, %",
        "told, %",
        "bias, points",
    ]
    title = f"{arguments.studies} studies of each law; told from itself at most {100 * allowed:.1f} %"
    console.print(record.table(title, names, rows))
    return {
        "goals": {"told from itself": allowed, "covered": [0.93, 0.97]},
        "gap": GAP,
        "laws": {name: {**asdict(LAWS[name]), **asdict(shares)} for name, shares in calibrations.items()},
    }


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--studies", type=int, default=1000)
    record.run("frontier", parser, measure)
