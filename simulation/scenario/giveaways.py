"""Whether the words that a scenario has for its students give away what is measured.

All texts below `students` and `ask.sampler` are looked at, whatever they are for, and the files that they name.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from simulation.core.disclosure import disclosed
from simulation.core.types import Question
from simulation.scenario.document import KeyPath
from simulation.scenario.locating import located_keys
from simulation.scenario.scenario import PARTS, Scenario

LARGEST_BYTES = 1 << 20
"""Of a file that may be words; a larger one is data, such as the weights of a model."""


def giveaways(scenario: Scenario, measured: Sequence[Question]) -> list[str]:
    """Say which words of a scenario give measured questions away."""
    wrong: dict[KeyPath, str] = {}
    for at, text, file in words(scenario):
        said_within = any(place[: len(at)] == at for place in wrong)
        if not said_within and (given_away := disclosed(text, measured)):
            where = f"{file} " if file else ""
            what = f"{where}gives away {given_away}, which is measured and must not be shown; write it otherwise"
            wrong[at] = scenario.complaint(".".join(at), what)
    return [*wrong.values()]


def words(scenario: Scenario) -> Iterator[tuple[KeyPath, str, str]]:
    """Yield all texts that a scenario has for its students: where it says each, and the file it lies in, if any."""
    for at, kind in PARTS:
        part = scenario.part(at) if kind.name == "students" else None
        if part is None:
            continue
        spelled = {"name": part.name, **part.parameters}
        for keys, text in texts(part.parameters):
            yield (*at, *keys), text, ""
        for keys, _ in located_keys(kind.name, spelled):
            file = value_at(spelled, keys)
            yield (*at, *keys), text_of(Path(file)), file


def texts(value: Any, keys: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Yield every text below a value with its keys (Any: what YAML holds); an entry of a list also as one text."""
    if isinstance(value, str):
        yield keys, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts(inner, (*keys, str(key)))
    elif isinstance(value, list | tuple):
        for place, entry in enumerate(value):
            parts = [*texts(entry, (*keys, str(place)))]
            yield from parts
            if len(parts) > 1:
                yield (*keys, str(place)), " ".join(text for _, text in parts)


def value_at(part: Mapping[str, Any], keys: KeyPath) -> str:
    """Return the text below some keys (Any: what YAML holds)."""
    value: Any = part
    for key in keys:
        value = value[key]
    return str(value)


def text_of(file: Path) -> str:
    """Return the text of a file, "" where it is none; that one must be there is said where it is read."""
    try:
        return file.read_text(encoding="utf-8-sig") if file.is_file() and file.stat().st_size <= LARGEST_BYTES else ""
    except (OSError, ValueError):
        return ""
