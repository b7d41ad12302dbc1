"""Students that are a model behind an OpenAI-compatible API: OpenAI, DeepSeek, vLLM, `transformers serve`.

They answer and never learn, so they sample for students that do (`ask.sampler`) or are measured as they are.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, JsonValue, field_validator, model_validator

from agents.remote.budget import Budget, Prices
from agents.remote.endpoint import PRESETS, Endpoint, Kind, LengthParameter, Provider
from agents.remote.settings import CallSettings, Patience, Take
from agents.students.prompting import Prompt, manner_of, one_way, prompting
from agents.students.student import Spelling, Student, Template
from simulation.core.registry import students
from simulation.core.roles import Answerer
from simulation.core.types import Seat
from simulation.core.wording import Teaching, Wording

if TYPE_CHECKING:
    from agents.remote.learner import RemoteLearner

Seconds = Annotated[float, Field(ge=0.1, le=86_400, allow_inf_nan=False)]
OURS = frozenset({"model", "messages", "prompt", "max_tokens", "max_completion_tokens", "stop", "logprobs"})
UNREAD = frozenset({"n", "best_of", "stream", "echo", "suffix", "tools"})
"""What an extra body may not hold, because fields of the scenario or the reading of replies decide it."""
REMOVABLE = frozenset({"temperature", "seed"})
"""What it may only hold as null, because the loop decides it."""
SECRETS = frozenset({"api_key", "api-key", "apikey", "key", "token", "authorization", "password", "secret"})


@students("api")
class ApiStudents:
    """Students that are a model behind an OpenAI-compatible API, which answers and is never trained."""

    provider: Provider = "openai"
    """openai, deepseek, or custom for any other server, which base_url names."""
    model: str | None = None
    """The model's name there; null is gpt-4o-mini or deepseek-chat."""
    base_url: str | None = None
    """Of a custom provider, such as http://127.0.0.1:8000/v1."""
    key_variable: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    """The environment variable that holds the key; null is OPENAI_API_KEY or DEEPSEEK_API_KEY, or no key at all."""
    endpoint: Kind = "chat"
    """chat, or completions for a base model that continues the prompt."""
    system: str = ""
    """What the model is told before each question."""
    template: Template | None = None
    """How a question is laid out: plain, which is the dialect of the shipped models, multiple_choice, or a text with
    {prompt} and {choices} or {lines}; null puts it in the environment's ordinary words."""
    prompt: Prompt = field(default_factory=Prompt)
    """How a question is put in ordinary words, in place of a template."""
    answers: Spelling = "text"
    """Whether an option's text or its letter is looked for first."""
    take: Take = "all"
    """program takes the first fenced block out of a reply that has one; all keeps the reply as it is."""
    logprobs: bool = False
    """Ask for the probability of each answer, which P2Value needs, and stop the study where the server tells none."""
    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] = 0.0
    """0 decodes greedily."""
    max_tokens: Annotated[int, Field(ge=1, le=1_000_000)] = 512
    """The longest answer."""
    length_parameter: LengthParameter | None = None
    """What the server calls max_tokens; null is what the provider calls it."""
    stop: Annotated[tuple[str, ...], Field(max_length=4, examples=[("Question:",)])] = ()
    """Texts that end an answer."""
    extra: Annotated[dict[str, JsonValue], Field(examples=[{"top_p": 0.9}])] = field(default_factory=dict)
    """More parameters, such as top_p; temperature: null or seed: null leaves out what a server refuses."""
    timeout_seconds: Seconds = 120.0
    """For one attempt."""
    attempts: Annotated[int, Field(ge=1, le=100)] = 6
    """How often a request is tried that a server fails to answer."""
    deadline_seconds: Seconds = 600.0
    """For a request with all its attempts and the waiting that the server asks for."""
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 8
    """How many requests are under way at once."""
    budget: Budget = field(default_factory=Budget)
    """What the study may spend from its beginning to its end."""
    prices: Prices = field(default_factory=Prices)
    """What the provider takes for a million tokens."""
    cache: bool = True
    """Keep every reply in the study's folder, so that it is paid once; false keeps them until the process ends."""
    count: Annotated[int, Field(ge=1, le=256)] = 1
    """How many students one run seats; they differ by their random streams only."""

    @field_validator("base_url")
    @classmethod
    def _plain_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        url = urlsplit(value)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError(f"{value!r} is no address; write it like https://example.com/v1")
        if url.username or url.password or url.query or url.fragment:
            raise ValueError("an address may hold no user, password or parameters; keys come from key_variable")
        return value.rstrip("/")

    @field_validator("extra")
    @classmethod
    def _harmless_extra(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name, setting in value.items():
            if name.lower() in SECRETS:
                raise ValueError(f"{name} looks like a key, which would be written down; name a key_variable instead")
            if name in OURS | UNREAD:
                raise ValueError(f"{name} cannot be set here; use the field of that name, where there is one")
            if name in REMOVABLE and setting is not None:
                raise ValueError(f"{name} can only be null here, which leaves it out; ask and evaluate decide it")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> "ApiStudents":
        one_way(self.template, self.prompt)
        custom = self.provider == "custom"
        if custom and not (self.base_url and self.model):
            raise ValueError("a custom provider needs base_url and model; name both")
        if not custom and self.base_url:
            raise ValueError(f"base_url cannot be set together with provider {self.provider}; set provider: custom")
        if self.system and self.endpoint == "completions":
            raise ValueError("completions knows no system; put that text into template or prompt")
        if self.budget.money is not None and not (self.prices.input or self.prices.output):
            raise ValueError("a budget of money needs prices; set prices.input and prices.output, for a million tokens")
        return self

    @property
    def address(self) -> Endpoint:
        """Return where the model lies and how it is asked."""
        preset = PRESETS[self.provider]
        return Endpoint(
            base_url=self.base_url or preset.base_url,
            key_variable=self.key_variable or preset.key_variable,
            model=self.model or preset.model,
            kind=self.endpoint,
            length_parameter=self.length_parameter or preset.length_parameter,
            system=self.system,
            logprobs=self.logprobs,
            stop=self.stop,
            extra=self.extra,
        )

    @property
    def frozen(self) -> str:
        """Name the model, which no trainer changes."""
        return self.address.name

    def elsewhere(self) -> list[str]:
        """Name the model, which is behind an API."""
        return [self.address.name]

    def check(self) -> None:
        """Refuse to begin without a key; raises ModelError. Nothing is sent."""
        self.address.secret()

    def answerer(self, seat: Seat) -> Student:
        """Return the student of a seat, which always writes its answers."""
        return Student(
            name=seat.name,
            template=self.template or "plain",
            mode="generate",
            answers=self.answers,
            max_tokens=self.max_tokens,
            temperature=self.temperature,
        )

    def instructed(self, answerer: Answerer, teaching: Teaching) -> Answerer:
        """Return the student with prompts in ordinary words, unless a template is named."""
        if not (self.manner(teaching.wording) and isinstance(answerer, Student)):
            return answerer
        return replace(answerer, prompting=prompting(self.prompt, teaching, letters=self.answers == "letter"))

    def manner(self, wording: Wording | None) -> str:
        """Say how questions are put, where no template lays them out."""
        return "" if self.template is not None else manner_of(self.prompt, wording, dialect=False)

    def learner(self, seats: Sequence[Seat]) -> "RemoteLearner":
        """Return what calls the API, with one slot a seat; nothing is sent yet."""
        from agents.remote.learner import RemoteLearner

        self.check()
        return RemoteLearner(seats, self.settings)

    @property
    def settings(self) -> CallSettings:
        """Return how the calls are made and paid."""
        return CallSettings(
            endpoint=self.address,
            patience=Patience(
                attempts=self.attempts,
                timeout_seconds=self.timeout_seconds,
                deadline_seconds=self.deadline_seconds,
            ),
            concurrency=self.concurrency,
            budget=self.budget,
            prices=self.prices,
            keeps_replies=self.cache,
            take=self.take,
        )

    @classmethod
    def diagnosis(cls) -> Mapping[str, Mapping[str, str]]:
        """Say for `doctor` which keys are there, without their text."""
        variables = [preset.key_variable for preset in PRESETS.values() if preset.key_variable]
        keys = {name: "set" if os.environ.get(name) else "not set (that API's scenarios need it)" for name in variables}
        return {"api": {"openai": version("openai"), **keys}}

    def fingerprint(self) -> Mapping[str, str]:
        """Return the version of the library that speaks, and what it speaks to; nobody knows those weights."""
        return {"openai": version("openai"), "api": self.address.name}
