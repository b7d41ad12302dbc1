"""Text for people: nothing that a model or a file wrote can move the cursor, hide or turn what is shown."""

from collections.abc import Mapping, Sequence

BARS = "▁▂▃▄▅▆▇█"


def shown(text: str) -> str:
    """Return `text` with control, bidirectional and other invisible characters as escapes."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


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
        f"{word} {metrics[before]:.2f}→{metrics[after]:.2f}"
        for word, (before, after) in MOVED.items()
        if before in metrics and after in metrics
    ]
    if metrics.get("failed"):
        changes.append(f"{metrics['failed']:.0f} answers failed")
    return ", ".join(changes)
