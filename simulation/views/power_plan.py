"""The answer to "how many seeds and questions for so many points?" as plain data, as sentences and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from rich.table import Table

from simulation.measures.power import QUESTIONS, SEEDS, detectable, smallest_questions, smallest_seeds
from simulation.measures.statistics import Variances, smallest_sign_flip_p
from simulation.views.fitting import FittedTable
from simulation.views.text import Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerPlan:
    """What seeds and questions can show; differences in the measure's units, [0, 1]."""

    effect: float
    """The difference that is to be shown."""
    chance: float
    """With which it is to be shown (power)."""
    level: float
    comparisons: int
    variances: Variances
    seeds: tuple[int, ...]
    questions: tuple[int, ...]
    detectable: tuple[tuple[float, ...], ...]
    """The smallest difference shown, with a row for each number of seeds and a column for each of questions."""
    fewest_questions: tuple[int | None, ...]
    """For each number of seeds; None where no number suffices."""
    fewest_seeds: tuple[int | None, ...]
    """For each number of questions; None where no number suffices."""
    graded: bool = False
    """Whether the measure is graded."""


def make_plan(
    effect: float,
    variances: Variances,
    *,
    seeds: Sequence[int] = SEEDS,
    questions: Sequence[int] = QUESTIONS,
    chance: float = 0.8,
    level: float = 0.05,
    comparisons: int = 1,
    graded: bool = False,
) -> PowerPlan:
    """Work out what these numbers of seeds and questions can show, and what it takes to show `effect`."""
    if not 0 < effect <= 1 or not level < chance < 1:
        raise ValueError(f"expected an effect in 0 to 1 and a chance in {level} to 1, got {effect:g} and {chance:g}")
    if comparisons < 1:
        raise ValueError(f"expected at least one comparison, got {comparisons}")
    detectable_by = partial(detectable, variances, chance=chance, level=level, comparisons=comparisons)
    questions_for = partial(smallest_questions, effect, variances, chance=chance, level=level, comparisons=comparisons)
    seeds_for = partial(smallest_seeds, effect, variances, chance=chance, level=level, comparisons=comparisons)
    return PowerPlan(
        effect=effect,
        chance=chance,
        level=level,
        comparisons=comparisons,
        variances=variances,
        seeds=tuple(seeds),
        questions=tuple(questions),
        detectable=tuple(tuple(detectable_by(count, number) for number in questions) for count in seeds),
        fewest_questions=tuple(map(questions_for, seeds)),
        fewest_seeds=tuple(map(seeds_for, questions)),
        graded=graded,
    )


def plan_lines(plan: PowerPlan) -> list[str]:
    """Return the plan in sentences."""
    points = Scale(plan.graded).goal(plan.effect)
    among = f" in each of {plan.comparisons} pairs (Holm)" if plan.comparisons > 1 else ""
    lines = [
        f"To show {points}{among} with {100 * plan.chance:g} % power at the {100 * plan.level:g} % level it takes:",
    ]
    for number, seeds in zip(plan.questions, plan.fewest_seeds, strict=True):
        needed = f"{seeds:,} seeds" if seeds else "more seeds than can be run"
        lines.append(f"  with {number:,} held-out questions: {needed}")
    for seeds, questions in zip(plan.seeds, plan.fewest_questions, strict=True):
        needed = f"{questions:,} held-out questions" if questions else "no number of questions suffices"
        lines.append(f"  with {seeds} {'seed' if seeds == 1 else 'seeds'}: {needed}")
    return [*lines, *caveats(plan)]


def caveats(plan: PowerPlan) -> list[str]:
    """Return what a reader of the plan must know."""
    lines = []
    too_few_seeds = [
        seeds for seeds in plan.seeds if seeds > 1 and smallest_sign_flip_p(seeds) * plan.comparisons > plan.level
    ]
    seed_texts = [str(seeds) for seeds in too_few_seeds]
    if seed_texts:
        lines.append(
            f"With {', '.join(seed_texts)} seeds the exact sign-flip test over seeds cannot reach "
            f"{100 * plan.level:g} %; the intervals then rest on the seeds being normally distributed."
        )
    if 1 in plan.seeds:
        lines.append("One seed says nothing of other seeds: its figures are for telling two single runs apart.")
    return lines


def plan_table(plan: PowerPlan) -> Table:
    """Return the smallest differences shown, by seeds and questions."""
    scale = Scale(plan.graded)
    title = (
        f"Smallest difference shown with {100 * plan.chance:g} % power{scale.points}, by seeds and held-out questions"
    )
    table = FittedTable(
        title=title,
        title_justify="left",
        caption=f"those that reach {scale.goal(plan.effect)} are marked *",
        caption_justify="left",
    )
    table.add_column("seeds \\ questions")
    for number in plan.questions:
        table.add_column(f"{number:,}", justify="right")
    for seeds, differences in zip(plan.seeds, plan.detectable, strict=True):
        cells = [f"{scale.bare(difference)}{'*' if difference <= plan.effect else ' '}" for difference in differences]
        table.add_row(str(seeds), *cells)
    return table
