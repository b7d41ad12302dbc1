"""What stands for an object of the program can ask the candidate for."""

from typing import Any, NoReturn, Protocol


class Asking(Protocol):
    """The way to the candidate."""

    def operate(self, index: int, name: str, arguments: tuple[object, ...], named: dict[str, object]) -> Any:
        """Have the candidate use a special method, whose result is anything."""

    def get(self, index: int, name: str) -> object:
        """Return an attribute."""

    def change(self, index: int, name: str, *value: object) -> None:
        """Set an attribute, or delete it where no value is given."""

    def construct(self, kind: Any, arguments: tuple[object, ...], named: dict[str, object]) -> object:
        """Call a class."""

    def held(self, index: int) -> Any:
        """Return what an object holds of the builtin type that its class extends."""

    def copied(self, index: int, deep: bool) -> object:
        """Return a copy of an object."""

    def awaited(self, index: int) -> object:
        """Return a coroutine that runs one of the program's."""

    def leave(self, index: int, error: BaseException | None) -> bool:
        """Say whether the end of a `with` keeps an exception to itself."""

    def note(self, kind: str) -> None:
        """Remember that a test has looked at an object that can be equal to no value."""

    def refuse(self, why: str) -> NoReturn:
        """Say that an answer is none."""
