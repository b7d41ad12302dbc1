"""Turns what is wrong with the keys of a document into lines that say where, what, which value and what to do."""

from collections.abc import Sequence

from pydantic import ValidationError

from simulation.core.allowed import shown
from simulation.core.faults import Fault, faults
from simulation.scenario.document import Document, KeyPath

NOT_VARIED = ("name", "seed", "turns", "evaluate.every")
"""Keys that a comparison does not vary, or has the same of all."""


def complaints(error: ValidationError, source: Document, model: type, at: KeyPath) -> list[str]:
    """Return a line for each thing wrong with the part of `source` at `at`, which should be a `model`."""
    return [_line(fault, source, at) for fault in faults(error, model)]


def _line(fault: Fault, source: Document, at: KeyPath) -> str:
    path = (*at, *fault.path)
    dotted = ".".join(source.written(path) if source.origins else path)
    what = " ".join(fault.what.split())
    if fault.one_of and dotted not in NOT_VARIED:
        what += f"; {to_compare(dotted, fault.one_of)}"
    return f"{source.blamed(path, what)}: {dotted + ': ' if dotted else ''}{what}"


def to_compare(dotted: str, values: Sequence[object]) -> str:
    """Return how several values are given to a key that takes one."""
    listed = ",".join(value if isinstance(value, str) else shown(value) for value in values)
    return f"one value is taken; to play several, use `compare` with --vary {dotted}={listed:.60}"
