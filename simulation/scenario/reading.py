"""Reads YAML as untrusted input: plain values only, bounded, no key twice, and every key knows its file and line.

Scalars follow YAML 1.2's core schema, so `no` is a text, `1e-3` a number and a date a text.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from simulation.core.errors import ScenarioError
from simulation.scenario.document import OVERRIDE, Document, KeyPath
from simulation.scenario.yaml_problems import MISPLACED, line_of, misplaced, misplaced_near, words_of

LARGEST_BYTES = 64 * 1024
MOST_NODES = LARGEST_BYTES // 2
"""What a file can hold at most where each value is written out; aliases, which are expanded, can stand for no more, so
that a few lines cannot stand for a billion."""
DEEPEST = 24
LONGEST_NUMBER = 300
"""Digits of a whole number: with more it is larger than any key takes, and than a fraction can be."""
LONGEST_SHOWN = 200
"""How many characters of an override are said again in a complaint about it."""
YAML_ENDINGS = (".yaml", ".yml")


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


class _Unbounded(_Loader):
    """Composes nodes of any depth, of a text that we wrote ourselves.

    Earlier versions quoted only what YAML 1.1 takes for something else: what it takes for a text was one, as 12e-1 was.
    """

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        # the stubs leave resolvers untyped
        tag: str = super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]
        earlier: str = _EARLIER.resolve(kind, value, implicit)  # type: ignore[no-untyped-call]
        return tag if tag == earlier else f"{_PREFIX}str"

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        return yaml.SafeLoader.compose_node(self, parent, index)


_EARLIER = yaml.resolver.Resolver()
"""How YAML 1.1 tells plain values."""


class _Writer(yaml.SafeDumper):
    """Quotes each text that either this reader or one of YAML 1.1 would take for something else."""


def written_out(value: object) -> str:
    """Return plain values as YAML that `read_text` reads back equal, as do readers of YAML 1.1."""
    text: str = yaml.dump(value, Dumper=_Writer, sort_keys=False, allow_unicode=True)
    return text


_PREFIX = "tag:yaml.org,2002:"
_MISPLACED_TAG = "misplaced"
"""Of what has no quotes and holds what only looks like a space: it is refused where it is read."""
for _tag, _pattern in (
    ("null", r"~|null|Null|NULL|"),
    ("bool", r"true|True|TRUE|false|False|FALSE"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"),
    (_MISPLACED_TAG, MISPLACED),
):
    _Loader.add_implicit_resolver(_PREFIX + _tag, re.compile(rf"(?:{_pattern})\Z"), None)
    _Writer.add_implicit_resolver(_PREFIX + _tag, re.compile(rf"(?:{_pattern})\Z"), None)


def read_file(path: Path) -> Document:
    """Read a YAML file of keys; whatever is wrong with it is a `ScenarioError` with file and line."""
    try:
        if not path.is_file():
            raise ScenarioError(no_file(path))
        size = path.stat().st_size
        data = path.read_bytes() if size <= LARGEST_BYTES else b""
    except OSError as error:
        raise ScenarioError(f"{path!s:.200}: cannot be read: {error.strerror}; correct its permissions") from error
    except ValueError as error:
        raise ScenarioError(f"{str(path)!r:.200}: {error}; correct the path") from error
    try:
        if size > LARGEST_BYTES:
            raise ScenarioError(f"{path}: {size} bytes; a scenario has at most {LARGEST_BYTES}, so write less")
        return keys_of(decoded(data, path), path)
    except ScenarioError as error:
        if path.suffix.lower() in YAML_ENDINGS:
            raise
        reason = str(error).removeprefix(f"{path}:").strip()
        what = "is no scenario, which is a YAML file of keys such as name and turns"
        raise ScenarioError(f"{path}: {what} ({reason}); name one") from error


def no_file(path: Path) -> str:
    """Say of what is no file what to name in its place."""
    if not path.is_dir():
        return f"{path}: {'is not a file' if path.exists() else 'no such file'}; name a scenario file"
    inside = sorted(one for one in path.iterdir() if one.suffix in YAML_ENDINGS)
    return f"{path}: is a folder; name a scenario file{f' in it, such as {inside[0]}' if inside else ''}"


def decoded(data: bytes, path: Path) -> str:
    """Return the text of a file."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"byte {data[error.start]:#04x} is not UTF-8; save the file as UTF-8"
        raise ScenarioError(f"{path}:{line}: {what}") from error


def keys_of(text: str, path: Path) -> Document:
    """Return the document of a file's text, which is a mapping of keys."""
    source = read_text(text, str(path))
    source.folder = path.parent
    if not isinstance(source.value, dict):
        content = {list: "a list", type(None): "empty"}.get(type(source.value), "a single value")
        what = f"a scenario is a mapping of keys such as name and turns, this file is {content}"
        raise ScenarioError(f"{path}:1: {what}; write them, one a line")
    return source


def read_text(text: str, name: str, *, bounded: bool = True) -> Document:
    """Read one YAML document; `name` stands in errors for the file. What we wrote ourselves is not `bounded`."""
    at = "" if name.startswith(("override ", "--vary ")) else ":{}"
    try:
        loader = (_Loader if bounded else _Unbounded)(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        number, words = misplaced_near(text, error) or (line_of(error), words_of(error))
        raise ScenarioError(f"{name}{at.format(number) if number else ''}: {words}") from error
    except yaml.reader.ReaderError as error:
        place = at.format(text.count("\n", 0, error.position) + 1)
        what = f"the character {text[error.position]!r} cannot stand in YAML; remove it"
        raise ScenarioError(f"{name}{place}: {what}") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise ScenarioError(f"{name}: {' '.join(str(error).split())}; correct the text") from error
    source = Document(name, None)
    if node is not None:
        source.value = _Reading(source, at, bounded).value(node, (), 0)
    return source


def number_in(text: str) -> object:
    """Return the number that this reader takes a text for which earlier versions left without quotes, else the text."""
    if not re.fullmatch(r"[-+]?\.?[0-9][-+.\w]{0,80}", text):
        return text
    ours, earlier = (read_text(text, text, bounded=bounded).value for bounded in (True, False))
    return ours if isinstance(earlier, str) else text


@dataclass(slots=True)
class _Reading:
    """Turns nodes into values, and counts them."""

    source: Document
    at: str
    """How a line stands in a place; in an override there is but one."""
    bounded: bool
    nodes: int = 0

    def value(self, node: yaml.Node, path: KeyPath, depth: int) -> Any:
        """Return the plain value of a node (Any: whatever YAML holds)."""
        self.source.origins.setdefault(path, self.place(node))
        self.nodes += 1
        if self.bounded and (self.nodes > MOST_NODES or depth > DEEPEST):
            most = f"more than {MOST_NODES} values or {DEEPEST} levels once its aliases are expanded"
            raise self.error(node, f"{most}; write fewer")
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
                raise self.error(key_node, no_text(getattr(key_node, "value", ""), value_node))
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
        if tag == _MISPLACED_TAG and (words := misplaced(text)):
            raise self.error(node, words)
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
            raise self.error(node, f"{text[:40]!r} cannot be read as {tag}; correct it") from error
        if tag == "null":
            return None
        self.expect(node, "str")
        if any(ord(character) < 32 and character not in "\n\t" for character in text):
            raise self.error(node, f"{text[:40]!r} holds a control character; remove it")
        return text

    def expect(self, node: yaml.Node, kind: str) -> None:
        """Refuse every tag but the plain one."""
        if node.tag != _PREFIX + kind:
            raise self.error(node, f"the tag {node.tag!r} is not allowed; write plain values only")

    def place(self, node: yaml.Node) -> str:
        """Return "file:line" of a node, of an override its words."""
        return f"{self.source.name}{self.at.format(node.start_mark.line + 1)}"

    def error(self, node: yaml.Node, what: str) -> ScenarioError:
        """Return the error to raise about a node."""
        return ScenarioError(f"{self.place(node)}: {what}")


def override(source: Document, text: str, folder: Path | None = None) -> None:
    """Apply a dotted override such as `ask.questions=80` to `source`; the value is read as YAML.

    Paths in it start from `folder`, by default where this program was started.
    """
    name = OVERRIDE + (repr(text) if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]!r}…")
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


def no_text(key: object, value_node: yaml.Node) -> str:
    """Return what is said of a key that is no text: of one without a value, that a comma made a key of it."""
    if isinstance(value_node, yaml.ScalarNode) and not value_node.value:
        return f"{key!s:.40} stands after a comma, as a key does; write a decimal with a dot, or a list in brackets"
    return f"the key {key!s:.40} is not a text; quote it"
