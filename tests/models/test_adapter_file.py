"""An adapter survives as bytes bit for bit, and as a PEFT folder that PEFT itself reads with equal outputs."""

import hashlib
import json
from pathlib import Path

import pytest
import torch

from simulation.core.errors import DataError
from tests.support import tiny_models as tiny
from tests.support.learners import learner


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_dump_and_restore_are_bit_exact(dtype: torch.dtype) -> None:
    model = learner(dtype=dtype)
    with torch.no_grad():
        model.adapters_SP[1, :3] = torch.tensor([-0.0, float("nan"), 1e-40])
    data, others = model.dump("student-1"), model.dump("student-0")
    bits = model.adapters_SP.detach()[1].view(torch.uint8).clone()
    with torch.no_grad():
        model.adapters_SP[1] = 7.0
    model.restore("student-1", data)
    assert torch.equal(model.adapters_SP.detach()[1].view(torch.uint8), bits)
    assert model.dump("student-1") == data and model.dump("student-0") == others
    fresh = learner(dtype=dtype)
    fresh.restore("student-2", data)
    assert fresh.dump("student-2") == data


def test_the_version_is_the_hash_of_the_dump_however_the_slot_changed() -> None:
    model = learner()
    first = {slot: model.version(slot) for slot in model.slots}
    assert first == {slot: hashlib.sha256(model.dump(slot)).hexdigest() for slot in model.slots}
    model.adapters_SP.data[1, 5] += 1e-12  # behind autograd's back, and nobody is told
    assert model.version("student-1") != first["student-1"]
    assert model.version("student-0") == first["student-0"]
    model.touch(["student-0"])
    assert model.version("student-0") == first["student-0"]
    zero = model.adapters_SP.data[2, 0].clone().zero_()
    model.adapters_SP.data[2, 0] = zero
    positive = model.version("student-2")
    model.adapters_SP.data[2, 0] = -zero
    assert model.version("student-2") != positive  # equal numbers, other bytes


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.*:FutureWarning")
@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_peft_loads_the_folder_with_equal_outputs(kind: str, tmp_path: Path) -> None:
    from peft import PeftModel

    model = learner(kind)
    model.save("student-1", tmp_path / "adapter")
    theirs = PeftModel.from_pretrained(tiny.build(kind), tmp_path / "adapter", autocast_adapter_dtype=False).eval()
    tokens = torch.arange(10, 30).view(2, 10)
    with torch.no_grad(), model.adapters.seated([1], rows=2, columns=10):
        ours = model.module(tokens).logits
    with torch.no_grad():
        torch.testing.assert_close(theirs(tokens).logits, ours, rtol=1e-10, atol=1e-10)
        assert float((tiny.build(kind)(tokens).logits - ours).abs().max()) > 0.01
    assert (tmp_path / "adapter" / "README.md").read_text().startswith("---\nbase_model: ")


def test_a_saved_folder_loads_into_another_slot(tmp_path: Path) -> None:
    model = learner()
    model.save("student-0", tmp_path)
    model.load("student-2", tmp_path)
    assert torch.equal(model.adapters_SP[2], model.adapters_SP[0])


def test_an_adapter_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    model = learner()
    before = model.dump("student-0")
    with pytest.raises(DataError, match=r"'student-0'.*not a safetensors file"):
        model.restore("student-0", b"nonsense")
    with pytest.raises(DataError, match=r"does not fit.*lora_A.*lora.rank"):
        model.restore("student-0", learner(targets=("q_proj",)).dump("student-0"))
    with pytest.raises(DataError, match="is not a PEFT adapter folder"):
        model.load("student-0", tmp_path)
    model.save("student-1", tmp_path)
    config = tmp_path / "adapter_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "lora_alpha": 99}))
    with pytest.raises(DataError, match="lora_alpha 99"):
        model.load("student-0", tmp_path)
    assert model.dump("student-0") == before
