"""No text, however odd, leaves a judge as an exception: a student may write anything, and a study must go on."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agents.judges.executor import AllTests
from agents.reading.programs import equals_reference
from simulation.contracts.scripted import of_every_form
from simulation.core.errors import SimulationError
from simulation.core.kinds.code import Code
from simulation.core.kinds.options import Options
from simulation.core.kinds.program_tests import Tests
from simulation.core.optional_roles import Checkable
from simulation.core.python_source import LONGEST_COMPARED
from simulation.core.registry import build, components
from simulation.core.types import Answer, Feedback, Question
from tests.support import tiny_models
from tests.support.conditioned import under_every_rule
from tests.support.judged_programs import GOOD, QUESTION, judged, keyed

pytestmark = pytest.mark.usefixtures("one_thread")
RIGHT = f"{GOOD}\n\n\n"
HUGE = f"{RIGHT}HUGE = 0x{'f' * 5000}\n"
ODD = {
    "nothing": "",
    "a space": " ",
    "line breaks": "\r\n\r\r\n",
    "control characters": "".join(map(chr, [*range(32), *range(127, 160)])),
    "half a surrogate pair": "\ud800",
    "a surrogate pair in halves": "12 \ud83d\ude00",
    "half a pair in a program": f"{RIGHT}x = '\udfff'",
    "a byte order mark": "\ufeff12",
    "from right to left": "\u202e21",
    "no characters": "\ufffe\uffff\U0010ffff",
    "superscripts": "1²³",
    "foreign digits": "٣٤/٥",
    "vulgar fractions": "½ or 1⁄0",
    "one sign for eighteen": "ﷺ" * 500,
    "many accents": "a" + "\u0301\u0327" * 500,
    "a long number": "9" * 5000,
    "a long decimal": "0." + "3" * 5000,
    "a long divisor": "1/" + "3" * 5000,
    "a long exponent": "1e" + "9" * 5000,
    "long foreign digits": "٣" * 5000,
    "long superscripts": "²" * 5000,
    "many commas": "1," * 5000,
    "a longer number": "$" + "9" * 20_000 + " km",
    "no number": "nan or -inf",
    "a huge hexadecimal number": HUGE,
    "a huge decimal number": f"{RIGHT}x = {'9' * 5000}",
    "a huge octal number": f"{RIGHT}x = 0o{'7' * 5000}",
    "a control character within an f-string": f"{RIGHT}x = f\"{{'\x1b'}}\"",
    "minuses": "-" * 60_000 + "1",
    "a deep minus": f"{RIGHT}x = {'-' * 2000}1",
    "parentheses": "(" * 60_000,
    "a sum": f"{RIGHT}x = 1{'+1' * 30_000}",
    "a deep sum": f"{RIGHT}x = 1{'+1' * 2000}",
    "attributes": "a" + ".b" * 30_000,
    "deep attributes": f"{RIGHT}def g(a): return a{'.b' * 2000}",
    "calls": "f" + "()" * 30_000,
    "lambdas": "lambda:" * 20_000 + "1",
    "deep lambdas": f"{RIGHT}x = {'lambda:' * 900}1",
    "nested lists": f"{RIGHT}x = {'[' * 199}{']' * 199}",
    "nested dictionaries": f"{RIGHT}x = {'{1:' * 199}1{'}' * 199}",
    "nested blocks": "".join(" " * depth + "if 1:\n" for depth in range(99)) + " " * 99 + "pass",
    "too many nested blocks": "".join(" " * depth + "for x in x:\n" for depth in range(99)) + " " * 99 + "pass",
    "branches": "if 1: pass\n" + "elif 1: pass\n" * 3000,
    "nested f-strings": "f'{" * 100 + "1" + "}'" * 100,
    "literals side by side": f"{RIGHT}x = " + "u'a' f'b' " * 500,
    "an open text": f'{RIGHT}x = """',
    "an open line": f"{RIGHT}x = 1\\",
    "a NUL": f"{RIGHT}\0",
    "carriage returns": RIGHT.replace("\n", "\r"),
    "mixed indentation": "def f(x):\n\tif x:\n        return x\n    return 1",
    "an unknown encoding": f"# coding: nothing\n{RIGHT}",
    "an unknown character name": f"{RIGHT}x = '\\N{{nothing}}'",
    "longer than is compared": f"{RIGHT}#{'x' * LONGEST_COMPARED}",
    "longer than is run": f"#{'x' * (1 << 20)}",
    "fences": "```\n" * 1000,
    "spaces behind a fence": "```" + " " * 30_000 + "!",
    "an open fence": "```python",
    "an answer that is half a pair": "def f(x): return '\\ud800'",
    "an answer that is a huge number": "def f(x): return 1 << 20000",
    "a huge number raised": "def f(x): raise KeyError(1 << 20000)",
    "half a pair raised": "def f(x): raise type('\\ud800', (KeyError,), {})('\\ud800')",
    "half a pair printed": f"print('\\ud800')\n{RIGHT}",
}  # fmt: skip
assert isinstance(QUESTION.key, Tests)
ASKED = (
    Question(
        id="options",
        prompt="?",
        form=Options(choices=("12", "15", "3/4")),
        key=Tests(tests=QUESTION.key.tests, reference="12"),
    ),
    keyed(id="plain", reference="1,250 km"),
    QUESTION,
    replace(keyed(id="continued", reference="    return x + 1"), form=Code(opening="def f(x):\n")),
)
"""Questions of every kind, each with tests, without which no program can be judged."""
VISITS, NEXT, COUNTED = (tuple(of_every_form()[noun]) for noun in ("visits", "next items", "conditions"))
CONDITIONED = (*COUNTED, under_every_rule())
LISTS: Mapping[str, tuple[Question, ...]] = {
    "recommender_user": VISITS,
    "conditions": CONDITIONED,
    **dict.fromkeys(
        ("next_item", "semantic_reward", "collaborative_reward", "title_similarity", "reference_free"), NEXT
    ),
}
"""What judges of lists and of conditions are asked instead."""
DIALS: Mapping[str, Mapping[str, Any]] = {
    "all_tests": {"correct": True},
    "classifier": {"correction": "own"},
    "executor": {"correct": True},
    "noisy": {"flip": 1.0},
    "peers": {"graph": "complete"},
}
"""Parameters (any, as each judge has its own) by which a judge says more of an answer."""
SLOW = ("all_tests", "classifier", "executor", "reward_model")
NEEDS: dict[str, dict[str, Any]] = {}
"""Parameters without which a judge cannot judge, by its name (any, as above): files that a fixture writes."""

