"""Calls an attack where nothing confines it, from standard input: `python -m tests.attacks.unconfined < program.py`."""

import sys
from types import ModuleType

if __name__ == "__main__":
    program = ModuleType("program")
    exec(compile(sys.stdin.read(), "program.py", "exec", dont_inherit=True), vars(program))
    program.f(1)
