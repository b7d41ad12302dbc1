"""Reads YAML as untrusted input: plain values only, bounded, no key twice, and every key knows its file and line.

Scalars follow YAML 1.2's core schema, so `no` is a text, `1e-3` a number and a date a text.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from simulation.core.errors import ScenarioError

LARGEST_BYTES = 64 * 1024
MOST_NODES = 5_000
"""Counted after aliases are expanded, so that a few lines cannot stand for a billion."""
DEEPEST = 24
LONGEST_NUMBER = 300
"""Digits of a whole number: with more it is larger than any key takes, and than a fraction can be."""
LONGEST_SHOWN = 200
"""How many characters of an override are said again in a complaint about it."""

KeyPath = tuple[str, ...]


@dataclass(slots=True)
class Document:
    """A document as plain values, and where each key path was written."""

    name: str
    value: Any
    origins: dict[KeyPath, str] = field(default_factory=dict)
    folder: Path = Path()
    """Where the document lies."""
    folders: dict[KeyPath, Path] = field(default_factory=dict)
    """What was set from elsewhere, and from where."""

    def at(self, path: Sequence[str]) -> Any:
        """Return the value at a key path, or None where nothing is written (Any: whatever YAML holds)."""
        value = self.value
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def put(self, path: KeyPath, value: Any) -> None:
        """Set the value at a key path below which there is a mapping (Any: whatever YAML holds)."""
        *above, key = path
        self.at(above)[key] = value

    def replace(self, path: KeyPath, value: Any, source: "Document") -> None:
        """Set a value that another document says, with its places and its folder."""
        self.put(path, value)
        for places in (self.origins, self.folders):
            for below in [key for key in places if key[: len(path)] == path]:
                del places[below]
        self.origins |= {key: place for key, place in source.origins.items() if key[: len(path)] == path}
        self.folders[path] = source.folder

    def folder_of(self, path: KeyPath) -> Path:
        """Return the folder that a relative path written at `path` starts from."""
        set_above = (self.folders[path[:length]] for length in range(len(path), 0, -1) if path[:length] in self.folders)
        return next(set_above, self.folder)

    def where(self, path: Sequence[str | int]) -> str:
        """Return the place of `path`, or of the nearest written key above it."""
        return self.origins.get(self.written(path), self.name)

    def written(self, path: Sequence[str | int]) -> KeyPath:
        """Return the part of `path` that was written; segments that a validator put in between are skipped."""
        written: KeyPath = ()
        for part in path:
            if (*written, str(part)) in self.origins:
                written = (*written, str(part))
        return written


class _Loader(yaml.SafeLoader):
    """Composes nodes with a bounded depth; it constructs nothing."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # PyYAML's own protocol
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self.depth += 1
        if self.depth > DEEPEST:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # the stubs leave it untyped
            raise yaml.MarkedYAMLError(problem=f"nested deeper than {DEEPEST} levels", problem_mark=mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


_PREFIX = "tag:yaml.org,2002:"
for _tag, _pattern in (
    ("null", r"~|null|Null|NULL|"),
    ("bool", r"true|True|TRUE|false|False|FALSE"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"),
):
    _Loader.add_implicit_resolver(_PREFIX + _tag, re.compile(rf"(?:{_pattern})\Z"), None)


def read_file(path: Path) -> Document:
    """Read a YAML file; whatever is wrong with it is a `ScenarioError` with file and line."""
    try:
        if not path.is_file():
            raise ScenarioError(f"{path}: {'is not a file' if path.exists() else 'no such file'}")
        if path.stat().st_size > LARGEST_BYTES:
            raise ScenarioError(f"{path}: {path.stat().st_size} bytes; a scenario has at most {LARGEST_BYTES}")
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise ScenarioError(f"{str(path)!r}: cannot be read: {error}") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ScenarioError(
            f"{path}:{line}: byte {data[error.start]:#04x} is not UTF-8; save the file as UTF-8"
        ) from error
    source = read_text(text, str(path))
    source.folder = path.parent
    return source


def read_text(text: str, name: str) -> Document:
    """Read one YAML document; `name` stands in errors for the file."""
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        what = "; ".join(part for part in (error.context, error.problem) if part)
        raise ScenarioError(f"{name}{line}: {' '.join(what.split())}") from error
    except yaml.reader.ReaderError as error:
        number = text.count("\n", 0, error.position) + 1
        raise ScenarioError(f"{name}:{number}: the character {text[error.position]!r} cannot stand in YAML") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise ScenarioError(f"{name}: {' '.join(str(error).split())}") from error
    source = Document(name, None)
    if node is not None:
        source.value = _Reading(source).value(node, (), 0)
    return source


@dataclass(slots=True)
class _Reading:
    """Turns nodes into values, and counts them."""

    source: Document
    nodes: int = 0

    def value(self, node: yaml.Node, path: KeyPath, depth: int) -> Any:
        """Return the plain value of a node (Any: whatever YAML holds)."""
        self.source.origins.setdefault(path, self.place(node))
        self.nodes += 1
        if self.nodes > MOST_NODES or depth > DEEPEST:
            raise self.error(node, f"more than {MOST_NODES} values or {DEEPEST} levels once its aliases are expanded")
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node)
        if isinstance(node, yaml.SequenceNode):
            self.expect(node, "seq")
            return [self.value(item, (*path, str(index)), depth + 1) for index, item in enumerate(node.value)]
        self.expect(node, "map")
        return self.mapping(node, path, depth)

    def mapping(self, node: yaml.Node, path: KeyPath, depth: int) -> dict[str, Any]:
        """Return a mapping whose keys are texts, each written once."""
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                raise self.error(key_node, f"the key {getattr(key_node, 'value', '')!s:.40} is not a text; quote it")
            if key == "<<":
                raise self.error(key_node, "merge keys (<<) are not read here; write the keys out")
            if key in values:
                first = self.source.origins[(*path, key)]
                raise self.error(key_node, f"the key {key!r} is written twice, first at {first}; keep one")
            self.source.origins[(*path, key)] = self.place(key_node)
            values[key] = self.value(value_node, (*path, key), depth + 1)
        return values

    def scalar(self, node: yaml.ScalarNode) -> Any:
        """Return a text, a number, a boolean or None."""
        text: str = node.value
        tag = node.tag.removeprefix(_PREFIX)
        try:
            if tag == "int" and len(text) > LONGEST_NUMBER:
                raise self.error(node, f"{text[:20]!r}… is a number of {len(text)} digits; write a smaller one")
            if tag == "int":
                return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
            if tag == "float":
                return float(text)
            if tag == "bool":
                return {"true": True, "false": False}[text.lower()]
            text.encode()
        except (ValueError, KeyError) as error:
            raise self.error(node, f"{text[:40]!r} cannot be read as {tag}") from error
        if tag == "null":
            return None
        self.expect(node, "str")
        if any(ord(character) < 32 and character not in "\n\t" for character in text):
            raise self.error(node, f"{text[:40]!r} holds a control character")
        return text

    def expect(self, node: yaml.Node, kind: str) -> None:
        """Refuse every tag but the plain one."""
        if node.tag != _PREFIX + kind:
            raise self.error(node, f"the tag {node.tag!r} is not allowed; write plain values only")

    def place(self, node: yaml.Node) -> str:
        """Return "file:line" of a node."""
        return f"{self.source.name}:{node.start_mark.line + 1}"

    def error(self, node: yaml.Node, what: str) -> ScenarioError:
        """Return the error to raise about a node."""
        return ScenarioError(f"{self.place(node)}: {what}")


def override(source: Document, text: str, folder: Path | None = None) -> None:
    """Apply a dotted override such as `ask.questions=80` to `source`; the value is read as YAML.

    Paths in it start from `folder`, by default where this program was started.
    """
    name = f"override {text!r}" if len(text) <= LONGEST_SHOWN else f"override {text[:LONGEST_SHOWN]!r}…"
    dotted, equals, written = text.partition("=")
    path = tuple(part.strip() for part in dotted.split("."))
    if not equals or not all(path):
        raise ScenarioError(f"{name}: write KEY=VALUE or KEY.KEY=VALUE, for example ask.questions=80")
    if path[0] == "base":
        raise ScenarioError(f"{name}: a base is named in the file alone; name another file, or write one")
    read = read_text(written, name)
    parent = source.value
    for depth, part in enumerate(path[:-1], start=1):
        child = parent.get(part)
        if child is None or isinstance(child, str):
            child = {} if child is None else {"name": child}
            parent[part] = child
            source.origins.setdefault(path[:depth], name)
        if not isinstance(child, dict):
            raise ScenarioError(f"{name}: {'.'.join(path[:depth])} is {child!r:.40} and has no keys; set it as a whole")
        parent = child
    replacing = Document(name, None, {(*path, *below): name for below in (*read.origins, ())}, folder or Path.cwd())
    source.replace(path, read.value, replacing)


def finite(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the path of every number in `value` that is infinite or not a number."""
    if isinstance(value, float) and not abs(value) < float("inf"):
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from finite(item, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from finite(item, (*path, str(index)))
