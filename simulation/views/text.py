"""Text for people: nothing that a model or a file wrote can move the cursor, hide or turn what is shown."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the command line prints by this module before it knows whether numbers are needed
    from simulation.core.questions import Measure
    from simulation.core.types import Selection

BARS = "▁▂▃▄▅▆▇█"
LONGEST = 1500
"""Characters shown of a text."""


def shown(text: str) -> str:
    """Return `text` with control, bidirectional and other invisible characters as escapes."""
    if text.isprintable():  # nearly all are, and pages show a hundred thousand
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def clipped(text: str, longest: int = LONGEST) -> str:
    """Return the beginning of a long text."""
    return text if len(text) <= longest else f"{text[:longest]} … ({len(text) - longest} more characters)"


def folded(sentence: str, width: int | None) -> str:
    """Return a sentence in lines of so many columns, broken between words; a word that is longer stays whole."""
    if width is None or len(sentence) <= width:
        return sentence
    indent = " " * (len(sentence) - len(sentence.lstrip()))
    return textwrap.fill(sentence, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def why(pick: "Selection[Any] | None") -> str:
    """Say why something was picked, and how likely that was (Any: a question or an experience)."""
    if pick is None:
        return "not on record"
    parts = [pick.reason or "the policy gives no reason"]
    if pick.score is not None:
        parts.append(f"score {pick.score:.3g}")
    if pick.propensity is not None:
        parts.append(chance(pick.propensity))
    return "; ".join(parts)


def chance(propensity: float) -> str:
    """Say how likely a pick was."""
    return "sure to be picked" if propensity >= 1 else f"picked with probability {propensity:.3g}"


@dataclass(frozen=True, slots=True)
class Scale:
    """How the numbers of a measure are printed, wherever they are.

    What is right or wrong adds up to shares: in per cent with one decimal, differences in points. Graded values are
    numbers from 0 to 1 with three decimals, and so are their differences.
    """

    graded: bool = False

    @classmethod
    def of(cls, measure: "Measure") -> "Scale":
        """Return how a measure is printed."""
        return cls(measure.graded)

    @property
    def factor(self) -> int:
        """What a number is multiplied by; also where an axis ends."""
        return 1 if self.graded else 100

    @property
    def unit(self) -> str:
        """What stands behind the name of a column or a picture whose numbers are bare: ", %" or nothing."""
        return "" if self.graded else ", %"

    @property
    def points(self) -> str:
        """What stands behind the name of a column of differences: ", points" or nothing."""
        return "" if self.graded else ", points"

    @property
    def movement(self) -> tuple[str, str]:
        """The words for questions whose value rose, and for those whose value fell."""
        return ("rose", "fell") if self.graded else ("gained", "lost")

    @property
    def movements(self) -> tuple[str, str]:
        """What these words mean."""
        return (
            ("to a higher value", "to a lower value") if self.graded else ("from wrong to right", "from right to wrong")
        )

    def bare(self, value: float) -> str:
        """Return a number without its unit: "68.8" or "0.688"."""
        digits = 3 if self.graded else 1
        return unsigned_zero(f"{self.factor * value:.{digits}f}")

    def number(self, value: float) -> str:
        """Return a number with its unit: "68.8 %" or "0.688"."""
        return self.bare(value) if self.graded else f"{self.bare(value)} %"

    def signed(self, difference: float) -> str:
        """Return a difference with its sign: "+3.0" or "+0.030"."""
        bare = self.bare(difference)
        return bare if bare.startswith("-") else f"+{bare}"

    def step(self, difference: float) -> str:
        """Return a difference with its unit: "3.0 points" or "0.030"."""
        return self.bare(difference) if self.graded else f"{self.bare(difference)} points"

    def goal(self, difference: float) -> str:
        """Return a difference that somebody set, as it was set: "3 points" or "0.03"."""
        return f"{difference:g}" if self.graded else f"{100 * difference:g} points"

    def spread(self, interval: tuple[float, float]) -> str:
        """Return an interval as "64.9 to 72.4"."""
        return f"{self.bare(interval[0])} to {self.bare(interval[1])}"

    def dashed(self, interval: tuple[float, float]) -> str:
        """Return an interval as "64.9–72.4", for narrow columns."""
        return f"{self.bare(interval[0])}–{self.bare(interval[1])}"


SHARES, GRADED = Scale(), Scale(graded=True)


def unsigned_zero(text: str) -> str:
    """Return a number's text without the sign of what was rounded to nothing."""
    return text.removeprefix("-") if not text.strip("-0.") else text


def sparkline(values: Sequence[float], low: float = 0.0, high: float = 1.0) -> str:
    """Draw values between `low` and `high` as bars."""
    top = len(BARS) - 1
    return "".join(BARS[round(top * min(1.0, max(0.0, (value - low) / (high - low))))] for value in values)


def clock(seconds: float) -> str:
    """Return a duration such as 1:02:03 or 0:09."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


MOVED = {
    "loss": ("loss_first", "loss_last"),
    "chosen": ("chosen_logprob_before", "chosen_logprob_after"),
    "rejected": ("rejected_logprob_before", "rejected_logprob_after"),
}
"""What a display shows of an update: a word, and the metrics that tell its value before and after."""


def moves(metrics: Mapping[str, float]) -> str:
    """Say in a few words what an update changed, and what could not be learned from."""
    changes = [
        f"{word} {unsigned_zero(f'{metrics[before]:.2f}')}→{unsigned_zero(f'{metrics[after]:.2f}')}"
        for word, (before, after) in MOVED.items()
        if before in metrics and after in metrics
    ]
    if metrics.get("failed"):
        changes.append(f"{metrics['failed']:.0f} answers failed")
    return ", ".join(changes)
