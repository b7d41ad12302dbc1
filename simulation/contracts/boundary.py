"""The border between the loop and its components: who is named where one raises, or breaks its role."""

import sysconfig
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from simulation.core.errors import ContractError, SimulationError

OURS = str(Path(__file__).resolve().parents[1])
"""The ground floor, which calls components and is called by them, but is none."""
INSTALLED = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})
"""Where libraries lie."""
LONGEST_VALUE = 60
LONGEST_REASON = 300


def named(component: object) -> str:
    """Return what a component is called in a scenario: its registered name, or else module:Class."""
    kind = type(component)
    name = getattr(kind, "name", None)
    return name if isinstance(name, str) else f"{module_name(kind)}:{kind.__qualname__}"


def module_name(kind: type) -> str:
    """Return the module of a class, that of a file outside all packages by its name alone; see `registry.module_at`."""
    module = kind.__module__
    return module.removeprefix("outside.").rpartition("_")[0] if module.startswith("outside.") else module


def breach(kind: str, name: str, what: str, remedy: str) -> ContractError:
    """Return the error of a component of a registry kind, in one line: what it did, and what to do."""
    return ContractError(" ".join(f"{kind.replace('_', ' ')} {name!r} {what}; {remedy}".split()))


def shortened(value: object) -> str:
    """Return a value as it can stand in one line."""
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001  # a value of a component from outside may do anything
        text = f"what cannot be shown ({type(error).__name__})"
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."


@contextmanager
def calling(kind: str, name: str) -> Iterator[None]:
    """Turn what a component raises into a ContractError that names it; errors of the user's making pass as they are."""
    try:
        yield
    except SimulationError:
        raise
    except Exception as error:
        raise raised(kind, name, error) from error


def raised(kind: str, name: str, error: Exception) -> SimulationError:
    """Return an error of the user's making as it is, and any other as one that names the component and the place."""
    if isinstance(error, SimulationError):
        return error
    reason = f"{type(error).__name__}: {error}".removesuffix(": ")
    what = " ".join(f"{kind.replace('_', ' ')} {name!r} raised {reason:.{LONGEST_REASON}}".split())
    return ContractError(what, place_of(error))


def place_of(error: BaseException) -> str:
    """Return "file:line, in function" of the innermost frame that is neither a library's nor ours, if there is one."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_outside(frame.filename)]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}, in {frames[-1].name}" if frames else ""


def is_outside(filename: str) -> bool:
    """Tell whether a file may be a component's own."""
    return not filename.startswith(("<", OURS, *INSTALLED))


def listed(kind: str, name: str, value: object, content: str) -> list[Any]:
    """Return what a component returned as a list (Any: its items are yet to be checked); refuses what is none."""
    if type(value) is list:
        return value
    if not isinstance(value, Sequence | Iterator) or isinstance(value, str | bytes):
        shown = "None" if value is None else f"{shortened(value)} of type {type(value).__name__}"
        raise breach(kind, name, f"returned {shown}", f"return a list of {content}")
    with calling(kind, name):
        return [*value]


def counted(kind: str, name: str, items: Sequence[object], expected: int, nouns: tuple[str, str]) -> None:
    """Refuse another number of items than expected; `nouns` are what they are and what each is for."""
    if len(items) != expected:
        item, reason = nouns
        what = f"gave {len(items)} {item if len(items) == 1 else plural(item)} for "
        what += f"{expected} {reason if expected == 1 else plural(reason)}"
        article = "an" if reason[0] in "aeiou" else "a"
        raise breach(kind, name, what, f"give one {article} {reason}, in their order")


def plural(noun: str) -> str:
    """Return the plural of a noun of ours."""
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


def mapped(kind: str, name: str, value: object, content: str) -> Mapping[Any, Any]:
    """Return what a component returned as a mapping (Any: yet to be checked); refuses what is none."""
    if not isinstance(value, Mapping):
        shown = "None" if value is None else f"{shortened(value)} of type {type(value).__name__}"
        raise breach(kind, name, f"returned {shown}", f"return a dict of {content}")
    return value
