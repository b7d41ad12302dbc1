"""A document as plain values of which every key knows where it was written: a line of a file, or an override."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OVERRIDE = "override "
"""How the place of what an override sets begins."""

KeyPath = tuple[str, ...]


@dataclass(slots=True)
class Document:
    """A document as plain values, and where each key path was written."""

    name: str
    value: Any
    origins: dict[KeyPath, str] = field(default_factory=dict)
    folder: Path = Path()
    """Where the document lies."""
    folders: dict[KeyPath, Path] = field(default_factory=dict)
    """What was set from elsewhere, and from where."""

    def at(self, path: Sequence[str]) -> Any:
        """Return the value at a key path, or None where nothing is written (Any: whatever YAML holds)."""
        value = self.value
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def put(self, path: KeyPath, value: Any) -> None:
        """Set the value at a key path below which there is a mapping (Any: whatever YAML holds)."""
        *above, key = path
        self.at(above)[key] = value

    def replace(self, path: KeyPath, value: Any, source: "Document") -> None:
        """Set a value that another document says, with its places and its folder."""
        self.put(path, value)
        for places in (self.origins, self.folders):
            for below in [key for key in places if key[: len(path)] == path]:
                del places[below]
        self.origins |= {key: place for key, place in source.origins.items() if key[: len(path)] == path}
        self.folders[path] = source.folder

    def folder_of(self, path: KeyPath) -> Path:
        """Return the folder that a relative path written at `path` starts from."""
        set_above = (self.folders[path[:length]] for length in range(len(path), 0, -1) if path[:length] in self.folders)
        return next(set_above, self.folder)

    def where(self, path: Sequence[str | int]) -> str:
        """Return the place of `path`, or of the nearest written key above it."""
        return self.origins.get(self.written(path), self.name)

    def blamed(self, path: Sequence[str | int], what: str) -> str:
        """Return the place of what is wrong at `path`, or below it: that of the keys that the words name.

        Where they name none, the overrides below `path` are named beside it, since any of them may be to blame.
        """
        at = self.written(path)
        below = {key: self.origins[key] for key in self.origins if key[: len(at)] == at and len(key) > len(at)}
        quoting = [key for key in below if _quotes(what, self.at(key))]
        named = quoting or [key for key in below if re.search(rf"\b{re.escape(key[-1])}\b", what)]
        overrides = dict.fromkeys(below[key] for key in named or below if below[key].startswith(OVERRIDE))
        if named and overrides:
            return " and ".join(overrides)
        place = below[quoting[0]] if quoting else self.where(path)
        return place if not overrides or place in overrides else f"{place}, with {' and '.join(overrides)}"

    def written(self, path: Sequence[str | int]) -> KeyPath:
        """Return the part of `path` that was written; segments that a validator put in between are skipped."""
        written: KeyPath = ()
        for part in path:
            if (*written, str(part)) in self.origins:
                written = (*written, str(part))
        return written


def _quotes(what: str, value: object) -> bool:
    """Tell whether words quote a text that was written, or name the file that it is the path of."""
    if not isinstance(value, str) or len(value) < 3:
        return False
    is_path = "/" in value
    return repr(value) in what or (is_path and (value in what or f"{Path(value).name}:" in what))


def finite(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the path of every number in `value` that is infinite or not a number."""
    if isinstance(value, float) and not abs(value) < float("inf"):
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from finite(item, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from finite(item, (*path, str(index)))
