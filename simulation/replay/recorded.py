"""Roles that say again what a study recorded, so that its loop can be played without a model.

The environment, the policies and rule-based judges are not among them: a replay really runs those.
"""

# ruff: noqa: ARG002  # a role takes all that its Protocol passes, whether or not the record needs it

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simulation.core.calls import Completion, Request
from simulation.core.errors import ModelError, ReplayDiffers, SimulationError
from simulation.core.roles import Learner, SampleJudge
from simulation.core.types import Answer, Attempt, Experience, Feedback, Outcome, Question, Turn, Update
from simulation.loop.results import SCORE
from simulation.loop.world import exam_order

RECORDED = "recorded"
"""The name of every role here."""


@dataclass(frozen=True, slots=True)
class AnswerSet:
    """The recorded answers to one set of questions, in the order in which they were put."""

    field: str
    """Where a turn holds them."""
    answers: list[Answer]
    truths: list[Feedback]
    """The exact judge's verdict on each answer."""
    feedback: tuple[Feedback, ...] = ()
    """The teacher's verdict on each answer; none on those that only measure."""

    @property
    def scored(self) -> list[Feedback]:
        """What a scorer gave each answer that only measures; raises KeyError where there was none."""
        return [replace(truth, score=truth.metrics[SCORE]) for truth in self.truths]


class Script:
    """What the students of one recorded turn said, read by the recorded roles."""

    def __init__(self, students: Sequence[str]) -> None:
        self.students = tuple(students)
        self.turns: Mapping[str, Turn] = {}
        self.predictions: Mapping[tuple[str, str], tuple[float, ...]] = {}
        """By student and question."""
        self.versions = dict.fromkeys(students, "")
        self.answered: dict[str, AnswerSet] = {}
        """What each student answered last, and so what is judged next: an answer is known by its place in it."""

    def turn_to(self, turns: Sequence[Turn]) -> None:
        """Open the page of the next turn; the first brings the versions of the untrained adapters."""
        self.turns = {turn.student: turn for turn in turns}
        self.answered = {}
        self.predictions = {
            (student, question): row
            for turn in turns
            for student, rows in ((turn.student, turn.predictions), *turn.committee.items())
            for question, row in zip(turn.candidates, rows, strict=bool(rows))
        }
        for turn in turns:
            if turn.turn == 0:
                self.versions[turn.student] = turn.model_version

    def lacks(self, student: str, field: str, what: str) -> SimulationError:
        """Return the error of a turn that does not go as recorded, or that the student failed by before it went on."""
        turn = self.turns[student]
        if turn.failure:
            return ModelError(turn.failure.removeprefix(f"turn {turn.turn}: "))
        return ReplayDiffers(f"turn {turn.turn}, {student!r}, {field}: {what}")


class RecordedLearner:
    """Gives the recorded predictions; what its slots have changed is known by the versions alone."""

    source = RECORDED

    def __init__(self, script: Script) -> None:
        self._script = script
        self.slots = script.students

    def score(self, requests: Sequence[Request]) -> list[tuple[float, ...]]:
        """Return the recorded log-probabilities of alternatives; a request names its question's id as prompt."""
        return [self._script.predictions[request.slot, request.prompt] for request in requests]

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        """Return a blank for each request: the recorded student knows its answers."""
        return [Completion() for _ in requests]

    def version(self, slot: str) -> str:
        """Return the recorded version."""
        return self._script.versions[slot]

    def dump(self, slot: str) -> bytes:
        """Return all that is known of what the slot has changed: its version."""
        return self.version(slot).encode("utf-8")

    def restore(self, slot: str, data: bytes) -> None:
        """Put back what `dump` returned."""
        self._script.versions[slot] = data.decode("utf-8")

    def render(self, prompt: str) -> str:
        """Return the prompt: what the model read stands in the recorded answers."""
        return prompt


class RecordedStudent:
    """Gives the recorded answers to the questions that the record says were put, set after set."""

    simulated = False

    def __init__(self, script: Script, name: str) -> None:
        self.name = name
        self._script = script
        self._turn: Turn | None = None
        self._left: list[AnswerSet] = []

    def requests(self, questions: Sequence[Question], *, generator: np.random.Generator) -> list[Request]:
        """Return one blank request a question, which names the question's id in place of a prompt."""
        return [Request(slot=self.name, prompt=question.id) for question in questions]

    def options(self, questions: Sequence[Question]) -> list[Request]:
        """Return one request a question whose alternatives the record has scored."""
        for question in questions:
            if (self.name, question.id) not in self._script.predictions:
                raise self._script.lacks(self.name, "candidates", f"{question.id!r} has no recorded prediction")
        return [
            Request(slot=self.name, prompt=question.id, continuations=question.form.alternatives)
            for question in questions
        ]

    def read(
        self,
        questions: Sequence[Question],
        completions: Sequence[Completion],
        *,
        model_version: str,
    ) -> list[Answer]:
        """Return the recorded answers."""
        turn = self._script.turns[self.name]
        if turn is not self._turn:
            self._turn, self._left = turn, answer_sets(turn)
        if not questions:
            self._script.answered.pop(self.name, None)
            return []
        question_ids = [question.id for question in questions]
        if not self._left:
            raise self._script.lacks(
                self.name, "picks", f"{len(question_ids)} questions are put, but none are recorded"
            )
        answer_set = self._left.pop(0)
        field, answers = answer_set.field, answer_set.answers
        for position, (question_id, answer) in enumerate(zip(question_ids, answers, strict=False)):
            if question_id != answer.question_id:
                raise self._script.lacks(
                    self.name, f"{field}[{position}]", f"question {question_id!r} is not {answer.question_id!r}"
                )
        if len(question_ids) != len(answers):
            raise self._script.lacks(
                self.name, field, f"{len(question_ids)} questions are put, {len(answers)} are recorded"
            )
        self._script.answered[self.name] = answer_set
        return answers


