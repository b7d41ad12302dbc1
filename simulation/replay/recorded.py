"""Roles that say again what a study recorded, so that its loop can be played without a model.

The environment, the policies and rule-based judges are not among them: a replay really runs those.
"""

# ruff: noqa: ARG002  # a role takes all that its Protocol passes, whether or not the record needs it

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from simulation.core.errors import ModelError, ReplayDiffers
from simulation.core.packing import Tree
from simulation.core.roles import Learner, SampleJudge
from simulation.core.types import Answer, Completion, Experience, Feedback, Question, Request, Result, Turn, Update


class Script:
    """What the students of one recorded turn said, read by the recorded roles."""

    def __init__(self, students: Sequence[str]) -> None:
        self.students = tuple(students)
        self.turns: Mapping[str, Turn] = {}
        self.committees: Mapping[tuple[str, str], tuple[float, ...]] = {}
        self.versions = dict.fromkeys(students, "")
        self.measured: dict[int, Result] = {}
        """By the identity of the answers that were made of them."""

    def turn_to(self, turns: Sequence[Turn]) -> None:
        """Open the page of the next turn; the first brings the versions of the untrained adapters."""
        self.turns = {turn.student: turn for turn in turns}
        self.committees = {
            (classmate, question): row
            for turn in turns
            for classmate, rows in turn.committee.items()
            for question, row in zip(turn.candidates, rows, strict=True)
        }
        for turn in turns:
            if turn.turn == 0:
                self.versions[turn.student] = turn.model_version

    def differs(self, student: str, field: str, what: str) -> ReplayDiffers:
        """Return the error of a turn that does not go as recorded."""
        return ReplayDiffers(f"turn {self.turns[student].turn}, {student!r}, {field}: {what}")


class RecordedLearner:
    """Gives the recorded predictions; its adapters are known by their versions alone."""

    source = "recorded"
    module = None
    tokenizer = None
    adapters_SP = None

    def __init__(self, script: Script) -> None:
        self._script = script
        self.slots = script.students

    def score(self, requests: Sequence[Request]) -> list[tuple[float, ...]]:
        """Return the recorded option log-probabilities; a request names its question's id as prompt."""
        return [self._predicted(request) for request in requests]

    def _predicted(self, request: Request) -> tuple[float, ...]:
        turn = self._script.turns[request.slot]
        found = self._script.committees.get((request.slot, request.prompt))
        if found is None:
            found = dict(zip(turn.candidates, turn.predictions, strict=False)).get(request.prompt)
        if found is None:
            raise self._script.differs(request.slot, "candidates", f"{request.prompt!r} has no recorded prediction")
        return found

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        """Return a blank for each request: the recorded student knows its answers."""
        return [Completion() for _ in requests]

    def version(self, slot: str) -> str:
        """Return the recorded version."""
        return self._script.versions[slot]

    def touch(self, slots: Sequence[str]) -> None:
        """Do nothing."""

    def render(self, prompt: str) -> str:
        """Return the prompt."""
        return prompt

    def encode(self, prompt: str, continuations: Sequence[str]) -> Tree:
        """Refuse: a record has no tokenizer."""
        raise _no_model()

    def branch_logprobs(self, slots: Sequence[str], trees_SB: Sequence[Sequence[Tree]]) -> Any:
        """Refuse: a record computes nothing (Any: tensors elsewhere)."""
        raise _no_model()

    def dump(self, slot: str) -> bytes:
        """Refuse: adapters are exported from the study."""
        raise _no_model()

    def restore(self, slot: str, data: bytes) -> None:
        """Refuse: a record has no weights."""
        raise _no_model()

    def save(self, slot: str, folder: Path) -> None:
        """Refuse: adapters are exported from the study."""
        raise _no_model()

    def load(self, slot: str, folder: Path) -> None:
        """Refuse: a record has no weights."""
        raise _no_model()


