"""What tests take from the task and not from the program that they judge: imports, helpers of the prompt.

A program could otherwise bind `math`, or a helper that its prompt defines, to what makes every test pass.
"""

import ast
import builtins
import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from agents.reading.programs import function_of, program_in
from agents.sandbox.inside.names import names_of_program
from simulation.core.errors import DataError
from simulation.core.python_source import parsed, source_of
from simulation.core.types import Question

Import = ast.Import | ast.ImportFrom


class FromTask(NamedTuple):
    """What a question's tests use beside the program."""

    code: str = ""
    """Python that binds what they take from the task."""
    classes: tuple[str, ...] = ()
    """Names of classes that the task asks for."""
    shared: tuple[str, ...] = ()
    """Names of classes that the prompt defines."""
    reference: str = ""
    """The program that is right, as a whole."""


@lru_cache(maxsize=1 << 14)
def lent_to_tests(question: Question, tests: tuple[str, ...]) -> FromTask:
    """Return what the tests of a question take from its opening and its reference."""
    if question.key.reference is None:
        return FromTask()
    reference = program_in(question, question.key.reference)
    try:
        tree = parsed(reference)
        used = names_of_program([question.key.setup, *tests], set())  # type: ignore[attr-defined]
        helpers = of_opening(question.form.opening, tree, used)
        imports = [*helpers, *of_imports(tree, used)]
        code = "\n".join(dict.fromkeys(source_of(node) for node in imports))
    except (DataError, SyntaxError, ValueError):
        return FromTask(reference=reference)  # an audit says what is wrong with it
    shared = tuple(node.name for node in helpers if isinstance(node, ast.ClassDef))
    classes = tuple(node.name for node in tree.body if isinstance(node, ast.ClassDef) and node.name in used)
    return FromTask(code, tuple(name for name in classes if name not in shared), shared, reference)


def of_opening(opening: str, tree: ast.Module, used: Sequence[str]) -> list[ast.stmt]:
    """Return what an opening defines in full, where the tests use any of it."""
    last_function = function_of(opening)
    if last_function is None:
        return []
    lines = opening[: last_function[0]].count("\n")
    whole = [node for node in tree.body if (node.end_lineno or 0) <= lines]
    bound = {name for node in whole for name in names_of(node)}
    return whole if bound & set(used) else []


def of_imports(tree: ast.Module, used: Sequence[str]) -> list[ast.stmt]:
    """Return the imports whose names the tests use beside what the reference defines itself."""
    imports = [node for node in tree.body if isinstance(node, Import)]
    others = {name for node in tree.body if not isinstance(node, Import) for name in names_of(node)}
    if not others & {*used, *vars(builtins)}:
        return []
    borrowed = set(used) - others
    return [node for node in imports if borrowed & set(names_of(node))]


def names_of(node: ast.stmt) -> Iterable[str]:
    """Return the names that a statement binds."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        module = sys.modules.get(node.module or "") if node.module in sys.stdlib_module_names else None
        return [name for name in vars(module) if not name.startswith("_")] if module else []
    if isinstance(node, Import):
        return [(name.asname or name.name).partition(".")[0] for name in node.names]
    return [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]
