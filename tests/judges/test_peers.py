"""A class learns only from neighbours who are right: nobody else's answer, no other class, no answer key."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.judges.class_graph import adjacency
from agents.judges.peers import Member, member
from simulation.core.errors import ScenarioError
from simulation.core.registry import build
from simulation.core.types import Answer, Feedback, Question
from tests.support.classes import CHOICES, answer, in_class, question
from tests.support.scripted import scripted_world, seats, stepper

SHAPES = ("small_world", "ring", "complete", "star", "scale_free", "empty")
ASKED = [question("p"), question("q", reference="3")]
TEXTS = st.sampled_from([*CHOICES, "a", "c", "no idea", ""])
CLASSES = st.dictionaries(st.integers(0, 7), st.tuples(TEXTS, TEXTS), min_size=1)


def peers(**parameters: Any) -> Any:
    return build("judge", "peers", parameters)


def told(judge: Any, questions: Sequence[Question], answers: Sequence[Answer]) -> dict[tuple[str, str], Feedback]:
    """What is said, by student and question; an answer's seed belongs to it."""
    seeds = [hash_free(each) for each in answers]
    said = judge.judge(questions, answers, seeds=seeds)
    return {(each.answerer, each.question_id): found for each, found in zip(answers, said, strict=True)}


def hash_free(each: Answer) -> int:
    return int.from_bytes(f"{each.answerer}{each.question_id}".encode()[-7:], "big")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seats", [5, 8, 30])
def test_a_graph_joins_both_ways_and_nobody_with_itself(shape: Any, seats: int) -> None:
    graph = adjacency(shape, seats, 4, 0.3, 7)
    assert len(graph) == seats
    assert all(number not in beside for number, beside in enumerate(graph))
    assert all(number in graph[other] for number, beside in enumerate(graph) for other in beside)
    assert adjacency(shape, seats, 4, 0.3, 7) == graph


def test_graphs_are_what_they_are_called() -> None:
    degrees = {shape: [len(beside) for beside in adjacency(shape, 8, 4, 0.0, 0)] for shape in SHAPES}
    assert degrees["small_world"] == [4] * 8 and degrees["ring"] == [2] * 8
    assert degrees["complete"] == [7] * 8 and degrees["empty"] == [0] * 8
    assert degrees["star"] == [7] + [1] * 7
    assert sum(degrees["scale_free"]) == 2 * 2 * (8 - 2)
    assert all(adjacency(shape, 1, 4, 0.0, 0) == (frozenset(),) for shape in ("ring", "complete", "star", "empty"))
    assert adjacency("small_world", 30, 4, 0.5, 0) != adjacency("small_world", 30, 4, 0.5, 1)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("student-3", Member("student", 3)),
        ("ring-0-12", Member("ring-0", 12)),
        ("exp-3-0-1", Member("exp-3-0", 1)),
        ("random-7", None),
        ("ada", None),
    ],
)
def test_a_student_of_a_class_is_known_by_its_name(name: str, place: Member | None) -> None:
    assert member(name) == place


def test_a_right_neighbour_explains() -> None:
    said = told(peers(graph="ring"), *in_class(ASKED[:1], {0: ["1"], 1: ["2"], 2: ["4"], 3: ["5"], 7: ["3"]}))
    assert said["student-0", "p"].score == 1 and said["student-0", "p"].explanation == "Right."
    for neighbour in ("student-1", "student-7"):
        assert said[neighbour, "p"].explanation == "student-0 explains: 1"
        assert said[neighbour, "p"].correction == "1"
        assert said[neighbour, "p"].metrics == {"right_neighbours": 1.0, "explainer": 0.0}
    for stranger in ("student-2", "student-3"):
        assert said[stranger, "p"].correction is None
        assert said[stranger, "p"].metrics == {"right_neighbours": 0.0}
    assert {each.judge for each in said.values()} == {"peers"}


def test_an_explanation_is_worded_as_the_learner_answers() -> None:
    said = told(peers(graph="complete"), *in_class(ASKED[:1], {0: ["1"], 1: ["b"]}))
    assert said["student-1", "p"].correction == "a"


def test_of_several_the_surest_explains_and_of_equals_the_first() -> None:
    asked = ASKED[0]
    learner = answer(asked, "2", "student-0")
    for ready, expected in (
        ([(1, 0.4, None), (2, 0.9, None), (3, 0.9, None)], 2.0),
        ([(3, None, -0.2), (1, None, -1.0)], 3.0),
        ([(5, None, None), (4, None, None)], 4.0),
    ):
        models = [
            answer(asked, "1", f"student-{number}", confidence=sure, logprob=logprob) for number, sure, logprob in ready
        ]
        for order in itertools.permutations([learner, *models]):
            said = told(peers(graph="complete"), [asked] * len(order), order)
            assert said["student-0", "p"].metrics["explainer"] == expected