judges = pytest.mark.parametrize(
    ("name", "more"),
    [*((name, False) for name in components("judge")), *((name, True) for name in DIALS)],
    ids=[*components("judge"), *(f"{name} with dials" for name in DIALS)],
)
PIECES = st.sampled_from([
    "12", "a)", "answer: b", "3/4", "1e999", "²", "½", "ﷺ", "٣", "$", "km", ",", ".", "/", "0x", "0o", "1_0", "1j", "-",
    "def f(x):", "return ", "x + 1", "lambda:", "if 1:", "else ", "for x in y", "try:", "except* E:", "match x:", "~",
    "case ", "async ", "await ", "yield ", "not ", "del f", "raise ", "assert ", "class A:", "from . import *", "@",
    "global f", "nonlocal x", "True", "None", "__debug__", ":=", "...", "->", ";", "#", "{", "}", "[", "]", "(", ")",
    "'", '"', '"""', "f'{", "}'", "u'", "rb'", "\n", "    ", "\t", "\r", "\f", "\0", "\\", "`", "```", "```python\n",
    "\ud800", "\udfff", "\ufeff", "\u202e", "\u2028", "\U0010ffff", "'\\ud800'", "'\\N{x}'", "0x" + "f" * 4000, GOOD,
])  # fmt: skip
REPEATED = st.builds(
    str.__mul__, st.sampled_from(["9", "٣", "f", "1,", "(", "[", "-", "not ", " ", "\n"]), st.integers(1, 6000)
)
TEXTS = st.lists(PIECES | REPEATED | st.text(st.characters(), max_size=20), max_size=8).map("".join)


