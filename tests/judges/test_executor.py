"""Programs are judged by their tests: what is run, what is said of it, and what is kept between calls."""

from dataclasses import replace
from pathlib import Path

import pytest

from agents.judges.executor import AllTests, Executor
from agents.reading.programs import program_in, unfenced
from agents.sandbox import Limits, shared
from agents.sandbox.program import TestOutcome
from environments.program_rows import load_programs
from simulation.core.errors import DataError
from simulation.core.kinds.code import Code
from simulation.core.kinds.program_tests import Test, Tests
from simulation.core.types import Answer, Outcome, Question
from tests.support.judged_programs import GOOD, QUESTION, judged, keyed

MBPP = Path(__file__).resolve().parents[3] / "shared" / "data" / "mbpp" / "mbpp.jsonl.gz"
pytestmark = pytest.mark.usefixtures("sandboxed")
OPENING = 'import math\n\n@staticmethod\ndef root(x):\n    """Return the root."""\n'
OPENED = Question(
    id="o",
    prompt=OPENING,
    form=Code(opening=OPENING.replace("@staticmethod\n", "")),
    key=Tests(tests=(Test(code="assert root(4) == 2"),)),
)


def test_a_student_learns_from_visible_tests_and_is_measured_by_all() -> None:
    cheating = "def f(x): return {1: 2, 2: 3}[x]"
    (learned,) = judged(Executor(), cheating)
    (measured,) = judged(AllTests(), cheating)
    assert (learned.score, learned.reason, len(learned.outcomes)) == (1.0, "passed", 2)
    assert (measured.score, measured.reason) == (0.0, "failed")
    assert [(outcome.part, outcome.score, outcome.reason) for outcome in measured.outcomes] == [
        ("test 1", 1.0, "passed"),
        ("test 2", 1.0, "passed"),
        ("test 3", 0.0, "failed"),
    ]
    assert measured.metrics == {"pass_rate": 2 / 3, "exact_match": 0.0}


def test_the_score_is_the_share_of_visible_tests() -> None:
    scores = [each.score for each in judged(Executor(), GOOD, "def f(x): return 2", "def f(x): return 0", "")]
    assert scores == [1.0, 0.5, 0.0, 0.0]


def test_programs_of_equal_behaviour_mean_the_same() -> None:
    programs = (GOOD, "def f(y):\n    return 1 + y", "def f(x): return 2", "def f(x): return 3", "def f(x")
    one, other, wrong, wrong_elsewise, unloaded = [AllTests().meaning(each) for each in judged(AllTests(), *programs)]
    assert one == other and one is not None
    assert len({one, wrong, wrong_elsewise}) == 3
    assert unloaded is None


def test_exact_match_looks_past_formatting_and_comments_and_nothing_else() -> None:
    texts = (GOOD, "def f(x): # one more\n\n  return (x+1)", "def f(y): return y + 1", "def f(x): return 1")
    found = judged(AllTests(), *texts)
    assert [each.metrics["exact_match"] for each in found] == [1.0, 1.0, 0.0, 0.0]
    assert [each.score for each in found] == [1.0, 1.0, 1.0, 0.0]
    unknown = keyed(reference=None)
    assert judged(AllTests(), GOOD, question=unknown)[0].metrics["exact_match"] == 0.0


def test_what_is_said_names_a_visible_test_and_of_a_hidden_one_its_number() -> None:
    (failed,) = judged(AllTests(), "def f(x): return 2")
    assert failed.explanation == "Test 2 of 3 failed (returned 2): assert f(2) == 3"
    (hidden,) = judged(AllTests(), "def f(x):\n    print('saw', x)\n    return 0 if x > 9 else x + 1")
    assert hidden.explanation == "Hidden test 3 of 3 failed."
    (load,) = judged(Executor(), "def f(x) return")
    assert load.explanation.startswith("Test 1 of 2 did not run, because the program cannot be loaded (SyntaxError: ")
    assert judged(Executor(), GOOD)[0].explanation == "Right: all 2 tests pass."
    long = keyed(id="long", tests=(Test(code=f"assert f({'1' * 900}) == 0"),))
    assert len(judged(Executor(), GOOD, question=long)[0].explanation) == 500


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        ("import sys; sys.exit(0)", "died"),
        ("import os\ndef f(x): os.fork()", "blocked"),
        ("def f(x): return object()", "bad_return"),
        ("def f(x): return [0] * 10**9", "memory"),
        ("while True: pass", "timeout"),
        ("x = 'half a pair \ud800'", "load_error"),
        ("#" + "x" * (1 << 20), "load_error"),
        ("nothing of it\0", "load_error"),
    ],
)
def test_a_program_that_ends_badly_is_data(source: str, verdict: str) -> None:
    for judge in (Executor(cpu_seconds=1), AllTests(cpu_seconds=1)):
        (found,) = judged(judge, source)
        assert (found.score, found.reason) == (0.0, verdict)
        assert {outcome.reason for outcome in found.outcomes} == {verdict}
        found.explanation.encode()


