"""A question as its file says it, and what is made of it: checked, marked right, named by what it asks."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from environments.row_files import short
from environments.worked_problems import BOX, MARK, ended
from simulation.core.errors import DataError
from simulation.core.kinds.accepted import Accepted
from simulation.core.kinds.kind import Key
from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.kinds.remarked import Remarked, RemarkedAccepted
from simulation.core.templates import letter
from simulation.core.types import Question

Way = Literal["text", "letter", "number", "index"]
"""How `correct` names the right option: word for word, by its letter, by its number from 1, by its number from 0."""
WAYS: tuple[Way, ...] = ("text", "letter", "number")
"""Those that are tried where nothing is said; a number from 0 has to be said."""
FEWEST, MOST = 2, 10
"""Options of a question that has any."""
NO_REMARK = ("", "-", "–", "right", "correct")
"""What may stand where the misconception of the right option would."""
NO_CATEGORY = "no category"
"""The category of a question whose file says none."""
_LETTER = re.compile(r"\(?(?:option[\s_]*)?([a-z]|\d{1,2})\s*[).:]?", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30}|/\d{1,30})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A question as it is written."""

    prompt: str
    options: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    """Parallel to the options: the letter or number by which the file calls each."""
    misconceptions: tuple[str, ...] = ()
    """Parallel to the options, "" where nothing is written; none where the file has no place for them."""
    correct: str
    """The right option, by its text, letter or number; without options the right answer."""
    others: tuple[str, ...] = ()
    """Without options: what is right too."""
    tolerance: float = 0.0
    """Without options: how far a number may be from the right one."""
    tags: tuple[str, ...] = ()
    """Its category and its skill, where they are written."""
    title: str = ""
    """How the file calls it."""
    praise: str = ""
    """What the file tells who is right."""
    by_text: bool = False
    """Whether `correct` is the right option word for word, whatever else it could name."""

    def places(self, way: Way) -> list[int]:
        """Return the places of the options that `correct` names in one way."""
        if self.by_text and way != "text":
            return []
        if way == "text":
            return [place for place, option in enumerate(self.options) if value(option) == value(self.correct)]
        match = _LETTER.fullmatch(self.correct.strip())
        if match is None:
            return []
        name = match[1].casefold()
        if way == "index":
            return [int(name)] if name.isdigit() and int(name) < len(self.options) else []
        if way == "letter":
            return [place for place, label in enumerate(self.labels) if label.casefold() == name and not name.isdigit()]
        numbers = self.labels if all(label.isdigit() for label in self.labels) else map(str, range(1, MOST + 1))
        return [place for place, number in zip(range(len(self.options)), numbers, strict=False) if number == name]


def plain(text: str) -> str:
    """Return a text without what does not tell answers apart to a reader: case and blanks."""
    return " ".join(text.split()).casefold()


def value(text: str) -> str | Fraction:
    """Return what an option comes to: the number it is, or its plain text."""
    bare = plain(text).replace(" ", "")
    try:
        return Fraction(bare) if _NUMBER.fullmatch(bare) else plain(text)
    except ZeroDivisionError:
        return plain(text)


def leading_way(drafts: Iterable[Draft]) -> Way | None:
    """Return how most of a file's rows name their right option; None where two ways name as many."""
    counts: dict[Way, int] = dict.fromkeys(WAYS, 0)
    for draft in drafts:
        for way in WAYS:
            counts[way] += bool(draft.options) and len(draft.places(way)) == 1
    first, second, _ = sorted(WAYS, key=lambda way: -counts[way])
    return first if counts[first] > counts[second] else None


def question_of(draft: Draft, way: Way | None, *, fixed: bool = False) -> Question:
    """Return the question that a draft is; raises DataError with the reason where it is none.

    `way` decides where `correct` could be read in two ways; where it is `fixed`, no other is tried.
    """
    if not draft.prompt.strip():
        raise DataError("the question is empty; write what is asked, or remove the row")
    refuse_surrogates(draft)
    prompt = draft.prompt.strip()
    category, *skills = [" ".join(tag.split()) for tag in draft.tags] or [""]
    tags = (category or NO_CATEGORY, *filter(None, skills))
    if not draft.options:
        return Question(id=named((plain(prompt),)), prompt=prompt, key=remarked(free_key(draft), draft), tags=tags)
    refuse_options(draft.options)
    place = right_place(draft, way, fixed=fixed)
    options = tuple(option.strip() for option in draft.options)
    return Question(
        id=named((plain(prompt), *sorted(map(plain, options)))),
        prompt=prompt,
        form=Options(choices=options),
        key=remarked(Reference(answer=options[place], reveals=reveals(draft, place)), draft),
        tags=tags,
    )


