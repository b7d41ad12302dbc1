"""A simulated student answers by the formula it states, whatever else is asked, and plays where a model plays."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from agents.students.irt_learner import IrtLearners
from agents.surrogate.chance import normal, uniform
from agents.surrogate.learner import LEAST
from simulation.core.calls import Completion, Request
from simulation.core.confidence import confidence
from simulation.core.errors import ModelError
from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.optional_roles import SelfTaught
from simulation.core.registry import build
from simulation.core.roles import Trainable, trainable
from simulation.core.types import Question, Seat
from tests.support.contexts import pool, question

ROOT = Path(__file__).resolve().parents[2]
SPREADS = ("ability_sd", "skill_sd", "difficulty_sd", "wording_sd", "item_sd", "discrimination_sd")
SAME: dict[str, Any] = dict.fromkeys(SPREADS, 0.0)
"""Settings under which all students and all questions are alike."""
DRAWS = 20_000


def seats(count: int, seed: int = 0) -> list[Seat]:
    return [Seat(name=f"s{number}", number=number, seed=seed) for number in range(count)]


def asked(given: Question, seed: int = 0, slot: str = "s0") -> Request:
    return Request(slot=slot, prompt=given.prompt, temperature=1.0, seed=seed, question=given)


def scored(given: Question, slot: str = "s0") -> Request:
    return Request(slot=slot, prompt=given.prompt, continuations=given.form.alternatives, question=given)


def p(settings: IrtLearners, given: Question) -> np.ndarray[Any, Any]:
    (row,) = settings.learner(seats(1)).score([scored(given)])
    return np.exp(row)


def lesson(choices: int = 5) -> Question:
    names = ("right", "forgets a step", "adds instead", "takes half", "filler")[:choices]
    options = tuple(str(7 * (index + 1)) for index in range(choices))
    tags = ("gain", "profit", "profit/0")
    key = Reference(answer=options[0], reveals=names)
    return Question(id="q", prompt="?", form=Options(choices=options), key=key, tags=tags)


@pytest.mark.parametrize("ability", [-2.0, 0.3, 2.0])
def test_the_right_option_has_the_probability_of_the_four_parameter_logistic(ability: float) -> None:
    settings = IrtLearners(ability=ability, discrimination=1.7, guess=0.15, slip=0.1, **SAME)
    expected = 0.15 + (1 - 0.15 - 0.1) / (1 + np.exp(-1.7 * ability))
    found = p(settings, lesson())
    assert found[0] == pytest.approx(expected, rel=1e-12)
    assert found.sum() == pytest.approx(1.0, rel=1e-12)


def test_who_knows_nothing_guesses_and_who_knows_all_slips() -> None:
    limits: dict[str, Any] = {"guess": 0.2, "slip": 0.03, "discrimination": 5.0}
    assert p(IrtLearners(ability=-20, **limits, **SAME), lesson())[0] == pytest.approx(0.2, abs=1e-12)
    assert p(IrtLearners(ability=20, **limits, **SAME), lesson())[0] == pytest.approx(0.97, abs=1e-12)
    assert p(IrtLearners(ability=0, **limits, **SAME), lesson())[0] == pytest.approx(0.2 + 0.77 / 2, abs=1e-12)


def test_what_is_impossible_still_has_a_finite_log_probability() -> None:
    settings = IrtLearners(ability=20, guess=0.0, slip=0.0, misconception=1.0, discrimination=20, **SAME)
    (row,) = settings.learner(seats(1)).score([scored(lesson())])
    assert row[0] == 0.0
    assert min(row) == pytest.approx(np.log(LEAST))


def test_being_wrong_is_mostly_the_typical_misconception_of_the_skill_and_never_the_filler() -> None:
    settings = IrtLearners(misconception=0.6, **SAME)
    found = p(settings, lesson())
    wrong = found[1:] / found[1:].sum()
    assert sorted(wrong) == pytest.approx([0.4 / 3] * 3 + [0.6])
    assert wrong[:3].max() == pytest.approx(0.6)
    choices = Options(choices=("1", "2", "3"))
    plain = Question(id="r", prompt="?", form=choices, key=Reference(answer="2"), tags=("gain",))
    found = p(settings, plain)
    assert found[0] == pytest.approx(found[2])
    assert p(settings, lesson(2)).sum() == pytest.approx(1.0)


@pytest.mark.parametrize("ability", [-1.5, 0.5])
def test_answers_come_as_often_as_their_probability_says(ability: float) -> None:
    settings = IrtLearners(ability=ability, **SAME)
    given = lesson()
    completions = settings.learner(seats(1)).generate([asked(given, seed) for seed in range(DRAWS)])
    counts = Counter(each.text for each in completions)
    for option, chance in zip(given.form.alternatives, p(settings, given), strict=True):
        assert counts[option] / DRAWS == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / DRAWS))
    assert completions[0].continuation_logprobs == pytest.approx(np.log(p(settings, given)))


def test_uniform_numbers_are_uniform_and_independent_from_seed_to_seed() -> None:
    found = uniform(range(DRAWS))
    counts, _ = np.histogram(found, bins=20, range=(0.0, 1.0))
    assert ((counts - DRAWS / 20) ** 2 / (DRAWS / 20)).sum() < 43.8  # chi-squared with 19 degrees: p = .001
    assert abs(np.corrcoef(found[:-1], found[1:])[0, 1]) < 4 / np.sqrt(DRAWS)
    assert uniform([2**64 - 1, 0]).tolist() == [uniform([2**64 - 1])[0], uniform([0])[0]]


def test_normal_numbers_are_normal_and_belong_to_their_address() -> None:
    found = np.array([normal("a", index) for index in range(DRAWS)])
    assert abs(found.mean()) < 4 / np.sqrt(DRAWS)
    assert found.std() == pytest.approx(1.0, abs=0.03)
    assert (np.abs(found) < 1.96).mean() == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / DRAWS))
    assert normal("a", 1) == normal("a", 1) != normal("b", 1)
    assert normal("ab", "c") != normal("a", "bc")


def test_an_answer_is_the_same_whatever_else_is_asked() -> None:
    settings, questions = IrtLearners(), [*pool(40), lesson(), lesson(2)]
    requests = [asked(given, seed=index, slot=f"s{index % 7}") for index, given in enumerate(questions * 5)]
    together = settings.learner(seats(7)).generate(requests)
    for request, completion in zip(requests, together, strict=True):
        assert settings.learner(seats(7)).generate([request]) == [completion]
        assert len(completion.continuation_logprobs) == len(
            request.question.form.alternatives if request.question else ()
        )


def test_seats_differ_by_seed_and_number_and_share_the_class() -> None:
    questions = [question(f"q{index}", f"skill {index}") for index in range(400)]

    def right(found: Sequence[Seat], **settings: Any) -> np.ndarray[Any, Any]:
        model = IrtLearners(ability_sd=0.0, **settings).learner(found)
        rows = [model.score([scored(given, seat.name) for given in questions]) for seat in found]
        return np.array(rows)[:, :, 0]

    first, second = right(seats(2))
    assert not np.allclose(first, second)
    assert np.corrcoef(first, second)[0, 1] > 0.2  # what is hard is hard for both
    assert np.array_equal(right(seats(2))[1], right([seats(2)[1]])[0])
    assert not np.array_equal(right(seats(1))[0], right(seats(1, seed=1))[0])
    alike = right(seats(2), skill_sd=0.0)
    assert np.array_equal(alike[0], alike[1])


def test_a_question_that_cannot_be_answered_by_choice_is_refused_with_what_to_do() -> None:
    model = IrtLearners().learner(seats(1))
    for given in (lesson().shown(), Question(id="q", prompt="?", key=Reference(answer="7"))):
        with pytest.raises(ModelError, match=r"'q' has .* take such an environment, or .* language_model"):
            model.score([scored(given)])
    with pytest.raises(ModelError, match="give the request its question"):
        model.generate([Request(slot="s0", prompt="?")])


def test_it_learns_by_a_rule_of_its_own_and_offers_nothing_to_gradients() -> None:
    students = IrtLearners()
    assert isinstance(students, SelfTaught) and students.trainer().name == "irt_learner"
    model = students.learner(seats(1))
    assert not isinstance(model, Trainable) and model.render("?") == "?"
    with pytest.raises(ModelError, match=r"dpo trains adapters by gradients, and irt_learner has none"):
        trainable(model, "dpo")


def test_its_answers_say_how_they_came_about_and_rank_all_options() -> None:
    model, student = IrtLearners().learner(seats(1)), IrtLearners().answerer(seats(1)[0])
    requests = student.requests([lesson()], generator=np.random.default_rng(0))
    (drawn,) = student.read([lesson()], model.generate(requests), model_version="v")
    assert drawn.ranking is not None and drawn.choice == lesson().form.alternatives.index(drawn.text)
    assert drawn.reading == "drawn by chance" and drawn.logprob == drawn.ranking.logprobs[drawn.choice]
    sure = confidence(drawn.ranking)
    assert sure == pytest.approx(np.exp(drawn.logprob))
    (row,) = model.score(student.options([lesson()]))
    assert drawn.ranking.logprobs == row
    (likeliest,) = student.read([lesson()], [Completion(continuation_logprobs=row)], model_version="v")
    assert (likeliest.choice, likeliest.reading) == (int(np.argmax(row)), "the likeliest option")


@pytest.mark.parametrize(
    "wrong", [{"guess": 0.6, "slip": 0.4}, {"rate": -1}, {"forgetting": 1.1}, {"discrimination": 0}, {"count": 0}]
)
def test_parameters_have_ranges(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        build("students", "irt_learner", wrong)


def test_a_scenario_runs_resumes_and_replays_without_torch(disk: Path) -> None:
    code = (
        "import json, sys\nfrom simulation.commands.main import main\ncode = main(json.loads(sys.argv[1]))\n"
        "heavy = {'torch', 'transformers'} & set(sys.modules)\nsys.exit(f'imported {heavy}' if heavy else code)"
    )

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code, json.dumps(words)], cwd=ROOT, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    small = ["turns=2", "ask.questions=8", "evaluate.questions=20", "students.count=2"]
    events = run("run", "scenarios/surrogate.yaml", *small, "--json", "--out", str(disk)).splitlines()
    study = json.loads(events[-1])["study"]
    assert "replayed byte for byte" in run("replay", study)
    run("resume", study, "--json")
