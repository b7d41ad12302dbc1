"""Names in tests: which of them are the program's, and how StopIteration is caught."""

import ast
import builtins
import symtable
from collections.abc import Iterator
from functools import lru_cache


def names_of_program(codes: list[str], given: set[str], lent: str = "") -> list[str]:
    """Return the names that the setup and the tests take from the program, in order; `given` are bound already.

    What the tests are lent by the task may use such names too, as a helper of a prompt its classes.
    """
    return own_names(*names_in(tuple(codes), lent), given)


@lru_cache(maxsize=1 << 12)
def names_in(codes: tuple[str, ...], lent: str) -> tuple[list[str], list[str]]:
    """Return the names that a setup and tests leave open, in order, and those that the tests call first."""
    table = symtable.symtable("\n".join(codes), "test", "exec")
    stored_names = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    of_lent = globals_of(symtable.symtable(lent, "lent", "exec")) if lent else ()
    open_names = [name for name in dict.fromkeys((*globals_of(table), *of_lent)) if name not in stored_names]
    needs_called = all(name in vars(builtins) for name in open_names) or bool(lent)
    return open_names, [first_called(code) for code in codes[1:]] if needs_called else []


def own_names(open_names: list[str], called_names: list[str], given: set[str]) -> list[str]:
    """Return which of the names that tests leave open are the program's.

    A builtin's name is the program's only where tests use no other name: the task is then to write that function, and
    it is the first one called. So a program cannot replace the `set` or `sorted` that a test compares with.
    """
    free_names = [name for name in open_names if name not in given]
    others = [name for name in free_names if name not in vars(builtins)]
    return others or [name for name in called_names if name in free_names]


def globals_of(table: symtable.SymbolTable) -> Iterator[str]:
    """Yield the names that a piece of code, or a function within it, looks up outside all functions."""
    outermost = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (outermost or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from globals_of(child)


def first_called(code: str) -> str:
    """Return the name that the outermost call of a test calls."""
    calls = (node.func for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    return next((function.id for function in calls if isinstance(function, ast.Name)), "")


class Catching(ast.NodeTransformer):
    """Lets `except StopIteration` catch also what a call raises in its place."""

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        """Name both."""
        self.generic_visit(node)
        kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        names = [kind.id for kind in kinds if isinstance(kind, ast.Name)]
        if "StopIteration" in names or "StopAsyncIteration" in names:
            stopped = ast.Name(id=STOPPED, ctx=ast.Load())
            node.type = ast.Tuple(elts=[*[kind for kind in kinds if kind is not None], stopped], ctx=ast.Load())
        return node


STOPPED = " stopped"
"""Is no name that a test could use."""


def compiled(code: str) -> object:
    """Return the code of a test."""
    if "StopIteration" not in code and "StopAsyncIteration" not in code:
        return compile(code, "test", "exec", dont_inherit=True)
    tree = ast.fix_missing_locations(Catching().visit(ast.parse(code)))
    return compile(tree, "test", "exec", dont_inherit=True)


def asserts_after(code: str, line: int) -> bool:
    """Say whether a `with` that has a line in its body asserts something at that line or after it."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.With) and node.body[0].lineno <= line <= (node.end_lineno or line):
            asserted = (part.lineno for part in ast.walk(node) if isinstance(part, ast.Assert))
            if any(place >= line for place in asserted):
                return True
    return False
