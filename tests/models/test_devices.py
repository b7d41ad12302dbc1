"""A device that is not here is refused by `check` too, without loading PyTorch where its files and the system tell."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agents.judges.classifier import Classifier
from agents.judges.reward_model import RewardModel
from agents.models import devices
from agents.students.language_model import LanguageModelStudents
from simulation.core.errors import ModelError
from simulation.core.optional_roles import Checkable

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "cuda:99"


@pytest.mark.parametrize("part", [LanguageModelStudents, Classifier, RewardModel])
def test_whatever_names_a_device_is_refused_where_it_is_not_here(part: type[Checkable]) -> None:
    with pytest.raises(ModelError, match=r"device: cuda:99 is not here, where PyTorch \S+ sees \d+ cuda device\(s\)"):
        part(device=NOWHERE).check()  # type: ignore[call-arg]  # each has this field


def test_check_says_so_in_one_line_and_loads_no_library() -> None:
    code = (
        "import sys; from simulation.commands.main import main; "
        f"code = main(['check', 'random_selection', 'students.device={NOWHERE}']); "
        "sys.exit(9 if 'torch' in sys.modules else code)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment)
    (line,) = ended.stderr.splitlines()
    assert ended.returncode == 2, ended.returncode
    assert line.startswith(f"override 'students.device={NOWHERE}': students: device: {NOWHERE} is not here")


def write_build(folder: Path, cuda: str, hip: str = "None") -> None:
    (folder / "version.py").write_text(f"from typing import Optional\ncuda: Optional[str] = {cuda}\nhip = {hip}\n")


def test_what_only_pytorch_can_tell_is_left_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Spec:
        origin = str(tmp_path / "__init__.py")

    class Counter:
        """NVIDIA's library, which sees two GPUs."""

        def nvmlInit_v2(self) -> int:  # as the library has it
            return 0

        def nvmlDeviceGetCount_v2(self, count: object) -> int:
            count._obj.value = 2  # type: ignore[attr-defined]
            return 0

    libraries: dict[str, object] = {}
    monkeypatch.setattr(devices, "find_spec", lambda _: Spec)
    monkeypatch.setattr(devices, "shared_library", libraries.get)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    write_build(tmp_path, "None")
    assert devices.most_cuda_devices() == 0
    write_build(tmp_path, "None", "'6.1'")
    assert devices.most_cuda_devices() is None
    write_build(tmp_path, "'12.8'")
    assert devices.most_cuda_devices() == (0 if sys.platform == "linux" else None)
    libraries["libcuda.so.1"] = object()
    assert devices.most_cuda_devices() is None
    libraries["libnvidia-ml.so.1"] = Counter()
    assert devices.most_cuda_devices() == 2
    devices.check_device("cuda:1")
    with pytest.raises(ModelError, match="sees 2 cuda device"):
        devices.check_device("cuda:2")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert devices.most_cuda_devices() == 1
