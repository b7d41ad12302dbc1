"""How good what updates learned from was: the passing share of their draws, beside what the answers cost."""

from simulation.comparison.findings import Findings
from simulation.comparison.tables import Sheet
from simulation.outcome import Draw


def draws(findings: Findings) -> dict[str, dict[int, Draw]]:
    """Return what each label's updates drew up to each evaluation since the one before, over all its students."""
    found: dict[str, dict[int, Draw]] = {}
    for label in findings.labels:
        sums: dict[int, Draw] = {}
        for course in findings.results.courses(label):
            for each in course.measurements:
                sums[each.turn] = sums.get(each.turn, Draw()) + each.draw
        found[label] = {turn: draw for turn, draw in sums.items() if draw.lessons}
    return found


def replays(findings: Findings) -> bool:
    """Tell whether any update learned from an answer that passed: else the share says nothing."""
    return any(draw.passing for sums in draws(findings).values() for draw in sums.values())


def draws_sheet(findings: Findings) -> Sheet:
    """Return the passing share of each label's draws, first, last and in all."""
    rows = []
    for label, sums in draws(findings).items():
        if not sums:
            rows.append((label, "0", "", "", "", "", ""))
            continue
        every = list(sums.values())
        whole = sum(every, Draw())
        written = [sum(each.tokens for each in course.measurements) for course in findings.results.courses(label)]
        rows.append(
            (
                label,
                f"{whole.lessons / max(1, len(written)):,.0f}",
                share(every[0]),
                share(every[-1]),
                share(whole),
                f"{whole.score / whole.scored:.3f}" if whole.scored else "",
                f"{sum(written) / max(1, len(written)):,.0f}",
            )
        )
    return Sheet(
        title="what the updates learned from",
        names=("label", "lessons", "passing, first", "last", "all", "drawn by", "tokens written"),
        rows=tuple(rows),
        caption=(
            "lessons and tokens: of a student; passing: the share of lessons with the full feedback score, of those "
            "before the first evaluation that follows an update, of those after the last but one, and of all; drawn "
            "by: the mean of what the experience policy drew by, where it tells"
        ),
    )


def share(draw: Draw) -> str:
    """Return the passing share of a draw."""
    return f"{100 * draw.passing / draw.lessons:.1f} %"
