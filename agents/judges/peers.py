"""A class whose students learn from each other: the correction of a wrong answer is what a neighbour who is right said.

The published student simulations teach one student by one teacher; this is ours. Who is a neighbour says a graph over
the class (`class_graph.py`), and knowledge spreads along its edges.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Annotated, Literal

from pydantic import Field, model_validator

from agents.judges.class_graph import Shape, adjacency
from agents.judges.inner_judge import JudgedBy
from agents.reading.wording import worded_like
from simulation.core.confidence import confidence
from simulation.core.errors import ScenarioError
from simulation.core.registry import judge
from simulation.core.seeding import Seed, generator
from simulation.core.types import Answer, Feedback, Outcome, Question

_MEMBER = re.compile(r"(student|.+-\d+)-(\d+)")
"""A student of a run, "student-3", or of a comparison, "<label>-<seed>-3"; "<label>-<seed>" has no classmates."""


@dataclass(frozen=True, slots=True)
class Member:
    """A student's place: its class, and its number in it."""

    group: str
    number: int


def member(answerer: str) -> Member | None:
    """Read a student's place from its name, or None where it belongs to no class."""
    match = _MEMBER.fullmatch(answerer)
    return None if match is None else Member(match[1], int(match[2]))


@judge("peers")
class Peers:
    """Another judge's verdicts, but a wrong answer is corrected only by a neighbour of the class who is right.

    A neighbour helps where it answered the same question in the same turn and the other judge found that right
    (`ask.whole_class: true` asks all the same). Without one there is no correction, so trainers that need one have
    nothing to learn from. Students must differ, as they do where they write at a temperature: equal ones know equally
    little. What is sampled while training (GRPO) is answered alone, and gets verdicts without corrections.
    """

    judged_by: JudgedBy = "answer_key"  # type: ignore[assignment]  # pydantic reads it, as it reads what is written
    """The judge that finds answers right or wrong; its corrections are not passed on."""
    graph: Shape = "small_world"
    """Who is whose neighbour; number 0 is the centre of "star", and in "empty" everybody is alone."""
    seats: Annotated[int, Field(ge=1, le=1000)] = 8
    """How many students a class has; every class has the same graph."""
    neighbours: Annotated[int, Field(ge=2, le=100, multiple_of=2)] = 4
    """The mean number of neighbours in "small_world", and about that in "scale_free"."""
    rewire: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.1
    """The probability that an edge of "small_world" is rewired."""
    graph_seed: Seed = 0
    """Draws the graph."""
    outsiders: tuple[Annotated[int, Field(ge=0, le=999)], ...] = ()
    """Numbers of students without neighbours, whatever the graph: a control."""
    explainer: Literal["most_confident", "drawn"] = "most_confident"
    """Of several: who gave its answer the highest probability, of equals the lowest number; or one drawn by seed."""

    @model_validator(mode="after")
    def _consistent(self) -> "Peers":
        if self.graph in ("small_world", "scale_free") and self.neighbours >= self.seats:
            raise ValueError(
                f"neighbours is {self.neighbours}, but a student of {self.seats} has at most {self.seats - 1}; lower "
                "neighbours, raise seats, or take graph: complete"
            )
        return self

    def elsewhere(self) -> Sequence[str]:
        """Name what the other judge rests on elsewhere."""
        return self.judged_by.elsewhere()

    def check(self) -> None:
        """Refuse files of the other judge that are not there."""
        self.judged_by.check()

    def fingerprint(self) -> Mapping[str, str]:
        """Return the version of the library that draws the graph, and what the other judge's verdicts rest on."""
        return {**self.judged_by.fingerprint(), "networkx": version("networkx")}

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Have each answer evaluated, then let those who are right explain to their neighbours."""
        inner_feedback = self.judged_by.judge(questions, answers, seeds=seeds)
        places = [member(answer.answerer) for answer in answers]
        right_answers: dict[tuple[str, str], dict[int, Answer]] = {}
        for question, answer, feedback, place in zip(questions, answers, inner_feedback, places, strict=True):
            if place is not None and feedback.score >= 1 and answer.text:
                right_answers.setdefault((place.group, question.id), {})[place.number] = answer
        peer_feedback = []
        for question, answer, feedback, place, seed in zip(
            questions, answers, inner_feedback, places, seeds, strict=True
        ):
            right_by_number = {} if place is None else right_answers.get((place.group, question.id), {})
            neighbours = self._beside(answer.answerer, place)
            right_neighbours = [
                (number, right_by_number[number]) for number in sorted(right_by_number) if number in neighbours
            ]
            peer_feedback.append(self._say(question, answer, feedback, right_neighbours, seed))
        return peer_feedback

    def _beside(self, name: str, place: Member | None) -> frozenset[int]:
        """Return the numbers of a student's neighbours."""
        if place is None or place.number in self.outsiders:
            return frozenset()
        if place.number >= self.seats:
            raise ScenarioError(
                f"{name} has number {place.number}, but the graph of `peers` has the numbers 0 to {self.seats - 1}; "
                "set its seats to students.count"
            )
        neighbours_by_number = adjacency(self.graph, self.seats, self.neighbours, self.rewire, self.graph_seed)
        return neighbours_by_number[place.number] - {*self.outsiders}

    def _say(
        self,
        question: Question,
        answer: Answer,
        feedback: Feedback,
        right_neighbours: Sequence[tuple[int, Answer]],
        seed: int,
    ) -> Feedback:
        """Pass a verdict on; `right_neighbours` are the neighbours who are right, by number."""
        metrics = {**feedback.metrics, "right_neighbours": float(len(right_neighbours))}
        passed_on = replace(
            feedback,
            judge="peers",
            explanation="Right.",
            correction=answer.text or None,
            metrics=metrics,
            outcomes=feedback.outcomes or (unexplained(feedback.score),),
        )
        if feedback.score >= 1:
            return passed_on
        if not right_neighbours:
            return replace(passed_on, explanation="Wrong, and no neighbour knows better.", correction=None)
        number, explainer_answer = self._explaining(right_neighbours, seed)
        if explainer_answer.choice is None:
            correction = explainer_answer.text
        else:
            correction = worded_like(answer.text, answer.choice, question, explainer_answer.choice)
        return replace(
            passed_on,
            explanation=f"{explainer_answer.answerer} explains: {correction}"[:500],
            correction=correction,
            metrics={**metrics, "explainer": float(number)},
        )

    def _explaining(self, right_neighbours: Sequence[tuple[int, Answer]], seed: int) -> tuple[int, Answer]:
        if self.explainer == "drawn":
            return right_neighbours[int(generator(seed, 0, 0, "explainer").integers(len(right_neighbours)))]
        return max(right_neighbours, key=lambda numbered_answer: sureness(numbered_answer[1]))


def unexplained(score: float) -> Outcome:
    """Return what came of an answer of whose parts its judge says nothing."""
    return Outcome(part="answer", score=score, reason="right" if score >= 1 else "wrong")


def sureness(answer: Answer) -> float:
    """Return the probability a student gave its answer: among the options, else as a text; 0 where neither is known."""
    choice_probability = confidence(answer.ranking)
    if choice_probability is None and answer.logprob is not None:
        return math.exp(answer.logprob)
    return choice_probability or 0.0
