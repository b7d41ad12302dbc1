"""Why a class from outside cannot be made from its typed fields, as a component is from its parameters in YAML."""

from enum import Enum
from inspect import isabstract, unwrap
from types import FunctionType
from typing import Any, get_type_hints

from msgspec import Struct
from pydantic import BaseModel


def unmade(outside_class: Any) -> str:
    """Return why objects of a class (Any: of any metaclass) are not made from its fields alone, "" where they are."""
    for base in (tuple, Enum, Struct, BaseModel):
        if issubclass(outside_class, base):
            return f"extends {base.__name__}, which makes objects in its own way; write a plain class with typed fields"
    if isabstract(outside_class):
        lacking = ", ".join(sorted(outside_class.__abstractmethods__))
        return f"is abstract, because it has no {lacking}; write what it lacks"
    if makers := written_makers(outside_class):
        return (
            f"is made by {makers[0]}, but its typed fields, its parameters in YAML, make it; write fields, and what "
            "follows from them in properties"
        )
    settings = [
        vars(owner)["__dataclass_params__"] for owner in outside_class.__mro__ if is_dataclass_of_its_own(owner)
    ]
    if not all(setting.frozen for setting in settings):
        return "is a dataclass whose fields may change; write @dataclass(frozen=True), or leave the decorator out"
    return ""


def is_dataclass_of_its_own(owner: type) -> bool:
    """Tell whether the standard library's decorator stands above a class, and not only above one that it extends."""
    return "__dataclass_params__" in vars(owner) and "__pydantic_fields__" not in vars(owner)


def written_makers(outside_class: type) -> list[str]:
    """Return the methods that somebody wrote to make objects of a class: none of them would be called."""
    return [
        f"{owner.__name__}.{name}"
        for owner in outside_class.__mro__
        for name in ("__init__", "__new__")
        if isinstance(method := unwrap(vars(owner).get(name, len)), FunctionType)
        if method.__module__ == owner.__module__ and method.__code__.co_filename != "<string>"  # as dataclasses have
    ]


def undefined(component_class: type) -> str:
    """Return what is wrong with the types of fields that name something which is not there, "" where nothing is."""
    if getattr(component_class, "__pydantic_complete__", True):
        return ""
    try:
        get_type_hints(component_class)
    except NameError as error:
        return str(error)
    return ""
