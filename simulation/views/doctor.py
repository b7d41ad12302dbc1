"""Says what this machine has and what a scenario could miss on it."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sqlite3
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from simulation.core.optional_roles import Diagnosable, Triable
from simulation.core.registry import PACKAGES, components
from simulation.scenario.prepare import Prepared

MODELS = ("student", "teacher")
"""Shipped models that must be there; others that are there are looked at too."""
OLDEST_SQLITE = (3, 37)
"""Strict tables."""


def examine(root: Path, scenarios: Mapping[str, Prepared] | None = None) -> dict[str, dict[str, str]]:
    """Return findings by section, of scenarios what their models can do; one that begins with "missing" is a complaint.

    The models of `scenarios`, by the name of each file, are loaded for it.
    """
    return {
        "python": {"version": platform.python_version(), "executable": sys.executable, "machine": platform.platform()},
        "libraries": libraries(root),
        "compute": compute(),
        "sqlite": {"version": sqlite3.sqlite_version if sqlite3.sqlite_version_info >= OLDEST_SQLITE else too_old()},
        "models": models(root / "agents" / "embedded"),
        **diagnoses(),
        **{f"scenario {file}": tried(prepared) for file, prepared in (scenarios or {}).items()},
        "disk": {"free": f"{shutil.disk_usage(Path.cwd()).free / 1e9:.1f} GB at {Path.cwd()}"},
    }


def too_old() -> str:
    """Return the complaint about SQLite."""
    return f"missing: SQLite is {sqlite3.sqlite_version}, at least {'.'.join(map(str, OLDEST_SQLITE))} is needed"


def libraries(root: Path) -> dict[str, str]:
    """Return the installed version of each library that pyproject.toml names, and whether it was ever tested."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = requirements(line for line in lines if not line.startswith("#"))
    tested = {canonicalize_name(pin.name): pin.specifier for pin in pins}
    needed = requirements(project["dependencies"])
    optional = requirements(project["optional-dependencies"]["quantization"])
    return {
        library.name: version(library, tested[canonicalize_name(library.name)], optional=library in optional)
        for library in [*needed, *optional]
    }


def requirements(lines: Iterable[str]) -> list[Requirement]:
    """Return what is required of this Python."""
    required = [Requirement(line) for line in lines]
    return [library for library in required if library.marker is None or library.marker.evaluate()]


def version(library: Requirement, tested: SpecifierSet, *, optional: bool = False) -> str:
    """Return the installed version of a library, and what was tested where that is another one."""
    try:
        installed = importlib.metadata.version(library.name)
    except importlib.metadata.PackageNotFoundError:
        if optional:
            return "not installed (optional: 4-bit weights)"
        return f"missing: run `make setup`, or `pip install '{library}'`"
    if installed in tested:
        return installed
    if installed in library.specifier:
        return f"{installed}, never tested: {str(tested).removeprefix('==')} was"
    return f"{installed}, never tested and outside {library.specifier}: run `make setup`"


def tried(prepared: Prepared) -> dict[str, str]:
    """Return what the models of a scenario were seen to do, by the key that names them."""
    parts: dict[str, object] = {
        "students": prepared.students,
        "ask.sampler": prepared.sampler,
        "teacher": prepared.teacher,
    }
    return {key: part.tried() for key, part in parts.items() if isinstance(part, Triable)}


def compute() -> dict[str, str]:
    """Return cores, threads and GPUs."""
    resources = {"cores": str(os.cpu_count())}
    if importlib.util.find_spec("torch") is None:
        return {**resources, "torch": "missing: only check, list, replay, report and export work; run `make setup`"}
    import torch  # only doctor's own answer needs it

    resources["threads"] = str(torch.get_num_threads())
    resources["cuda"] = torch.version.cuda or "no (this torch is built for the CPU)"
    for index in range(torch.cuda.device_count()):
        resources[f"gpu {index}"] = torch.cuda.get_device_name(index)
    return resources


def models(folder: Path) -> dict[str, str]:
    """Return the state of each shipped model; `folder` holds one folder for each."""
    present_folders = [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    names = sorted({*MODELS, *(name for name in present_folders if not name.startswith(("_", ".")))})
    return {name: folder_state(folder / name) for name in names}


def diagnoses() -> dict[str, dict[str, str]]:
    """Return what registered components that rest on this machine say of it, by section."""
    findings_by_section: dict[str, dict[str, str]] = {}
    for kind in PACKAGES:
        for component in components(kind).values():
            component_class: object = component.cls
            if isinstance(component_class, Diagnosable):
                for section, values in component_class.diagnosis().items():
                    findings_by_section.setdefault(section, {}).update(values)
    return findings_by_section


def folder_state(folder: Path) -> str:
    """Say whether a shipped model folder is complete."""
    needed = ("config.json", "tokenizer.json", "model.safetensors")
    lacking = [name for name in needed if not (folder / name).is_file()]
    if lacking:
        return f"missing: {folder} lacks {', '.join(lacking)}; check the files out again"
    return f"{folder} ({sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) / 1e6:.1f} MB)"


def complaints(findings_by_section: dict[str, dict[str, str]]) -> list[str]:
    """Return the lines of what is missing."""
    return [
        f"{section} {name}: {value}"
        for section, values in findings_by_section.items()
        for name, value in values.items()
        if value.startswith("missing")
    ]
