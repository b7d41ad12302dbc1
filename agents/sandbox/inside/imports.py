"""Late imports by a user who may not walk the path to the standard library: relative to a folder already entered.

At level `full` the library lies in a root of the lane's own. At level `lock` there is only the machine's, and where the
framework runs as root its interpreter may lie in a folder closed to others, such as /root.
"""

import os
import sys
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
    SourcelessFileLoader,
)
from typing import Any


class RelativeFinder(FileFinder):
    """Finds modules in a folder named relative to the working folder (the original makes every name absolute)."""

    def __init__(self, path: str, *loaders: Any) -> None:  # pairs of a loader and its suffixes
        super().__init__(path, *loaders)
        self.path = path

    def find_spec(self, fullname: str, target: Any = None) -> ModuleSpec | None:  # as in the original
        """Find a module; what is to be loaded is named relatively too."""
        spec = super().find_spec(fullname, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader | ExtensionFileLoader):
            spec.origin = str(spec.loader.path)
        return spec


def import_from_here() -> None:
    """Enter the standard library and import from it without naming the way there."""
    library = os.path.dirname(os.path.realpath(os.__file__))
    os.chdir(library)
    loaders = (
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (SourceFileLoader, SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )
    sys.path[:] = [".", "./lib-dynload"]
    sys.path_hooks.insert(0, RelativeFinder.path_hook(*loaders))
    sys.path_importer_cache.clear()
    for name, module in list(sys.modules.items()):
        package = getattr(module, "__path__", None)
        if isinstance(package, list) and name.partition(".")[0] != "agents":
            package[:] = ["." + path[len(library) :] for path in package if path.startswith(library)]
