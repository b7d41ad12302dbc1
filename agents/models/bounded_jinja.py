"""Jinja texts in bounds: loops of so many steps, so much written, and nothing written that is no text.

Jinja's sandbox keeps a text from reaching Python, not from counting to 10^10. Bounds are counted, never timed, so that
a text is refused on every machine or on none. What a text writes goes through `written`, every step through `step`:
their calls are put into the parsed text before it is compiled.
"""

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateRuntimeError, Undefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEnvironment

MOST_STEPS = 50_000
"""Of all loops, macros and ranges of a text together: .2 s."""
MOST_CHARACTERS = 1_000_000
"""Written by a text, or held by one value of it."""
RAISED = (TemplateError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What a text may raise."""
_PADDING = ("batch", "center", "format", "indent", "slice")
_WIDE = re.compile(r"%[-#0 +]*(?:\d{5}|\*)")


class BoundedSandbox(SandboxedEnvironment):
    """Where texts are compiled and laid out in bounds; it lays out one text at a time."""

    intercepted_binops = frozenset(("*", "**", "+", "%"))

    def __init__(self, **settings: Any) -> None:
        """Take what jinja2 takes (Any: its settings)."""
        super().__init__(**settings)
        self._steps = self._characters = 0
        self.globals["range"] = self._range
        for name in _PADDING:
            self.filters[name] = _narrow(self.filters[name])
        self.filters["string"] = self._as_text(self.filters["string"])

    def lay_out(self, template: Any, values: Mapping[str, Any]) -> str:
        """Return what a compiled text makes of values; beyond the bounds it raises TemplateRuntimeError."""
        self._steps = self._characters = 0
        text: str = template.render(values)
        return text

    def step(self) -> str:
        """Count one step."""
        return self._spend(1)

    def written(self, value: Any, line: int) -> Any:
        """Return a value that is to be written in a line, if it is text, a number or a list of such."""
        if not isinstance(value, Undefined):
            if not is_text(value):
                raise TemplateRuntimeError(f"line {line} writes {described(value)}, not a text or a number")
            self._characters += len(value) if isinstance(value, str) else len(str(value))
            if self._characters > MOST_CHARACTERS:
                raise TemplateRuntimeError(f"it writes more than {MOST_CHARACTERS:,} characters")
        return value

    def joined(self, line: int, *parts: Any) -> Any:
        """Return what `~` makes of values (Any: a template's)."""
        return _short("".join(str(part if isinstance(part, Undefined) else _text(part, line)) for part in parts))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Compute `left operator right` (Any: a template's values), unless the outcome would be beyond the bounds."""
        if operator == "**" and _bits(left) * (right if isinstance(right, int) else 1) > MOST_CHARACTERS:
            raise TemplateRuntimeError(f"a power has more than {MOST_CHARACTERS:,} bits")
        if operator == "*":
            for size, times in ((left, right), (right, left)):
                if isinstance(size, str | list | tuple) and isinstance(times, int):
                    _short_of(len(size) * times)
        if operator == "%" and isinstance(left, str) and _WIDE.search(left):
            raise TemplateRuntimeError(f"{left!r:.40} asks for too wide a text")
        return _short(super().call_binop(context, operator, left, right))

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # as jinja2 has it
        """Call what a template calls (Any: a template's values); no method of a text is given a huge number."""
        if isinstance(getattr(__obj, "__self__", None), str):
            for argument in (*args, *kwargs.values()):
                if isinstance(argument, int):
                    _short_of(argument)
        return super().call(__context, __obj, *args, **kwargs)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template = super()._parse(source, name, filename)
        bodies: list[list[nodes.Node]] = [loop.body for loop in template.find_all(nodes.For)]
        bodies += [macro.body for macro in template.find_all(nodes.Macro)]
        bodies += [block.body for block in template.find_all(nodes.CallBlock)]
        for body in bodies:
            body.insert(0, nodes.ExprStmt(_call("step", 1), lineno=1))
        for output in template.find_all(nodes.Output):
            output.nodes = [_output(part) for part in output.nodes]
        _replace_joints(template)
        template.set_environment(self)
        return template

    def _range(self, *bounds: int) -> range:
        numbers = range(*bounds)
        self._spend(len(numbers))
        return numbers

    def _spend(self, steps: int) -> str:
        self._steps += steps
        if self._steps > MOST_STEPS:
            raise TemplateRuntimeError(f"its loops and ranges take more than {MOST_STEPS:,} steps")
        return ""

    def _as_text(self, make: Callable[[Any], str]) -> Callable[[Any], str]:
        return lambda value: make(value if isinstance(value, Undefined) else _text(value, 0))


class FrozenSandbox(BoundedSandbox, ImmutableSandboxedEnvironment):
    """The same, where no list is changed either."""


def strict() -> BoundedSandbox:
    """Return where a layout is compiled: names that there are not are refused, and nothing differs by chance."""
    environment = BoundedSandbox(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    del environment.filters["random"], environment.globals["lipsum"]  # a prompt is a function of scenario and seed
    return environment


def is_text(value: Any) -> bool:
    """Tell whether a value of a template is text, a number, nothing, or made of such (Any: a template's)."""
    if isinstance(value, Mapping):
        return all(map(is_text, value)) and all(map(is_text, value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return all(map(is_text, value))
    return value is None or isinstance(value, str | int | float | range | Undefined)


def described(value: Any) -> str:
    """Say what a value is that is no text (Any: a template's)."""
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        parts = [*value, *value.values()] if isinstance(value, Mapping) else [*value]
        return f"a {type(value).__name__} that holds {described(next(part for part in parts if not is_text(part)))}"
    name = getattr(value, "__name__", None)
    if callable(value) and isinstance(name, str):
        return f"the method {name!r}, which is not called"
    return f"an object of the kind {type(value).__name__}"


def _text(value: Any, line: int) -> Any:
    if not is_text(value):
        raise TemplateRuntimeError(f"{f'line {line} ' if line else ''}makes a text of {described(value)}")
    return value


def _short(value: Any) -> Any:
    if isinstance(value, str | list | tuple):
        _short_of(len(value))
    return value


def _short_of(size: int) -> None:
    if size > MOST_CHARACTERS:
        raise TemplateRuntimeError(f"a value of it has more than {MOST_CHARACTERS:,} characters")


def _bits(number: Any) -> int:
    return number.bit_length() if isinstance(number, int) else 0


def _narrow(make: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that is given no huge number (Any: filters of jinja2)."""

    @wraps(make)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        for argument in (*args, *kwargs.values()):
            if isinstance(argument, int):
                _short_of(argument)
            if isinstance(argument, str) and _WIDE.search(argument):
                raise TemplateRuntimeError(f"{argument!r:.40} asks for too wide a text")
        return make(*args, **kwargs)

    return bounded


def _output(part: nodes.Expr) -> nodes.Expr:
    value = nodes.Const(part.data, lineno=part.lineno) if isinstance(part, nodes.TemplateData) else part
    return _call("written", part.lineno, value, nodes.Const(part.lineno))


def _replace_joints(node: nodes.Node) -> None:
    """Put calls in the place of every `~` below a node, the innermost first."""
    for name, value in node.iter_fields():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, nodes.Node):
                _replace_joints(part)
        if isinstance(value, list):
            setattr(node, name, [_joint(part) for part in value])
        else:
            setattr(node, name, _joint(value))


def _joint(part: Any) -> Any:
    if not isinstance(part, nodes.Concat):
        return part
    return _call("joined", part.lineno, nodes.Const(part.lineno), *part.nodes)


def _call(method: str, line: int, *arguments: nodes.Expr) -> nodes.Call:
    """Return the call of a method of the environment."""
    return nodes.Call(nodes.EnvironmentAttribute(method), [*arguments], [], None, None, lineno=line)
