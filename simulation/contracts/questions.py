"""What a question must be before anybody is asked it, and the view through which a large pool is looked at."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import overload

from simulation.contracts.boundary import breach, raised, shortened
from simulation.contracts.records import fitted
from simulation.core.errors import ContractError
from simulation.core.kinds.items import Items
from simulation.core.kinds.kind import Key
from simulation.core.kinds.options import Options
from simulation.core.kinds.program_tests import Tests
from simulation.core.kinds.taken import Chances, Taken
from simulation.core.templates import letter
from simulation.core.types import Question

KIND = "environment"
MOST_REMEMBERED = 1 << 14
_GOOD: dict[str, Question] = {}
"""Questions that were looked at and found good, by id: they come again and again."""


def good_question(name: str, question: object) -> Question:
    """Return a question that can be put, its lists made tuples; raises ContractError, naming environment and id."""
    if type(question) is Question and type(question.id) is str and _GOOD.get(question.id) is question:
        return question
    checked = checked_question(name, question)
    if len(_GOOD) >= MOST_REMEMBERED:
        _GOOD.clear()
    _GOOD[checked.id] = checked
    return checked


def checked_question(name: str, question: object) -> Question:
    """Return what `good_question` does, without remembering it."""
    of = f"of id {shortened(question.id)}" if isinstance(question, Question) else ""
    checked = fitted(KIND, name, question, Question, of)
    if not checked.id:
        raise breach(KIND, name, "gave a question whose id is ''", "name each question by an id of its own")
    refuse_form(name, checked)
    refuse_key(name, checked)
    return checked


def wrong(name: str, question: Question, what: str, remedy: str) -> ContractError:
    """Return the error of a question."""
    return breach(KIND, name, f"gave question {question.id!r} {what}", remedy)


def refuse_form(name: str, question: Question) -> None:
    """Refuse alternatives that nobody could choose among."""
    form, alternatives = question.form, question.form.alternatives
    if len(set(alternatives)) < len(alternatives):
        twice = next(text for place, text in enumerate(alternatives) if text in alternatives[:place])
        raise wrong(name, question, f"with {shortened(twice)} twice among its alternatives", "let each differ")
    if isinstance(form, Options) and len(alternatives) < 2:
        raise wrong(name, question, f"with {len(alternatives)} options", "give two at least, or none: Form()")
    if isinstance(form, Items) and not 1 <= form.count <= len(alternatives):
        what = f"that asks for {form.count} of {len(alternatives)} items"
        raise wrong(name, question, what, "let count be one at least, and at most as many as there are")


def refuse_key(name: str, question: Question) -> None:
    """Refuse a key that does not belong to the question's form."""
    key, alternatives = question.key, question.form.alternatives
    if alternatives and key.reference is not None and not names_one(key, alternatives):
        what = f"whose reference {shortened(key.reference)} is none of its alternatives {shortened(alternatives)}"
        raise wrong(name, question, what, "make it one of them, word for word")
    if key.reveals and len(key.reveals) != len(alternatives):
        what = f"with {len(key.reveals)} reveals for {len(alternatives)} alternatives"
        raise wrong(name, question, what, "let the key say of each alternative what it reveals, or of none")
    if isinstance(key, Chances):
        if len(key.chances) != len(alternatives):
            what = f"with {len(key.chances)} chances for {len(alternatives)} alternatives"
            raise wrong(name, question, what, "give one an alternative")
        if bad := [chance for chance in key.chances if not 0 <= chance <= 1]:
            raise wrong(name, question, f"with the chance {bad[0]}", "a chance lies between 0 and 1")
    if isinstance(key, Tests) and not key.tests:
        raise wrong(name, question, "with a key of no tests", "give it a test, or another key")


def names_one(key: Key, alternatives: Sequence[str]) -> bool:
    """Tell whether a key's reference is one of the alternatives: by its text or number, or by its letter."""
    reference = key.reference or ""
    if reference in alternatives:
        return True
    if isinstance(key, Taken):
        return False
    letters = [letter(place) for place in range(len(alternatives))]
    return bare(reference) in [*map(bare, alternatives), *letters]


def bare(text: str) -> str | Fraction:
    """Return a text without what does not tell answers apart, or the number it is."""
    plain = "".join(text.casefold().split()).rstrip(".;").replace(",", "")
    try:
        return Fraction(plain) if len(plain) < 100 else plain
    except (ValueError, ZeroDivisionError):
        return plain


class LookedAt(Sequence[Question]):
    """A pool whose questions are checked when they are looked at, because there are too many to look at all."""

    def __init__(self, name: str, questions: Sequence[Question], evaluated: frozenset[str]) -> None:
        self._name, self._questions, self._evaluated = name, questions, evaluated

    @overload
    def __getitem__(self, index: int) -> Question: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Question]: ...
    def __getitem__(self, index: int | slice) -> Question | Sequence[Question]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        try:
            question = self._questions[index]
        except Exception as error:
            raise raised(KIND, self._name, error) from error
        return self._checked(question)

    def _checked(self, question: Question) -> Question:
        question = good_question(self._name, question)
        if question.id in self._evaluated:
            raise leak(self._name, [question.id])
        return question

    def __iter__(self) -> Iterator[Question]:
        return map(self.__getitem__, range(len(self)))

    def __len__(self) -> int:
        return len(self._questions)


def leak(name: str, ids: Sequence[str]) -> ContractError:
    """Return the error of questions that may be asked and are also measured on."""
    others = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
    what = f"has question {ids[0]!r}{others} both in its pool and among those that measure"
    return breach(KIND, name, what, "keep pool, probe and held_out apart, or every figure is worthless")
