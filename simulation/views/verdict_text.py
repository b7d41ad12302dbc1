"""Verdicts and their warnings in plain words, differences on the scale of their measure."""

from dataclasses import asdict
from typing import Any, NamedTuple

from simulation.measures.power import power, power_unknown, smallest_questions, smallest_seeds
from simulation.measures.statistics import Tested, Variances, smallest_sign_flip_p
from simulation.measures.verdicts import Family, Verdict
from simulation.views.text import SHARES, Scale

FEW_QUESTIONS = 100
"""Below this the intervals were not checked to cover what they say, and a single question weighs a point or more."""
FEW_DIFFERING = 20
"""Questions on which two policies ever differ; below this intervals cover less than they say."""


class Goal(NamedTuple):
    """What a verdict that tells nothing says how to show."""

    effect: float
    """In the measure's units."""
    chance: float
    """With which it is to be shown (power)."""
    pairs: int
    """Compared at once."""
    scale: Scale = SHARES


def verdict_text(verdict: Verdict, family: Family, scale: Scale = SHARES) -> str:
    """Return a verdict: which is better and by how much, or that it cannot be told and what would show it."""
    a, b, pairs = verdict.a, verdict.b, len(family.verdicts)
    test = Tested(verdict.difference, verdict.low, verdict.high, verdict.p_unadjusted)
    if verdict.tells:
        return better_text(a, b, test, verdict.p, family.seeds, pairs, scale)
    if not verdict.differing:
        return f"cannot tell {b} from {a}: every answer came out the same"
    goal = Goal(family.target, family.chance, pairs, scale)
    seen = unknown(a, b, test, verdict.p, pairs, scale)
    return f"{seen}; {advice(verdict.variances, family.seeds, family.questions, goal)}"


def verdict_json(verdict: Verdict, family: Family, scale: Scale = SHARES) -> dict[str, Any]:
    """Return a verdict with its text (Any: JSON values)."""
    numbers = {name: value for name, value in asdict(verdict).items() if name not in ("variances", "differing")}
    return {**numbers, "text": verdict_text(verdict, family, scale)}


def family_warnings(family: Family, scale: Scale = SHARES) -> list[str]:
    """Return what the reader must know before believing any verdict of a family."""
    return [*small_numbers(family.seeds, family.questions, len(family.verdicts), scale), *sparse_pairs(family)]


def better_text(a: str, b: str, test: Tested, p: float, seeds: int, pairs: int, scale: Scale = SHARES) -> str:
    """Return the verdict on a pair that is told apart, the better one first."""
    better, worse, low, high = (b, a, test.low, test.high) if test.value > 0 else (a, b, -test.high, -test.low)
    caveat = "; one seed says nothing of others" if seeds == 1 else ""
    return (
        f"{better} is better than {worse} by {scale.step(abs(test.value))}, 95 % interval {scale.spread((low, high))} "
        f"({p_text(p)}{over(pairs)}){caveat}"
    )


def unknown(a: str, b: str, test: Tested, p: float, pairs: int, scale: Scale = SHARES) -> str:
    """Return what was seen of a pair that is not told apart."""
    unit = "" if scale.graded else " points"
    seen = f"{scale.signed(test.value)}{unit}, 95 % interval {scale.spread((test.low, test.high))}"
    if test.low > 0 or test.high < 0:
        seen += f", but {p_text(p)}{over(pairs)}"
    return f"cannot tell {b} from {a}: {seen}"


