"""The keys of a scenario below its top: named components, and the groups that say how to ask, learn, evaluate, compare.

A component is written as a bare name (`policy: random`) or as a mapping of `name` and its parameters
(`policy: {name: category, source: evaluation}`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from simulation.core.allowed import shown
from simulation.core.calls import WHOLE, Cut
from simulation.core.registry import components
from simulation.core.seeding import Seed
from simulation.core.strictness import strictly
from simulation.scenario.document import KeyPath

MOST = 100_000_000
"""Of whatever is counted and bounded by nothing nearer."""
MOST_SEEDS = 10_000
"""Of a comparison."""
Heat = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
"""A temperature."""


class ComponentSpec(BaseModel):
    """A named component and its parameters."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str

    @property
    def parameters(self) -> dict[str, Any]:
        """What is written beside the name (Any: each component has its own fields)."""
        return dict(self.model_extra or {})


EXAMPLES = {
    "environment": "math_word_problems",
    "students": "{model: embedded}",
    "judge": "answer_key",
    "question_policy": "random",
    "experience_policy": "mistakes",
    "trainer": "dpo",
}
"""A component of each kind, as it may be written."""


@dataclass(frozen=True)
class OfKind:
    """Marks a `ComponentSpec` field with its registry kind; a mapping without `name` means `default`."""

    name: str
    default: str | None = None

    @property
    def words(self) -> str:
        """How a component is written."""
        if self.default is not None:
            return f"a name, or a mapping of parameters such as {self.example}"
        return f"a name such as {self.example}, or a mapping such as {{name: {self.example}}} with its parameters"

    @property
    def example(self) -> str:
        """A component of the kind."""
        return EXAMPLES[self.name]

    def fits(self, value: object) -> bool:
        """Tell whether a name is one of the kind's."""
        return isinstance(value, str) and value in components(self.name)

    def read(self, value: Any) -> Any:
        """Spell a bare name out (Any: whatever YAML holds; the model behind it checks)."""
        if isinstance(value, str):
            return {"name": value}
        if isinstance(value, dict) and self.default is not None:
            return {"name": self.default, **value}
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        optional = NoneType in get_args(source)

        def named(value: Any) -> Any:
            spelled = self.read(value)
            is_named = isinstance(spelled, dict) and isinstance(spelled.get("name"), str)
            if is_named or isinstance(value, ComponentSpec) or (value is None and optional):
                return spelled
            raise ValueError(self.refusal(value))

        return core_schema.no_info_before_validator_function(named, handler(source))

    def refusal(self, value: object) -> str:
        """Return what is said of what names no component."""
        if isinstance(value, dict) and "name" not in value:
            return f"the key 'name' is missing; write it, such as name: {self.example}"
        if isinstance(value, dict):
            return f"write as name a text such as {self.example}; got {shown(value['name'])}"
        return f"write {self.words}; got {'nothing (null)' if value is None else shown(value)}"

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"x-component": self.name}


class Keys(BaseModel):
    """A group of keys; unknown ones are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: CoreSchema = strictly(cls, source, handler)
        return schema


class Drawing(Keys):
    """How several answers to a question are drawn."""

    samples: int = Field(default=1, ge=1, le=1000)
    """How many answers each question gets."""
    top_k: int = Field(default=0, ge=0, le=MOST)
    """Draw among so many likeliest tokens; 0 is all."""
    top_p: float = Field(default=1.0, gt=0, le=1)
    """Draw among the likeliest tokens whose probabilities add up to this."""
    min_p: float = Field(default=0.0, ge=0, le=1)
    """Draw among the tokens at least this share as probable as the likeliest."""

    @property
    def cut(self) -> Cut:
        """Which tokens may be drawn."""
        return Cut(top_k=self.top_k, top_p=self.top_p, min_p=self.min_p)


class Ask(Drawing):
    """What is put to the students each turn."""

    policy: Annotated[ComponentSpec, OfKind("question_policy")]
    """Chooses the questions."""
    questions: int | None = Field(default=None, ge=1, le=MOST)
    """How many a turn; null is 40, of a smaller pool half of it."""
    candidates: int | None = Field(default=None, ge=1, le=MOST)
    """How many questions of the pool the policy chooses from, drawn each turn; null is 240, or all there are."""
    whole_class: bool = False
    """Ask all students of a class what is chosen for the first of them."""
    temperature: Heat | None = None
    """At which answers are written; null is the students' own, 0 greedy."""
    beams: int = Field(default=0, ge=0, le=1000)
    """Write by a beam search of this width, whose best texts are the answers; 0 is none."""
    attempts: int = Field(default=1, ge=1, le=3, exclude_if=lambda attempts: attempts == 1)
    """How often a question may be answered in a turn: again, with the teacher's words in the prompt, after an answer
    that it called less than wholly right. The first answer counts and is learned from; 1 is never again."""
    sampler: Annotated[ComponentSpec | None, OfKind("students", default="language_model")] = None
    """Who answers in the students' place, so that they learn from another's answers; null are they themselves."""

    @model_validator(mode="after")
    def _different_answers(self) -> "Ask":
        if self.beams and self.samples > self.beams:
            raise ValueError(f"a beam search of width {self.beams} has no {self.samples} texts; raise beams")
        if self.beams and (self.temperature is not None or self.cut != WHOLE):
            raise ValueError("a beam search draws nothing; remove temperature, top_k, top_p and min_p, or beams")
        if self.samples > 1 and not self.beams and not self.temperature:
            raise ValueError(f"{self.samples} samples would be equal; set temperature above 0, or beams")
        return self


