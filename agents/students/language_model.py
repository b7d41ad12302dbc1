"""The students of a scenario: language models on one frozen base, each with a slot of what it may change."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from agents.models import chat, folder
from agents.models.chat import AUTO, PLAIN, Chat
from agents.models.devices import check_device
from agents.models.files.conversation import check_named
from agents.models.nearness import Grounding
from agents.students.prompting import Prompt, manner_of, one_way, prompting
from agents.students.student import Mode, Spelling, Student, Template
from simulation.core.errors import SimulationError
from simulation.core.model_roles import taken_paths
from simulation.core.registry import nested, students
from simulation.core.roles import Answerer
from simulation.core.types import Seat
from simulation.core.wording import Teaching, Wording

if TYPE_CHECKING:
    from agents.models.causal import CausalLearner

DType = Literal["float32", "bfloat16", "float16", "float64"]
LeftOpen = Literal["auto"]
Slot = Literal["lora", "lora_and_rows", "every_weight"]
CODES = r"<[a-z]_\d+>"
Start = Literal["base", "drawn"]
LIBRARIES = ("torch", "transformers", "tokenizers", "safetensors")


def expression(pattern: str) -> str:
    """Refuse what is no regular expression."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}; correct it") from error
    return pattern


@nested
class Lora:
    """The adapter of each student."""

    rank: Annotated[int, Field(ge=1, le=1024, examples=[8])] = 8
    """Of the two matrices whose product is the change."""
    alpha: Annotated[float, Field(ge=1e-6, le=10_000, allow_inf_nan=False)] = 16.0
    """The change is scaled by alpha / rank."""
    dropout: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False, exclude_if=lambda share: share == 0)] = 0.0
    """How probably an adapter does not see a feature of its layer's input in a step of training, as in PEFT."""
    targets: Annotated[tuple[str, ...], Field(examples=[("q_proj", "v_proj")])] = ()
    """Names of the linear layers that are adapted, such as q_proj; none means all but the output head."""


@nested
class Codes:
    """The tokens of identifiers: <a_0>, <a_1>, … of the first level, <b_0>, … of the second."""

    levels: Annotated[int, Field(ge=1, le=26, examples=[3])]
    """How many codes make an identifier."""
    size: Annotated[int, Field(ge=1, le=10_000, examples=[256])]
    """How many codes a level has."""

    @property
    def texts(self) -> tuple[str, ...]:
        """Every code as it is written."""
        return tuple(f"<{chr(97 + level)}_{code}>" for level in range(self.levels) for code in range(self.size))


