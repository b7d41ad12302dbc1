"""Recommendation: a user's history asks what is taken next; an embedded shop, or records in published formats."""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from environments.identifiers.index_files import matched, read_index
from environments.identifiers.records import record_of
from environments.list_measures import list_measures
from environments.lists.sets import Places, kept, measuring, pool, unseen
from environments.lists.tasks import MAIN, TASKS, Asking, TaskName, Wanted
from environments.lists.writing import MadeOf, published, semantic, structured, titled, told_sharing
from environments.logs.log import Log, Windows
from environments.logs.reading import read_log
from environments.logs.splitting import Split, windows
from environments.shop.log import shop_log
from environments.shop.oracle import likeliest
from environments.splits import FixedQuestions
from simulation.core.catalogue import Catalogue
from simulation.core.errors import DataError
from simulation.core.paths import FilePath
from simulation.core.questions import Measure, Splits
from simulation.core.registry import environment
from simulation.core.seeding import Seed

Codes = tuple[tuple[str, ...], ...]
KNOWN = (0, "text and behaviour", "global_time", 10, 1, False, 3, 64)
"""World, making and windows of the identifiers in the file: the defaults below."""
KNOWN_INDEX = Path(__file__).parent / "shop" / "identifiers.json"


@environment("recommendation")
class Recommendation(FixedQuestions):
    """What somebody takes next, as a list of items: an embedded shop that needs no files, or records of real users."""

    world_seed: Seed = 0
    """Another seed is another shop, with other people; of `rows` it draws which windows are kept where not all are."""
    rows: FilePath | None = None
    """A record instead of the shop, as MiniOneRec, MovieLens, RecBole or Amazon publish them: its folder, or that and
    how the names of its files begin."""
    split: Literal["global_time", "leave_one_out"] = "global_time"
    """Whether the newest tenth of all windows is held out, or each user's last, which leaks the future."""
    history: Annotated[int, Field(ge=1, le=100)] = 10
    """How many items before the next one are shown at most."""
    shortest_history: Annotated[int, Field(ge=1, le=100)] = 1
    """Windows with fewer items before the next one are left out."""
    or_last: bool = False
    """Whether a user whose every window is shorter than that keeps the last one, as BIGRec's games do."""
    wants: Wanted = "ids"
    """Whether evaluations ask for identifiers after identifiers, or for titles after titles."""
    tasks: tuple[TaskName, ...] = ()
    """What the pool asks, each a category of its questions; none stands for what evaluations ask."""
    count: Annotated[int, Field(ge=1, le=1000)] = 10
    """How many items a list has."""
    ranked: Annotated[int, Field(ge=1, le=1000)] = 50
    """How many items a ranking holds where it is measured; hit rates beyond it repeat that of the whole ranking."""
    made_of: MadeOf | None = None
    """What identifiers are made of; those that come with `rows` or stand in `index` where nothing is said, else text
    and behaviour. "structure" is how the shop is really built."""
    index: FilePath | None = None
    """A file index.json that gives each item the codes of its identifier."""
    levels: Annotated[int, Field(ge=1, le=26)] = 3
    """How many codes an identifier has, where they are made."""
    codes: Annotated[int, Field(ge=2, le=1000)] = 64
    """How many different codes a level has, where they are made."""
    pool_size: Annotated[int, Field(ge=1, le=100_000_000)] | None = None
    """How many of the training windows may be asked; all where nothing is said."""
    probe_size: Annotated[int, Field(ge=0, le=1_000_000)] = 300
    """How many validation windows policies may measure the student on, at most; of the shop only such whose history no
    training window has, as of what is held out."""
    held_out_size: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    """How many test windows are held out, at most."""

    exact_judge = "next_item"

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What is measured of lists, hit@10 first; by level too, and divided among items that share what is written.

        What is asked may be written otherwise than what measures, such as titles beside identifiers: the truth is one.
        """
        asked = [self._catalogues[writing] for writing in self._writings]
        is_shared = any(len(items.sharing) < len(items.items) for items in asked)
        return list_measures(depth=self.catalogue.depth, shared=is_shared)

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue that evaluations ask for items of."""
        return self._catalogues[self.wants]

    @cached_property
    def _log(self) -> Log:
        return shop_log(self.world_seed).log if self.rows is None else read_log(self.rows)

    @cached_property
    def _windows(self) -> Split:
        return windows(
            self._log, history=self.history, split=self.split, shortest=self.shortest_history, or_last=self.or_last
        )

    @cached_property
    def _catalogues(self) -> dict[Wanted, Catalogue]:
        log = self._log
        titles = titled(log)
        if self.wants == "titles" and all("ids" not in (TASKS[name].shows, TASKS[name].wants) for name in self._tasks):
            if self.index is not None:
                raise DataError(f"only titles are asked for, so {str(self.index)!r} would not be read; leave index out")
            catalogues: dict[Wanted, Catalogue] = {"titles": titles}
        else:
            ids = Catalogue(items=log.items, codes=self._codes(), titles=log.titles, tags=log.tags)
            catalogues = {"ids": ids, "titles": titles}
        for writing in self._writings:
            longest = max(self.count, self.ranked) if writing == self.wants else self.count
            if len(catalogues[writing].sharing) < longest:
                raise DataError(
                    f"{log.source!r} has {len(catalogues[writing].sharing)} items that are written differently by "
                    f"{writing}, fewer than the {longest} of a list; lower count and ranked or give a larger catalogue"
                )
        return catalogues

    def _codes(self) -> Codes:
        ready = published(self._log, self.index)
        if ready is not None and (self.index is not None or self.made_of is None):
            if self.made_of is not None:
                raise DataError(f"identifiers stand in {str(self.index)!r} and are made of {self.made_of}; name one")
            return ready
        made_of = self.made_of or "text and behaviour"
        if self.rows is None:
            key = (self.split, self.history, self.shortest_history, self.or_last, self.levels, self.codes)
            return _of_shop(self.world_seed, made_of, *key)
        if made_of == "structure":
            raise DataError(f"how {str(self.rows)!r} is really built is unknown; make identifiers of text instead")
        train = self._windows.train
        return semantic(self._log, train, made_of, levels=self.levels, size=self.codes, seed=self.world_seed)

    def _measured(self, part: Windows) -> Places:
        """Return which windows may be drawn to measure on."""
        return unseen(part, self._windows.train) if self.rows is None else np.arange(len(part))

    def described(self) -> Sequence[str]:
        """Return what the identifiers are like, where questions are about any."""
        if "ids" not in self._catalogues:
            return ()
        return record_of(self._log, self._windows.train).report(self._catalogues["ids"].codes).lines()

    @property
    def _tasks(self) -> tuple[TaskName, ...]:
        return tuple(dict.fromkeys(self.tasks)) or (MAIN[self.wants],)

    @property
    def _writings(self) -> tuple[Wanted, ...]:
        """How the items of answers are written, first those that measure."""
        return tuple(dict.fromkeys((self.wants, *(TASKS[name].wants for name in self._tasks))))

    @cached_property
    def _splits(self) -> Splits:
        log, split = self._log, self._windows
        items = self._catalogues
        task, seed = MAIN[self.wants], self.world_seed
        world = f"w{seed}" if self.rows is None else self.rows.name
        asking = Asking(catalogues=items, world=world, count=self.count, ranked=self.ranked)
        foresee = None if self.rows is not None else partial(likeliest, shop_log(seed))
        train_K = kept(np.arange(len(split.train)), self.pool_size, seed, "pool")
        valid_K = kept(self._measured(split.valid), self.probe_size, seed, "probe")
        test_K = kept(self._measured(split.test), self.held_out_size, seed, "held out")
        left_out = Counter({**log.counts}) + Counter({**split.counts})
        return Splits(
            pool=pool(asking, self._tasks, split.train, train_K, len(log.items)),
            probe=measuring(asking, task, "valid", split.valid, valid_K),
            held_out=measuring(asking, task, "test", split.test, test_K, foresee),
            notices=(
                *split.notices,
                *(f"{log.source}: {count} {reason}" for reason, count in left_out.items()),
                *(notice for writing in self._writings for notice in told_sharing(items[writing])),
            ),
        )


@lru_cache(maxsize=8)
def _of_shop(
    seed: int, made_of: MadeOf, split: str, history: int, shortest: int, or_last: bool, levels: int, size: int
) -> Codes:
    """Return the codes of the shop's items; every environment of the same world shares them.

    Those of world 0 by default stand in a file: what they are made of are sums that another processor rounds otherwise,
    so that it comes to others, and the shipped recommender knows these.
    """
    shop = shop_log(seed)
    if made_of == "structure":
        return structured(shop.wares)
    if (seed, made_of, split, history, shortest, or_last, levels, size) == KNOWN:
        return matched(read_index(KNOWN_INDEX), shop.log.items, KNOWN_INDEX.name)
    train = windows(shop.log, history=history, split=split, shortest=shortest, or_last=or_last).train
    return semantic(shop.log, train, made_of, levels=levels, size=size, seed=seed)
