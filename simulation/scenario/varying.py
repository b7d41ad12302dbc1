"""What varies in a comparison: the overrides of each variant, and the label that it is known by."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from simulation.core.errors import ScenarioError
from simulation.scenario.reading import read_text
from simulation.scenario.scenario import PARTS, PRESET

_TELLING = {PRESET, *(path[-1] for path, _ in PARTS)}
"""Last words of keys of which a name says what varies, such as the policy of "ask.policy"."""


def variants(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield from `KEY=VALUE,VALUE` overrides and a label for each value; `KEY,KEY=VALUE` sets both alike."""
    refuse_unlisted(text)
    key, _, written = text.partition("=")
    values = read_text(f"[{written}]", f"--vary {text!r}").value
    texts = [json.dumps(value) for value in values]
    if twice := [text for text in texts if texts.count(text) > 1]:
        raise ScenarioError(f"--vary {written!r:.200} has {twice[0]:.40} twice; write each value once")
    for value in values:
        yield overridden(key, value), labelled(key, value)


def refuse_unlisted(text: str) -> None:
    """Refuse what is no KEY=VALUE,VALUE, or of a key that cannot vary."""
    key, equals, written = text.partition("=")
    name = f"--vary {text!r:.200}"
    if not equals or not key.strip() or not written.strip():
        raise ScenarioError(f"{name}: write KEY=VALUE,VALUE, for example ask.policy=random,category")
    if written.rstrip().endswith(","):
        raise ScenarioError(f"{name}: a value is missing after the last comma; write the values without blanks between")
    refuse_shared(name, key)


def refuse_shared(where: str, key: str) -> None:
    """Refuse to vary what all that is compared has alike."""
    for name in names(key):
        if name == "seed":
            raise ScenarioError(f"{where}: seeds are not varied but repeated; use --seeds")
        if name == "name":
            raise ScenarioError(f"{where}: a name changes nothing that is played; vary another key")
        if name in ("turns", "evaluate.every"):
            raise ScenarioError(
                f"{where}: {name} cannot vary, because all that is compared is measured at the same turns; set it for "
                f"all, such as {name}=20, and read what fewer turns give off the learning curves"
            )


def names(key: str) -> list[str]:
    """Return the dotted keys that are set alike."""
    return [part.strip() for part in key.split(",")]


def overridden(key: str, value: object) -> tuple[str, ...]:
    """Return an override for each of the keys."""
    return tuple(f"{name}={json.dumps(value)}" for name in names(key))


def listed(key: str, values: Sequence[object] | Mapping[str, object]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield overrides and a label for each value that a scenario file compares."""
    pairs = values.items() if isinstance(values, Mapping) else [(labelled(key, value), value) for value in values]
    for label, value in pairs:
        yield overridden(key, value), label_of(label)


def labelled(key: str, value: object) -> str:
    """Return a short name of a value at a key: a component or a preset says what it is, all else needs its key."""
    last_words = {name.rpartition(".")[2] for name in names(key)}
    if isinstance(value, str | dict) and last_words <= _TELLING:
        return label_of(value)
    short = ",".join(".".join(name.split(".")[-2:]) for name in names(key))
    return f"{label_of(short)}={label_of(value)}"


def label_of(value: object) -> str:
    """Return a short name of a value: of a component its name, and in brackets its parameters."""
    if isinstance(value, dict):
        rest = ",".join(f"{key}={label_of(inner)}" for key, inner in value.items() if key != "name")
        text = f"{value.get('name', '')}({rest})" if rest else str(value.get("name", ""))
    else:
        text = json.dumps(value) if isinstance(value, list | bool) or value is None else str(value)
    return re.sub(r"[^A-Za-z0-9_.,=()+-]+", "_", text).strip("_") or "empty"