def advice(variances: Variances, seeds: int, questions: int, goal: Goal) -> str:
    """Return what would show the goal, by the variances seen: more seeds, more questions, or which alone cannot."""
    withheld = power_unknown(variances, seeds)
    if withheld:
        return f"{withheld}; one seed says nothing of others" if seeds == 1 else withheld
    show = f"would show {goal.scale.goal(goal.effect)}"
    fewest_questions = smallest_questions(goal.effect, variances, seeds, chance=goal.chance, comparisons=goal.pairs)
    more_questions = f"{_round_up(fewest_questions):,} questions" if fewest_questions else "no number of questions"
    if power(goal.effect, variances, seeds, questions, comparisons=goal.pairs) >= goal.chance:
        return f"these {seeds} seeds and {questions:,} questions {show}"
    fewest_seeds = smallest_seeds(goal.effect, variances, questions, chance=goal.chance, comparisons=goal.pairs)
    if fewest_seeds and fewest_questions:
        return f"{_round_up(fewest_seeds):,} seeds or {more_questions} {show}"
    if fewest_seeds:
        why = "the seeds differ too much" if variances.seed else f"{seeds} seeds are too few"
        return f"{_round_up(fewest_seeds):,} seeds {show}, {more_questions} alone would: {why}"
    if fewest_questions:
        return f"{more_questions} {show}, no number of seeds alone would: the questions differ too much"
    return both(variances, questions, goal)


def both(variances: Variances, questions: int, goal: Goal) -> str:
    """Return how many seeds on more questions would show the goal where neither alone would."""
    for times in (2, 4, 8, 16, 32, 64):
        seeds = smallest_seeds(goal.effect, variances, times * questions, chance=goal.chance, comparisons=goal.pairs)
        if seeds:
            enough = f"{_round_up(seeds):,} seeds with {times * questions:,} questions"
            return f"it takes more of both: {enough} would show {goal.scale.goal(goal.effect)}"
    out_of_reach = "is out of reach" if goal.scale.graded else "are out of reach"
    return f"{goal.scale.goal(goal.effect)} {out_of_reach} of any number of seeds and questions that can be run"


def small_numbers(seeds: int, questions: int, pairs: int, scale: Scale = SHARES) -> list[str]:
    """Return what numbers so small cannot say, in plain words."""
    warnings = []
    floor = smallest_sign_flip_p(seeds)
    if seeds == 1:
        warnings.append(
            "One seed: the intervals speak of other questions only. How another seed would come out is not known; "
            "run at least 6."
        )
    elif floor >= 0.05:
        warnings.append(
            f"{seeds} seeds: the exact sign-flip test cannot go below p = {floor:.4g}, so it cannot reach 5 %; "
            "6 seeds can. The intervals rest on the seeds being normally distributed."
        )
    if seeds > 1 and pairs > 1 and floor < 0.05 <= pairs * floor:
        enough_seeds = next(count for count in range(seeds, 100) if pairs * smallest_sign_flip_p(count) < 0.05)
        warnings.append(
            f"{seeds} seeds and {pairs} pairs: after Holm the exact sign-flip test cannot go below "
            f"p = {pairs * floor:.3g}; {enough_seeds} seeds can reach 5 %."
        )
    if questions < FEW_QUESTIONS:
        warnings.append(
            f"{questions} held-out questions are few: each weighs {scale.step(1 / questions)}. Evaluate on "
            f"{FEW_QUESTIONS} or more, better 600."
        )
    return warnings


def sparse_pairs(family: Family) -> list[str]:
    """Return a warning for each pair that differs on too few questions for its interval to be trusted."""
    return [
        f"{verdict.a} and {verdict.b} differ on {verdict.differing} questions only: their interval covers less often "
        "than it says."
        for verdict in family.verdicts
        if 0 < verdict.differing < FEW_DIFFERING
    ]


def p_text(p: float) -> str:
    """Return a p value as it is printed."""
    if p < 0.001:
        return "p < .001"
    digits = 3 if p < 0.0995 else 2
    return f"p = {p:.{digits}f}".replace("0.", ".", 1)


def over(pairs: int) -> str:
    """Return the clause that names the adjustment."""
    return f" after Holm over {pairs} pairs" if pairs > 1 else ""


def _round_up(number: int) -> int:
    """Return the number rounded up to two significant digits: the variances are not known any better."""
    unit = int(10 ** max(0, len(str(number)) - 2))
    return -(-number // unit) * unit
