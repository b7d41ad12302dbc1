"""Two programs are one where nothing but formatting and comments differs, however large or deep they are."""

import ast
from itertools import product
from pathlib import Path

import pytest

from simulation.core import python_source
from simulation.core.errors import DataError
from simulation.core.python_source import LONGEST_COMPARED, check_compiles, parsed, same_program, same_tree

SNIPPETS = (
    "x = 1", "x=(1)", "x = 1  # one", "x = 0x1", "x = 1.0", "x = True", "x = 1j", "x = -1", "x = ...", "x = None",
    "x = 1e400", "x = 1e999", "x: int = 1", "(x): int = 1", "x = '1'", 'x = "1"', "x = u'1'", "x = b'1'", "x = '' '1'",
    "x = f'1'", "x = f'{1}'", "x = f'{1!r}'", "x = f'{1:}'", "x = f'a{1}'", "x = u'a' f'{1}'", "x = f'{1}' u'a'",
    "x = f'{1:a}'", "x = f'{1=}'", "x = f'1={1!r}'", "x = f'{\"a\"}'", "x = f'{u\"a\"}'", "x = f'{f\"a\"}'",
    "'text'", '"""text"""', "u'text'", "import a", "import a as a", "from a import b", "from . import b",
    "if a: b\nelif c: d", "if a:\n  b\nelse:\n  if c: d", "if a: b\nelse: c", "x = (1, 2)", "x = 1, 2", "x = [1, 2]",
    "x[1, 2]", "x[(1, 2)]", "with (a, b): c", "with a, b: c", "with ((a, b)): c", "a and b and c", "(a and b) and c",
    "a - b - c", "a - (b - c)", "del x", "del (x)", "del x,", "lambda: 0", "lambda *a, b=1: 0", "def f(a, /): 0",
    "def f(a): 0", "async def f(a): 0", "class f: 0", "class f(): 0", "f(*a)", "f(**a)", "match a:\n case [b, c]: 0",
    "match a:\n case (b, c): 0", "match a:\n case {**b}: 0", "try: a\nexcept b: c", "try: a\nexcept* b: c",
)  # fmt: skip
DEEP = {
    "minuses": ("-" * 2000, "1"),
    "a sum": ("1" + "+1" * 2000, ""),
    "attributes": ("a" + ".b" * 2000, ""),
    "calls": ("f" + "()" * 1400, ""),
    "lambdas": ("lambda:" * 900, "1"),
    "dictionaries": ("{1:" * 199 + "1" + "}" * 199, ""),
}
NO_PYTHON = {
    "minuses": "-" * 60_000 + "1",
    "a sum": "1" + "+1" * 30_000,
    "attributes": "a" + ".b" * 30_000,
    "lambdas": "lambda:" * 9_000 + "1",
    "parentheses": "(" * 60_000,
    "blocks": "".join(" " * depth + "if 1:\n" for depth in range(200)),
    "half a surrogate pair": "x = '\ud800'",
    "a NUL": "x = 1\0",
    "a huge decimal number": f"x = {'9' * 5000}",
    "an unknown character name": "'\\N{nothing}'",
    "a byte order mark": "\ufeffx = 1",
}


def test_programs_are_the_same_where_python_would_write_them_alike() -> None:
    written = {snippet: ast.unparse(ast.parse(snippet)) for snippet in SNIPPETS}
    for first, second in product(SNIPPETS, repeat=2):
        assert same_program(first, second) == (written[first] == written[second]), (first, second)
    assert len(set(written.values())) < len(SNIPPETS) - 15


def test_a_module_is_the_same_as_python_writes_it() -> None:
    for module in (ast, python_source, pytest):
        tree = parsed(Path(str(module.__file__)).read_text(encoding="utf-8"))
        assert same_tree(tree, parsed(ast.unparse(tree)))
        assert not same_tree(tree, parsed(f"{ast.unparse(tree)}\npass"))


@pytest.mark.parametrize(("before", "after"), DEEP.values(), ids=DEEP)
def test_deep_programs_are_compared(before: str, after: str) -> None:
    assert same_program(f"{before}{after}", f"( {before}{after} )  # deep")
    assert not same_program(f"{before}{after}", f"{before}{after} if a else a")


def test_numbers_are_compared_that_python_does_not_write() -> None:
    number = f"0x{'f' * 5000}"
    assert same_program(number, number.upper().replace("X", "x"))
    assert same_program(f"0b{'1' * 20_000}", number)
    assert not same_program(number, f"{number[:-1]}e")


@pytest.mark.parametrize("source", NO_PYTHON.values(), ids=NO_PYTHON)
def test_what_is_not_python_is_refused(source: str) -> None:
    for reading in (parsed, check_compiles, lambda text: same_program("x = 1", text)):
        with pytest.raises(DataError, match="is not Python"):
            reading(source)


def test_what_is_too_long_is_not_compared() -> None:
    with pytest.raises(DataError, match="are not compared"):
        same_program("x = 1", f"x = 1 #{' ' * LONGEST_COMPARED}")
