"""Writes a study in the formats of other programs: JSON lines, Parquet tables, PEFT adapters."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from simulation.core.errors import SimulationError, StoreError, nearest
from simulation.core.peft_folder import CARD, CONFIG, WEIGHTS, peft_config
from simulation.core.types import Seat
from simulation.store import Study, canonical
from simulation.store.canonical import dump, written
from simulation.views.fresh_folder import make, refuse_full


def export(study: Study, folder: Path, format: str, base_id: str | None = None) -> list[Path]:
    """Write what is committed so far into a new or empty folder and return the files' paths.

    `base_id` is how adapters name their base in place of where it lies on this machine.
    """
    if format not in FORMATS:
        raise StoreError(f"unknown export format {format!r}; {nearest(format, FORMATS)}")
    if base_id is not None and format != "peft":
        raise StoreError(f"base id {base_id!r} is how adapters name their base, and {format} has none; remove it")

    refuse_full(folder)
    if study.last_turn < 0:
        raise StoreError(f"{study.name} has no turn yet; resume it, then export")
    fresh = not folder.exists()
    make(folder)
    try:
        return list(write_peft(study, folder, base_id) if format == "peft" else FORMATS[format](study, folder))
    except SimulationError:
        if fresh and not any(folder.iterdir()):
            folder.rmdir()
        raise
    except OSError as error:
        raise StoreError(f"{folder} could not be written ({error.strerror}); delete it and export elsewhere") from error


def about(study: Study) -> dict[str, Any]:
    """Return what a study is, as JSON (Any: a scenario holds whatever YAML does)."""
    return {
        "study": study.name,
        "status": study.status,
        "last_turn": study.last_turn,
        "trace_hash": study.trace_hash,
        "bit_reproducible": study.reproducible,
        "base": study.base,
        "seats": [asdict(seat) for seat in study.seats],
        "measures": msgspec.to_builtins(study.measures),
        "fingerprint": study.fingerprint,
        "scenario": study.scenario,
    }


def write_jsonl(study: Study, folder: Path) -> Iterator[Path]:
    """Write each turn of each student as the canonical line that the hash chain covers, the questions, the study."""
    turns_path, questions_path = folder / "turns.jsonl", folder / "questions.jsonl"
    with turns_path.open("wb") as file:
        for turn in study.turns():
            file.write(canonical(turn) + b"\n")
    yield turns_path
    with questions_path.open("wb") as file:
        for (name,) in study.query("SELECT DISTINCT name FROM question_sets ORDER BY name"):
            for question in study.question_set(name):
                raw = msgspec.Raw(written(question, f"question {question.id!r}"))
                file.write(dump({"question_set": name, "question": raw}) + b"\n")
    yield questions_path
    yield write_about(study, folder)


def write_about(study: Study, folder: Path) -> Path:
    """Write what the study is beside what is exported of it."""
    path = folder / "study.json"
    path.write_text(json.dumps(about(study), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return path


def write_parquet(study: Study, folder: Path) -> Iterator[Path]:
    """Write one Parquet table for each kind of row."""
    from simulation.views.parquet import write_tables  # pyarrow

    yield from write_tables(study, folder)
    yield write_about(study, folder)


def write_peft(study: Study, folder: Path, base_id: str | None = None) -> Iterator[Path]:
    """Write each student's newest adapter as a folder that `PeftModel.from_pretrained` loads, with a model card."""
    for seat in study.seats:
        yield from write_adapter(study, seat, folder / seat.name, base_id or study.base)


