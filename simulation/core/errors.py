"""The errors a user can meet; each says what is wrong, where, the value received, and what to do.

SimulationError
├── ScenarioError      a scenario file, an override, a parameter of a component
├── DataError          a question file, a model folder, a row that cannot be read
├── ModelError         a model that cannot do what a scenario asks of it
├── ContractError      a component that does not keep to its role
├── StoreError         a study that cannot be opened, read or written
│   ├── StudyBusy      another process holds the study
│   ├── StudyNotBegun  its making was interrupted before its first transaction
│   ├── StudyDamaged   a blob, a row or the chain does not match its hash
│   └── ReplayDiffers  the loop, run again on the recorded answers, does something else
└── MissingExtra       a library this scenario needs is not installed
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches

ALIKE = 0.51
"""How alike two names are of which one may be meant by the other."""
USER_ERROR = 2
"""The exit code of an error that the user can mend."""
INTERRUPTED = 130
"""The exit code of a study that the user stopped."""


class SimulationError(Exception):
    """An error of the user's making: the command line prints it in one line and exits with 2."""


class ScenarioError(SimulationError):
    """A scenario file, an override or a component's parameter is wrong."""


class DataError(SimulationError):
    """A file of questions or a model folder cannot be read as what it should be."""


class ModelError(SimulationError):
    """A model cannot do what the scenario asks of it."""


class ContractError(SimulationError):
    """A component does not keep to its role: what it returned, or that it raised."""

    def __init__(self, what: str, where: str = "") -> None:
        """`where` in the component's own code, which a record leaves out, because it changes with every edit."""
        super().__init__(f"{what} ({where})" if where else what)
        self.what = what


class StoreError(SimulationError):
    """A study cannot be opened, read or written."""


class StudyBusy(StoreError):
    """Another process holds the study."""


class StudyNotBegun(StoreError):
    """The making of a study was interrupted, so that there is nothing in it."""


class StudyDamaged(StoreError):
    """A stored byte is not what its hash says."""


class ReplayDiffers(StoreError):
    """The loop, run again on the recorded answers, does not do what was recorded."""


class MissingExtra(SimulationError):
    """A library that this scenario needs is not installed."""


def nearest(name: str, valid_names: Iterable[str]) -> str:
    """Return the clause that helps after an unknown `name`: the nearest known one, then all of them."""
    names = sorted(valid_names)
    hint = f"did you mean {like!r}? " if (like := likest(name, names)) else ""
    return f"{hint}known: {', '.join(names) or 'none'}"


def likest(name: str, valid_names: Iterable[str]) -> str:
    """Return the known name that is most like `name`, or holds it, or is shortened by it; "" where none is."""
    by_letters = {valid_name.lower(): valid_name for valid_name in valid_names}
    written = name.lower()
    close = get_close_matches(written, by_letters, n=1, cutoff=ALIKE)
    if not close and len(written) > 1:
        first, *rest = map(re.escape, written)
        shortened = re.compile(".*".join([first, *rest]), re.DOTALL)
        longer = [letters for letters in by_letters if written in letters or shortened.match(letters)]
        close = get_close_matches(written, longer, n=1, cutoff=0.0)
    return by_letters[close[0]] if close else ""
