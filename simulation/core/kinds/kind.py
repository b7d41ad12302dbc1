"""What every kind of form and key has, and how a record of it is read back."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec

from simulation.core.errors import DataError, nearest

S = TypeVar("S", bound=msgspec.Struct)


class Form(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="text", cache_hash=True):
    """What an answer may look like, shown to the student; this one is free text."""

    @property
    def alternatives(self) -> tuple[str, ...]:
        """What can be answered, word for word and in the order laid out; none where an answer is written freely."""
        return ()

    @property
    def opening(self) -> str:
        """The text that an answer continues, part of the prompt; "" where an answer begins anew."""
        return ""

    @property
    def several(self) -> bool:
        """Whether an answer is a list of several, of which each may be good."""
        return False


class Key(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="none", cache_hash=True):
    """What only judges know of a question, never shown to a student; this one is nothing."""

    @property
    def reference(self) -> str | None:
        """The gold answer, for judges and controls."""
        return None

    @property
    def references(self) -> tuple[str, ...]:
        """Every gold answer that is known, the reference first."""
        return () if self.reference is None else (self.reference,)

    @property
    def reveals(self) -> tuple[str, ...]:
        """What each of the form's alternatives reveals of who takes it; none where nobody wrote that down."""
        return ()


FREE_TEXT = Form()
NOTHING = Key()


def read(base: type[S], record: Mapping[str, Any]) -> S:
    """Return the form or key that a record holds (Any: JSON values); raises DataError where its kind is unknown."""
    kinds = tags(base)
    tag = record.get("kind")
    if tag not in kinds:
        raise DataError(
            f"no {base.__name__.lower()} is of kind {tag!r}; {nearest(str(tag), kinds)}; import the module that has it"
        )
    try:
        return msgspec.convert(record, kinds[tag])
    except msgspec.ValidationError as error:
        raise DataError(f"a {base.__name__.lower()} of kind {tag!r} cannot be read: {error}") from error


def tags(base: type[S]) -> dict[str, type[S]]:
    """Return every kind of form or key by its tag, those of other modules that are imported included."""
    import_all()
    return {str(kind.__struct_config__.tag): kind for kind in descent(base)}


def descent(base: type[S]) -> Iterator[type[S]]:
    """Yield a class and all that extend it."""
    yield base
    for extension in base.__subclasses__():
        yield from descent(extension)


@cache
def import_all() -> None:
    """Import the modules beside this one."""
    package_name = __name__.rpartition(".")[0]
    for module in pkgutil.iter_modules(importlib.import_module(package_name).__path__):
        importlib.import_module(f"{package_name}.{module.name}")