def test_a_correction_is_given_where_it_is_wished_and_the_program_fails() -> None:
    texts = (GOOD, "def f(x): pass")
    assert [each.correction for each in judged(Executor(), *texts)] == [None, None]
    assert [each.correction for each in judged(Executor(correct=True), *texts)] == [None, GOOD]


@pytest.mark.parametrize(
    ("text", "program"),
    [
        (GOOD, GOOD),
        (f"```python\n{GOOD}\n```", GOOD),
        (f"Here it is:\n\n```py\n{GOOD}\n```\nIt adds one.", GOOD),
        (f"```\n{GOOD}\n```", GOOD),
        (f"First:\n```bash\npip install f\n```\nthen\n```Python\n{GOOD}\n```", GOOD),
        (f"```python\n{GOOD}", GOOD),
        (f"{GOOD}\n```\nThis adds one.", GOOD),
        (f"{GOOD}\n```\nFor instance:\n```python\nf(1)\n```", GOOD),
        ("x = '''\n  ```not a fence\n'''", "x = '''\n  ```not a fence\n'''"),
    ],
)
def test_a_program_is_taken_out_of_markdown(text: str, program: str) -> None:
    assert unfenced(text) == program
    assert program_in(QUESTION, text) == program


@pytest.mark.parametrize(
    "text",
    [
        "    return math.sqrt(x)",
        "return math.sqrt(x)",
        "y = math.sqrt(x)\n    return y",
        "y = math.sqrt(x)\nreturn y",
        "if x:\n        return math.sqrt(x)\n    return 0",
        "if x:\n    return math.sqrt(x)\nreturn 0",
        "for y in (1, 2):\n\n        if y * y == x:\n            return y",
        "```python\n    return math.sqrt(x)\n```",
        "def root(x):\n    return math.sqrt(x)",
        "```python\nimport cmath\n\ndef root(x):\n    return abs(cmath.sqrt(x))\n```",
    ],
)
def test_an_opening_is_continued_or_defined_again(text: str) -> None:
    assert judged(Executor(), text, question=OPENED)[0].explanation == "Right: the test passes."


def test_a_function_defined_again_follows_what_stands_before_it_without_its_decorators() -> None:
    decorated = replace(OPENED, form=Code(opening=OPENING))
    assert program_in(decorated, "def root(x): return x") == "import math\n\ndef root(x): return x"


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (Question(id="free", prompt="?"), "question 'free' has no tests"),
        (keyed(tests=()), "question 'q' has no tests.*give it tests"),
        (
            keyed(id="t", tests=(Test(code="assert f(1"),)),
            "test 1 of question 't' is not Python.*correct it",
        ),
        (keyed(id="s", setup="def"), "setup of question 's' is not Python"),
        (
            keyed(id="h", tests=(Test(code="assert f(1)", hidden=True),)),
            "question 'h' has hidden tests only",
        ),
    ],
)
def test_a_question_that_cannot_judge_is_refused_by_name(question: Question, said: str) -> None:
    with pytest.raises(DataError, match=said):
        judged(Executor(), GOOD, question=question)


def test_what_can_judge_nothing_is_told_by_a_look_at_the_question() -> None:
    hidden = keyed(id="h", tests=(Test(code="assert f(1)", hidden=True),))
    assert "'h' has hidden tests only" in (Executor().refusal(hidden) or "") and AllTests().refusal(hidden) is None
    for judge in (Executor(), AllTests()):
        assert judge.refusal(QUESTION) is None
        assert "'free' has no tests" in (judge.refusal(Question(id="free", prompt="?")) or "")


