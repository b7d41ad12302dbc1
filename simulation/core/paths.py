"""Parameters that name files: what a scenario file writes there is relative to that file, wherever it is played."""

from collections.abc import Callable
from dataclasses import dataclass
from os.path import normpath
from pathlib import Path
from typing import Annotated


@dataclass(frozen=True, slots=True)
class Located:
    """Marks a component's field that may name a file or folder."""

    elsewhere: Callable[[str], bool] | None = None
    """Tells names that may lie elsewhere, such as on the Hub: they name a file only where there is one, or where they
    are written as a path. Without it every text is a path."""
    endings: tuple[str, ...] = ()
    """A text that ends so is a path."""

    def absolute(self, written: str, folder: Path) -> str:
        """Return a path as seen from `folder`, or the name as it is written."""
        if "://" in written:
            return written
        path = Path(written).expanduser()
        beside = folder / path
        as_path = written.startswith((".", "/", "~")) or written.endswith(self.endings or ("/",))
        is_there = beside.exists()  # raises OSError where no file could have such a name
        if self.elsewhere is not None and not as_path and (self.elsewhere(written) or not is_there):
            return written
        return str(kept(beside))


def kept(path: Path) -> Path:
    """Return an absolute path as it was written, through the links that it names, without `..` where that is safe.

    A link is where its owner wants a folder to be found, wherever that lies today.
    """
    whole = path.absolute()
    plain = Path(normpath(whole))
    return plain if plain.resolve() == whole.resolve() else whole


FilePath = Annotated[Path, Located()]
"""A file or folder."""
ROW_FILES = (".jsonl", ".jsonl.gz", ".json", ".json.gz", ".parquet")
NO_HUB_NAMES = (*ROW_FILES, ".csv", ".tsv", ".txt", ".md", ".xlsx", ".xls", ".ods", ".zip", ".yaml", ".yml")
"""How no dataset is called; a name that ends so is a file's, whether it can be read or not."""
FileOrHubName = Annotated[str, Located(elsewhere=lambda _name: False, endings=NO_HUB_NAMES)]
"""A file or folder, or the name of a dataset on the Hub."""
