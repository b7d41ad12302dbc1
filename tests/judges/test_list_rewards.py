"""The semantic and collaborative rewards: what they are by hand, and which files they refuse."""

import json
from collections.abc import Sequence
from functools import partial
from math import log, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from simulation.contracts.judge import check_judge
from simulation.core.catalogue import Catalogue
from simulation.core.errors import DataError
from simulation.core.kinds.next_items import NextItems
from simulation.core.kinds.options import Options
from simulation.core.kinds.taken import Taken
from simulation.core.optional_roles import Checkable
from simulation.core.registry import build
from simulation.core.types import Answer, Feedback, Question

TOOLS = Catalogue(
    items=("hammer", "mallet", "saw", "nails", "screws"),
    codes=(("a", "1"), ("a", "2"), ("b", "1"), ("c", "1"), ("c", "1")),
    titles=("Steel Hammer", "Wooden Hammer", "Steel Saw", "Nails", "Screws of Steel"),
)


def wanting(item: str, *, history: tuple[str, ...] = (), count: int = 3) -> Question:
    return Question(
        id=f"{item} after {history}",
        prompt="what next?",
        form=NextItems(catalogue=TOOLS.name, count=count, history=history),
        key=Taken(item=item),
        tags=("user",),
    )


def said(name: str, question: Question, texts: Sequence[str], **parameters: Any) -> Feedback:
    answer = Answer(
        question_id=question.id, prompt="what next?", text="\n".join(texts), answerer="one", model_version=""
    )
    [verdict] = build("judge", name, parameters).judge([question], [answer], seeds=[0])
    assert isinstance(verdict, Feedback)
    return verdict


def scores(feedback: Feedback) -> list[float]:
    return [outcome.score for outcome in feedback.outcomes]


def test_likeness_is_the_cosine_of_rare_words() -> None:
    verdict = said("semantic_reward", wanting("hammer", count=4), ["a1", "a2", "b1", "zz"])
    steel, hammer, single = log(5 / 3), log(5 / 2), log(5)
    right = sqrt(steel**2 + hammer**2)
    by_hammer = hammer / right * hammer / sqrt(hammer**2 + single**2)
    by_steel = steel / right * steel / sqrt(steel**2 + single**2)
    assert scores(verdict) == pytest.approx([1.0, by_hammer, by_steel, 0.0], abs=1e-12)
    assert verdict.score == pytest.approx((1 + by_hammer + by_steel) / 4)
    assert verdict.correction == "a1"
    assert [outcome.reason for outcome in verdict.outcomes] == ["right", "alike", "alike", "unlike"]


def test_a_text_of_several_items_is_worth_their_mean() -> None:
    [shared] = scores(said("semantic_reward", wanting("saw"), ["c1"]))
    steel, single = log(5 / 3), log(5)
    screws = steel / sqrt(steel**2 + single**2) * steel / sqrt(steel**2 + 2 * single**2)
    assert shared == pytest.approx(screws / 2)


def test_a_title_that_is_written_freely_is_compared_by_its_words() -> None:
    near, far = scores(said("semantic_reward", wanting("hammer"), ["the Steel hammer", "a bicycle"]))
    assert near == pytest.approx(1.0) and far == 0.0


def test_only_the_items_that_were_asked_for_count_and_an_empty_list_is_worth_nothing() -> None:
    assert len(scores(said("semantic_reward", wanting("hammer", count=1), ["a1", "b1"]))) == 1
    assert said("semantic_reward", wanting("hammer"), []).score == 0


VECTORS = {"hammer": [1, 0], "mallet": [1, 1], "saw": [-1, 0], "nails": [0, 2], "screws": [0, 0]}


