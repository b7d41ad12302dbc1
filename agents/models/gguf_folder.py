"""Makes an ordinary model folder of a GGUF file, once: weights, tokenizer and chat template as the file holds them.

Quantized weights are written out in float32, which loses nothing of them. `python -m agents.models.gguf_folder FILE
FOLDER` writes the folder where it is wanted; `make setup-smollm2` does so.
"""

import copy
import hashlib
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from agents.models.folder import PROJECT, is_gguf
from agents.models.gguf_header import check_file
from agents.models.loading import explained, without_number
from simulation.core.errors import DataError, SimulationError

CONVERTED = PROJECT / "build" / "gguf"
"""Where the folders lie that files were converted to."""


def ordinary_folder(source: str, *, converted: Path = CONVERTED) -> str:
    """Return the folder that a GGUF file was converted to, now or before; any other source as it is."""
    if not is_gguf(source):
        return source
    file = Path(source)
    folder = converted / f"{file.stem}-{identity(file)}"
    if not folder.is_dir():
        convert(file, folder)
    return str(folder)


def identity(file: Path) -> str:
    """Return a short hash of where a file lies, how long it is and when it was written."""
    try:
        status = file.stat()
    except FileNotFoundError:
        raise DataError(f"{file} does not exist; correct the path") from None
    return hashlib.sha256(f"{file} {status.st_size} {status.st_mtime_ns}".encode()).hexdigest()[:12]


def convert(file: Path, folder: Path) -> None:
    """Write a folder whole or not at all; one that another process wrote meanwhile is as good."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    check_file(file)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as half_done, explained(str(file.parent)):
        tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
        read = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name)
        if wrong := without_number(read):
            raise DataError(f"{file}: the tensor {wrong[0]} holds NaN or infinite numbers; replace it")
        config = copy.deepcopy(read.config)
        del config.quantization_config  # a module that was read from GGUF cannot be saved, one without this can
        module = type(read)(config)
        module.load_state_dict(read.state_dict())
        written = Path(half_done) / folder.name
        module.save_pretrained(written)
        tokenizer.save_pretrained(written)
        if not folder.is_dir():
            written.replace(folder)


if __name__ == "__main__":
    try:
        convert(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
    except SimulationError as refusal:
        sys.exit(str(refusal))
