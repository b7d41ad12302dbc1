"""Which column of a table says what: recognised by its name, or by what a scenario's `columns` says."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from string import ascii_lowercase
from zlib import crc32

from environments.own.cells import cell_in, listed, written
from environments.own.draft import MOST, Draft
from environments.row_files import short
from environments.row_texts import last_said
from simulation.core.errors import DataError, likest, nearest

ColumnNames = Mapping[str, str | list[str]]
"""By what a column says its name, or of options and misconceptions a list of names."""
LETTERS = ascii_lowercase
SURELY = 0.8
"""How alike the name of a column is to one that would be read, of which it is a slip."""
SINGLE = {
    "question": ("question", "questiontext", "prompt", "problem"),
    "correct": (
        "correct",
        "correctanswer",
        "rightanswer",
        "answer",
        "answerkey",
        "solution",
        "correctoption",
        "rightoption",
    ),
    "category": ("category", "topic", "subject"),
    "skill": ("skill",),
    "options": ("options", "choices"),
    "misconceptions": ("misconceptions",),
    "chosen": ("chosen", "preferred"),
    "rejected": ("rejected", "dispreferred"),
}
"""The names by which each column is recognised, the first before the others."""
_OF_OPTION = re.compile(r"(?:option|choice|answer)([a-z]|[1-9]\d?)|([a-j])")
_OF_MISCONCEPTION = re.compile(r"(?:misconception|wrongidea|mistake)([a-z]|[1-9]\d?)")
LABELLED = re.compile(r"(?:option|misconception)_(?:[a-z]|[1-9]\d?)")
"""Keys of `columns` besides those of `SINGLE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column of a table says what; "" or nothing where none does."""

    question: str
    correct: str = ""
    category: str = ""
    skill: str = ""
    options: Mapping[str, str]
    """By label, a letter or a number, the column of an option."""
    misconceptions: Mapping[str, str]
    """By label the column of what an option reveals."""
    option_list: str = ""
    """The column that holds all options."""
    misconception_list: str = ""
    chosen: str = ""
    """The column of the better of two texts, where a table holds preferences."""
    rejected: str = ""
    unread: tuple[str, ...] = ()
    """Columns that say nothing here."""

    def __str__(self) -> str:
        single = {"question": self.question, "options": self.option_list, "correct": self.correct}
        single |= {"chosen": self.chosen, "rejected": self.rejected}
        single |= {"category": self.category, "skill": self.skill, "misconceptions": self.misconception_list}
        lists = {"options": [*self.options.values()], "misconceptions": [*self.misconceptions.values()]}
        said = [f"{what} = {name}" for what, name in single.items() if name]
        said += [f"{what} = {', '.join(names)}" for what, names in lists.items() if names]
        return "; ".join([*said, *([f"not read: {', '.join(self.unread)}"] if self.unread else [])])

    @property
    def slips(self) -> dict[str, str]:
        """The columns that say nothing here but are nearly called so that they would, each with the name meant."""
        numbers = bool(self.options) and all(label.isdigit() for label in self.options)
        labels = [*map(str, range(1, MOST + 1))] if numbers else LETTERS[:MOST]
        names = [what for what in ("category", "skill") if not getattr(self, what)]
        if not self.option_list:
            names += [f"option_{label}" for label in labels if label not in self.options]
        if not self.misconception_list:
            names += [f"misconception_{label}" for label in labels if label not in self.misconceptions]
        by_bare_name = {bare_name(name): name for name in names}
        meant = {}
        for name in self.unread:
            (close,) = get_close_matches(bare_name(name), by_bare_name, n=1, cutoff=SURELY) or ("",)
            if close and not bare_name(name).startswith(close):  # more behind a known name is another name
                meant[name] = by_bare_name[close]
        return meant

    def draft(self, row: Mapping[str, object]) -> Draft:
        """Return the question that a row holds; raises DataError where a cell is not what it should be."""
        if self.chosen:
            return self._preference(row)
        labels, options = self._options(row)
        return Draft(
            prompt=written(row, self.question),
            options=options,
            labels=labels,
            misconceptions=self._misconceptions(row, labels),
            correct=written(row, self.correct),
            tags=self._tags(row),
        )

    def _tags(self, row: Mapping[str, object]) -> tuple[str, ...]:
        return tuple(written(row, name).strip() for name in (self.category, self.skill) if name)

    def _preference(self, row: Mapping[str, object]) -> Draft:
        """Return two texts to choose from, the better one now first and now last, as its prompt decides."""
        prompt = last_said(cell_in(row, self.question), "user", self.question)
        chosen, rejected = (last_said(cell_in(row, name), "assistant", name) for name in (self.chosen, self.rejected))
        options = (chosen, rejected) if crc32(prompt.encode("utf-8", "surrogatepass")) % 2 else (rejected, chosen)
        return Draft(
            prompt=prompt, options=options, labels=("a", "b"), correct=chosen, by_text=True, tags=self._tags(row)
        )

    def _options(self, row: Mapping[str, object]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return labels and texts of a row's options."""
        if self.option_list:
            return listed(cell_in(row, self.option_list), self.option_list)
        texts = {label: written(row, name) for label, name in self.options.items()}
        full = [place for place, text in enumerate(texts.values()) if text.strip()]
        names = list(self.options.values())
        gaps = [names[place] for place in range(max(full, default=-1) + 1) if place not in full]
        if gaps:
            raise DataError(f"{', '.join(gaps)} is empty, but {names[max(full)]} is not; fill it, or move up the rest")
        return tuple(list(texts)[: len(full)]), tuple(list(texts.values())[: len(full)])

    def _misconceptions(self, row: Mapping[str, object], labels: Sequence[str]) -> tuple[str, ...]:
        """Return what a row's options reveal, in their order."""
        if self.misconception_list:
            _, remarks = listed(cell_in(row, self.misconception_list), self.misconception_list)
            if len(remarks) not in (0, len(labels)):
                what = f"{self.misconception_list} holds {len(remarks)} texts for {len(labels)} options"
                raise DataError(f'{what}; give one an option, "" for the right one')
            return remarks
        texts = {label: written(row, name) for label, name in self.misconceptions.items()}
        extra = [self.misconceptions[label] for label, text in texts.items() if text.strip() and label not in labels]
        if extra:
            raise DataError(f"{', '.join(extra)} is filled, but there is no such option; remove it, or add the option")
        return tuple(texts.get(label, "") for label in labels) if texts else ()


def columns_of(names: Iterable[str], chosen: ColumnNames) -> Columns:
    """Return which of the columns says what; raises DataError where question or what is right lacks.

    `chosen` names columns by what they say; the others are recognised by their names.
    """
    header = list(dict.fromkeys(names))
    refuse_unknown(header, chosen)
    free = [name for name in header if name not in set(flattened(chosen.values()))]
    bare = {name: bare_name(name) for name in free}
    refuse_alike(bare)
    single = {what: str(chosen[what]) for what in SINGLE if isinstance(chosen.get(what), str)}
    for what, known in SINGLE.items():
        recognised = next((name for alias in known for name in free if bare[name] == alias), "")
        single.setdefault(what, "" if what in chosen else recognised)
    if single["correct"]:
        single |= {"chosen": "", "rejected": ""}
    right = ("chosen", "rejected") if single["chosen"] or single["rejected"] else ("correct",)
    refuse_missing(header, [what for what in ("question", *right) if not single[what]])
    bare = {name: spelled for name, spelled in bare.items() if name not in single.values()}
    options = of_options("option", chosen, bare, _OF_OPTION)
    misconceptions = of_options("misconception", chosen, bare, _OF_MISCONCEPTION)
    if single["options"] and "options" not in chosen and options:
        single["options"] = ""
    read = {*single.values(), *options.values(), *misconceptions.values()}
    return Columns(
        question=single["question"],
        correct=single["correct"],
        category=single["category"],
        skill=single["skill"],
        options={} if single["options"] else options,
        misconceptions={} if single["misconceptions"] else misconceptions,
        option_list=single["options"],
        misconception_list=single["misconceptions"],
        chosen=single["chosen"],
        rejected=single["rejected"],
        unread=tuple(name for name in header if name not in read),
    )


def bare_name(name: str) -> str:
    """Return the name of a column without what does not tell it from others."""
    return re.sub(r"[\s_\-]+", "", name).casefold()


def refuse_missing(header: Sequence[str], missing: Sequence[str]) -> None:
    """Refuse a table in which no column says what each must, with all that is missing at once."""
    if missing:
        chosen = ", ".join(f"{what}: {likest(what, header) or 'NAME'}" for what in missing)
        slips = [like for what in missing if (like := likest(what, header))]
        hints = [f"{' and '.join(map(short, slips))} may be meant"] if slips else []
        hints += ["remove what stands above the line of the columns' names"] if len(header) == 1 else []
        raise DataError(
            f"no column is named {' and none '.join(missing)}; the columns are {', '.join(map(short, header))}; "
            f"{''.join(f'{hint}; ' for hint in hints)}"
            f"name one so in the file's first line, or say which it is: environment: {{columns: {{{chosen}}}}}"
        )


def refuse_alike(bare: Mapping[str, str]) -> None:
    """Refuse columns that one name recognises, of which one would be read and the other not."""
    aliases = {alias for names in SINGLE.values() for alias in names}
    for spelled in dict.fromkeys(bare.values()):
        alike = [name for name, other in bare.items() if other == spelled]
        is_read = spelled in aliases or _OF_OPTION.fullmatch(spelled) or _OF_MISCONCEPTION.fullmatch(spelled)
        if len(alike) > 1 and is_read:
            raise DataError(f"the columns {' and '.join(map(short, alike))} say the same; rename or remove one")


def of_options(what: str, chosen: ColumnNames, bare: Mapping[str, str], pattern: re.Pattern[str]) -> dict[str, str]:
    """Return by label the columns of options or misconceptions: those that are chosen, or else recognised."""
    several = chosen.get(f"{what}s")
    if isinstance(several, list):
        return dict(zip(LETTERS, several, strict=False))
    labelled = {key.rpartition("_")[2]: str(name) for key, name in chosen.items() if key.startswith(f"{what}_")}
    if labelled:
        return labelled
    matches = {
        name: match[match.lastindex or 1] for name, spelled in bare.items() if (match := pattern.fullmatch(spelled))
    }
    digits = sum(label.isdigit() for label in matches.values())
    kept = {name: label for name, label in matches.items() if label.isdigit() == (digits * 2 > len(matches))}
    ordered = sorted(kept, key=lambda name: (len(kept[name]), kept[name]))
    return {kept[name]: name for name in ordered}


def flattened(values: Iterable[str | list[str]]) -> list[str]:
    """Return all column names that are chosen."""
    return [name for names in values for name in ([names] if isinstance(names, str) else names)]


def refuse_unknown(header: Sequence[str], chosen: ColumnNames) -> None:
    """Refuse a choice of columns that says nothing known, or names a column that there is not."""
    for what, names in chosen.items():
        if what not in SINGLE and not LABELLED.fullmatch(what):
            known = (*SINGLE, "option_a", "misconception_a")
            raise DataError(f"columns: {what!r} is nothing that a column can say; {nearest(what, known)}")
        if isinstance(names, list) and (what not in ("options", "misconceptions") or not 1 <= len(names) <= 10):
            raise DataError(f"columns: {what} is {names}; name one column, of options and misconceptions 1 to 10")
        for name in [names] if isinstance(names, str) else names:
            if name not in header:
                raise DataError(f"columns: there is no column {name!r} for {what}; {nearest(name, header)}")