def answer_sets(turn: Turn) -> list[AnswerSet]:
    """Return the sets of answers that a turn's loop reads, in its order."""
    practice = judged_set("picks", turn.experiences)
    again = [
        judged_set("attempts", [attempt for attempt in turn.attempts if attempt.number == number])
        for number in sorted({attempt.number for attempt in turn.attempts})
    ]
    sets = [practice, *again, *(evaluation_set(turn, name) for name in sorted(turn.evaluations, key=exam_order))]
    return [answer_set for answer_set in sets if answer_set.answers]


def judged_set(name: str, given: Sequence[Experience] | Sequence[Attempt]) -> AnswerSet:
    """Return answers that the teacher judged, beside the truth."""
    return AnswerSet(
        name,
        [one.answer for one in given],
        [Feedback(score=one.truth, judge=RECORDED) for one in given],
        tuple(one.feedback for one in given),
    )


def evaluation_set(turn: Turn, name: str) -> AnswerSet:
    """Return what a turn's evaluation of this name holds; answers and verdicts are made of its results.

    Of the outcomes of a verdict a result tells the reason alone, so that stands for them.
    """
    results = turn.evaluations[name].results
    answers = [
        Answer(
            question_id=result.question_id,
            prompt="",
            text=result.text,
            answerer=turn.student,
            model_version="",
            ranking=result.ranking,
            reading=result.reading,
            stop=result.stop,
        )
        for result in results
    ]
    truths = [
        Feedback(
            score=result.truth,
            judge=RECORDED,
            metrics=result.metrics,
            outcomes=(Outcome(part="answer", score=result.truth, reason=result.reason),) if result.reason else (),
        )
        for result in results
    ]
    return AnswerSet(f"evaluations.{name}", answers, truths)


class RecordedJudge:
    """Gives the recorded verdicts on what one student answered: its teacher's, or what its scorer gave."""

    name = RECORDED

    def __init__(self, script: Script, student: str, *, scorer: bool = False) -> None:
        self._script = script
        self._student = student
        self._scorer = scorer

    def judge(
        self,
        questions: Sequence[Question],
        answers: Sequence[Answer],
        *,
        seeds: Sequence[int],
    ) -> list[Feedback]:
        """Return the recorded verdict on each answer that the student gave last."""
        answer_set = self._script.answered[self._student]
        check_recorded(answers, answer_set.answers)
        return answer_set.scored if self._scorer else [*answer_set.feedback]


class RecordedTruth:
    """Gives the recorded truth of what all students answered last, where finding it takes running the answers."""

    name = RECORDED

    def __init__(self, script: Script) -> None:
        self._script = script

    def judge(
        self,
        questions: Sequence[Question],
        answers: Sequence[Answer],
        *,
        seeds: Sequence[int],
    ) -> list[Feedback]:
        """Return the recorded truth of each answer; all of one student stand together, in the order of the students."""
        answered = self._script.answered
        sets = [answered[student] for student in self._script.students if student in answered]
        check_recorded(answers, [answer for answer_set in sets for answer in answer_set.answers])
        return [truth for answer_set in sets for truth in answer_set.truths]


def check_recorded(answers: Sequence[Answer], recorded: Sequence[Answer]) -> None:
    """Refuse to judge answers that are not, place by place, those of the record; a copy of one is."""
    places, recorded_places = ([(answer.question_id, answer.text) for answer in row] for row in (answers, recorded))
    if places != recorded_places:
        raise ReplayDiffers("an answer is to be judged that the record does not hold")


class RecordedTrainer:
    """Gives the recorded updates."""

    name = RECORDED

    def __init__(self, script: Script) -> None:
        self._script = script

    def update(
        self,
        model: Learner,
        batches: Mapping[str, Sequence[Experience]],
        mark: SampleJudge,
        *,
        turn: int,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        """Return the recorded update of every student that has one."""
        updates = {}
        for student in batches:
            recorded_turn = self._script.turns[student]
            if recorded_turn.update is not None:
                updates[student] = recorded_turn.update
                self._script.versions[student] = recorded_turn.update.model_version
            elif recorded_turn.failure:
                raise self._script.lacks(student, "update", "none is recorded")
        return updates