def remarked(key: Reference | Accepted, draft: Draft) -> Key:
    """Return a key with what the file says of the question besides; itself where that is nothing."""
    title, praise = (" ".join(text.split()) for text in (draft.title, draft.praise))
    if not title and not praise:
        return key
    if isinstance(key, Accepted):
        return RemarkedAccepted(answers=key.answers, tolerance=key.tolerance, title=title, praise=praise)
    return Remarked(answer=key.answer, reveals=key.reveals, title=title, praise=praise)


def free_key(draft: Draft) -> Reference | Accepted:
    """Return what is right where there are no options; raises DataError where nothing is."""
    answer = draft.correct.strip()
    if not answer:
        raise DataError("it has neither options nor a right answer; write the answer into correct")
    answer = ended(answer, "correct") if MARK in answer or BOX in answer else answer
    others = {plain(other): other.strip() for other in draft.others if other.strip() and plain(other) != plain(answer)}
    if not others and not draft.tolerance:
        return Reference(answer=answer)
    return Accepted(answers=(answer, *others.values()), tolerance=draft.tolerance)


def named(content: Sequence[str]) -> str:
    """Return an id that is a hash of what is asked, so that it is the same wherever the row lies."""
    return f"own-{hashlib.sha256(chr(10).join(content).encode()).hexdigest()[:16]}"


def refuse_surrogates(draft: Draft) -> None:
    """Refuse text that no file could hold."""
    remarks = (draft.title, draft.praise, *draft.misconceptions)
    for text in (draft.prompt, draft.correct, *draft.options, *remarks, *draft.tags):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise DataError(f"holds half a surrogate pair: {short(text)}; write the character anew") from None


def refuse_options(options: Sequence[str]) -> None:
    """Refuse options that are too few, too many, empty, or that nobody could tell apart."""
    if not FEWEST <= len(options) <= MOST:
        raise DataError(f"it has {len(options)} option(s); give {FEWEST} to {MOST}, or none and the answer in correct")
    empty = [letter(place) for place, option in enumerate(options) if not option.strip()]
    if empty:
        raise DataError(f"option {', '.join(empty)} is empty; fill it, or leave out the last ones")
    places: dict[str | Fraction, int] = {}
    for place, option in enumerate(options):
        if value(option) in places:
            first = places[value(option)]
            texts = f"{short(options[first])} and {short(option)}"
            raise DataError(f"options {letter(first)} and {letter(place)} are equal, {texts}; change one of them")
        places[value(option)] = place


def right_place(draft: Draft, way: Way | None, *, fixed: bool) -> int:
    """Return the place of the right option."""
    if not draft.correct.strip():
        raise DataError("correct is empty; write the right option's letter, number or text")
    tried = (way,) if fixed and way is not None else WAYS
    named_places = {by: places[0] for by in tried if len(places := draft.places(by)) == 1}
    if not named_places:
        labels = ", ".join(f"{label}) {short(text)}" for label, text in zip(draft.labels, draft.options, strict=True))
        by = f" as {way}" if fixed else ""
        counted = not fixed and draft.correct.strip() == "0"
        remedy = "correct it, or where options count from 0 add correct_is: index" if counted else "correct it"
        raise DataError(f"correct {short(draft.correct)} names none of the options{by}: {labels}; {remedy}")
    if len(set(named_places.values())) == 1:
        return next(iter(named_places.values()))
    if way in named_places:
        return named_places[way]
    readings = " and ".join(f"by {by} option {letter(place)}" for by, place in named_places.items())
    raise DataError(f"correct {short(draft.correct)} names {readings}; set correct_is: {' or '.join(named_places)}")


def reveals(draft: Draft, right: int) -> tuple[str, ...]:
    """Return what each option reveals, "" where nobody wrote it down; nothing at all where no option says it."""
    remarks = [" ".join(remark.split()) for remark in draft.misconceptions] or [""] * len(draft.options)
    if plain(remarks[right]) not in NO_REMARK:
        what = f"a misconception is written beside the right option {letter(right)}: {short(remarks[right])}"
        raise DataError(f"{what}; remove it, or correct which option is right")
    named_ones = [remark for place, remark in enumerate(remarks) if remark and place != right]
    return tuple("right" if place == right else remark for place, remark in enumerate(remarks)) if named_ones else ()
