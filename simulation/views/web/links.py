"""Addresses of pages, relative to the page that names them: to a server with queries, or to files of a bundle."""

import posixpath
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote, urlencode


@dataclass(frozen=True, slots=True)
class Target:
    """What an address asks for: a path within the site and what is chosen of it."""

    path: str
    query: tuple[tuple[str, str], ...] = ()

    @property
    def file(self) -> str:
        """The file of a bundle that holds it."""
        stem, dot, ending = self.path.rpartition(".")
        chosen = "".join(f"~{key}-{file_part(value)}" for key, value in self.query)
        return f"{stem}{chosen}{dot}{ending}"


def file_part(value: str) -> str:
    """Return a value as a part of a file's name: itself, or its beginning and a hash."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", value)[:40]
    return plain if plain == value else f"{plain}-{sha256(value.encode('utf-8', 'replace')).hexdigest()[:8]}"


OF_A_TURN = re.compile(r".*/(?:turn|answer)-(\d+)[.-][^/]*")


class Links:
    """Makes the links of one page and remembers where they lead."""

    def __init__(self, here: str, *, bundled: bool = False, turns: Collection[int] | None = None) -> None:
        """`here` is the path of the page within the site; `bundled` pages link to files, of turns to those given."""
        self.here = here
        self.bundled = bundled
        self.turns = turns
        self.targets: list[Target] = []

    def to(self, path: str, query: Mapping[str, object] | None = None, anchor: str = "") -> str:
        """Return the address of a page, "" where there is none of it; empty values of the query are left out."""
        of_a_turn = OF_A_TURN.fullmatch(path)
        if self.turns is not None and of_a_turn and int(of_a_turn[1]) not in self.turns:
            return ""
        chosen = tuple((key, str(value)) for key, value in (query or {}).items() if value not in ("", None))
        target = Target(path, chosen)
        self.targets.append(target)
        end = f"#{anchor}" if anchor else ""
        if self.bundled:
            return quote(self._relative(target.file)) + end
        return self._relative(path) + (f"?{urlencode(chosen)}" if chosen else "") + end

    def again(self, query: Mapping[str, object]) -> str:
        """Return the address of the page itself with another query; a page that asks for itself leads nowhere new."""
        return f"{posixpath.basename(self.here)}?{urlencode(query)}"

    def _relative(self, path: str) -> str:
        return posixpath.relpath(path, posixpath.dirname(self.here) or ".")


class NoLinks(Links):
    """The links of a page that stands alone: there are none."""

    def to(self, path: str, query: Mapping[str, object] | None = None, anchor: str = "") -> str:  # noqa: ARG002
        """Return no address."""
        return ""
