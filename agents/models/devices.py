"""Which devices are here, told without loading PyTorch, which takes seconds, where its files and the system tell it."""

import ast
import ctypes
import os
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from simulation.core.errors import MissingExtra, ModelError


def check_device(name: str) -> None:
    """Refuse a device that is not here; raises ModelError. Where only PyTorch could tell, it is asked when it loads."""
    kind, _, index = name.partition(":")
    most = most_cuda_devices() if kind == "cuda" else int(sys.platform == "darwin") if kind == "mps" else None
    if most is not None and int(index or 0) >= most:
        raise absent(name, most, version("torch"))


def absent(name: str, seen: int, torch_version: str) -> ModelError:
    """Return the error of a device that is not here, where so many of its kind are."""
    what = f"device: {name} is not here, where PyTorch {torch_version} sees {seen} {name.partition(':')[0]} device(s)"
    return ModelError(f"{what}; write auto or cpu, or play where there is one")


def most_cuda_devices() -> int | None:
    """Return how many GPUs PyTorch can see at most, None where neither its build nor NVIDIA's library tells."""
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        raise MissingExtra("a language model needs PyTorch; install it with `make setup`")
    built_for = assigned(Path(spec.origin).parent / "version.py")
    if built_for.get("cuda") is None:
        return 0 if built_for.get("hip") is None else None
    counting = shared_library("libnvidia-ml.so.1")  # counts without beginning CUDA, after which no process may fork
    if counting is None:
        is_told = sys.platform == "linux" and shared_library("libcuda.so.1") is None
        return 0 if is_told else None
    count = ctypes.c_uint()
    if counting.nvmlInit_v2() or counting.nvmlDeviceGetCount_v2(ctypes.byref(count)):
        return None
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return count.value if visible is None else min(count.value, len([part for part in visible.split(",") if part]))


def shared_library(name: str) -> ctypes.CDLL | None:
    """Return a library of the system, None where it has none of this name."""
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None


def assigned(file: Path) -> dict[str, object]:
    """Return the constants that a module sets, by name."""
    constants: dict[str, object] = {}
    for statement in ast.parse(file.read_text(encoding="utf-8")).body:
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else getattr(statement, "targets", [])
        value = getattr(statement, "value", None)
        if isinstance(value, ast.Constant):
            constants |= {target.id: value.value for target in targets if isinstance(target, ast.Name)}
    return constants
