"""Turns what is wrong with the keys of a document into lines that say where, what, which value and what to do."""

import re
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

from pydantic import ValidationError

from simulation.core.allowed import Typed, shown
from simulation.core.errors import likest
from simulation.core.faults import Fault, faults
from simulation.scenario.document import Document, KeyPath

NOT_VARIED = ("name", "seed", "turns", "evaluate.every")
"""Keys that a comparison does not vary, or has the same of all."""
SLIP = 0.8
"""How alike an unknown key is to one beside it of which it is a slip, and not a key of elsewhere."""
MOST_PLACES = 4
"""Where a key belongs that are told."""
KnownPaths = Callable[[], Sequence[tuple[str, KeyPath]]]
"""Returns the paths of all keys that a scenario knows, each with the component below which it would be one, if any."""


def complaints(
    error: ValidationError, source: Document, model: type, at: KeyPath, known: KnownPaths = tuple
) -> list[str]:
    """Return a line for each thing wrong with the part of `source` at `at`, which should be a `model`."""
    return [_line(fault, source, at, known) for fault in faults(error, model)]


def _line(fault: Fault, source: Document, at: KeyPath, known: KnownPaths) -> str:
    path = (*at, *fault.path)
    dotted = ".".join(source.written(path) if source.origins else path)
    what = " ".join(fault.what.split())
    if fault.one_of and dotted not in NOT_VARIED:
        what += f"; {to_compare(dotted, fault.one_of)}"
    if fault.unknown and (place := elsewhere(fault.unknown, path, known)):
        what = f"unknown key {fault.unknown!r}; {place}"
    return f"{source.blamed(path, what)}: {dotted + ': ' if dotted else ''}{what}"


def elsewhere(key: str, path: KeyPath, known: KnownPaths) -> str:
    """Return where a key belongs that is not known at its place, "" where it is likely a slip or belongs nowhere."""
    paths = known()
    beside = [other[-1] for name, other in paths if not name and other[:-1] == path[:-1]]
    if SequenceMatcher(None, key.lower(), likest(key, beside).lower()).ratio() >= SLIP:
        return ""
    words = tuple(re.split(r"[./]", key))
    whole = [
        ".".join(other) for name, other in paths if not name and words[-1:] == other[-1:] and set(words) <= set(other)
    ]
    if joined := [".".join(other) for name, other in paths if not name and key == "_".join(other)]:
        whole = joined
    if whole:
        places = " or ".join(dict.fromkeys(whole[:MOST_PLACES]))
        return f"it belongs to {places}, in a file each key below the one before it"
    if names := list(dict.fromkeys(name for name, other in paths if name and other == (key,))):
        return f"it is a key of {', '.join(names[:MOST_PLACES])}, so name that, or remove it"
    return ""


def key_paths(model: object) -> Iterator[KeyPath]:
    """Yield the path of every key below a group of keys."""
    for key, typed in Typed.of(model).keys.items():
        yield (key,)
        for branch in typed.branches:
            yield from ((key, *below) for below in key_paths(branch.annotation))


def to_compare(dotted: str, values: Sequence[object]) -> str:
    """Return how several values are given to a key that takes one."""
    listed = ",".join(value if isinstance(value, str) else shown(value) for value in values)
    return f"one value is taken; to play several, use `compare` with --vary {dotted}={listed:.60}"
