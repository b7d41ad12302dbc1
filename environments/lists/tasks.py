"""The six tasks that MiniOneRec teaches from (Kong et al. 2025, arXiv 2510.24431), as questions about windows or items.

A history, of identifiers or of titles, asks for the next item in either writing; an item in one writing asks for the
other. Where a question and its answer are not in the same writing, the prompt ends with what is asked for, because a
model could not tell otherwise.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from simulation.core.catalogue import Catalogue
from simulation.core.kinds.next_items import NextItems
from simulation.core.kinds.taken import Foreseen, Taken
from simulation.core.types import Question

TaskName = Literal[
    "history-ids->id", "id->title", "title->id", "history-ids->title", "history-titles->title", "history-titles->id"
]
Wanted = Literal["ids", "titles"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTask:
    """What is shown and what is asked for."""

    shows: Wanted
    wants: Wanted
    is_next: bool = True
    """Whether a history is shown, and the item after it asked for; else one item, and the same one."""
    cue: str = ""
    """What ends the prompt."""


TASKS: Mapping[TaskName, ListTask] = {
    "history-ids->id": ListTask(shows="ids", wants="ids"),
    "id->title": ListTask(shows="ids", wants="titles", is_next=False, cue=" is called"),
    "title->id": ListTask(shows="titles", wants="ids", is_next=False, cue=" is written"),
    "history-ids->title": ListTask(shows="ids", wants="titles", cue=" next title"),
    "history-titles->title": ListTask(shows="titles", wants="titles"),
    "history-titles->id": ListTask(shows="titles", wants="ids", cue=" next id"),
}
MAIN: Mapping[Wanted, TaskName] = {"ids": "history-ids->id", "titles": "history-titles->title"}
"""The task by which recommendations are measured."""
NUMBERS: Mapping[TaskName, int] = {name: number for number, name in enumerate(TASKS)}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Asking:
    """Makes questions about the items of catalogues that differ in how they write."""

    catalogues: Mapping[Wanted, Catalogue]
    world: str
    """Begins every id."""
    count: int
    """How many items a list has."""
    ranked: int
    """How many a ranking holds where it is measured."""

    def window(self, task: TaskName, name: str, history: Sequence[int], target: int) -> Question:
        """Return what a task asks of a window called `name`; items are places."""
        return self._question(task, name, history, target)

    def measuring(
        self, task: TaskName, name: str, history: Sequence[int], target: int, likeliest: Sequence[int] | None
    ) -> Question:
        """Return what a task asks of a window that measures, with what was likeliest where that is known."""
        return self._question(task, name, history, target, likeliest, self.ranked)

    def item(self, task: TaskName, place: int) -> Question:
        """Return what a task asks about an item."""
        return self._question(task, f"item-{place}", (place,), place)

    def _question(
        self,
        task: TaskName,
        name: str,
        shown: Sequence[int],
        target: int,
        likeliest: Sequence[int] | None = None,
        ranked: int = 0,
    ) -> Question:
        kind = TASKS[task]
        items = self.catalogues[kind.wants]
        number = NUMBERS[task]
        taken = items.items[target]
        return Question(
            id=f"{self.world}-{name}" if not number else f"{self.world}-{name}-t{number}",
            prompt=f"{WRITE[kind.shows](self.catalogues[kind.shows], shown)}{kind.cue}",
            form=NextItems(
                catalogue=items.name,
                count=self.count if kind.is_next else 1,
                ranked=ranked,
                history=tuple([items.items[place] for place in shown]) if kind.is_next else (),
            ),
            key=Taken(item=taken)
            if likeliest is None
            else Foreseen(item=taken, likeliest=tuple([items.items[place] for place in likeliest])),
            tags=(task, *(items.tags[shown[-1]][:1] if items.tags else ())),
        )


def written_ids(items: Catalogue, shown: Sequence[int]) -> str:
    """Return identifiers one after another, oldest first."""
    texts = items.texts
    return " ".join([texts[place] for place in shown])


def written_titles(items: Catalogue, shown: Sequence[int]) -> str:
    """Return titles in quotes, as BIGRec's prompts have them (Bao et al. 2023, arXiv 2308.08434)."""
    titles = items.titles
    return ", ".join([f'"{titles[place]}"' for place in shown])


WRITE: Mapping[Wanted, Callable[[Catalogue, Sequence[int]], str]] = {"ids": written_ids, "titles": written_titles}
