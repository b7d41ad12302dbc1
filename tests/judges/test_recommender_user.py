"""A user clicks by place, taste, complements and boredom; what is expected is the mean of what is drawn."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from time import process_time

import msgspec
import numpy as np
import pytest

from agents.judges.clicks import uniform
from agents.judges.recommender_user import REASONS, RecommenderUser
from simulation.contracts.judge import check_judge
from simulation.core.catalogue import Catalogue
from simulation.core.errors import DataError
from simulation.core.kinds.kind import Key, read
from simulation.core.kinds.next_items import NextItems
from simulation.core.kinds.visitor import Visitor
from simulation.core.registry import build
from simulation.core.types import Feedback, Question
from tests.support.catalogues import list_of, next_of

ITEMS = Catalogue(
    items=("kettle", "teapot", "racket", "drum", "flute", "lamp"),
    codes=(("<a>", "<a>"), ("<a>", "<b>"), ("<b>", "<a>"), ("<c>", "<a>"), ("<c>", "<a>"), ("<d>", "<a>")),
    titles=("a kettle", "a teapot", "a racket", "a drum", "a flute", "a lamp"),
    tags=(("kitchen", "hot"), ("kitchen", "hot"), ("sport",), ("music",), ("music", "soft"), ()),
)
"""Drum and flute share their text."""
KETTLE, TEAPOT, RACKET, MUSIC, _, LAMP = ITEMS.texts
VISITOR = Visitor(
    user=3,
    mood=-1.0,
    tastes={"kitchen": 1.5, "soft": 0.7, "unknown here": 9.0},
    wants={"hot": 0.5, "sport": 2.0},
    boredom={"teapot": 2.0, "flute": 0.5},
    curiosity=0.1,
    impatience=0.8,
)


def asked(visitor: Key = VISITOR, *, count: int = 5, name: str = "q") -> Question:
    return Question(
        id=name, prompt=KETTLE, form=NextItems(catalogue=ITEMS.name, count=count, history=("kettle",)), key=visitor
    )


def judged(question: Question, texts: Sequence[str], *, seed: int = 0, expected: bool = False) -> Feedback:
    (feedback,) = RecommenderUser(expected=expected).judge([question], [list_of(question, texts)], seeds=[seed])
    return feedback


def by_hand(visitor: Visitor, text: str, rank: int) -> float:
    """Return the chance of a click, item by item, without arrays."""
    sharers = [place for place, own in enumerate(ITEMS.texts) if own == text]
    chances = []
    for place in sharers:
        weights: Mapping[str, float] = {
            tag: visitor.tastes.get(tag, 0.0) + visitor.wants.get(tag, 0.0) for tag in ITEMS.tags[place]
        }
        taste = 1 / (1 + math.exp(-visitor.mood - sum(weights.values())))
        appeal = (1 - visitor.curiosity) * taste + visitor.curiosity * 0.5
        chances.append(appeal * 0.5 ** visitor.boredom.get(ITEMS.items[place], 0.0))
    looked = rank**-visitor.impatience
    return float(looked * sum(chances) / len(sharers))


def test_expected_clicks_equal_a_computation_item_by_item() -> None:
    texts = (KETTLE, TEAPOT, RACKET, MUSIC, LAMP)
    feedback = judged(asked(), texts, expected=True)
    chances = [by_hand(VISITOR, text, rank) for rank, text in enumerate(texts, start=1)]
    np.testing.assert_allclose([outcome.score for outcome in feedback.outcomes], chances, atol=1e-12)
    assert feedback.score == pytest.approx(sum(chances) / 5, abs=1e-12)
    assert [outcome.part for outcome in feedback.outcomes] == [*texts]


def test_the_mean_of_drawn_clicks_is_what_is_expected_at_every_place() -> None:
    texts, draws = (RACKET, MUSIC, KETTLE, TEAPOT, LAMP), 20_000
    question = asked()
    seeds = np.random.default_rng(1).integers(2**63 - 1, size=draws).tolist()
    verdicts = RecommenderUser().judge([question] * draws, [list_of(question, texts)] * draws, seeds=seeds)
    clicks = np.array([[outcome.score for outcome in verdict.outcomes] for verdict in verdicts])
    chances = np.array([by_hand(VISITOR, text, rank) for rank, text in enumerate(texts, start=1)])
    errors = np.sqrt(chances * (1 - chances) / draws)
    assert set(clicks.ravel()) == {0.0, 1.0}
    assert (np.abs(clicks.mean(0) - chances) < 4 * errors).all()
    reasons = [outcome.reason for verdict in verdicts for outcome in verdict.outcomes]
    assert {*reasons} == {"clicked", "not looked at", "bored", "not to taste"}
    assert reasons.count("clicked") == clicks.sum()


def test_reasons_say_what_kept_from_a_click() -> None:
    """Each follows from one cause alone where nothing else keeps from it."""
    eager = Visitor(user=0, mood=50.0, impatience=0.0)
    bored = msgspec.structs.replace(eager, boredom=dict.fromkeys(ITEMS.items, 60.0))
    averse = msgspec.structs.replace(eager, mood=-50.0)
    hasty = msgspec.structs.replace(eager, impatience=60.0)
    for expected in (False, True):
        said = partial(judged, texts=(KETTLE, RACKET), expected=expected)
        for visitor, reasons in (
            (eager, ["clicked", "clicked"]),
            (bored, ["bored", "bored"]),
            (averse, ["not to taste", "not to taste"]),
            (hasty, ["clicked", "not looked at"]),
        ):
            assert [outcome.reason for outcome in said(asked(visitor)).outcomes] == reasons
    feedback = judged(asked(hasty), (KETTLE, RACKET))
    assert feedback.score == 0.2
    assert feedback.explanation == "clicked 1 of 5: a kettle; 1 not looked at; 3 missing; 2.6 of 5 stars"
    assert judged(asked(hasty), (KETTLE,), expected=True).explanation.startswith("1.0 clicks expected of 5")


@pytest.mark.parametrize("expected", [False, True])
def test_what_is_no_item_comes_twice_or_is_missing_is_counted_and_never_clicked(expected: bool) -> None:
    eager = Visitor(user=0, mood=50.0, impatience=0.0)
    feedback = judged(asked(eager), (KETTLE, "<z><z>", KETTLE, "", "  "), expected=expected)
    assert [(outcome.score, outcome.reason) for outcome in feedback.outcomes] == [
        (1.0, "clicked"),
        (0.0, "no item"),
        (0.0, "shown twice"),
    ]
    assert feedback.score == pytest.approx(1 / 5)
    assert {"1 no item", "1 shown twice", "2 missing"} <= set(feedback.explanation.split("; "))
    assert judged(asked(eager), (), expected=expected).score == 0
    beyond = judged(asked(eager, count=2), (KETTLE, TEAPOT, RACKET), expected=expected)
    assert len(beyond.outcomes) == 2
    assert {outcome.reason for outcome in feedback.outcomes} <= {*REASONS}


def test_each_whole_of_boredom_halves_the_chance_of_a_click() -> None:
    chances = [
        judged(asked(Visitor(user=0, mood=0.0, boredom={"kettle": times})), (KETTLE,), expected=True).score
        for times in (0.0, 1.0, 2.0)
    ]
    assert chances == pytest.approx([0.1, 0.05, 0.025])


def test_both_keep_the_contract_of_judges_on_visits() -> None:
    questions = [asked(name="q0"), asked(Visitor(user=1, mood=0.3, item="drum"), count=2, name="q1")]
    for expected in (False, True):
        assert not check_judge(
            "recommender_user", partial(build, "judge", "recommender_user", {"expected": expected}), questions
        )


def test_visits_of_other_catalogues_and_lengths_are_judged_in_one_call() -> None:
    other = Catalogue(items=("x", "y"), codes=(("<x>",), ("<y>",)), titles=("an x", "a y"))
    form = NextItems(catalogue=other.name, count=1)
    questions = [asked(), Question(id="o", prompt="p", form=form, key=Visitor(user=0, mood=9.0)), asked(count=2)]
    lists = [(KETTLE, RACKET), ("<y>",), (LAMP, MUSIC)]
    answers = [list_of(question, texts) for question, texts in zip(questions, lists, strict=True)]
    together = RecommenderUser().judge(questions, answers, seeds=[4, 5, 6])
    alone = [
        RecommenderUser().judge([question], [answer], seeds=[seed])[0]
        for question, answer, seed in zip(questions, answers, [4, 5, 6], strict=True)
    ]
    assert together == alone
    assert together[1].explanation.startswith("clicked 1 of 1: a y")


def test_where_the_log_knows_what_was_taken_next_its_rank_is_told_beside_the_clicks() -> None:
    knows = msgspec.structs.replace(VISITOR, item="drum")
    feedback = judged(asked(knows), (LAMP, MUSIC), expected=True)
    assert feedback.metrics["rank"] == 2
    assert feedback.metrics["sharers"] == 2
    assert knows.reference == "drum"
    assert not judged(asked(), (LAMP, MUSIC), expected=True).metrics
    assert {*judged(asked(knows), (LAMP, MUSIC)).metrics} == {"rating"}
    assert asked().key.reference is None


def test_a_question_that_is_no_visit_is_refused_by_its_id() -> None:
    question = next_of(ITEMS, 0, name="of the log")
    with pytest.raises(DataError, match=r"'of the log'.*Taken.*recommender_users"):
        judged(question, (KETTLE,))


def test_a_visitor_is_read_back_as_it_was_stored() -> None:
    for visitor in (VISITOR, Visitor(user=0, mood=0.0)):
        assert read(Key, msgspec.json.decode(msgspec.json.encode(visitor))) == visitor


def test_streams_of_seeds_are_splitmix64() -> None:
    """The first numbers of seed 1234567, as implementations in other languages agree on."""
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert (uniform([1234567], 4)[0] * 2**53).astype(int).tolist() == [number >> 11 for number in published]
    assert np.abs(np.corrcoef(uniform(range(20_000), 16).T) - np.eye(16)).max() < 0.03


def test_a_turn_of_128_users_takes_milliseconds() -> None:
    questions = [asked(name=f"q{place}", count=8) for place in range(128)]
    answers = [list_of(question, ITEMS.texts[:8]) for question in questions]
    seconds = []
    for _ in range(10):
        started = process_time()
        RecommenderUser().judge(questions, answers, seeds=range(128))
        seconds.append(process_time() - started)
    assert min(seconds) < 0.02
