"""A check of HumanEval's format as single tests: its asserts, where it is made of nothing else."""

import ast
import re

from simulation.core.python_source import source_of

UNWRITTEN = re.compile(r"[\s\"']")
"""What may differ between a call in a prompt and the same call in a test."""


class Renamed(ast.NodeTransformer):
    """Puts the function's own name in the place of the check's parameter."""

    def __init__(self, parameter: str, entry: str) -> None:
        self.parameter = parameter
        self.entry = entry
        self.found = 0

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Rename the parameter."""
        if node.id != self.parameter:
            return node
        self.found += 1
        return ast.copy_location(ast.Name(id=self.entry, ctx=node.ctx), node)


def asserts_in(tree: ast.Module, entry: str) -> tuple[str, list[str]] | None:
    """Return what stands around `check` and each of its asserts that calls the function; None where it holds more.

    An assert that calls nothing, such as `assert True`, tests nothing and is left out.
    """
    checks = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check"]
    around = [node for node in tree.body if node not in checks and not is_metadata(node)]
    check = checks[-1]
    parameters = [argument.arg for argument in check.args.args]
    plain = all(isinstance(node, ast.Assert | ast.Pass) or is_remark(node) for node in check.body)
    if len(checks) > 1 or len(parameters) != 1 or check.decorator_list or not plain:
        return None
    tests = []
    for node in check.body:
        renamed = Renamed(parameters[0], entry)
        if isinstance(node, ast.Assert) and (visited := renamed.visit(node)) and renamed.found:
            tests.append(source_of(visited))
    return (source_of(ast.Module(body=around, type_ignores=[])), tests) if tests else None


def is_metadata(node: ast.stmt) -> bool:
    """Say whether a statement holds who wrote a task."""
    return isinstance(node, ast.Assign) and source_of(node.targets[0]) == "METADATA"


def is_remark(node: ast.stmt) -> bool:
    """Say whether a statement is a text that nobody uses."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def is_shown(test: str, entry: str, prompt: str) -> bool:
    """Say whether a prompt holds the first call of a function that a test makes, as in an example."""
    calls = (node for node in ast.walk(ast.parse(test)) if isinstance(node, ast.Call))
    own = (call for call in calls if isinstance(call.func, ast.Name) and call.func.id == entry)
    return any(UNWRITTEN.sub("", source_of(call)) in UNWRITTEN.sub("", prompt) for call in own)
