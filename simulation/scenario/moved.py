"""Finds the files again that a study names, where its folder was moved along with them.

A study keeps absolute paths. One of which nothing is there any more is looked for from the study's folder upwards: as
`project/data/rows.jsonl`, `data/rows.jsonl`, `rows.jsonl` beside each folder above it. The place most alike is taken;
where two are equally alike none is, since nothing tells which it was.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from simulation.scenario.locating import located_keys


def moved(resolved: Mapping[str, Any], folder: Path, parts: Mapping[tuple[str, ...], str]) -> dict[str, Any]:
    """Return a study's scenario with the places where its files are now (Any: JSON values).

    `parts` are the kinds of its components by their place.
    """
    scenario: dict[str, Any] = deepcopy(dict(resolved))
    for place, kind in parts.items():
        *above, last = place
        group = scenario
        for key in above:
            group = group[key]
        part = group[last]
        if not isinstance(part, dict):
            continue
        part["name"] = moved_name(part["name"], folder)
        for keys, _mark in located_keys(kind, part):
            *inner, key = keys
            holder = part
            for name in inner:
                holder = holder[name]
            holder[key] = moved_path(holder[key], folder)
    return scenario


def moved_back(values: Any, kept: Any, now: Any) -> Any:
    """Return values with the words that a study keeps, wherever `now` says another place (Any: JSON values)."""
    if isinstance(values, Mapping) and isinstance(kept, Mapping) and isinstance(now, Mapping):
        both = kept.keys() & now.keys()
        return {key: moved_back(value, kept[key], now[key]) if key in both else value for key, value in values.items()}
    return values if kept == now else kept


def moved_name(name: str, folder: Path) -> str:
    """Return "folder/module.py:Class" with the folder where the module is now; other names as they are."""
    module, colon, class_name = name.rpartition(":")
    return f"{moved_path(module, folder)}:{class_name}" if colon and module.endswith(".py") else name


def moved_path(written: str, folder: Path) -> str:
    """Return where a file is now that once was at an absolute path, or the path where nothing like it is found."""
    path = Path(written)
    if not path.is_absolute() or is_there(path):
        return written
    for alike in places(path, folder):
        lying = [place for place in alike if is_there(place)]
        if lying:
            return str(lying[0]) if len(lying) == 1 else written
    return written


def places(path: Path, folder: Path) -> Iterator[list[Path]]:
    """Yield where a file might be, those together that are equally alike to where it was, the most alike first."""
    above = dict.fromkeys([*folder.absolute().parents, *folder.resolve().parents])
    for start in range(1, len(path.parts)):
        yield list(dict.fromkeys(one.joinpath(*path.parts[start:]) for one in above))


def is_there(path: Path) -> bool:
    """Tell whether something is there, as far as one may look."""
    try:
        return path.exists()
    except OSError:
        return False
