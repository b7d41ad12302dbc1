"""Objects in JSON files; a file that is none is refused with what to do, a placeholder of git-lfs among them."""

import json
from pathlib import Path

from simulation.core.errors import DataError

POINTER = b"version https://git-lfs.github.com/spec/"
FETCH = "it is a placeholder of git-lfs, not the file itself: fetch it with `git lfs pull` in that folder"


def read_json(file: Path, remedy: str) -> dict[str, object]:
    """Return the object in a JSON file; raises DataError with the remedy where there is none."""
    try:
        content_bytes = file.read_bytes()
        if content_bytes.startswith(POINTER):
            raise DataError(f"{file}: {FETCH}")
        content = json.loads(content_bytes.decode("utf-8-sig"))
    except FileNotFoundError:
        raise DataError(f"{file} does not exist; {remedy}") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{file} cannot be read as JSON ({error}); {remedy}") from error
    if not isinstance(content, dict):
        raise DataError(f"{file} holds {type(content).__name__}, not an object; {remedy}")
    return content


def read_if_there(file: Path) -> dict[str, object]:
    """Return the object in a JSON file that may be absent, which is as good as empty."""
    return read_json(file, "download it again") if file.exists() else {}
