"""Writes the program of a composition, right or with a bug in any of its skills, as a loop or a comprehension."""

from environments.tasks.composition import Composition
from environments.tasks.skill import Fold, Style

RIGHT = (0, 0, 0, 0)
"""No bug in source, filter, map and reduce."""
Bugs = tuple[int, int, int, int]
"""The number of the bug in each slot, counted from 1; 0 for none."""
STYLES: tuple[Style, Style] = ("loop", "comprehension")


def styles(composition: Composition) -> tuple[Style, ...]:
    """Return the styles in which a composition can be written."""
    return STYLES if composition.reduce.right.whole else STYLES[:1]


def program(composition: Composition, style: Style, bugs: Bugs = RIGHT) -> str:
    """Return the text of a program that calls itself f."""
    source = composition.source.piece(bugs[0])
    condition = composition.filter.piece(bugs[1]) if composition.filter else ""
    value = composition.map.piece(bugs[2]) if composition.map else "x"
    fold = composition.reduce.piece(bugs[3])
    write = _loop if style == "loop" else _comprehension
    return "\n".join([f"def {heading(composition)}:", *write(fold, source, condition, value)])


def heading(composition: Composition) -> str:
    """Return what a program is called with, such as "f(xs)"."""
    return f"f({', '.join(composition.source.parameters)})"


def single_bugs(composition: Composition) -> list[Bugs]:
    """Return every way to make exactly one bug."""
    slots = (composition.source, composition.filter, composition.map, composition.reduce)
    return [
        (*RIGHT[:slot], bug, *RIGHT[slot + 1 :])  # type: ignore[misc]  # four of them
        for slot, skill in enumerate(slots)
        for bug in range(1, 1 + len(skill.bugs if skill else ()))
    ]


def _loop(fold: Fold, source: str, condition: str, value: str) -> list[str]:
    step = fold.step.format(value=value)
    return [
        f"    {fold.start}",
        f"    for x in {source}:",
        *([f"        if {condition}:", f"            {step}"] if condition else [f"        {step}"]),
        f"{'        ' if fold.early else '    '}return {fold.finish}",
    ]


def _comprehension(fold: Fold, source: str, condition: str, value: str) -> list[str]:
    clauses = f"for x in {source}" + (f" if {condition}" if condition else "")
    return [f"    return {fold.whole.format(value=value, source=source, each=clauses)}"]