@pytest.fixture(autouse=True, scope="module")
def _short_readings() -> Iterator[None]:
    """Have the classifier read the beginnings of texts, because reading takes time that grows with their square."""
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr("agents.judges.classifier.LONGEST_READ", 50)
        yield


@pytest.fixture(autouse=True, scope="module")
def _reward_model(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Write a reward model, of which none is shipped."""
    NEEDS["reward_model"] = {"model": str(tiny_models.save_reward(tmp_path_factory.mktemp("reward"))), "tokens": 128}


@cache
def built(name: str, more: bool) -> tuple[Any, str]:
    """A judge, with its dials or without (Any: each has its own parameters), and what it lacks here."""
    judge = build("judge", name, {**NEEDS.get(name, {}), **(DIALS[name] if more else {})})
    try:
        if isinstance(judge, Checkable):
            judge.check()
    except SimulationError as error:
        return judge, str(error)
    return judge, ""


def ready(name: str, more: bool) -> Any:
    """A judge as above; skips where it lacks something."""
    judge, lack = built(name, more)
    if lack:
        pytest.skip(lack)
    return judge


def check_feedback(judge: Any, text: str) -> None:
    """Have a judge say of every question what it makes of a text and, from the neighbour's hand, of the reference."""
    asked = LISTS.get(judge.name, ASKED)
    questions = [question for question in asked for _ in range(2)]
    answers = [
        Answer(question_id=question.id, prompt="?", text=words, answerer=f"student-{number}", model_version="0")
        for question in asked
        for number, words in enumerate((text, question.key.reference or ""))
    ]
    feedback: list[Feedback] = judge.judge(questions, answers, seeds=range(len(answers)))
    assert len(feedback) == len(answers)
    for verdict in feedback:
        assert type(verdict.score) is float and 0 <= verdict.score <= 1
        assert verdict.judge == judge.name
        assert verdict.correction is None or verdict.correction
        assert all(type(value) is float for value in verdict.metrics.values())
        assert verdict.outcomes and verdict.reason
        assert all(outcome.reason and 0 <= outcome.score <= 1 for outcome in verdict.outcomes)


@judges
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_an_odd_text_is_judged_by_every_judge(name: str, more: bool, text: str) -> None:
    check_feedback(ready(name, more), text)


@judges
def test_any_text_is_judged_by_every_judge(name: str, more: bool) -> None:
    judge = ready(name, more)

    @settings(max_examples=20 if name in SLOW else 150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(TEXTS)
    def judged_whatever_it_is(text: str) -> None:
        check_feedback(judge, text)

    judged_whatever_it_is()


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS)
@example(HUGE, HUGE)
def test_any_two_texts_are_compared_as_programs(text: str, reference: str) -> None:
    """Where programs cannot be run, too."""
    for written in (text, reference):
        assert equals_reference(keyed(reference=reference), written) in (True, False)


@pytest.mark.usefixtures("sandboxed")
@pytest.mark.parametrize(
    "odd", ["a huge hexadecimal number", "a control character within an f-string", "a deep minus", "a deep sum"]
)
def test_a_right_program_is_the_reference_whatever_python_cannot_write(odd: str) -> None:
    reference = ODD[odd]
    reformatted = reference.replace("(x):\n    return x + 1", "( x ): return (x + 1)  # one more\n")
    another = reference.replace("x + 1", "1 + x")
    assert len({reference, reformatted, another}) == 3
    feedback = judged(AllTests(), reference, reformatted, another, question=keyed(reference=reference))
    assert [verdict.score for verdict in feedback] == [1.0, 1.0, 1.0]
    assert [verdict.metrics["exact_match"] for verdict in feedback] == [1.0, 1.0, 0.0]
