"""Programs that attack the sandbox, by family, with the verdict each deserves, and the machine they must not touch.

A text file is a family. A program opens with `=== name | verdicts | what its message says | flags`. Verdicts are
alternatives; after a slash, those at level `lock`. Flags: `slow` (runs only once), `passes` (its test expects 42),
`constant` (its test does not call), `alias` (its test compares its own argument), `arrives` (where nothing confines it,
it reaches a listener, a pipe or a file of the bait, which is shown too). @NAMES@ are filled in.
"""

import re
from dataclasses import dataclass
from pathlib import Path

EXPECTED = "918273645"
SPECIAL = {
    "@PARENTHESES@": "f = " + "(" * 5000 + ")" * 5000,
    "@BRACKETS@": "f = " + "[" * 200000 + "]" * 200000,
    "@MINUSES@": "f = " + "-" * 300000 + "1",
    "@NUL@": "\0",
    "@SURROGATE@": "\ud800",
    "@BIDI@": "\u202e\u2066",
    "@MEBIBYTE@": "#" * (1 << 20),
}


@dataclass(frozen=True)
class Attack:
    """A program and what must come of it."""

    family: str
    name: str
    verdicts: dict[str, tuple[str, ...]]
    says: str
    flags: tuple[str, ...]
    source: str

    @property
    def test(self) -> str:
        """Return the test that the program would like to pass."""
        if "passes" in self.flags:
            return "assert f(1) == 42"
        if "constant" in self.flags:
            return f"assert f == {EXPECTED}"
        return f"a = [1]\nassert f(a) == [{EXPECTED}]" if "alias" in self.flags else f"assert f(1) == {EXPECTED}"


def attacks() -> list[Attack]:
    """Return every attack."""
    return [attack for path in sorted(Path(__file__).parent.glob("*.txt")) for attack in family(path)]


def family(path: Path) -> list[Attack]:
    """Read a file of attacks."""
    found = []
    for part in re.split(r"^=== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        head, _, source = part.partition("\n")
        name, verdicts, says, flags = ([field.strip() for field in re.split(r"\s\|(?=\s)", head)] + ["", ""])[:4]
        full, _, lock = verdicts.partition("/")
        allowed = {"full": tuple(full.split(",")), "lock": tuple((lock or full).split(","))}
        found.append(Attack(path.stem, name, allowed, says, tuple(flags.split()), source))
    return found
