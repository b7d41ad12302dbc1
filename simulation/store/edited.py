"""Whether the readable copy that lies beside a study's record still says what the record does."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from simulation.core.errors import ScenarioError, StoreError
from simulation.scenario.reading import number_in, read_text

MOST_SHOWN = 3
"""How many differences are named."""


def refuse_edited(copy: Path, kept: Mapping[str, Any]) -> None:
    """Refuse to go on beside a copy in which somebody changed what the study plays (Any: JSON values).

    What is played stands in the record, so an edit of the copy would be passed over without a word.
    """
    if sentence := edit(copy, kept):
        raise StoreError(f"{sentence}; {remedy(copy)}")


def edit(copy: Path, kept: Mapping[str, Any]) -> str:
    """Return what somebody changed in a copy, empty where nothing or where there is none (Any: JSON values)."""
    if not copy.is_file():
        return ""
    try:
        written = read_text(copy.read_text(encoding="utf-8-sig"), copy.name, bounded=False).value
    except (ScenarioError, ValueError, RecursionError, OSError) as error:
        return f"{copy}: cannot be read ({' '.join(str(error).split()):.200})"
    lines = list(differences(written, dict(kept), ""))
    more = f" and {len(lines) - MOST_SHOWN} more" if len(lines) > MOST_SHOWN else ""
    return f"{copy} was edited: {'; '.join(lines[:MOST_SHOWN])}{more}" if lines else ""


def remedy(copy: Path) -> str:
    """Return what to do about a copy that differs."""
    return (
        "a study plays what it began with, so undo the edit or delete this copy to go on as before; to play it as "
        f"edited, move {copy.name} out and begin a new study from it"
    )


def differences(written: Any, kept: Any, at: str) -> Iterator[str]:
    """Yield a clause for each value that is not as it is kept (Any: JSON values)."""
    if isinstance(written, Mapping) and isinstance(kept, Mapping):
        for key in dict.fromkeys([*kept, *written]):
            below = f"{at}.{key}" if at else str(key)
            if key not in written:
                yield f"{below} is missing, the study has {shown(kept[key])}"
            elif key not in kept:
                yield f"{below} is {shown(written[key])}, which the study has not"
            else:
                yield from differences(written[key], kept[key], below)
    elif isinstance(written, list) and isinstance(kept, list) and len(written) == len(kept):
        for index, (ours, theirs) in enumerate(zip(written, kept, strict=True)):
            yield from differences(ours, theirs, f"{at}.{index}")
    elif not same(written, kept):
        yield f"{at or 'it'} is {shown(written)}, the study has {shown(kept)}"


def same(written: Any, kept: Any) -> bool:
    """Tell whether two values are read as the same: 1, 1.0 and 10e-1 are, 1 and true are not (Any: JSON values)."""
    if isinstance(written, str) and not isinstance(kept, str):
        written = number_in(written)
    kinds = [float if type(value) is int else type(value) for value in (written, kept)]
    return kinds[0] is kinds[1] and bool(written == kept)


def shown(value: Any) -> str:
    """Return a value as it can stand in one line (Any: JSON)."""
    return f"{value!r:.200}"
