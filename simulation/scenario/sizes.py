"""How many questions a study asks, draws from and measures on: what its scenario says, or what fits its environment."""

from dataclasses import dataclass

from simulation.core.errors import ScenarioError
from simulation.scenario.scenario import MOST_CANDIDATES, Scenario

MOST_ASKED, MOST_EVALUATED = 40, 600
"""Where a scenario says nothing and there are enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Numbers of questions."""

    asked: int
    """A turn."""
    candidates: int
    """A turn, from which the policy chooses."""
    evaluated: int
    """Of those held out."""


def sizes_of(scenario: Scenario, pool: int, held_out: int) -> Sizes:
    """Return the sizes of a study whose pool and held-out set are so large; refuses to want more than there is."""
    name, wrong = scenario.environment.name, []
    for path, size in (("ask.questions", scenario.ask.questions), ("ask.candidates", scenario.ask.candidates)):
        if size is not None and size > pool:
            wrong.append(scenario.complaint(path, f"{size}, but the pool of {name!r} holds {pool}; lower it"))
    evaluated = scenario.evaluate.questions
    if evaluated is not None and evaluated > held_out:
        what = f"{evaluated}, but {name!r} holds out {held_out}; lower it"
        wrong.append(scenario.complaint("evaluate.questions", what))
    if wrong:
        raise ScenarioError("\n".join(wrong))
    candidates = scenario.ask.candidates or MOST_CANDIDATES
    return Sizes(
        asked=scenario.ask.questions or min(MOST_ASKED, candidates, (pool + 1) // 2),
        candidates=candidates,
        evaluated=evaluated or min(MOST_EVALUATED, held_out),
    )
