"""Small changes of a program, and what the published way of judging says of a program."""

import ast
import copy
import os
import resource
import select
import signal
import time
from collections.abc import Iterator

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.FloorDiv, ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.And: ast.Or, ast.Or: ast.And, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


def mutants(source: str, begins: int = 0) -> Iterator[str]:
    """Yield a source with one operator swapped, one constant changed, one condition turned or one return emptied.

    What stands before the line `begins` is left as it is.
    """
    tree = ast.parse(source)
    for place, node in enumerate(ast.walk(tree)):
        if getattr(node, "lineno", begins) < begins:
            continue
        for changed in changes(node):
            other = copy.deepcopy(tree)
            target = next(part for index, part in enumerate(ast.walk(other)) if index == place)
            for name, value in changed.items():
                setattr(target, name, value)
            yield ast.unparse(ast.fix_missing_locations(other))


def changes(node: ast.AST) -> Iterator[dict[str, object]]:
    """Yield what else a node's fields could hold."""
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in SWAPS:
        yield {"op": SWAPS[type(node.op)]()}
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        yield {"ops": [SWAPS[type(node.ops[0])](), *node.ops[1:]]}
    if isinstance(node, ast.Constant) and type(node.value) is int:
        yield {"value": node.value + 1}
    if isinstance(node, ast.Constant) and type(node.value) is str and node.value:
        yield {"value": node.value[:-1]}
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        yield {"test": ast.UnaryOp(op=ast.Not(), operand=node.test)}
    if isinstance(node, ast.Return) and node.value is not None:
        yield {"value": ast.Constant(value=None)}


def passes_plainly(program: str, seconds: float = 3.0) -> bool:
    """Say whether a program of ours, its tests after it, runs through in a process of its own, as harnesses do it."""
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
            signal.setitimer(signal.ITIMER_REAL, seconds)
            exec(compile(program, "program.py", "exec", dont_inherit=True), {"__name__": "plain"})
            os.write(writing, b"passed")
        finally:
            os._exit(0)
    os.close(writing)
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    deadline = time.monotonic() + 2 * seconds
    poll.poll(max(0.0, deadline - time.monotonic()) * 1000)
    verdict = os.read(reading, 100) if poll.poll(0) else b""
    os.close(reading)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return verdict == b"passed"
