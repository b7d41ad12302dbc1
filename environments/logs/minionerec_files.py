"""Finds the files of one category in a folder of MiniOneRec, whichever of its two layouts the folder has."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simulation.core.errors import DataError

SPLITS = ("train", "valid", "test")
_PATTERNS: Mapping[str, tuple[str, ...]] = {
    "index": ("*.index.json", "index/*.index.json"),
    "info": ("*.info.tsv", "*.info.txt", "info/*.txt", "info/*.tsv"),
    "item": ("*.item.json", "index/*.item.json"),
    **{split: (f"*.{split}.csv", f"{split}/*.csv") for split in SPLITS},
}


@dataclass(frozen=True)
class Files:
    """Where everything of one category lies."""

    index: Path
    info: Path
    item: Path | None
    windows: Mapping[str, Path]
    """By split; not every split need be there."""


def looks_like(folder: Path, category: str) -> bool:
    """Say whether a folder holds files of this format."""
    return any(_matching(folder, category, kind) for kind in ("index", "info"))


def files(folder: Path, category: str) -> Files:
    """Return the files of a category (its name's beginning); "" where the folder holds only one."""
    chosen: dict[str, Path | None] = {}
    for kind in _PATTERNS:
        matching = _matching(folder, category, kind)
        if len(matching) > 1:
            names = ", ".join(str(path.relative_to(folder)) for path in matching)
            raise DataError(
                f"{folder} holds several {kind} files ({names}); name one category, such as "
                f"{folder / matching[0].name.split('.')[0]}"
            )
        chosen[kind] = matching[0] if matching else None
    index, info = chosen["index"], chosen["info"]
    if index is None or info is None:
        lacking = "*.index.json" if index is None else "*.info.tsv or *.info.txt"
        raise DataError(f"{folder} lacks {lacking} of {category or 'a category'}; put it beside the other files")
    windows = {split: path for split in SPLITS if (path := chosen[split]) is not None}
    if "test" not in windows and "valid" not in windows and "train" not in windows:
        raise DataError(
            f"{folder} holds no windows of {category or 'a category'}; put *.valid.csv and *.test.csv there"
        )
    return Files(index, info, chosen["item"], windows)


def _matching(folder: Path, category: str, kind: str) -> list[Path]:
    ends = [pattern + packing for pattern in _PATTERNS[kind] for packing in ("", ".gz")]
    return sorted(
        {path for end in ends for path in folder.glob(end) if path.is_file() and path.name.startswith(category)}
    )
