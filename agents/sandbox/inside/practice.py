"""Practice before the first program: what both sides run is run a few times, so that no child has to warm it up.

Python rewrites the code that it runs for the first time, and a forked child that rewrites it copies its pages. A
program of our own, in this process, leaves it rewritten for all children.
"""

import os
import socket
import sys
import threading

from agents.sandbox.inside import candidate, tester
from agents.sandbox.inside.line import Line

TIMES = 10
"""Python adapts code that has run eight times."""
STACK = 1 << 19
"""Bytes of the thread's stack, which stays in the address space of all children."""
SOURCE = b"def f(xs):\n    return sorted(xs, key=int)\n"
TESTS = ["assert f([3, 1]) == [1, 3]", "try:\n    f(None)\nexcept TypeError:\n    pass"]
JOB = {
    "tests": TESTS,
    "setup": "import math",
    "lent": "",
    "classes": [],
    "shared": [],
    "seed": 0,
    "script": False,
    "broken": "",
    "open": ["f"],
    "called": [],
}


def practise() -> None:
    """Judge a program of our own, candidate and tester as two threads."""
    deepest, loaded = sys.getrecursionlimit(), set(sys.modules)
    usual_stack = threading.stack_size(STACK)
    for _ in range(TIMES):
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe()
        answering = threading.Thread(target=candidate.run, args=(theirs.fileno(), SOURCE, 0))
        answering.start()
        line = Line(ours.fileno(), reading)
        tester.run(line, JOB)
        ours.close()
        answering.join()
        theirs.close()
        os.close(writing)
        os.close(reading)
    threading.stack_size(usual_stack)
    sys.setrecursionlimit(deepest)
    for name in set(sys.modules) - loaded:
        del sys.modules[name]
