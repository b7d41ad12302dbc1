"""What stands in the tester for the program's own classes and their objects: nothing of a program is run here.

Every use of such an object is a message to the candidate. Where the answer could be a lie that a test cannot see
through, it is not asked for: an object that a program has returned is neither compared nor reckoned with beside a
value of the test. What it holds of a builtin type is compared by that type.
"""

from operator import itemgetter
from types import FunctionType
from typing import Any, NoReturn

from agents.sandbox.inside import protocols, wire
from agents.sandbox.inside.asking import Asking


class Kind(type):
    """The class of what stands for a class of the program."""

    class__calls: Asking
    """The way to the candidate, the same for all that stands for something of it."""
    class__index: int
    class__held: Any  # a type, or None

    def __call__(cls, *arguments: object, **named: object) -> object:
        return cls.class__calls.construct(cls, arguments, named)

    def __getattr__(cls, name: str) -> object:
        return attribute(cls, name)

    def __setattr__(cls, name: str, value: object) -> None:
        cls.class__calls.change(cls.class__index, name, value)

    def __bool__(cls) -> bool:
        return True

    def __eq__(cls, other: object) -> bool:
        if index_of(other) is None:
            cls.class__calls.note("type")
        return cls is other

    def __iter__(cls) -> object:
        return cls.class__calls.operate(cls.class__index, "__iter__", (), {})

    def __len__(cls) -> Any:
        return cls.class__calls.operate(cls.class__index, "__len__", (), {})

    def __getitem__(cls, key: object) -> object:
        return cls.class__calls.operate(cls.class__index, "__getitem__", (key,), {})

    def __contains__(cls, item: object) -> Any:
        return cls.class__calls.operate(cls.class__index, "__contains__", (item,), {})

    __hash__ = type.__hash__


class Reference(metaclass=Kind):
    """What stands for an object that stays in the candidate."""

    __slots__ = ("object__index", "object__returned")
    object__index: int
    object__returned: bool
    """Whether the program gave it: False of what a test has made by calling a class that the task names."""

    def __getattr__(self, name: str) -> object:
        return attribute(self, name)

    def __setattr__(self, name: str, value: object) -> None:
        calls_of(self).change(self.object__index, name, value)

    def __delattr__(self, name: str) -> None:
        calls_of(self).change(self.object__index, name)

    def __eq__(self, other: object) -> Any:
        if index_of(other) is None:
            calls_of(self).note(type(self).__name__)
        return True if self is other else NotImplemented

    def __copy__(self) -> object:
        return calls_of(self).copied(self.object__index, False)

    def __deepcopy__(self, _: object) -> object:
        return calls_of(self).copied(self.object__index, True)

    def __str__(self) -> Any:
        return calls_of(self).operate(self.object__index, "__str__", (), {})

    def __repr__(self) -> Any:
        return calls_of(self).operate(self.object__index, "__repr__", (), {})

    def __format__(self, specification: str) -> Any:
        return calls_of(self).operate(self.object__index, "__format__", (specification,), {})

    __hash__ = object.__hash__


def calls_of(value: Any) -> Asking:  # a class or an object of the program
    """Return the way to the candidate that an object is reached by."""
    calls: Asking = type.__getattribute__(type(value), "class__calls")
    return calls


def index_of(value: object) -> int | None:
    """Return the number of what stands for a class, an object or an exception of the program; None of all others."""
    kind = type(value)
    if kind is Kind:
        return int(type.__getattribute__(value, "class__index"))
    if type(kind) is not Kind:
        return None
    if isinstance(value, BaseException):
        number = BaseException.__getattribute__(value, "__dict__").get("object__index")
        return None if number is None else int(number)
    return None if issubclass(kind, tuple) else int(object.__getattribute__(value, "object__index"))


def attribute(value: Any, name: str) -> object:  # a class, an object or an exception
    """Ask for an attribute; special methods that an object does not have are not asked for."""
    if name.startswith("__") and name.endswith("__") and name not in protocols.READABLE:
        raise AttributeError(name)
    index = index_of(value)
    if index is None:
        raise AttributeError(f"{type(value).__name__!r} object has no attribute {name!r}")
    calls = value.class__calls if type(value) is Kind else calls_of(value)
    return calls.get(index, name)


def given(value: object) -> bool:
    """Say whether the program gave an object, which is then not trusted beside a value of the test."""
    return type(type(value)) is not Kind or getattr(value, "object__returned", True) is not False


def forwarded(name: str) -> Any:
    """Return a method that asks the candidate."""

    def method(self: Any, *arguments: object, **named: object) -> object:
        return calls_of(self).operate(self.object__index, name, arguments, named)

    return method


def compared(name: str) -> Any:
    """Return a comparison: of objects of the program by the program, of what one holds by the builtin type."""

    def method(self: Any, other: Any) -> object:
        calls, held = calls_of(self), type(self).class__held
        if held is not None:
            other_held = getattr(type(other), "class__held", None) if index_of(other) is not None else None
            value = other if other_held is None else calls.held(other.object__index)
            return getattr(held, name)(calls.held(self.object__index), value)
        if index_of(other) is None and given(self):
            refuse(self)
        answer = calls.operate(self.object__index, name, (other,), {})
        if answer is True and name == "__eq__" and self is not other and (given(self) or given(other)):
            refuse_blind(self)
        return answer

    return method