class RecordedStudent:
    """Gives the recorded answers to the questions that the record says were put, set after set."""

    simulated = False

    def __init__(self, script: Script, name: str) -> None:
        self.name = name
        self._script = script
        self._turn: Turn | None = None
        self._left: list[tuple[str, list[Answer]]] = []

    def requests(self, questions: Sequence[Question], *, generator: np.random.Generator) -> list[Request]:
        """Return one blank request a question."""
        return self.options(questions)

    def options(self, questions: Sequence[Question]) -> list[Request]:
        """Return one request a question, which names the question's id in place of a prompt."""
        return [Request(slot=self.name, prompt=question.id) for question in questions]

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
            self._turn, self._left = turn, answer_sets(turn, self._script.measured)
        if not questions:
            return []
        asked = [question.id for question in questions]
        if not self._left:
            raise self._script.differs(self.name, "picks", f"{len(asked)} questions are put, but none are recorded")
        field, answers = self._left.pop(0)
        for position, (ours, given) in enumerate(zip(asked, answers, strict=False)):
            if ours != given.question_id:
                raise self._script.differs(
                    self.name, f"{field}[{position}]", f"question {ours!r} is not {given.question_id!r}"
                )
        if len(asked) != len(answers):
            raise self._script.differs(self.name, field, f"{len(asked)} questions are put, {len(answers)} are recorded")
        return answers


def answer_sets(turn: Turn, measured: dict[int, Result]) -> list[tuple[str, list[Answer]]]:
    """Return the sets of answers that a turn's loop reads, in its order, each with the field that holds them.

    Answers are made of results, which are noted in `measured`.
    """
    sets = [("picks", [experience.answer for experience in turn.experiences])]
    for name in ("held_out", "probe"):
        evaluation = turn.evaluations.get(name)
        results = evaluation.results if evaluation is not None else ()
        answers = [
            Answer(
                question_id=result.question_id,
                prompt="",
                text=result.text,
                answerer=turn.student,
                model_version="",
                choice=result.choice,
                confidence=result.confidence,
                stop=result.stop,
            )
            for result in results
        ]
        measured.update({id(given): result for given, result in zip(answers, results, strict=True)})
        sets.append((f"evaluations.{name}", answers))
    return [(field, answers) for field, answers in sets if answers]


class RecordedJudge:
    """Gives the recorded verdicts on the recorded answers."""

    name = "recorded"

    def __init__(self, script: Script) -> None:
        self._script = script

    def judge(
        self,
        questions: Sequence[Question],
        answers: Sequence[Answer],
        *,
        seeds: Sequence[int],
    ) -> list[Feedback]:
        """Return a recorded verdict for each recorded answer."""
        turns = self._script.turns
        said = {id(each.answer): each.feedback for turn in turns.values() for each in turn.experiences}
        if any(id(given) not in said for given in answers):
            raise ReplayDiffers("an answer is to be judged that the record does not hold")
        return [said[id(given)] for given in answers]


class RecordedTruth:
    """Gives the recorded truth of the recorded answers, where finding it takes running them."""

    name = "recorded"

    def __init__(self, script: Script) -> None:
        self._script = script

    def judge(
        self,
        questions: Sequence[Question],
        answers: Sequence[Answer],
        *,
        seeds: Sequence[int],
    ) -> list[Feedback]:
        """Return the recorded truth of each recorded answer."""
        told = {
            id(each.answer): Feedback(score=each.truth, judge=self.name)
            for turn in self._script.turns.values()
            for each in turn.experiences
        }
        return [told.get(id(given)) or self._measured(given) for given in answers]

    def _measured(self, given: Answer) -> Feedback:
        result = self._script.measured[id(given)]
        return Feedback(score=result.truth, judge=self.name, metrics=result.metrics, verdict=result.verdict)


class RecordedTrainer:
    """Gives the recorded updates."""

    name = "recorded"

    def __init__(self, script: Script) -> None:
        self._script = script

    def update(
        self,
        model: Learner,
        batches: Mapping[str, Sequence[Experience]],
        mark: SampleJudge,
        *,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        """Return the recorded update of every student that has one."""
        updates = {}
        for student in batches:
            update = self._script.turns[student].update
            if update is not None:
                updates[student] = update
                self._script.versions[student] = update.model_version
        return updates


def _no_model() -> ModelError:
    return ModelError("a replay has no model; resume the study, or run its scenario.yaml, to compute with one")
