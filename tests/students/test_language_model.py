"""Students of a scenario: built from YAML's values without a library, loaded from an ordinary model folder."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file, save_file

from agents.students.language_model import LanguageModelStudents
from simulation.core.errors import DataError, MissingExtra
from simulation.core.registry import build
from tests.support import tiny_models as tiny
from tests.support.learners import move, questions, seats


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.save("llama", tmp_path_factory.mktemp("model"))


def test_a_folder_of_a_model_seats_students(model: Path) -> None:
    students: LanguageModelStudents = build(
        "students", "language_model", {"model": str(model), "count": 2, "lora": {"rank": 2}, "score_dtype": "float32"}
    )
    students.check()
    learner = students.learner(seats(2))
    assert learner.slots == ("student-0", "student-1") and learner.source == str(model)
    requests = questions(learner.slots)
    for request, scores in zip(requests, learner.score(requests), strict=True):
        assert len(scores) == len(request.continuations)
    assert students.answerer(seats(2)[1]).name == "student-1"


def test_the_fingerprint_names_libraries_threads_and_weights(model: Path) -> None:
    found = LanguageModelStudents(model=str(model)).fingerprint()
    assert set(found) == {"torch", "transformers", "tokenizers", "safetensors", "threads", "weights", "products"}
    assert len(found["weights"]) == 64


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"lora": {"rank": 0}}, "rank"),
        ({"lora": {"ranks": 8}}, "ranks"),
        ({"template": "no field"}, "must contain {prompt}"),
        ({"template": "{prompt} {oops}"}, "presets: plain, multiple_choice"),
        ({"temperature": float("nan")}, "temperature"),
        ({"device": "gpu"}, "device"),
        ({"quantization": "nf4", "score_dtype": "bfloat16"}, "remove one of them"),
        ({"quantization": "nf4", "dtype": "float64"}, "change dtype"),
        ({"mode": "guess"}, "mode"),
    ],
)
def test_wrong_parameters_are_refused(fields: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        build("students", "language_model", fields)


def test_a_model_that_is_not_there_is_refused_before_any_library_loads() -> None:
    code = (
        "import sys\n"
        "from simulation.core.registry import build, components\n"
        "students = build('students', 'language_model', {'model': './nowhere'})\n"
        "components('judge')\n"
        "try: students.learner(())\n"
        "except Exception as error: print(type(error).__name__)\n"
        "print([name for name in ('torch', 'transformers', 'peft') if name in sys.modules])\n"
    )
    root = Path(__file__).parents[2]
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert ran.stdout.split("\n")[:2] == ["DataError", "[]"]


def test_weights_that_are_no_weights_are_refused_with_the_folder(model: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in model.iterdir():
        (broken / file.name).write_bytes(b"nonsense" if file.suffix == ".safetensors" else file.read_bytes())
    with pytest.raises(DataError, match=f"{broken}/model.safetensors is cut off or no safetensors file"):
        LanguageModelStudents(model=str(broken)).learner(seats(1))


def test_weights_that_lack_a_layer_are_refused(model: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(model, broken)
    kept = load_file(broken / "model.safetensors")
    del kept["model.layers.1.mlp.up_proj.weight"]
    save_file(kept, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(DataError, match=r"lacks model.layers.1.mlp.up_proj.weight"):
        LanguageModelStudents(model=str(broken)).learner(seats(1))


def test_a_quantized_base_passes_gradients_also_after_scoring(model: Path) -> None:
    pytest.importorskip("bitsandbytes")
    learner = LanguageModelStudents(model=str(model), quantization="nf4").learner(seats(1))
    move(learner)
    learner.score(questions(learner.slots))
    trees = [[learner.encode("7 + 5", ("12", "2"))]]

    def total() -> torch.Tensor:
        return learner.branch_logprobs(learner.slots, trees)[0].double().sum()

    total().backward()
    assert learner.adapters_SP.grad is not None
    along = learner.adapters_SP.grad / learner.adapters_SP.grad.norm()
    ends = []
    for step in (1e-3, -2e-3):
        with torch.no_grad():
            learner.adapters_SP.add_(along, alpha=step)
            ends.append(float(total()))
    assert (ends[0] - ends[1]) / 2e-3 == pytest.approx(float(learner.adapters_SP.grad.norm()), rel=0.05)


def test_quantization_without_its_library_says_what_to_install(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(MissingExtra, match=r"pip install 'bitsandbytes"):
        LanguageModelStudents(model=str(model), quantization="nf4").learner(seats(1))
