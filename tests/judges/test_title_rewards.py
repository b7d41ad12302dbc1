"""The rewards of titles: likeness less a penalty for repeats, and the reference-free sum, by hand."""

from collections.abc import Sequence
from functools import partial
from math import exp, log, sqrt
from typing import Any

import pytest
from pydantic import ValidationError

from agents.judges.title_rewards import ReferenceFree, diversity, novelty, relevance
from simulation.contracts.judge import check_judge
from simulation.core.catalogue import Catalogue
from simulation.core.errors import DataError
from simulation.core.kinds.next_items import NextItems
from simulation.core.kinds.options import Options
from simulation.core.kinds.taken import Taken
from simulation.core.registry import build
from simulation.core.types import Answer, Feedback, Question

TITLES = ("Steel Hammer", "Wooden Hammer", "Steel Saw", "Nails", "Screws of Steel")
NAMES = ("hammer", "mallet", "saw", "nails", "screws")
TOOLS = Catalogue(items=NAMES, codes=tuple((title,) for title in TITLES), titles=TITLES)
STEEL, HAMMER, ALONE = log(5 / 3), log(5 / 2), log(5)
BY_HAMMER = HAMMER**2 / sqrt((STEEL**2 + HAMMER**2) * (HAMMER**2 + ALONE**2))
BY_STEEL = STEEL**2 / sqrt((STEEL**2 + HAMMER**2) * (STEEL**2 + ALONE**2))
"""The likeness of Steel Hammer to Wooden Hammer and to Steel Saw."""


def wanting(item: str, *history: str, count: int = 5) -> Question:
    return Question(
        id=f"{item} after {history}",
        prompt="what next?",
        form=NextItems(catalogue=TOOLS.name, count=count, history=history),
        key=Taken(item=item),
        tags=("user",),
    )


def worth(name: str, question: Question, texts: Sequence[str], **parameters: Any) -> list[float]:
    answer = Answer(
        question_id=question.id, prompt="what next?", text="\n".join(texts), answerer="one", model_version=""
    )
    [feedback] = build("judge", name, parameters).judge([question], [answer], seeds=[0])
    assert isinstance(feedback, Feedback)
    return [outcome.score for outcome in feedback.outcomes]


def test_likeness_is_half_the_cosine_and_a_half_less_what_repeats_cost() -> None:
    question = wanting("hammer", "saw", "nails")
    texts = ["Steel Hammer", '"Wooden Hammer"', "Steel Saw", "Nails", "a bicycle"]
    alike = [1.0, (BY_HAMMER + 1) / 2, (BY_STEEL + 1) / 2, 0.5, 0.5]
    assert worth("title_similarity", question, texts, repeat_penalty=0) == pytest.approx(alike)
    repeats = (0, 0, 1, 1, 0)
    for penalty in (1, 2):
        scaled = [
            (value - penalty * times + penalty) / (1 + penalty) for value, times in zip(alike, repeats, strict=True)
        ]
        assert worth("title_similarity", question, texts, repeat_penalty=penalty) == pytest.approx(scaled)
    assert worth("title_similarity", question, texts) == pytest.approx(
        [1, (alike[1] + 1) / 2, alike[2] / 2, 0.25, 0.75]
    )


def test_a_reward_without_reference_is_the_sum_by_hand() -> None:
    question = wanting("nails", "saw", "hammer")  # newest last: Steel Hammer counts 1, Steel Saw .9
    likeness = (1 * BY_HAMMER + 0.9 * 0) / 1.9
    relevant = 1 / (1 + exp(-10 * (likeness - 0.5)))
    grown = (3 - BY_STEEL - BY_HAMMER) / 3 - (1 - BY_STEEL)
    various = log(1 + 10 * max(0.0, grown)) / 2
    mallet = 2 * relevant + various + 0.8 * 1.2 - 0.5 * (relevant < 0.3)
    repeated = (1 + 0.9 * BY_STEEL) / 1.9
    certain = 1 / (1 + exp(-10 * (repeated - 0.5)))
    again = (3 - 2 * BY_STEEL - 1) / 3 - (1 - BY_STEEL)
    assert again < 0
    hammer = 2 * certain + 0.8 * 1.2 * (1 - BY_STEEL) - 2 * (1 + log(2)) - 0.5 * (certain < 0.3)
    scores = worth("reference_free", question, ["Wooden Hammer", "Steel Hammer"])
    assert scores == pytest.approx([(mallet + 5) / 10, (hammer + 5) / 10])
    assert worth("reference_free", question, ["Steel Hammer"], limit=0.01) == [0.0]


def test_what_is_least_unlike_is_cut_in_half_and_what_is_most_is_raised() -> None:
    assert novelty({"a": 1.0}, [{"a": 1.0}]) == 0.0
    assert novelty({"a": 0.8, "b": 0.6}, [{"a": 1.0}]) == pytest.approx(0.5 * 0.2)
    assert novelty({"a": 0.6, "b": 0.8}, [{"a": 1.0}]) == pytest.approx(0.4)
    assert novelty({"a": 1.0}, [{"a": 1.0}, {"b": 1.0}]) == pytest.approx(1.2)
    assert novelty({"a": 1.0}, []) == pytest.approx(1.2)


def test_relevance_is_one_half_where_the_mean_cosine_is_and_newer_items_count_more() -> None:
    one, other = {"a": 1.0}, {"b": 1.0}
    assert relevance({"a": 0.5}, [one]) == pytest.approx(0.5)
    assert relevance(one, [other, one]) == pytest.approx(1 / (1 + exp(-10 * (1 / 1.9 - 0.5))))
    assert relevance(one, [one, other]) == pytest.approx(1 / (1 + exp(-10 * (0.9 / 1.9 - 0.5))))
    assert diversity(one, [other]) == pytest.approx(log(11) / 2)
    assert diversity(one, [one, one]) == 0.0


def test_repeats_cost_more_each_time_and_small_relevance_and_novelty_cost_something() -> None:
    judge, one, other = ReferenceFree(diversity=0), {"a": 1.0}, {"b": 1.0}
    once, twice = judge.reward(one, [one], 1), judge.reward(one, [one, one], 2)
    assert once == pytest.approx(2 / (1 + exp(-5)) - 2 * (1 + log(2)) - 0.25)
    assert twice == pytest.approx(2 / (1 + exp(-5)) - 2 * (1 + log(3)) - 0.25)
    assert judge.reward(one, [other], 0) == pytest.approx(2 / (1 + exp(5)) + 0.8 * 1.2 - 0.5)


@pytest.mark.parametrize("name", ["title_similarity", "reference_free"])
def test_each_is_a_judge_that_keeps_its_word(name: str) -> None:
    asked = [wanting("hammer", "saw"), wanting("nails"), wanting("saw", "saw", "hammer")]
    assert not check_judge(name, partial(build, "judge", name, {}), asked)


@pytest.mark.parametrize("name", ["title_similarity", "reference_free"])
def test_questions_for_something_else_are_refused(name: str) -> None:
    question = Question(id="two", prompt="?", form=Options(choices=("1", "2")))
    with pytest.raises(DataError, match=f"asks for no items of a catalogue, so {name} cannot judge it"):
        worth(name, question, ["a"])


def test_weights_of_nothing_are_refused() -> None:
    with pytest.raises(ValidationError, match="all weigh nothing"):
        build("judge", "reference_free", {"relevance": 0, "diversity": 0, "novelty": 0})
