"""Writes the site as files that open from a disk: from the start page on, every page that is linked."""

from collections import deque
from collections.abc import Callable, Collection
from pathlib import Path

from simulation.core.errors import ScenarioError, SimulationError, StoreError
from simulation.play.folders import studies_in
from simulation.store import Study
from simulation.views.fresh_folder import make, refuse_full
from simulation.views.web.catalog import Catalog
from simulation.views.web.links import Target
from simulation.views.web.queries import opened
from simulation.views.web.site import Site

MOST_FILES = 20_000
UNREAD = 500
"""Status from which a page only says why it cannot be shown."""


def bundle(folder: Path, to: Path, turns: Collection[int] | None, say: Callable[[str], None]) -> int:
    """Write the pages of a folder's studies, of turns those given or all, and return how many files that are.

    Raises StoreError where the folder to write is not empty, or there would be too many files.
    """
    refuse_full(to)
    catalog = Catalog(folder)
    if turns:
        refuse_unplayed(catalog, turns)
    refuse_many(least_files(catalog, turns))
    make(to)
    site = Site(catalog, bundled=True, turns=None if turns is None else frozenset(turns))
    waiting, seen = deque([Target("index.html")]), {Target("index.html")}
    unread: list[str] = []
    try:
        while waiting:
            target = waiting.popleft()
            reply = site.reply(target.path, dict(target.query))
            if reply.status >= UNREAD:
                unread.append(target.file)
            path = to / target.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(reply.body)
            for follower in reply.targets:
                if follower not in seen:
                    seen.add(follower)
                    waiting.append(follower)
            refuse_many(len(seen))
    except OSError as error:
        raise StoreError(f"{to} could not be written ({error.strerror}); delete it and write elsewhere") from error
    say(f"{len(seen)} files in {to}; open {to / 'index.html'}")
    if unread:
        say(f"{len(unread)} of them only say what of a study cannot be read, the first is {to / unread[0]}")
    return len(seen)


def refuse_many(files: int) -> None:
    """Refuse a bundle of so many files."""
    if files > MOST_FILES:
        remedy = "name one study, or fewer turns with --turns"
        raise StoreError(f"the bundle would have over {MOST_FILES:,} files, {files:,} at least; {remedy}")


def least_files(catalog: Catalog, turns: Collection[int] | None) -> int:
    """Return how many pages there are of turns that are given, and of questions that somebody was asked.

    Of a study that cannot be read its pages say so.
    """
    chosen = "" if turns is None else f"WHERE t IN ({','.join(map(str, turns))})"
    asked = "SELECT count(*) FROM (SELECT DISTINCT s, question FROM answers)"
    files = 0
    for query in (f"SELECT count(*) FROM turns {chosen}", asked):  # turns first: they are counted at once
        for folder in parts_of(catalog):
            try:
                with opened(folder) as study:
                    files += study.query(query)[0][0]
            except SimulationError:
                continue
        if files > MOST_FILES:
            break
    return files


def parts_of(catalog: Catalog) -> list[Path]:
    """Return the folders of all studies, those of comparisons too."""
    return [part for place in catalog.places() for part in studies_in(place.folder)]


def refuse_unplayed(catalog: Catalog, turns: Collection[int]) -> None:
    """Refuse turns that no study here has played, as far as the studies can be read."""
    last_turns = []
    for folder in parts_of(catalog):
        try:
            with Study.open(folder) as study:
                last_turns.append(study.last_turn)
        except SimulationError:
            return  # its pages say what cannot be read, and it may have had these turns
    if beyond := sorted(turn for turn in turns if turn > max(last_turns, default=-1)):
        raise ScenarioError(
            f"--turns {','.join(map(str, beyond))}: no study here has such a turn; the last is {max(last_turns)}"
        )
