"""What tests take from the task is bound from the task: no program can redefine it."""

import pytest

from agents.judges.executor import AllTests, Executor
from agents.reading.lent import lent_to_tests
from simulation.core.kinds.code import Code
from simulation.core.kinds.program_tests import Test, Tests
from simulation.core.types import Question
from tests.support.judged_programs import judged

pytestmark = pytest.mark.usefixtures("sandboxed")


def question(test: str, reference: str, opening: str = "", **fields: str) -> Question:
    key = Tests(tests=(Test(code=test),), reference=reference, **fields)
    return Question(id=test, prompt=opening, form=Code(opening=opening), key=key)


IMPORTED = question("assert math.isclose(f(2), 1.4142135, rel_tol=1e-6)", "import math\ndef f(x): return math.sqrt(x)")
MEMBER = question(
    "assert near(f(2), 1.4142135, rel_tol=1e-6)", "from math import isclose as near\ndef f(x): return x**.5"
)
STARRED = question("assert isclose(f(2), 1.4142135, rel_tol=1e-6)", "from math import *\ndef f(x): return sqrt(x)")
DEEP = question(
    "assert f({'b': 1}) == collections.abc.Mapping.__name__",
    "import collections.abc\ndef f(x): return 'Mapping'",
)
HELPED = question(
    "assert abs(poly([-2, 0, 1], root([-2, 0, 1]))) < 1e-4",
    "    return 2 ** 0.5",
    'import math\nLIMIT = 2\n\ndef poly(xs, x):\n    return sum(c * math.pow(x, i) for i, c in enumerate(xs))\n\n'
    'def root(xs):\n    """Return where poly is zero."""\n',
)  # fmt: skip
CONSTANT = question("assert f() == LIMIT", "    return 2", "LIMIT = 2\n\ndef f():\n")
WRAPPED = question(
    "assert total(build([1, 2])) == 3",
    "    return node.value + (total(node.next) if node.next else 0)",
    "class Node:\n    def __init__(self, value, next=None):\n        self.value, self.next = value, next\n\n"
    "def build(values):\n    return Node(values[0], build(values[1:])) if values else None\n\n"
    "def total(node):\n",
)
TREE = (
    "class Tree:\n    def __init__(self, v, left=None, right=None):\n"
    "        self.v, self.left, self.right = v, left, right\n"
    "    def __eq__(self, other):\n        return isinstance(other, Tree) and vars(self) == vars(other)\n\n"
)
TURNED = question(
    "t = Tree(1, Tree(2), Tree(3))\nkept = t.left\nr = turned(t)\n"
    "assert r == Tree(1, Tree(3), Tree(2)) and r is t and t.right is kept and r != Tree(1)",
    "    if tree:\n        tree.left, tree.right = turned(tree.right), turned(tree.left)\n    return tree",
    f"{TREE}def turned(tree):\n",
)
GROWN = question(
    "assert grown([2, 1]) == Tree(2, Tree(1)) and isinstance(grown([1]), Tree) and grown([]) is None",
    "    return Tree(values[0], grown(values[1:])) if values else None",
    f"{TREE}def grown(values):\n",
)
POINTS = question(
    "assert nearest([P(5, 5), P(1, 1)]) == P(1, 1) and nearest([P(2, 2)]).x == 2",
    "    return min(points, key=lambda p: p.x ** 2 + p.y ** 2)",
    "from dataclasses import dataclass\n\n@dataclass\nclass P:\n    x: int\n    y: int\n\ndef nearest(points):\n",
)
COLORS = question(
    "assert other(Color.RED) is Color.BLUE and other(Color.BLUE) == Color.RED",
    "    return Color.BLUE if color is Color.RED else Color.RED",
    "from enum import Enum\n\nclass Color(Enum):\n    RED = 1\n    BLUE = 2\n\ndef other(color):\n",
)
EQUAL = (
    "\nclass {0}:\n    def __init__(self, *a): pass\n    def __eq__(self, other): return True\n"
    "    def __ne__(self, other): return True"
)
SUMMED = question("assert math.isclose(sum(1, 2), 3)", "import math\ndef sum(a, b): return a + b")