@pytest.mark.parametrize("suffix", [".json", ".npy"])
def test_vectors_make_likeness_their_cosine_and_none_below_0(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"vectors{suffix}"
    if suffix == ".npy":
        np.save(file, np.array(list(VECTORS.values())))
    else:
        file.write_text(json.dumps(VECTORS))
    question = wanting("hammer", count=5)
    assert scores(said("semantic_reward", question, ["a1", "a2", "b1", "c1"], vectors=file)) == pytest.approx(
        [1.0, sqrt(0.5), 0.0, 0.0]
    )
    [shared] = scores(said("semantic_reward", wanting("mallet"), ["c1"], vectors=file))
    assert shared == pytest.approx(sqrt(0.5) / 2)


def test_a_log_is_counted_by_distance_and_age(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    histories = [
        ["hammer", "nails", "saw"],
        ["hammer", "saw"],
        ["mallet", "nails"],
        ["saw", "hammer", "x", "y", "mallet"],
    ]
    file.write_text("\n".join(json.dumps(history) for history in histories) + "\n\n")
    # C[hammer, nails] = 1, C[hammer, saw] = 1/2 + 1, C[hammer, mallet] = 1/3; C[saw, hammer] = 1; C[nails, saw] = 1
    question = wanting("nails", history=("saw", "hammer"), count=4)
    verdict = said("collaborative_reward", question, ["b1", "a1", "a2", "c1"], log=file)
    highest = 1.5
    assert scores(verdict) == pytest.approx([1.0, 1 / 2 / highest, 1 / 3 / highest, 1 / 2 / highest])
    assert verdict.correction == "c1"
    assert scores(said("collaborative_reward", wanting("nails"), ["b1", "zz"], log=file)) == [0.0, 0.0]


@pytest.mark.parametrize("log", ['["1", "2"]', '["hammer"]\n["saw"]', '["hammer", "7"]'])
def test_a_log_that_tells_of_no_item_of_the_catalogue_is_refused(tmp_path: Path, log: str) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text(log)
    with pytest.raises(DataError, match=r"log\.jsonl says of no item of the catalogue .* the catalogue 'hammer',"):
        said("collaborative_reward", wanting("nails", history=("saw",)), ["c1"], log=file)


def test_names_in_a_log_may_hold_what_some_call_a_line_end(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text('["hammer", "A\u2028B", "saw"]\r\n["a\x85b", "saw"]\n', encoding="utf-8")
    [after_hammer] = scores(said("collaborative_reward", wanting("saw", history=("hammer",)), ["b1"], log=file))
    assert after_hammer == 1.0


@pytest.mark.parametrize("name", ["semantic_reward", "collaborative_reward"])
def test_the_judges_hold_their_contract(name: str, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text('["hammer", "nails", "saw"]\n')
    parameters = {"log": file} if name == "collaborative_reward" else {}
    asked = [wanting(item, history=("hammer", "nails")) for item in TOOLS.items]
    assert not check_judge(name, partial(build, "judge", name, parameters), asked)


@pytest.mark.parametrize("name", ["semantic_reward", "collaborative_reward"])
def test_a_question_that_wants_no_list_is_refused(name: str) -> None:
    question = Question(id="q1", prompt="?", form=Options(choices=("1", "2")))
    with pytest.raises(DataError, match=f"'q1' asks for no items of a catalogue, so {name} cannot judge it"):
        said(name, question, ["1"])


def test_without_an_item_that_was_taken_there_is_no_likeness_to_it() -> None:
    with pytest.raises(DataError, match="no item of its catalogue that was taken next"):
        said("semantic_reward", wanting("anvil"), ["a1"])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "cannot be read as JSON"),
        ("[1]", "no JSON object"),
        ('{"hammer": [1]}', "no vector for 4 of 5 items, such as 'mallet'"),
        (json.dumps({**VECTORS, "saw": [1]}), "vector of 'saw' is no list of 2 numbers"),
        (json.dumps({**VECTORS, "saw": ["1", "2"]}), "vector of 'saw' is no list of 2 numbers"),
        (json.dumps({**VECTORS, "saw": [1, 10**400]}), "a number that is too large"),
        (f'{{"saw": [{"9" * 5000}]}}', "cannot be read as JSON"),
        (json.dumps({**VECTORS, "saw": [1, float("nan")]}), "row 2: the vector of 'saw' holds what is no number"),
    ],
)
def test_vectors_that_are_none_are_refused(tmp_path: Path, content: str, why: str) -> None:
    file = tmp_path / "vectors.json"
    file.write_text(content)
    with pytest.raises(DataError, match=why):
        said("semantic_reward", wanting("hammer"), ["a2"], vectors=file)


def test_rows_of_another_catalogue_and_pickles_are_refused(tmp_path: Path) -> None:
    few, pickled = tmp_path / "few.npy", tmp_path / "pickled.npy"
    np.save(few, np.ones((4, 2)))
    np.save(pickled, np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match=r"shape \(4, 2\), where a catalogue of 5 items needs as many rows"):
        said("semantic_reward", wanting("hammer"), ["a2"], vectors=few)
    with pytest.raises(DataError, match=r"cannot be read as a \.npy of numbers"):
        said("semantic_reward", wanting("hammer"), ["a2"], vectors=pickled)


@pytest.mark.parametrize("numbers", [np.ones((5, 2)) * 1j, np.array([["a", "b"]] * 5), np.ones((5, 2), dtype=bool)])
def test_rows_of_what_are_no_real_numbers_are_refused(tmp_path: Path, numbers: NDArray[np.generic]) -> None:
    np.save(tmp_path / "rows.npy", numbers)
    with pytest.raises(DataError, match=rf"rows\.npy are of type {numbers.dtype}; write real numbers"):
        said("semantic_reward", wanting("hammer"), ["a2"], vectors=tmp_path / "rows.npy")


def test_vectors_are_read_though_every_answer_is_the_item_taken(tmp_path: Path) -> None:
    np.save(tmp_path / "few.npy", np.ones((4, 2)))
    with pytest.raises(DataError, match=r"shape \(4, 2\)"):
        said("semantic_reward", wanting("hammer", count=1), ["a1"], vectors=tmp_path / "few.npy")


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_the_height_of_vectors_says_nothing(tmp_path: Path, scale: float) -> None:
    np.save(tmp_path / "rows.npy", scale * np.array(list(VECTORS.values())))
    verdict = said("semantic_reward", wanting("hammer", count=2), ["a2", "b1"], vectors=tmp_path / "rows.npy")
    assert scores(verdict) == pytest.approx([sqrt(0.5), 0.0])


@pytest.mark.parametrize(
    ("name", "parameters", "why"),
    [
        ("semantic_reward", {"vectors": "nowhere.npy"}, "no item vectors are at"),
        ("collaborative_reward", {}, "set its log to a file"),
        ("collaborative_reward", {"log": "nowhere.jsonl"}, "cannot be read"),
        ("collaborative_reward", {"log": "bad.jsonl"}, r"bad\.jsonl:2: .* is no list of item names"),
        ("collaborative_reward", {"log": "broken.jsonl"}, r"broken\.jsonl:1: not JSON"),
        ("collaborative_reward", {"log": "empty.jsonl"}, "holds no histories"),
    ],
)
def test_files_are_checked_before_anything_plays(
    name: str, parameters: dict[str, str], why: str, tmp_path: Path
) -> None:
    (tmp_path / "bad.jsonl").write_text('["saw"]\n{"saw": 1}\n')
    (tmp_path / "broken.jsonl").write_text("[saw\n")
    (tmp_path / "empty.jsonl").write_text("\n")
    judge = build("judge", name, {key: tmp_path / value for key, value in parameters.items()})
    assert isinstance(judge, Checkable)
    with pytest.raises(DataError, match=why):
        judge.check()


def test_the_fingerprint_holds_the_file(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    prints = []
    for content in ('["saw"]', '["nails"]'):
        file.write_text(content)
        prints.append(build("judge", "collaborative_reward", {"log": file}).fingerprint()["log"])
    assert len({*prints}) == 2
    assert build("judge", "semantic_reward", {}).fingerprint() == {}
