"""Components of one file that break their role, each in one way, and what is to be said of them."""

from dataclasses import dataclass
from pathlib import Path

IMPORTS = """\
import math
import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simulation.core.kinds.items import Items
from simulation.core.kinds.kind import Form, Key
from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.kinds.taken import Chances, Taken
from simulation.core.questions import Measure, Splits
from simulation.core.calls import Completion, Request
from simulation.core.types import (
    Answer,
    Experience,
    Feedback,
    LessonEffect,
    Outcome,
    Question,
    Ranking,
    Selection,
    Transition,
    Update,
)


"""

GOOD = {
    "environment": """\
def question(number, **fields):
    options = (f"{number}", f"{number + 1000}", f"{number + 2000}")
    form, key = Options(choices=options), Reference(answer=options[0])
    return Question(**{"id": f"q{number}", "prompt": f"what is {number}?", "form": form, "key": key, **fields})


class Good:
    measures = (Measure(name="accuracy"),)
    exact_judge = "answer_key"

    def questions(self, seed):
        pool, held_out, probe = (tuple(map(question, numbers)) for numbers in (range(40), range(50, 60), range(70, 75)))
        return Splits(pool=pool, held_out=held_out, probe=probe)

    def changed(self, **fields):
        splits = Good.questions(self, 0)
        return replace(splits, pool=(replace(splits.pool[0], **fields), *splits.pool[1:]))


class Moving(Good):
    def begin(self, generator):
        return 0

    def step(self, state, experience, generator):
        text, answer = experience.question.prompt, experience.answer.text
        return state + 1, Transition(
            observation=text, action=answer, reward=experience.feedback.score, next_observation="", terminated=False,
            truncated=False,
        )

    def pool(self, state):
        return self.questions(0).pool[state % 10 :]
""",
    "students": """\
from agents.students.irt_learner import IrtLearners
from agents.surrogate.learner import SurrogateLearner
from agents.surrogate.student import SimulatedStudent


class Student(SimulatedStudent):
    def requests(self, questions, *, generator):
        return self.ask(SimulatedStudent.requests(self, questions, generator=generator))

    def read(self, questions, completions, *, model_version):
        return self.say(SimulatedStudent.read(self, questions, completions, model_version=model_version))

    def ask(self, requests):
        return requests

    def say(self, answers):
        return answers


class Good(IrtLearners):
    def answerer(self, seat):
        return Bold(name=seat.name)

    def learner(self, seats):
        return Model(seats, self)


class Bold(Student):
    pass


class Model(SurrogateLearner):
    def generate(self, requests):
        return self.write(SurrogateLearner.generate(self, requests))

    def write(self, completions):
        return completions
""",
    "judge": """\
class Good:
    def judge(self, questions, answers, *, seeds):
        return [
            self.mark(question, answer, float(answer.text == question.key.reference))
            for question, answer in zip(questions, answers, strict=True)
        ]

    def mark(self, question, answer, score):
        return Feedback(score=score, judge="good", correction=question.key.reference)
""",
    "question_policy": """\
class Good:
    needs = frozenset()

    def select(self, candidates: Sequence[Question], k: int, context) -> list[Selection[Question]]:
        return [self.pick(question, context) for question in candidates[:k]]

    def pick(self, question, context):
        return Selection(item=question, score=1.0, reason="the first")
""",
    "experience_policy": """\
class Good:
    needs = frozenset()

    def select(self, candidates: Sequence[Experience], k: int, context) -> list[Selection[Experience]]:
        return [self.pick(experience) for experience in candidates[:k]]

    def pick(self, experience):
        return Selection(item=experience, score=1.0, reason="the first")
""",
    "trainer": """\
class Good:
    def update(self, model, batches, mark, *, turn, generators):
        return {
            slot: self.report(
                Update(trainer="good", experiences=len(batch), steps=1, model_version=model.version(slot)), batch
            )
            for slot, batch in batches.items()
        }

    def report(self, update, batch):
        return update
""",
}
"""A component of each kind that keeps its contract."""


@dataclass(frozen=True)
class Defect:
    """A component that is wrong, as the body of a class that extends a good one."""

    kind: str
    body: str
    complaint: str
    """What is said of it (a regular expression)."""
    base: str = "Good"
    after: str = ""
    """What stands below the class."""
    in_check: bool = True
    """Whether `check` finds it, which loads no model."""
    in_run: bool = True
    """Whether a study meets it: some only show when a component is called twice."""

    @property
    def name(self) -> str:
        """Its name in the output of pytest."""
        return f"{self.kind}: {' '.join((self.body + self.after).split())[:90]}"

    def write(self, folder: Path, module: str = "bad") -> Path:
        """Write it as a module and return its file."""
        path = folder / f"{module}.py"
        text = f"{IMPORTS}{GOOD[self.kind]}\n\nclass Bad({self.base}):\n{indented(self.body)}\n\n\n{self.after}\n"
        path.write_text(text, encoding="utf-8")
        return path


def indented(body: str) -> str:
    return "\n".join(f"    {line}" for line in body.splitlines()) or "    pass"
