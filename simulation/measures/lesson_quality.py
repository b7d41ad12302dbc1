"""How good what updates learned from was: the passing share of their draws, beside what the answers cost."""

from simulation.measures.findings import Findings
from simulation.store.turn_sums import Draw


def draws(findings: Findings) -> dict[str, dict[int, Draw]]:
    """Return what each label's updates drew up to each evaluation since the one before, over all its students."""
    draws_by_label: dict[str, dict[int, Draw]] = {}
    for label in findings.labels:
        sums: dict[int, Draw] = {}
        for course in findings.courses(label):
            for measurement in course.measurements:
                sums[measurement.turn] = sums.get(measurement.turn, Draw()) + measurement.draw
        draws_by_label[label] = {turn: draw for turn, draw in sums.items() if draw.lessons}
    return draws_by_label


def replays(findings: Findings) -> bool:
    """Tell whether any update learned from an answer that passed: else the share says nothing."""
    return any(draw.passing for sums in draws(findings).values() for draw in sums.values())