def write_adapter(study: Study, seat: Seat, folder: Path, base: str) -> Iterator[Path]:
    """Write one student's adapter without loading its base model."""
    description, weights = as_peft(study.adapter(seat.name), seat.name)
    config = peft_config(base, description)
    folder.mkdir(parents=True)
    files = {
        WEIGHTS: weights,
        CONFIG: (json.dumps(config, indent=2, sort_keys=True) + "\n").encode("utf-8"),
        CARD: model_card(study, seat, config).encode("utf-8"),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
        yield folder / name


def as_peft(blob: bytes, student: str) -> tuple[dict[str, Any], bytes]:
    """Return the adapter's description (its metadata "lora"; Any: JSON) and the same tensors under PEFT's metadata.

    Rows of tokens that are trained beside an adapter are among both.

    A safetensors file is the length of its header (8 bytes, little-endian), a JSON header, and the tensors' bytes.
    """
    if not blob:
        raise StoreError(f"{student!r} learns nothing, so there is no adapter of it; export it as jsonl or parquet")
    end = 8 + int.from_bytes(blob[:8], "little")
    header = json.loads(blob[8:end])
    metadata = header.get("__metadata__", {})
    if "weights" in metadata:
        raise StoreError(
            f"what {student!r} learned holds every weight of its model, of which PEFT has no form; export it as jsonl "
            "or parquet"
        )
    description_json = metadata.get("lora")
    if description_json is None:
        raise StoreError(
            f"what {student!r} learned is stored as {', '.join(metadata) or 'something unnamed'}, not as a LoRA "
            "adapter: a simulated student or one that counts has no PEFT adapter; export it as jsonl or parquet"
        )
    peft_header = json.dumps({**header, "__metadata__": {"format": "pt"}}, separators=(",", ":")).encode("utf-8")
    peft_header += b" " * (-len(peft_header) % 8)
    return json.loads(description_json), len(peft_header).to_bytes(8, "little") + peft_header + blob[end:]


def last_measured(study: Study, student: str) -> str:
    """Say how well a student did in its last held-out evaluation, by the first measure."""
    rows = study.query(
        "SELECT turn, questions, measure, value FROM evaluated WHERE student = ? AND question_set = 'held_out' "
        "AND value IS NOT NULL ORDER BY turn DESC LIMIT 1",
        student,
    )
    return "".join(
        f"held-out {measure} {value:.1%} over {questions} questions after turn {turn}"
        for turn, questions, measure, value in rows
    )


def portable(value: Any, here: str, base: str) -> Any:
    """Return a part of a scenario without places on this machine: the base by its name, files by theirs (Any: JSON)."""
    if isinstance(value, dict):
        return {key: portable(inner, here, base) for key, inner in value.items()}
    if isinstance(value, list):
        return [portable(inner, here, base) for inner in value]
    if not isinstance(value, str) or not Path(value).is_absolute():
        return value
    return base if value == here else Path(value).name


def model_card(study: Study, seat: Seat, config: dict[str, Any]) -> str:
    """Return the README of an adapter: what it changes, how it was made, and how well it does (Any: JSON)."""
    measured = last_measured(study, seat.name) or "never measured"
    base = config["base_model_name_or_path"]
    scenario = json.dumps(portable(study.scenario, study.base, base), indent=2)
    base_hash = study.fingerprint.get("weights", "unknown")
    reproducibility_note = (
        "" if study.reproducible else "\nThe study ran under several fingerprints and is not bit-reproducible.\n"
    )
    return f"""---
base_model: {base}
library_name: peft
tags:
- lora
---

# {seat.name} of {study.name}

A LoRA adapter (rank {config["r"]}, alpha {config["lora_alpha"]}) on `{base}`, as it was after turn
{study.last_turn}: {measured}. Seed {seat.seed}.

```python
from peft import PeftModel
from transformers import AutoModelForCausalLM

model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained({base!r}), "path of this folder")
```

Base weights: `{base_hash}`, which says by its files' bytes which base this is, wherever it lies.

Trace hash: `{study.trace_hash}`
{reproducibility_note}
It was trained by a simulation, to study learning, and is of no other use. The scenario:

```json
{scenario}
```
"""


FORMATS: dict[str, Callable[[Study, Path], Iterator[Path]]] = {
    "jsonl": write_jsonl,
    "parquet": write_parquet,
    "peft": write_peft,
}
