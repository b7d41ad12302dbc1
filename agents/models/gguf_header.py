"""What a GGUF file says of itself at its beginning, read without any library: enough to refuse one that cannot be used.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.
"""

import struct
from pathlib import Path
from typing import BinaryIO

from simulation.core.errors import DataError, nearest

MAGIC, VERSIONS = b"GGUF", (2, 3)
ARCHITECTURES = (
    "bloom", "deci", "falcon", "gemma2", "gemma3", "gemma4", "gpt-oss", "gpt2", "lfm2", "llama", "mamba", "minimax-m2",
    "mistral", "nemotron", "phi3", "qwen2", "qwen2moe", "qwen3", "qwen3moe", "stablelm", "starcoder2",
)  # fmt: skip
"""Those of which transformers 5.24 makes a causal language model, as llama.cpp calls them."""
_KEY = "general.architecture"
_NUMBER_BYTES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""How long a value of each kind is that is a number or a truth value; 8 is a text and 9 a list."""
_TEXT, _LIST = 8, 9
_LONGEST_TEXT = 1 << 20
"""Bytes of a name or a template; what claims to be longer is no text."""


def check_file(path: Path) -> None:
    """Refuse a file that is no GGUF of a language model that can be read; raises DataError."""
    try:
        with path.open("rb") as stream:
            name = _architecture(stream)
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; correct the path") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}; correct the path") from error
    except (struct.error, UnicodeDecodeError, KeyError, ValueError) as error:
        raise DataError(f"{path} is no GGUF file that can be read ({error}); download it again") from error
    if name not in ARCHITECTURES:
        raise DataError(
            f"{path} holds a model of the architecture {name!r}, of which no language model can be made; "
            f"{nearest(name, ARCHITECTURES)}"
        )


def _architecture(stream: BinaryIO) -> str:
    """Return what the header names; raises ValueError, or what `struct` and `bytes` raise, where it is broken."""
    if (magic := stream.read(4)) != MAGIC:
        raise ValueError(f"it begins with {magic!r} in place of {MAGIC!r}")
    version, _tensors, entries = struct.unpack("<IQQ", stream.read(20))
    if version not in VERSIONS:
        raise ValueError(f"its version is {version}, not {' or '.join(map(str, VERSIONS))}")
    for _ in range(entries):
        key = _text(stream)
        (kind,) = struct.unpack("<I", stream.read(4))
        if key == _KEY and kind == _TEXT:
            return _text(stream)
        _skip(stream, kind)
    raise ValueError(f"it does not say its {_KEY}")


def _text(stream: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", stream.read(8))
    if length > _LONGEST_TEXT:
        raise ValueError(f"a text of {length:,} bytes stands in its header")
    return stream.read(length).decode()


def _skip(stream: BinaryIO, kind: int) -> None:
    """Pass over a value."""
    if kind == _TEXT:
        _text(stream)
    elif kind == _LIST:
        inner, count = struct.unpack("<IQ", stream.read(12))
        if inner in _NUMBER_BYTES:
            stream.seek(_NUMBER_BYTES[inner] * count, 1)
            return
        for _ in range(count):
            _skip(stream, inner)
    else:
        stream.seek(_NUMBER_BYTES[kind], 1)