def refuse_blind(value: Any) -> None:  # an object of the program
    """Refuse an object that equals even what no program has seen before."""
    try:
        answer = calls_of(value).operate(value.object__index, "__eq__", (object(),), {})
    except Exception:  # noqa: BLE001 - comparing itself with a stranger may fail in any way, and then it is not blind
        return
    if answer is True:
        calls_of(value).refuse(
            f"the program returned an object of type {type(value).__name__}, which equals everything"
        )


def reckoned(name: str) -> Any:
    """Return an operation of arithmetic."""

    def method(self: Any, other: object) -> object:
        calls, held = calls_of(self), type(self).class__held
        if index_of(other) is None and held is not None and hasattr(held, name) and name not in protocols.IN_PLACE:
            return getattr(held, name)(calls.held(self.object__index), other)
        if index_of(other) is None and given(self):
            refuse(self)
        return calls.operate(self.object__index, name, (other,), {})

    return method


def contains(self: Any, item: object) -> Any:
    """Look for an item; in an object that the program gave, item by item."""
    calls, kind = calls_of(self), type(self)
    if kind.class__held is not None:
        return item in calls.held(self.object__index)
    if index_of(item) is not None or not given(self):
        return calls.operate(self.object__index, "__contains__", (item,), {})
    if "__iter__" not in vars(kind):
        refuse(self)
    return any(other is item or other == item for other in self)


def leave(self: Any, kind: object, error: BaseException | None, trace: object) -> bool:
    """End a `with`."""
    del kind, trace
    return calls_of(self).leave(self.object__index, error)


def refuse(value: Any) -> NoReturn:  # an object of the program
    """Say that a test has used an object in a way that would have to trust it."""
    calls_of(value).refuse(f"the program returned an object of type {type(value).__name__}, which is no builtin value")


METHODS: dict[str, Any] = {
    **{name: forwarded(name) for name in protocols.FORWARDED},
    **{name: compared(name) for name in protocols.COMPARING},
    **{name: reckoned(name) for name in protocols.ARITHMETIC | protocols.IN_PLACE},
    "__contains__": contains,
    "__exit__": leave,
}


def class_for(index: int, name: str, bases: list[type], methods: list[str], told: wire.Json) -> Kind:
    """Return what stands for a class of the program: told are what its objects hold, are like, and their fields."""
    held, like, fields = told
    names: dict[str, Any] = {"__slots__": (), "__module__": "program", "class__index": index}
    names |= {"class__held": held, "__doc__": property(lambda self: attribute(self, "__doc__"))}
    errors = tuple(base for base in bases if issubclass(base, BaseException))
    if errors:
        names |= {"__getattr__": attribute} | ({"__str__": own_text} if "__str__" in methods else {})
        del names["__slots__"]
        return make(name, errors, names)
    if fields is not None:
        return make(name, (tuple,), of_fields(fields) | names)
    names |= {method: METHODS[method] for method in methods if not method.startswith("!")}
    names |= {method[1:]: None for method in methods if method.startswith("!") and method[1:] in METHODS}
    if "__hash__" not in names:
        names["__hash__"] = object.__hash__
    if (pretended := like or held) is not None:
        names["__class__"] = property(lambda _: pretended)
    mirrored = tuple(base for base in bases if type(base) is Kind and issubclass(base, Reference))
    return make(name, mirrored or (Reference,), names)


def make(name: str, bases: tuple[type, ...], names: dict[str, Any]) -> Kind:
    """Return a class; one whose bases cannot be put in order extends the first of them alone."""
    try:
        return type.__new__(Kind, name, bases, names)
    except TypeError:
        return type.__new__(Kind, name, bases[:1], names)


def own_text(self: BaseException) -> str:
    """Return the text that the program makes of an exception."""
    return str(self.__dict__.get("object__text"))


def of_fields(fields: list[str]) -> dict[str, Any]:
    """Return what a named tuple has beside its items; raises `Malformed` where a name is none."""
    if not all(type(field) is str and field.isidentifier() and not field.startswith("_") for field in fields):
        raise wire.Malformed("a field without a name")

    def replaced(self: Any, **changes: object) -> object:
        if unknown := [name for name in changes if name not in fields]:
            raise ValueError(f"Got unexpected field names: {unknown!r}")
        items = [changes.get(field, item) for field, item in zip(fields, self, strict=True)]
        return tuple.__new__(type(self), items)

    def shown(self: Any) -> str:
        return f"{type(self).__name__}({', '.join(f'{f}={v!r}' for f, v in zip(fields, self, strict=True))})"

    return {
        **{field: property(itemgetter(place)) for place, field in enumerate(fields)},
        "_fields": tuple(fields),
        "_asdict": lambda self: dict(zip(fields, self, strict=True)),
        "_replace": replaced,
        "__repr__": shown,
        "__getattr__": attribute,
    }


FUNCTION = class_for(-1, "function", [], ["__call__"], (None, FunctionType, None))
"""What stands for a function of the program, made once and for all."""
