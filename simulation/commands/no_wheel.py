"""The build backend of pyproject.toml: it refuses in words, because this is an application and no library.

Its packages have names that others use too (`agents`, `environments`), so they must not lie in a shared environment.
"""

import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]


def refuse(*_: object, **__: object) -> NoReturn:
    """End whatever asked for a wheel, a source distribution or an editable install."""
    sys.exit(
        "simulation is an application with an environment of its own and is not installed into others: its packages "
        f"`agents` and `environments` would clash with those of other projects. In {ROOT} write `make setup`; then "
        f"{ROOT}/.venv/bin/simulation runs from any folder."
    )


get_requires_for_build_wheel = get_requires_for_build_editable = get_requires_for_build_sdist = refuse
build_wheel = build_editable = build_sdist = refuse
