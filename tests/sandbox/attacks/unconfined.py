"""Calls an attack from standard input where nothing confines it: `python -m tests.sandbox.attacks.unconfined`."""

import sys
from types import ModuleType

if __name__ == "__main__":
    program = ModuleType("program")
    exec(compile(sys.stdin.read(), "program.py", "exec", dont_inherit=True), vars(program))
    program.f(1)