@pytest.mark.parametrize(
    ("asked", "right", "forged"),
    [
        (
            IMPORTED,
            "def f(x): return x ** 0.5",
            "class math:\n    isclose = staticmethod(lambda *a, **k: True)\ndef f(x): return 0",
        ),
        (MEMBER, "def f(x): return x ** 0.5", "def near(*a, **k): return True\ndef f(x): return 0"),
        (STARRED, "def f(x): return x ** 0.5", "def isclose(*a, **k): return True\ndef f(x): return 0"),
        (DEEP, "def f(x): return 'Mapping'", "class collections:\n    pass\ndef f(x): return 0"),
        (HELPED, "    return 1.4142135", "    return 0\ndef poly(*a): return 0"),
        (HELPED, "    return 1.4142135", "    global poly\n    poly = lambda *a: 0\n    return 0"),
        (CONSTANT, "    return 2", "    return 1\nLIMIT = 1"),
        (WRAPPED, "    s = 0\n    while node:\n        s += node.value\n        node = node.next\n    return s",
         "    return 0\ndef build(xs): return 3"),
        (TURNED, "    if tree is None: return None\n    tree.left, tree.right = turned(tree.right), turned(tree.left)\n"
         "    return tree", f"    return Tree(){EQUAL.format('Tree')}"),
        (GROWN, "    tree = None\n    for value in values[::-1]:\n        tree = Tree(value, tree)\n    return tree",
         f"    return Tree() if values else None{EQUAL.format('Tree')}"),
        (POINTS, "    return sorted(points, key=lambda p: p.x)[0]", f"    return P(){EQUAL.format('P')}\nP.x = 2"),
        (COLORS, "    return [c for c in Color if c is not color][0]", "    return color"),
        (SUMMED, "def sum(a, b): return a + b", "class math:\n    isclose = lambda *a: True\ndef sum(a, b): return 0"),
    ],
)  # fmt: skip
def test_a_name_that_tests_borrow_cannot_be_forged(asked: Question, right: str, forged: str) -> None:
    for judge in (AllTests(), Executor()):
        assert [feedback.score for feedback in judged(judge, right, forged, question=asked)] == [1.0, 0.0]
    assert AllTests().audit([asked]) == []


def test_what_is_lent_is_what_the_tests_use_and_no_more() -> None:
    def lent(asked: Question) -> tuple[str, tuple[str, ...]]:
        return lent_to_tests(asked, tuple(test.code for test in asked.key.tests))[:2]  # type: ignore[attr-defined]

    assert lent(IMPORTED) == ("import math", ())
    assert lent(CONSTANT) == ("LIMIT = 2", ())
    assert lent(WRAPPED)[0].startswith("class Node:") and lent_to_tests(WRAPPED, ("assert build([])",)).shared == (
        "Node",
    )
    assert lent(question("assert f(1) == 2", "import math\ndef f(x): return 2")) == ("", ())
    assert lent(question("assert A(1).x == 1", "class A:\n    def __init__(self, x): self.x = x")) == ("", ("A",))
    assert lent(question("assert gcd(4, 6) == 2", "from math import gcd")) == ("", ())
    assert lent(question("assert f(1) == 2", "def f(x: return 2")) == ("", ())
    assert lent(question("assert near(1, 2)", "from math import isclose as near\ndef f(): pass", setup="near = 1")) == (
        "",
        (),
    )


def test_what_cannot_be_lent_is_found_by_an_audit() -> None:
    asked = question("assert lacking.near(f(1), 2)", "import lacking\ndef f(x): return 2")
    (line,) = AllTests().audit([asked])
    assert "its own reference fails" in line and "No module named 'lacking'" in line
