"""Which keys are set from outside a scenario's file: none twice, and none both as a whole and in part."""

import re
from collections.abc import Iterable

from simulation.core.errors import ScenarioError
from simulation.scenario.document import KeyPath

MANY = "preset"
"""The one key that may be set several times: each preset sets what it names."""


def key_path(text: str) -> KeyPath:
    """Return the key that an override KEY=VALUE sets."""
    return tuple(part.strip() for part in text.partition("=")[0].split("."))


def refuse_twice(settings: Iterable[tuple[KeyPath, str]]) -> None:
    """Refuse two settings of which one would be dropped without a word; each is a key and the words that set it."""
    earlier: list[tuple[KeyPath, str]] = []
    for key, words in settings:
        for other_key, other_words in earlier if key != (MANY,) else ():
            if key == other_key:
                raise ScenarioError(
                    f"{'.'.join(key)} is set twice, by {other_words!r:.80} and by {words!r:.80}; keep one of them"
                )
            if key[: len(other_key)] == other_key or other_key[: len(key)] == key:
                raise whole_and_part((other_key, other_words), (key, words))
        earlier.append((key, words))


def whole_and_part(*settings: tuple[KeyPath, str]) -> ScenarioError:
    """Return what is to be said of two settings of which one lies below the other."""
    (key, whole), (below, part) = sorted(settings, key=lambda setting: len(setting[0]))
    dotted, name = ".".join(key), whole.partition("=")[2].strip()
    remedy = "keep one of them"
    if re.fullmatch(r"[\w:/.-]+", name) and below[len(key)] != "name":
        remedy = f"write {dotted}.name={name} in place of the first"
    return ScenarioError(
        f"{dotted} is set as a whole by {whole!r:.80} and in part by {part!r:.80}, of which one would be lost; {remedy}"
    )
