"""A judge that another judge rests on, named in a scenario as every component is: bare, or with its parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, PlainValidator, TypeAdapter, ValidationError, WithJsonSchema

from simulation.core.allowed import shown
from simulation.core.errors import ScenarioError
from simulation.core.faults import in_line
from simulation.core.optional_roles import Checkable, Elsewhere, Fingerprinted
from simulation.core.registry import build, find
from simulation.core.roles import Judge
from simulation.core.types import Answer, Feedback, Question


@dataclass(frozen=True, slots=True)
class InnerJudge:
    """A judge with the name it was written by; judges of equal parameters are equal."""

    written: str
    wrapped_judge: Judge

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Evaluate each answer."""
        return self.wrapped_judge.judge(questions, answers, seeds=seeds)

    def check(self) -> None:
        """Refuse files that are not there."""
        if isinstance(self.wrapped_judge, Checkable):
            self.wrapped_judge.check()

    def elsewhere(self) -> Sequence[str]:
        """Name what it rests on elsewhere."""
        return self.wrapped_judge.elsewhere() if isinstance(self.wrapped_judge, Elsewhere) else []

    def fingerprint(self) -> Mapping[str, str]:
        """Return what else its verdicts rest on."""
        return self.wrapped_judge.fingerprint() if isinstance(self.wrapped_judge, Fingerprinted) else {}


def read(value: object) -> InnerJudge:
    """Build what a scenario writes; a ValueError says what is wrong, and pydantic adds the place in the file."""
    if isinstance(value, InnerJudge):
        return value
    spelled = {"name": value} if isinstance(value, str) else value
    if not isinstance(spelled, Mapping) or not isinstance(spelled.get("name"), str):
        raise ValueError(
            f"write a judge's name, such as answer_key, or a mapping of name and parameters; got {shown(value)}"
        )
    parameters = {parameter: setting for parameter, setting in spelled.items() if parameter != "name"}
    try:
        judge_class = find("judge", spelled["name"])
        return InnerJudge(spelled["name"], build("judge", spelled["name"], parameters))
    except ValidationError as error:
        raise ValueError(f"{spelled['name']}: {in_line(error, judge_class)}") from error
    except ScenarioError as error:
        raise ValueError(str(error)) from error


def spelled_out(inner: InnerJudge) -> dict[str, Any]:
    """Return what `read` reads back, every default written (Any: each judge has its own fields)."""
    return {
        "name": inner.written,
        **TypeAdapter(type(inner.wrapped_judge)).dump_python(inner.wrapped_judge, mode="json"),
    }


JudgedBy = Annotated[
    InnerJudge,
    Field(validate_default=True),
    PlainValidator(read),
    PlainSerializer(spelled_out),
    WithJsonSchema({"x-component": "judge"}),
]
"""The type of a judge's field that names another judge."""
