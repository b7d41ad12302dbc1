"""Waits for an answer from elsewhere no longer than one has patience."""

from collections.abc import Callable
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def answered_within(seconds: float, ask: Callable[[], T]) -> T | None:
    """Return what is answered, or None where nothing is in time; what asking raises is raised.

    A question that is not answered goes on in a thread that keeps no process alive: the system's own look-up of a
    host's address, for one, keeps to no limit of ours.
    """
    answers: list[T] = []
    failures: list[BaseException] = []

    def asking() -> None:
        try:
            answers.append(ask())
        except BaseException as error:  # noqa: BLE001  # raised again where somebody waits for it
            failures.append(error)

    thread = Thread(target=asking, daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    return answers[0] if answers else None