def test_drawn_explainers_are_drawn_evenly_by_the_answers_own_seed() -> None:
    questions, answers = in_class(ASKED[:1], {0: ["2"], 1: ["1"], 2: ["1"], 3: ["1"], 4: ["1"]})
    judge = peers(graph="complete", explainer="drawn")
    drawn = [judge.judge(questions, answers, seeds=[n, 0, 0, 0, 0])[0].metrics["explainer"] for n in range(2000)]
    assert set(drawn) == {1.0, 2.0, 3.0, 4.0}
    assert all(abs(drawn.count(number) / 2000 - 0.25) < 0.04 for number in set(drawn))
    again = [judge.judge(questions, answers, seeds=[n, 9, 9, 9, 9])[0].metrics["explainer"] for n in range(50)]
    assert again == drawn[:50]


@given(said=st.dictionaries(st.integers(0, 7), st.tuples(st.sampled_from(["2", "b", "?", ""])), min_size=1))
def test_a_class_that_knows_nothing_learns_nothing(said: Mapping[int, tuple[str]]) -> None:
    for shape in SHAPES:
        found = told(peers(graph=shape), *in_class(ASKED[:1], said))
        assert {(each.score, each.correction) for each in found.values()} == {(0.0, None)}


@given(said=CLASSES, shape=st.sampled_from(SHAPES), explainer=st.sampled_from(["most_confident", "drawn"]))
def test_a_correction_is_what_a_right_neighbour_said_and_there_is_one_where_there_is_such(
    said: Mapping[int, tuple[str, str]], shape: Any, explainer: str
) -> None:
    graph = adjacency(shape, 8, 4, 0.1, 0)
    found = told(peers(graph=shape, explainer=explainer), *in_class(ASKED, said))
    key = build("judge", "answer_key", {})
    questions, answers = in_class(ASKED, said)
    marks = told(key, questions, answers)
    for (name, asked), each in found.items():
        number = int(name.removeprefix("student-"))
        assert each.score == marks[name, asked].score
        assert each.outcomes == marks[name, asked].outcomes
        right = [other for other in sorted(graph[number] & {*said}) if marks[f"student-{other}", asked].score == 1]
        assert each.metrics["right_neighbours"] == len(right)
        if each.score == 0:
            assert (each.correction is None) == (not right)
            assert not right or each.metrics["explainer"] in right
            assert not right or each.correction in ("1", "3", "a", "c")


@given(said=CLASSES, outsider=st.integers(0, 7))
def test_an_outsider_learns_nothing_and_teaches_nobody(said: Mapping[int, tuple[str, str]], outsider: int) -> None:
    found = told(peers(graph="complete", outsiders=[outsider]), *in_class(ASKED, said))
    for (name, _), each in found.items():
        if each.score == 0 and name == f"student-{outsider}":
            assert each.correction is None
        assert each.metrics.get("explainer") != outsider


@given(first=CLASSES, second=CLASSES, order=st.randoms(use_true_random=False), shape=st.sampled_from(SHAPES))
def test_two_classes_in_one_call_do_not_mix_whatever_their_order(
    first: Mapping[int, tuple[str, str]], second: Mapping[int, tuple[str, str]], order: Any, shape: Any
) -> None:
    judge = peers(graph=shape, explainer="drawn")
    groups = [in_class(ASKED, first, "a-0"), in_class(ASKED, second, "a-1")]
    alone = {key: each for group in groups for key, each in told(judge, *group).items()}
    rows = [row for group in groups for row in zip(*group, strict=True)]
    order.shuffle(rows)
    assert told(judge, *zip(*rows, strict=True)) == alone


def test_students_alone_in_a_comparison_are_no_class() -> None:
    """ "random-0" and "random-1" are one scenario under two seeds."""
    answers = [answer(ASKED[0], "1", "random-0"), answer(ASKED[0], "2", "random-1")]
    found = told(peers(graph="complete"), [ASKED[0]] * 2, answers)
    assert found["random-1", "p"].correction is None


def test_a_neighbour_whom_the_teacher_wrongly_finds_right_teaches_its_mistake() -> None:
    judge = peers(graph="complete", judged_by={"name": "noisy", "false_right": 1.0, "false_wrong": 0.0})
    found = told(judge, *in_class(ASKED[:1], {0: ["2"], 1: ["2"]}))
    assert {(each.score, each.correction) for each in found.values()} == {(1.0, "2")}


def test_in_a_class_whose_students_differ_everybody_learns_but_the_outsider() -> None:
    """Played through the loop, every student asked the same."""
    judge = peers(judged_by="tests.support.scripted:ExactJudge", graph="complete", outsiders=[2])
    world = scripted_world(seats(4), judge=judge, questions=12)
    together = replace(world.students[0].settings, whole_class=True)
    students = tuple(replace(student, settings=together) for student in world.students)
    world = replace(world, students=students)
    before = [world.model.dump(slot) for slot in world.model.slots]
    step = stepper(world)
    turns = [step(number) for number in range(4)]
    changed = [world.model.dump(slot) != held for slot, held in zip(world.model.slots, before, strict=True)]
    assert changed == [True, True, False, True]
    for turn in turns[1:]:
        assert len({tuple(each.question.id for each in one.experiences) for one in turn}) == 1


def test_a_class_larger_than_the_graph_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"student-8 has number 8.*set its seats"):
        told(peers(), *in_class(ASKED[:1], {8: ["2"]}))
    with pytest.raises(ValueError, match="lower neighbours"):
        peers(seats=4, neighbours=4)
    assert peers(seats=2, graph="ring").fingerprint().keys() == {"networkx"}
