"""Two public records as lessons and tests of recommenders: Office_Products as published, MovieLens-100k by time.

Of Office_Products the training file is not public here: each user's validation rows, which continue one another, are
merged into one chain, and each of its items after the first is a lesson. Of MovieLens-100k all windows are sorted by
the time of what was taken: the first 80 % are lessons, the last 10 % tests, and what lies between is left to whoever
chooses by it. There nobody takes a film twice, so a test shows all that its user took before, and recommenders leave
that out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import record
from environments.logs.log import Log, Windows
from environments.logs.reading import read_log
from environments.logs.splitting import windows
from simulation.core.catalogue import Catalogue
from simulation.core.errors import DataError
from simulation.core.kinds.next_items import NextItems
from simulation.core.kinds.taken import Taken
from simulation.core.types import Answer, Experience, Feedback, Question

OFFICE = record.ROOT.parent / "shared" / "data" / "minionerec_amazon18"
MOVIELENS = record.ROOT / "build" / "ml-100k"
LIST = 50
"""How many texts a list holds."""
SHOWN = 10
"""How many items stand before what was taken in a lesson, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What recommenders learn from and are tested on."""

    name: str
    items: Catalogue
    lessons: Sequence[Experience]
    tests: Sequence[Question]
    parameters: Mapping[str, object]
    """What recommenders are to be told of it."""
    about: Mapping[str, int]


def office(path: Path) -> Record:
    """Return Office_Products, whose texts are its semantic IDs."""
    log = read_log(path)
    if log.codes is None:
        raise DataError(f"{path} holds no identifiers of items; give the folder of Office_Products")
    items = Catalogue(items=log.items, codes=log.codes, titles=log.titles, tags=log.tags)
    merged = chains(log.windows["valid"])
    pairs = [(chain[:end], chain[end]) for chain in merged for end in range(1, len(chain))]
    about = {"chains": len(merged), "adjacent pairs": len(pairs)}
    return whole("Office_Products", items, pairs, log.windows["test"], {}, about)


def movielens(path: Path) -> Record:
    """Return MovieLens-100k, whose texts are titles."""
    log = read_log(path)
    items = Catalogue(items=log.items, codes=tuple((title,) for title in log.titles), titles=log.titles, tags=log.tags)
    parts = windows(log, history=SHOWN)
    tests = zip(log.taken_before(parts.test), parts.test.targets_W.tolist(), strict=True)
    taken_before = [(tuple(before.tolist()), target) for before, target in tests]
    return whole("MovieLens-100k", items, parts.train, taken_before, {"repeats": False}, log_about(log))


def log_about(log: Log) -> dict[str, int]:
    """Return how large a log is."""
    return {"users": len(log.users), "events": 0 if log.events is None else len(log.events)}


def chains(rows: Windows) -> list[tuple[int, ...]]:
    """Return each user's rows as one chain; raises DataError where a row does not continue the user's last one."""
    merged: dict[int, list[int]] = {}
    for user, (history, taken) in zip(rows.users_W.tolist(), rows, strict=True):
        chain = merged.setdefault(user, [*history])
        if tuple(chain[-len(history) :]) != history:
            raise DataError(f"the rows of user {user} are no chain: {history} follows {chain}; merge none of them")
        chain.append(taken)
    return [tuple(chain) for chain in merged.values()]


def whole(
    name: str,
    items: Catalogue,
    lessons: Iterable[tuple[tuple[int, ...], int]],
    tests: Iterable[tuple[tuple[int, ...], int]],
    parameters: Mapping[str, object],
    about: Mapping[str, int],
) -> Record:
    """Return a record of histories and what was taken after them, as places in the catalogue."""
    learned = [lesson(items, place, history, taken) for place, (history, taken) in enumerate(lessons)]
    asked = [question(items, f"test {place}", history, taken) for place, (history, taken) in enumerate(tests)]
    sizes = {"items": len(items.items), "texts": len(items.sharing), "lessons": len(learned), "tests": len(asked)}
    return Record(name=name, items=items, lessons=learned, tests=asked, parameters=parameters, about={**sizes, **about})


def question(items: Catalogue, identity: str, history: Sequence[int], taken: int) -> Question:
    """Return what comes after a history, and its key."""
    names = tuple(items.items[place] for place in history)
    form = NextItems(catalogue=items.name, count=LIST, history=names)
    prompt = " ".join(items.texts[place] for place in history[-SHOWN:])
    return Question(id=identity, prompt=prompt, form=form, key=Taken(item=items.items[taken]), tags=("next item",))


def lesson(items: Catalogue, place: int, history: Sequence[int], taken: int) -> Experience:
    """Return what was taken as the right answer."""
    asked, text = question(items, f"lesson {place}", history[-SHOWN:], taken), items.texts[taken]
    answer = Answer(question_id=asked.id, prompt=asked.prompt, text=text, answerer="log", model_version="as recorded")
    feedback = Feedback(score=1.0, judge="log", correction=text)
    return Experience(question=asked, answer=answer, feedback=feedback, truth=1.0, turn=1, position=place)
