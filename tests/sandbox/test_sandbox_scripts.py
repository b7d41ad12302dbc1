"""Scripts read standard input and print: each input is a run of its own, judged as programming contests do."""

import pytest

from agents.sandbox import Limits, Program, Sandbox, SandboxUnavailable
from agents.sandbox.inside.printed import Printed

SETUP = "from program import printed"


@pytest.fixture(scope="module", params=["full", "lock"])
def sandbox(request):
    try:
        with Sandbox(level=request.param) as sandbox:
            yield sandbox
    except SandboxUnavailable as error:
        pytest.skip(str(error))


def judged(sandbox, source, *tests, **fields):
    (report,) = sandbox.run([Program(source=source, tests=tests, setup=SETUP, script=True, **fields)])
    return report


TWICE = ("assert printed('3\\n') == '6\\n'", "assert printed('5') == '10'")


@pytest.mark.parametrize(
    "source",
    [
        "print(int(input()) * 2)",
        "import sys\nprint(int(sys.stdin.readline()) * 2)",
        "import sys\nfor line in sys.stdin: print(int(line) * 2)",
        "import sys\nsys.stdout.write(str(int(sys.stdin.read()) * 2))",
        "import sys\nsys.stdout.buffer.write(b'%d' % (int(sys.stdin.buffer.read()) * 2))",
        "import os\nos.write(1, b'%d' % (int(os.read(0, 100)) * 2))",
        "print(int(open(0).read()) * 2)",
        "import sys\ninput = sys.stdin.readline\nprint(int(input()) * 2, end='')",
        "def main():\n    print(int(input()) * 2)\nif __name__ == '__main__':\n    main()",
        "import sys\nprint(int(input()) * 2)\nsys.exit(0)",
        "print(int(input()) * 2)\nexit()",
        "import os, sys\nprint(int(input()) * 2)\nsys.stdout.flush()\nos._exit(0)",
        "import sys, threading\nsys.setrecursionlimit(10 ** 6)\ndef main(): print(int(input()) * 2)\n"
        "t = threading.Thread(target=main)\nt.start()\nt.join()",
        "import threading\nthreading.Thread(target=lambda: print(int(input()) * 2)).start()",
        "import atexit, io, sys\nout = io.StringIO()\nprint(int(input()) * 2, file=out)\n"
        "atexit.register(lambda: sys.stdout.write(out.getvalue()))",
        "import sys\nprint('working', file=sys.stderr)\nprint(int(input()) * 2)",
        "import random\nprint(int(input()) * 2 + (random.random() != random.Random(0).random()))",
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\nprint(A(int(input())).x * 2)",
        "x = int(input())\ntotal = globals().get('total', 0) + x\nprint(total * 2)",
    ],
)
def test_a_script_reads_and_prints_as_scripts_do(sandbox, source):
    report = judged(sandbox, source, *TWICE)
    assert report.verdict == "passed", report


@pytest.mark.parametrize(
    ("source", "verdict", "said"),
    [
        ("print(int(input()) + 3)", "failed", "returned '8"),
        ("", "failed", "returned ''"),
        ("print(input(", "load_error", "SyntaxError"),
        ("print(int(input()) * 2)\nraise ValueError('late')", "failed", "ValueError: late"),
        ("print(int(input()) * 2)\nimport sys\nsys.exit(1)", "failed", "exit code 1"),
        ("print(int(input()) * 2, input())", "failed", "EOFError"),
        ("while True: pass", "timeout", "ran out of time"),
        ("print('x' * 10 ** 7)", "failed", "printed more than"),
        ("import os; os.fork()", "blocked", "forbids"),
        ("import os, signal\nos.kill(os.getpid(), 9)", "blocked", "forbids"),
        (
            "import sys\nclass Equal(str):\n    def __eq__(s, o): return True\nsys.stdout = Equal('')",
            "failed",
            "returned ''",
        ),
        ("import os\nos.write(3, b'\\x00\\x00\\x00\\x02{}')", "bad_return", "not an answer"),
        ("import builtins, sys\nbuiltins.len = lambda *a: 10\nsys.modules['program'] = None", "bad_return", ""),
    ],
)
def test_a_script_that_is_wrong_does_not_pass(sandbox, source, verdict, said):
    report = judged(sandbox, source, TWICE[1], limits=Limits(cpu_seconds=1, wall_seconds=6.0))
    assert report.verdict == verdict and said in report.outcomes[0].message, report


def test_long_inputs_and_outputs_go_through_and_unread_ones_do_no_harm(sandbox):
    tests = (
        "text = '7 ' * 200000\nassert printed(text) == text",
        "assert printed('\\u00e4 \\u20ac') == '\\u00c4 \\u20ac'",
        "assert printed('') == ''",
    )
    report = judged(sandbox, "import sys\nprint(sys.stdin.read())", *tests)
    assert report.verdict == "passed", report
    assert judged(sandbox, "print(input())", "assert printed('1\\n' + 'x' * 300000) == '1'").verdict == "passed"


def test_one_run_leaves_nothing_to_the_next(sandbox):
    prints = "print(len(sys.argv), sys.getrecursionlimit(), 'x' in globals())"
    source = f"import sys\n{prints}\nx = 1\nsys.setrecursionlimit(50000)"
    report = judged(sandbox, source, *["assert printed('') == '1 1000 False'"] * 3)
    assert report.verdict == "passed", report


@pytest.mark.parametrize(
    ("output", "expected", "equal"),
    [
        ("1 2\n3\n", "1 2 3", True),
        ("YES", "Yes\n", True),
        ("0.333333", "0.3333333333", True),
        ("1e-7", "0", True),
        ("2", "2.000000001", True),
        ("0.3334", "0.3333", False),
        ("12345678901234567890", "12345678901234567891", False),
        ("007", "7", True),
        ("1 2", "1 2 3", False),
        ("nan", "1", False),
        ("1,2", "12", False),
        ("", "0", False),
    ],
)
def test_outputs_are_compared_word_by_word(output, expected, equal):
    assert (Printed(output) == expected) is equal and (Printed(output) != expected) is not equal