class Learn(Keys):
    """What an update trains on, and how."""

    trainer: Annotated[ComponentSpec | None, OfKind("trainer")] = None
    """Changes the students; null is their own rule, where they have one."""
    policy: Annotated[ComponentSpec, OfKind("experience_policy")] = ComponentSpec(name="mistakes")
    """Chooses the experiences to learn from."""
    every: int = Field(default=1, ge=1, le=MOST)
    """Update after every so many turns."""
    experiences: int | None = Field(default=None, ge=1, le=MOST)
    """The most that an update trains on; null for all that the policy selects."""
    capacity: int | None = Field(default=None, ge=1, le=MOST)
    """The most past experiences that the replay buffer keeps; null for all."""
    unique: bool = False
    """Keep an answer that a question already got, word for word, only once."""


class Evaluate(Drawing):
    """How learning is measured."""

    every: int = Field(default=2, ge=1, le=MOST)
    """Evaluate after every so many turns, besides before the first and after the last."""
    questions: int | None = Field(default=None, ge=1, le=MOST, examples=[200])
    """How many held-out questions, the same ones in every study of the environment; null is 600, or all there are."""
    samples: int = Field(default=1, ge=1, le=1000)
    """How many answers each of them gets; pass@k, of which one is right, is told for every k up to this."""
    temperature: Heat | Annotated[list[Heat], Field(min_length=1, max_length=20)] | None = None
    """At which these are written; null is the students' own, 0 greedy, for which one answer is enough.

    Of a list each gives an evaluation of its own; the one nearest to 1, and above 0, is the main one, by which curves,
    progress and verdicts go where they name no other.
    """
    scorer: Annotated[ComponentSpec | None, OfKind("judge")] = None
    """A judge whose score is measured beside the truth (`score`), and of the best of samples by it how right that is
    (`best_by_score`), such as a reward model; null is none."""

    @model_validator(mode="after")
    def _different_answers(self) -> "Evaluate":
        written = [f"{temperature:g}" for temperature in self.temperatures]
        if twice := sorted({text for text in written if written.count(text) > 1}):
            raise ValueError(f"temperature {', '.join(twice)} stands more than once; write each once")
        if self.samples > 1 and not any(self.temperatures):
            raise ValueError(f"{self.samples} samples would be equal; set temperature above 0")
        return self

    @property
    def temperatures(self) -> tuple[float, ...]:
        """All that are set, the main one first."""
        if self.temperature is None:
            return ()
        listed = self.temperature if isinstance(self.temperature, list) else [self.temperature]
        return tuple(sorted(listed, key=lambda temperature: (not temperature, abs(temperature - 1), temperature)))


class Compare(Keys):
    """What `compare` plays of the file, where its own options do not say otherwise."""

    seeds: (
        Annotated[int, Field(ge=1, le=MOST_SEEDS)] | Annotated[list[Seed], Field(min_length=1, max_length=MOST_SEEDS)]
    ) = 8
    """How many seeds, or which."""
    vary: dict[str, list[Any] | dict[str, Any]] = Field(default={}, examples=[{"ask.policy": ["random", "category"]}])
    """By dotted key the values that are compared, a list or by their labels; of several keys every combination.

    Keys joined by a comma are set alike.
    """

    @model_validator(mode="after")
    def _different_seeds(self) -> "Compare":
        if isinstance(self.seeds, list) and len(set(self.seeds)) < len(self.seeds):
            twice = sorted({seed for seed in self.seeds if self.seeds.count(seed) > 1})
            raise ValueError(
                f"seeds {self.seeds!r:.60} has {', '.join(map(str, twice[:3]))} more than once; write each seed once"
            )
        return self


def component_keys(model: type[BaseModel], path: KeyPath = ()) -> Iterator[tuple[KeyPath, OfKind]]:
    """Yield the place and kind of every component under `model`."""
    for key, described in model.model_fields.items():
        yield from (((*path, key), mark) for mark in described.metadata if isinstance(mark, OfKind))
        if isinstance(described.annotation, type) and issubclass(described.annotation, Keys):
            yield from component_keys(described.annotation, (*path, key))
