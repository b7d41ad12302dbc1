"""Writes down what plays, bit by bit: a change that should change no number is made between two equal recordings.

    python -m benchmarks.recorder before.jsonl        # then change the program
    python -m benchmarks.recorder after.jsonl --against before.jsonl

Each scenario is played through the command line in one thread. A line a student and turn says what was picked, how
good each answer and each held-out answer truly was, the hash of the adapter's tensors after the turn, and the hash of
everything else on the trace but the names of model versions, which hold the place of the checkout.
"""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from safetensors.numpy import load

ROOT = Path(__file__).resolve().parent.parent
COMMON = ("threads=1", "keep=evaluated", "evaluate.every=1")
SINGLE = {
    "random_selection": ("turns=4", "evaluate.questions=200"),
    "log_probability_category_selection": ("turns=3", "evaluate.questions=100"),
    "grpo": ("turns=2", "evaluate.questions=100"),
    "btp_code": ("turns=2", "evaluate.questions=40"),
    "peer_class": ("turns=2", "evaluate.questions=100"),
    "surrogate": ("turns=8",),
}
COMPARED = ("random_selection", "--vary", "ask.policy=random,log_probability,learnability", "--seeds", "3")
"""Three policies over three seeds."""

Json = Any
"""What JSON holds."""


def simulate(*arguments: str) -> None:
    """Run the command line; what it prints is shown where it fails."""
    ended = subprocess.run(
        [sys.executable, "-m", "simulation", *arguments],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    if ended.returncode:
        sys.exit(f"{' '.join(arguments)} ended with {ended.returncode}: {ended.stderr}")


def recordings(folder: Path) -> Iterator[tuple[str, list[Json]]]:
    """Play every scenario, and yield its name with its lines."""
    for name, overrides in SINGLE.items():
        simulate("run", f"scenarios/{name}.yaml", *COMMON, *overrides, "--quiet", "--out", str(folder / name))
        yield name, lines_below(folder / name, folder / f"{name}-lines")
    name, *options = COMPARED
    out = folder / "compare"
    size = ("turns=2", "evaluate.questions=100")
    simulate("compare", f"scenarios/{name}.yaml", *COMMON, *size, *options, "--quiet", "--out", str(out))
    yield "compare", lines_below(out, folder / "compare-lines")


def lines_below(folder: Path, exports: Path) -> list[Json]:
    """Return a line for each turn of each student of all studies below a folder."""
    studies = sorted({path.parent for path in folder.rglob("study.db")})
    return [line for number, study in enumerate(studies) for line in lines_of(study, exports / str(number))]


def lines_of(study: Path, export: Path) -> list[Json]:
    """Return a line for each turn of each student of a study."""
    simulate("export", str(study), "--to", str(export), "--format", "jsonl")
    adapters = adapters_of(study)
    turns = [json.loads(text) for text in (export / "turns.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        {
            "turn": turn["turn"],
            "student": turn["student"],
            "adapter": adapters.get((turn["student"], turn["turn"])),
            "picks": [pick["item"]["id"] for pick in turn["picks"]],
            "truths": [experience["truth"] for experience in turn["experiences"]],
            "held_out": [result["truth"] for result in turn["evaluations"]["held_out"]["results"]],
            "rest": hashlib.sha256(json.dumps(unversioned(turn), sort_keys=True).encode()).hexdigest(),
        }
        for turn in turns
    ]


def adapters_of(study: Path) -> dict[tuple[str, int], str]:
    """Return the hash of the tensors of every adapter that is kept, by student and the turn that made it."""
    with sqlite3.connect(f"file:{study / 'study.db'}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "SELECT seats.name, adapters.t, adapters.hash FROM adapters JOIN seats ON seats.s = adapters.s"
        ).fetchall()
    blobs = study / "blobs"
    return {
        (student, turn): tensors_hash((blobs / f"{digest.hex()}.safetensors").read_bytes())
        for student, turn, digest in rows
        if (blobs / f"{digest.hex()}.safetensors").exists()
    }


def tensors_hash(content: bytes) -> str:
    """Return the sha256 over the names, types, shapes and bytes of a safetensors file's tensors."""
    digest = hashlib.sha256()
    for name, array in sorted(load(content).items()):
        digest.update(f"{name} {array.dtype} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def unversioned(value: Json) -> Json:
    """Return a value without the names of model versions."""
    if isinstance(value, dict):
        return {key: unversioned(inner) for key, inner in value.items() if key != "model_version"}
    return [unversioned(inner) for inner in value] if isinstance(value, list) else value


def differences(ours: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """Say which lines of two recordings differ, and in what."""
    if len(ours) != len(theirs):
        return [f"{len(ours)} lines, not {len(theirs)}"]
    differing = []
    for number, (our, their) in enumerate(zip(ours, theirs, strict=True), start=1):
        if our != their:
            one, other = json.loads(our), json.loads(their)
            keys = [key for key in {**one, **other} if one.get(key) != other.get(key)]
            differing.append(f"line {number} ({one['scenario']}, {one['student']}, turn {one['turn']}): {keys}")
    return differing


def main() -> None:
    """Record, and compare with another recording where one is named."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="where the recording is written")
    parser.add_argument("--against", type=Path, help="an earlier recording")
    arguments = parser.parse_args()
    texts = []
    with TemporaryDirectory() as folder:
        for name, lines in recordings(Path(folder)):
            texts += [json.dumps({"scenario": name, **line}) for line in lines]
            print(f"{name}: {len(lines)} lines", flush=True)  # noqa: T201  # a benchmark speaks
    arguments.file.write_text("\n".join(texts) + "\n", encoding="utf-8")
    if arguments.against is not None:
        differing = differences(texts, arguments.against.read_text(encoding="utf-8").splitlines())
        print("\n".join(differing) or "every line is equal")  # noqa: T201
        sys.exit(bool(differing))


if __name__ == "__main__":
    main()
