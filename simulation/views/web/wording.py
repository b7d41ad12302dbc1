"""Plain words for what the record says in numbers: why something was asked, how sure, how likely before and after."""

import math
import re
from collections.abc import Sequence
from typing import Any

from simulation.core.types import LessonEffect, Ranking, Selection
from simulation.views.lesson_effects import RARE, share
from simulation.views.text import chance

PLAIN = {"uniform": "it was drawn at random; every candidate had the same chance"}
"""What policies say in a word of their own, said in a sentence."""


def why_plain(pick: Selection[Any] | None) -> str:
    """Say why something was picked, without the policy's numbers (Any: a question or an experience)."""
    if pick is None:
        return "the record does not say why"
    return PLAIN.get(pick.reason, pick.reason) or "the policy gives no reason"


def why_numbers(pick: Selection[Any] | None) -> str:
    """Return the policy's numbers of a pick, "" where there are none."""
    if pick is None:
        return ""
    score = f"ranked by {pick.score:.3g}" if pick.score is not None else ""
    return "; ".join(filter(None, (score, chance(pick.propensity) if pick.propensity is not None else "")))


def option_shares(ranking: Ranking | None) -> list[float]:
    """Return how much of its belief a student gave each alternative, which add up to 1; [] where none were scored."""
    if ranking is None or not ranking.logprobs:
        return []
    top = max(ranking.logprobs)
    odds = [math.exp(logprob - top) for logprob in ranking.logprobs]
    total = math.fsum(odds)
    return [odd / total for odd in odds]


def percents(value: float) -> str:
    """Return a share in [0, 1] in whole per cent, or with a decimal where it is small."""
    if 0 < value < RARE:
        return f"under {100 * RARE:.1f} %"
    return f"{100 * value:.1f} %" if 0 < value < 0.1 else f"{100 * value:.0f} %"


def before_after(before: float, after: float) -> str:
    """Say how likely a text was before an update and after it, from log-probabilities in nats."""
    if max(before, after) < math.log(RARE):
        factor = math.exp(min(50.0, abs(after - before)))
        direction = "likelier" if after > before else "less likely"
        return f"very unlikely before and after, now {factor:.2g} times {direction} than before"
    return f"{share(before)} before → {share(after)} after"


def prefers_taught(effect: LessonEffect) -> tuple[bool, bool] | None:
    """Tell whether what was taught was likelier than what was rejected, before and after; None where nothing was."""
    if effect.rejected_before is None or effect.rejected_after is None:
        return None
    return effect.taught_before > effect.rejected_before, effect.taught_after > effect.rejected_after


def many(count: int, noun: str) -> str:
    """Return a number of things: "1 turn", "2 turns"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence lists them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


MISSING = re.compile(r"^(right|wrong|filler|)$")
"""What a reading of an answer may say that is no misconception."""


def misconception(reveals: str) -> str:
    """Return the misconception that an option reveals, "" where what it reveals is none."""
    return "" if MISSING.match(reveals) else reveals
