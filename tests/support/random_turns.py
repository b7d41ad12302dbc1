"""Random turns for property tests, drawn from the core types' annotations, so that a new field is tested at once."""

import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

from simulation.core.kinds.kind import descent, import_all
from simulation.core.types import Attempt, Experience, Question, Selection, Turn

TEXT = st.text(st.characters(), max_size=8)
"""Any characters at all, halves of surrogate pairs and NUL among them."""
LEAVES: Mapping[Any, st.SearchStrategy[Any]] = {
    float: st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(allow_nan=False, allow_infinity=False, width=32),
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
    str: TEXT,
}


def drawn(hint: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for an annotation of the core types."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in LEAVES:
        return LEAVES[hint]
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        inner = [drawn(each) for each in arguments if each is not type(None)]
        return st.one_of(*([st.none()] if type(None) in arguments else []), *inner)
    if origin is tuple:
        return st.lists(drawn(arguments[0]), max_size=3).map(tuple)
    if origin is Mapping:
        return st.dictionaries(TEXT, drawn(arguments[1]), max_size=2)
    if origin is Selection:
        return instances(Selection, item=drawn(arguments[0]))
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return records(hint)
    assert is_dataclass(hint), hint
    return instances(hint)


def records(base: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Return a strategy for a form, a key or a part of one: of every kind in core, not of those that tests make."""
    import_all()
    kinds = [kind for kind in descent(base) if kind.__module__.startswith("simulation.core.kinds.")]
    return st.one_of(
        [st.builds(kind, **{field.name: drawn(field.type) for field in msgspec.structs.fields(kind)}) for kind in kinds]
    )


def instances(cls: Any, **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for a dataclass, some of whose fields are given."""
    hints = get_type_hints(cls)
    others = {each.name: drawn(hints[each.name]) for each in fields(cls) if each.name not in given}
    return st.builds(cls, **others, **given)


def attempts_at(count: int) -> st.SearchStrategy[tuple[Attempt, ...]]:
    """Return a strategy for further answers to some of so many experiences, in the order in which turns hold them."""
    places = st.lists(
        st.tuples(st.integers(2, 3), st.integers(0, max(0, count - 1))), unique=True, max_size=2 * bool(count)
    )
    return places.map(sorted).flatmap(
        lambda chosen: st.tuples(
            *[instances(Attempt, number=st.just(number), position=st.just(place)) for number, place in chosen]
        )
    )


EXPERIENCES = st.lists(drawn(Experience), max_size=2)
REASONS = instances(Selection, item=st.none())
TURNS = instances(
    Turn,
    picks=st.lists(instances(Selection, item=drawn(Question)), max_size=2).map(tuple),
    experiences=st.none(),
    lessons=st.none(),
    attempts=st.none(),
)


@st.composite
def rounds(draw: st.DrawFn, students: Sequence[str]) -> list[tuple[Turn, ...]]:
    """Draw up to two turns of every student; lessons are experiences of this turn or an earlier one."""
    past: dict[str, list[Experience]] = {student: [] for student in students}
    played = []
    for number in range(draw(st.integers(1, 2))):
        turns = []
        for student in students:
            experiences = tuple(
                replace(each, turn=number, position=position) for position, each in enumerate(draw(EXPERIENCES))
            )
            past[student] += experiences
            indices = st.lists(st.integers(0, len(past[student]) - 1), max_size=2) if past[student] else st.just([])
            lessons = tuple(replace(draw(REASONS), item=past[student][index]) for index in draw(indices))
            known = {
                "turn": number,
                "student": student,
                "experiences": experiences,
                "lessons": lessons,
                "attempts": draw(attempts_at(len(experiences))),
            }
            turns.append(replace(draw(TURNS), **known))
        played.append(tuple(turns))
    return played