@students("language_model")
class LanguageModelStudents:
    """Students that are one language model, each with its own LoRA adapter or its own weights."""

    model: folder.ModelName = "embedded"
    """"embedded" is the shipped student, "embedded/coder" the one that writes programs, "smollm2" the one that `make
    setup-smollm2` fetches; else a model folder, a GGUF file or a hub name such as google/gemma-2b-it."""
    count: Annotated[int, Field(ge=1, le=256)] = 1
    """How many students one run seats."""
    slot: Slot = "lora"
    """What each student may change: "lora" is an adapter of linear layers; "lora_and_rows" adds the rows of the
    embedding and the output head for some tokens; "every_weight" is all of the model, for small ones."""
    lora: Lora = field(default_factory=Lora)
    """The adapter of each student, unless its slot is every weight."""
    rows: Annotated[str, AfterValidator(expression)] = CODES
    """Of which tokens rows are trained: a regular expression that the whole token matches; the codes of identifiers."""
    codes: Codes | None = None
    """Codes that become tokens of the model where its tokenizer lacks them, their rows the mean of all others."""
    start: Start = "base"
    """Where a slot of every weight begins: with the base's weights, or drawn from the student's seed."""
    dtype: DType | LeftOpen = "float32"
    """The numbers the base is held and computed in; float64 is for tests. "auto" is bfloat16 for a base that no student
    changes, where the hardware multiplies in it and a trial shows that answers agree; a study keeps the decision."""
    score_dtype: DType | None = None
    """Another dtype for scoring options; bfloat16 is about twice as fast and changes a few answers."""
    quantization: Literal["nf4"] | None = None
    """Hold the base in 4 bits (needs bitsandbytes)."""
    device: folder.Device = "auto"
    """"auto" is the GPU where there is one."""
    mode: Mode = "choices"
    """Take the likeliest option, or generate text and read the option from it."""
    answers: Spelling = "text"
    """Score and learn an option's text or its letter; in what is written, it is looked for first."""
    template: Template | None = None
    """How a question is laid out: plain, which is the dialect of the shipped models, multiple_choice, or a text with
    {prompt} and {choices} or {lines}; null is plain for models that speak the dialect, ordinary words for others."""
    prompt: Prompt = field(default_factory=Prompt)
    """How a question is put in ordinary words, in place of a template."""
    chat: Chat = Field(default_factory=Chat, exclude_if=lambda own: own == PLAIN)
    """How a conversation is laid out for the model."""
    max_tokens: Annotated[int, Field(ge=1, le=100_000)] = 32
    """The longest generated answer."""
    temperature: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = 0.0
    """0 decodes greedily."""
    beams: Annotated[int, Field(ge=1, le=1000)] = 50
    """The width of the search for the items of a catalogue, and the most that a ranking holds; wider where a longer
    list is to be answered."""
    normaliser: Literal["level", "vocabulary"] = "level"
    """What the log-probabilities of items are relative to: the codes that may stand at their place, which costs a slice
    of the output head, or the whole vocabulary, as the same text has where it is scored."""
    grounding: Grounding = field(default_factory=Grounding)
    """How a title stands for the items nearest to it, where mode is generate and a list of a catalogue is wanted."""
    batch_tokens: Annotated[int, Field(ge=16, le=100_000_000)] | None = None
    """The most tokens that go through the model at once; null is 2,048 on a CPU (its cache) and 16,384 on a GPU."""

    @model_validator(mode="after")
    def _consistent(self) -> "LanguageModelStudents":
        one_way(self.template, self.prompt)
        if self.quantization and self.score_dtype:
            raise ValueError("score_dtype cannot be set together with quantization; remove one of them")
        if self.quantization and self.dtype == "float64":
            raise ValueError("a quantized model computes in float32, bfloat16 or float16, not float64; change dtype")
        if self.quantization and self.slot == "every_weight":
            raise ValueError("quantized weights are not trained; change slot: every_weight, or remove quantization")
        if self.lora.dropout and self.slot == "every_weight":
            raise ValueError(
                f"lora.dropout: {self.lora.dropout:g} is for adapters, which slot: every_weight has none of; write "
                "slot: lora, or leave dropout out"
            )
        if self.start == "drawn" and self.slot != "every_weight":
            raise ValueError(f"start: drawn needs slot: every_weight, not {self.slot}; change one of them")
        if self.rows != CODES and self.slot != "lora_and_rows":
            raise ValueError(f"rows are trained by slot: lora_and_rows, not {self.slot}; change one of them")
        if self.codes and self.slot == "lora":
            raise ValueError(
                "new codes are all alike to slot: lora, which cannot change them; write slot: lora_and_rows"
            )
        if self.start == "drawn" and self.grounding.weights == "base":
            raise ValueError("a student that is drawn has nothing of the base; write grounding: {weights: student}")
        lacking = [text for text in self.codes.texts if not re.fullmatch(self.rows, text)] if self.codes else []
        if lacking and self.slot == "lora_and_rows":
            raise ValueError(f"the new code {lacking[0]} is not matched by rows: {self.rows!r}; correct one of them")
        return self

    def explained(self) -> list[str]:
        """Say what adapters do not see in a step of training."""
        return [f"adapters drop {self.lora.dropout:.3g} of their inputs"] if self.lora.dropout else []

    def elsewhere(self) -> list[str]:
        """Name the model where it is on the Hub."""
        return folder.elsewhere(self.model)

    def check(self) -> None:
        """Refuse a device or a model that is not there, of the model by its files; raises DataError or ModelError."""
        check_device(self.device)
        chats, kinds = self.chat.template == AUTO, ("ForCausalLM", "LMHeadModel")
        source = folder.validate(self.model, embedded="student", architectures=kinds, chats=chats)
        if self.chat.file is not None and Path(source).is_dir():
            check_named(self.chat.file, Path(source), self.chat.values)

    def answerer(self, seat: Seat) -> Student:
        """Return the student of a seat, without loading a model."""
        return Student(
            name=seat.name,
            template=self.template or "plain",
            mode=self.mode,
            answers=self.answers,
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            beams=self.beams,
        )

    def instructed(self, answerer: Answerer, teaching: Teaching) -> Answerer:
        """Return the student with prompts in ordinary words, unless its model speaks the dialect."""
        if not (self.manner(teaching.wording) and isinstance(answerer, Student)):
            return answerer
        return replace(answerer, prompting=prompting(self.prompt, teaching, letters=self.answers == "letter"))

    def manner(self, wording: Wording | None) -> str:
        """Say how questions are put, where it is not in the dialect or by a template."""
        dialect = folder.speaks_dialect(self.model, embedded="student")
        return "" if self.template is not None else manner_of(self.prompt, wording, dialect=dialect)

    def learner(self, seats: Sequence[Seat]) -> "CausalLearner":
        """Load the model once, with one slot a seat."""
        if self.dtype == "auto":
            return self.settled().learner(seats)
        self.check()
        from agents.models.causal import CausalLearner
        from agents.models.gguf_folder import ordinary_folder
        from agents.models.learner_settings import LearnerSettings
        from agents.models.loading import Precision

        settings = LearnerSettings(
            slot=self.slot,
            rows=self.rows,
            new_tokens=self.codes.texts if self.codes else (),
            drawn=self.start == "drawn",
            rank=self.lora.rank,
            alpha=self.lora.alpha,
            dropout=self.lora.dropout,
            targets=self.lora.targets,
            normaliser=self.normaliser,
            grounding=self.grounding,
            precision=Precision(dtype=self.dtype, quantization=self.quantization, device=self.device),
            score_dtype=None if self.score_dtype == self.dtype else self.score_dtype,
            batch_tokens=self.batch_tokens,
            chat=self.chat,
        )
        source = ordinary_folder(folder.resolve(self.model, embedded="student"))
        return CausalLearner.from_source(source, seats, settings)

    @classmethod
    def diagnosis(cls) -> Mapping[str, Mapping[str, str]]:
        """Return, for the section "fast paths", what each shipped model was seen to take, or "missing: …"."""
        if find_spec("torch") is None:
            return {}
        return {"fast paths": {model: cls(model=model).tried() for model in folder.embedded("ForCausalLM")}}

    def tried(self) -> str:
        """Load the model and say which fast paths it was seen to take and how it is asked, or "missing: …"."""
        try:
            model = self.settled().learner([Seat(name="trial", number=0, seed=0)])
            return "; ".join(filter(None, [taken_paths(model), model.followed_template(), model.left_out]))
        except SimulationError as error:
            return f"missing: {error}"

    def settled(self) -> Self:
        """Return the students with the day that their template prints, and the dtype that was left open."""
        self.check()
        source = folder.resolve(self.model, embedded="student")
        return replace(self, chat=chat.fixed(self.chat, source), dtype=self._decided(source))

    def _decided(self, source: str) -> DType:
        """Return the dtype; the shipped models, which are small, and weights that learn keep float32."""
        if self.dtype != "auto":
            return self.dtype
        if folder.comes_with_project(source) or self.slot == "every_weight":
            return "float32"
        from agents.models.deciding import decided
        from agents.models.gguf_folder import ordinary_folder
        from agents.models.loading import Precision

        return decided(ordinary_folder(source), Precision(quantization=self.quantization, device=self.device))

    def fingerprint(self) -> Mapping[str, str]:
        """Return the versions of the libraries that compute, the threads, and the hash of the base weights."""
        import torch

        self.check()
        source = folder.resolve(self.model, embedded="student")
        return {
            **{library: version(library) for library in LIBRARIES},
            "threads": str(torch.get_num_threads()),
            "weights": folder.fingerprint(source),
            **chat.fingerprint(self.chat, source),
            **self._arithmetic(),
        }

    def _arithmetic(self) -> dict[str, str]:
        """Return what multiplies: in bfloat16 what of the hardware, else whose kernel."""
        if self.dtype != "bfloat16":
            from agents.models.linear import KERNEL

            return {"products": KERNEL}
        from agents.models.deciding import hardware
        from agents.models.loading import Precision

        return {"bfloat16": hardware(Precision(device=self.device).place) or "emulated"}
