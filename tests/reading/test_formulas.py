"""LaTeX that is more than a number is compared by math-verify, which can neither raise, hang nor be imported early."""

import subprocess
import sys
import threading
import time

import pytest

from agents.reading.formulas import equal_formulas, harmless


@pytest.mark.parametrize(
    ("claim", "reference", "equal"),
    [
        (r"\sqrt{12}", r"2\sqrt{3}", True),
        (r"\frac{\pi}{2}", r"\pi/2", True),
        (r"\sqrt{16}", "4", True),
        (r"\sqrt{17}", "4", False),
        (r"\sqrt{", "4", False),
        (r"\sqrt{-1}", "1", False),
        (r"\frac{1}{0}\sqrt{1}", "1", False),
        (r"\sqrt{9^{9^{9}}}", "3", False),
        (r"\sqrt{((9^{99})^{99})^{99}}", "3", False),
        (r"\sum_{i=1}^{9} i", "45", False),
        ("12", "12", False),
    ],
)
def test_formulas_are_compared_by_value(claim: str, reference: str, equal: bool) -> None:
    start = time.process_time()
    assert equal_formulas(claim, reference) is equal
    assert time.process_time() - start < 20


def test_towers_and_long_formulas_are_refused() -> None:
    assert harmless(r"\sqrt{2^{10}}")
    assert not harmless("9^{9^{9}}") and not harmless("9^{9999}") and not harmless(r"\sqrt{2}" * 50)
    assert not harmless("((9^{99})^{99})") and not harmless("9!") and not harmless(r"\input{x}")


def test_formulas_are_compared_outside_the_main_thread() -> None:
    verdicts: list[bool] = []
    thread = threading.Thread(target=lambda: verdicts.append(equal_formulas(r"\sqrt{20}", r"2\sqrt{5}")))
    thread.start()
    thread.join()
    assert verdicts == [True]


def test_reading_does_not_import_sympy() -> None:
    program = (
        "import sys; from agents.judges.answer_key import mark; from simulation.core.types import Question; "
        "from simulation.core.kinds.reference import Reference; "
        "mark(Question(id='q', prompt='', key=Reference(answer='4')), 'The answer is 4 or $x$', None); "
        "assert 'sympy' not in sys.modules and 'math_verify' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
