"""Lists are judged by where the item stands that was taken next; every measure follows from a few stored numbers."""

from collections.abc import Mapping, Sequence
from math import log2

import numpy as np
import pytest

from agents.judges.next_item import NextItemJudge
from environments.list_measures import CUTOFFS, list_measures
from simulation.contracts.judge import guarded_feedback
from simulation.core.catalogue import Catalogue
from simulation.core.errors import ContractError, DataError
from simulation.core.questions import Measure, computed
from simulation.core.types import Answer, Feedback, Question
from tests.support.catalogues import coded, grid, list_of, next_of

SHARED = coded([("<a_0>", "<b_0>"), ("<a_0>", "<b_0>"), ("<a_0>", "<b_1>"), ("<a_1>", "<b_0>"), ("<a_1>", "<b_1>")])


def judged(question: Question, texts: Sequence[str]) -> Feedback:
    (feedback,) = NextItemJudge().judge([question], [list_of(question, texts)], seeds=[0])
    return feedback


def measured(items: Catalogue, verdicts: Sequence[Feedback]) -> Mapping[str, np.ndarray]:
    columns = {name: [verdict.metrics.get(name) for verdict in verdicts] for name in verdicts[0].metrics}
    shared = len(items.sharing) < len(items.items)
    return computed(list_measures(depth=items.depth, shared=shared), columns)


def by_brute_force(items: Catalogue, taken: int, texts: Sequence[str], cutoff: int) -> tuple[float, float]:
    """Return hit and gain at a cutoff, counted item by item: each item that shares a text is hit with equal chance."""
    hit = gain = 0.0
    for rank, text in enumerate(texts[:cutoff], start=1):
        sharers = [place for place, own in enumerate(items.texts) if own == text]
        for place in sharers:
            hit += (place == taken) / len(sharers)
            gain += (place == taken) / len(sharers) / log2(rank + 1)
    return hit, gain


@pytest.mark.parametrize("items", [grid(5, 3), SHARED], ids=["distinct", "shared"])
def test_hits_and_gains_equal_a_count_item_by_item(items: Catalogue) -> None:
    stream = np.random.default_rng(7)
    distinct = list(items.sharing)
    cases = []
    for _ in range(500):
        size = int(stream.integers(0, min(60, len(distinct)) + 1))
        texts = [distinct[place] for place in stream.permutation(len(distinct))[:size]]
        cases.append((int(stream.integers(len(items.items))), texts))
    verdicts = [judged(next_of(items, taken), texts) for taken, texts in cases]
    values = measured(items, verdicts)
    for cutoff in CUTOFFS:
        expected = np.array([by_brute_force(items, taken, texts, cutoff) for taken, texts in cases])
        np.testing.assert_allclose(values[f"hit@{cutoff}"], expected[:, 0], atol=1e-12)
        np.testing.assert_allclose(values[f"ndcg@{cutoff}"], expected[:, 1], atol=1e-12)
    np.testing.assert_array_equal(values["hit@10"], [verdict.score for verdict in verdicts])
    np.testing.assert_array_equal(values["hit@1"], values["ndcg@1"])
    for name in ("hit", "ndcg"):
        rows = np.stack([values[f"{name}@{cutoff}"] for cutoff in sorted(CUTOFFS)])
        assert (np.diff(rows, axis=0) >= 0).all()


def test_codes_agree_alone_and_from_the_first_on() -> None:
    items = grid(3, 3)
    wanted = items.places["item-0"]  # <a_0><b_0><c_0>
    texts = ["<a_1><b_0><c_0>", "<a_0><b_2><c_1>", "<a_0><b_0><c_2>", "<a_0><b_0><c_0>"]
    numbers = judged(next_of(items, wanted), texts).metrics
    assert numbers == {
        **{"rank": 4.0, "sharers": 1.0, "no_item": 0.0},
        **{"prefix_1": 2.0, "prefix_2": 3.0, "level_2": 1.0, "level_3": 1.0},
    }


def test_an_empty_list_is_a_miss_that_counts() -> None:
    verdict = judged(next_of(grid(), 3), [])
    assert verdict.score == 0
    assert verdict.reason == "empty list"
    assert measured(grid(), [verdict])["hit@50"].tolist() == [0.0]


def test_texts_that_mean_no_item_are_told_and_keep_their_place() -> None:
    verdict = judged(next_of(grid(), 0), ["<a_9><b_9>", "<a_0><b_0>"])
    assert verdict.metrics["no_item"] == 0.5
    assert verdict.metrics["rank"] == 2.0


def test_the_correction_is_what_an_answer_writes_for_the_item() -> None:
    assert judged(next_of(grid(), 5), ["<a_0><b_0>"]).correction == "<a_1><b_1>"


def test_another_question_is_refused_in_words() -> None:
    with pytest.raises(DataError, match="question 'x' asks for no next item of a catalogue"):
        NextItemJudge().judge([Question(id="x", prompt="?")], [list_of(Question(id="x", prompt="?"), ["a"])], seeds=[0])


def test_a_number_that_a_measure_rests_on_and_nobody_tells_is_refused() -> None:
    question = next_of(grid(), 0)

    class Silent(NextItemJudge):
        name = "silent"

        def judge(
            self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
        ) -> list[Feedback]:
            return [Feedback(score=0.0, judge="silent") for _ in super().judge(questions, answers, seeds=seeds)]

    measures = list_measures(depth=2, shared=False)[:2]
    with pytest.raises(ContractError, match="tells no 'rank' of an answer to 'q'"):
        guarded_feedback("silent", Silent(), [question], [list_of(question, [])], seeds=[0], measures=measures)


def test_a_score_that_is_not_the_computed_truth_is_refused() -> None:
    question = next_of(grid(), 0)

    class Generous(NextItemJudge):
        name = "generous"

        def judge(
            self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
        ) -> list[Feedback]:
            verdicts = super().judge(questions, answers, seeds=seeds)
            return [Feedback(score=1.0, judge="generous", metrics=verdict.metrics) for verdict in verdicts]

    measures: list[Measure] = [*list_measures(depth=2, shared=False)]
    with pytest.raises(ContractError, match="scores that are not the 'hit@10'"):
        guarded_feedback("g", Generous(), [question], [list_of(question, [])], seeds=[0], measures=measures)
