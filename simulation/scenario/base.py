"""A scenario file may stand on another, its `base`, and say only what differs; a base stands on none itself."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from simulation.core.errors import ScenarioError
from simulation.scenario.document import Document, KeyPath
from simulation.scenario.reading import read_file

WHOLE: tuple[KeyPath, ...] = (("presets",), ("compare",))
"""Keys that a file replaces as a whole: what they hold belongs together."""


def on_base(document: Document, components: Collection[KeyPath]) -> Document:
    """Return a document laid over its base, if it names one; `components` are where named components stand.

    Mappings are laid key by key. A component that is named anew, be it with the same name, begins anew; where only
    parameters are written, the others stay those of the base.
    """
    written = document.value.pop("base", None)
    if written is None:
        return document
    where = document.where(("base",))
    if not isinstance(written, str):
        raise ScenarioError(f"{where}: base: write the path of a scenario file; got {written!r:.60}")
    try:
        base = read_file(document.folder / Path(written).expanduser())
    except (ScenarioError, RuntimeError) as error:  # such as the home of a user who is not there
        raise ScenarioError(f"{where}: base: {error}") from error
    if "base" in base.value:
        raise ScenarioError(
            f"{where}: base: {base.name} stands on a base itself; only one level is read, so name that one, or write "
            "out what it says"
        )
    return laid_over(base, document, components)


def laid_over(base: Document, document: Document, components: Collection[KeyPath]) -> Document:
    """Return what `document` says, and `base` where it says nothing; each key keeps its place and its folder."""
    laid = Document(document.name, base.value, dict(base.origins), folder=document.folder)
    laid.origins[()] = document.where(())  # what neither says is missing in the file that was asked for
    laid.folders = {(key,): base.folder for key in base.value}

    def lay(value: Any, path: KeyPath) -> None:
        below = laid.at(path)
        if path in components and isinstance(value, Mapping) and isinstance(below, str):
            laid.put(path, below := {"name": below})
        anew = path in WHOLE or (path in components and isinstance(value, Mapping) and "name" in value)
        if isinstance(value, Mapping) and isinstance(below, Mapping) and not anew:
            for key, inner in value.items():
                lay(inner, (*path, key))
            return
        laid.replace(path, value, document)

    lay(document.value, ())
    return laid