def test_an_audit_names_the_questions_whose_reference_fails() -> None:
    wrong = keyed(id="wrong", tests=(Test(code="assert f(1) == 2"), Test(code="assert f(1) == 3", hidden=True)))
    silent = keyed(id="silent", reference=None)
    assert Executor().audit([QUESTION, wrong, silent]) == []
    assert AllTests().audit([QUESTION, wrong, silent]) == [
        "question 'wrong': its own reference fails: Test 2 of 2 failed (returned 2): assert f(1) == 3"
    ]


@pytest.mark.skipif(not MBPP.is_file(), reason=f"MBPP is not at {MBPP}")
def test_references_of_mbpp_pass_and_emptied_ones_do_not() -> None:
    questions = load_programs(MBPP).questions[::20]
    assert AllTests().audit(questions) == Executor().audit(questions) == []
    answers = [
        Answer(question_id=each.id, prompt="", text="def f(): pass", answerer="ada", model_version="0")
        for each in questions
    ]
    assert not any(each.score for each in Executor().judge(questions, answers, seeds=[0] * len(answers)))


def test_what_is_kept_can_be_stored() -> None:
    kept = shared.brief(TestOutcome("failed", "half a pair \ud800", "at 0x7f12ab \udfff"))
    assert kept == TestOutcome("failed", "half a pair ?", "at 0x… ?")


def test_limits_are_those_of_the_scenario() -> None:
    slow = "def f(x):\n    while True: pass"
    (found,) = judged(Executor(cpu_seconds=1), slow, question=replace(QUESTION, id="slow"))
    assert found.reason == "timeout"
    assert Limits() == Limits(
        cpu_seconds=Executor().cpu_seconds,
        wall_seconds=Executor().wall_seconds,
        memory_mebibytes=Executor().memory_mebibytes,
    )
    assert Outcome(part="test 1", score=1.0, reason="passed") in judged(Executor(), GOOD)[0].outcomes


def test_a_failure_that_no_text_can_be_made_of_is_data() -> None:
    question = keyed(tests=(Test(code="assert {2: 1}[f(1)] == 1"),))
    (said,) = judged(AllTests(), "def f(x):\n    return 1 << 20000", question=question)
    assert said.score == 0 and "cannot be shown" in (said.explanation or "")


OPAQUE = "class Equal:\n    def __eq__(self, other): return True\ndef f(x): return Equal()"


def test_a_test_that_can_judge_no_program_counts_for_none() -> None:
    tests = (
        Test(code="assert f(1) == 2"),
        Test(code="class Own: pass\nassert f(Own()) == 2"),
        Test(code="class Own: pass\nassert f(Own) == 2", hidden=True),
    )
    question = keyed(id="own", tests=tests, reference="def f(x): return 2")
    for judge, parts in ((Executor(), ["test 1"]), (AllTests(), ["test 1"])):
        right, wrong, cheat = judged(judge, "def f(x): return 2", "def f(x): return 3", OPAQUE, question=question)
        assert (right.score, wrong.score, cheat.score, cheat.reason) == (1.0, 0.0, 0.0, "bad_return")
        assert right.explanation == "Right: the test passes."
        assert [outcome.part for outcome in right.outcomes] == parts
        (line,) = judge.audit([question])
        assert "Test 2 of" in line and "cannot judge any program (a test passes an object of type Own" in line


def test_a_question_none_of_whose_tests_can_judge_is_at_fault_itself_and_stops_nothing() -> None:
    odd = keyed(id="odd", tests=(Test(code="assert f(1) == 2"),), reference=OPAQUE)
    assert "cannot judge any program" in AllTests().audit([odd])[0]
    for judge in (Executor(correct=True), AllTests(correct=True)):
        (said,) = judged(judge, OPAQUE, question=odd)
        assert (said.score, said.reason, said.correction) == (0.0, "unsupported", None)
        assert said.explanation is not None and "the question is at fault" in said.explanation
    assert judged(AllTests(), "def f(x): return 2", question=odd)[0].score == 1.0
