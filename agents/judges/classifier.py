"""The judge that reads: a sequence-to-sequence model that says whether an answer agrees with the gold one."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal
from unicodedata import normalize

from pydantic import Field

from agents.judges.teacher_rows import read_rows
from agents.models import folder
from agents.models.devices import check_device
from agents.reading.wording import plain, worded_like
from simulation.core.errors import DataError, SimulationError
from simulation.core.paths import FilePath
from simulation.core.registry import judge, nested
from simulation.core.seeding import Seed
from simulation.core.templates import letter
from simulation.core.types import Answer, Feedback, Outcome, Question

if TYPE_CHECKING:
    from agents.models.seq2seq import Verdicts

LONGEST_READ = 4096
"""Characters that are read of an answer, and of the gold one: the memory that reading takes grows with their square."""
READ_ALONE = 1024
"""Characters of both above which they are read alone, because a batch is as wide as its longest."""


@nested
class Train:
    """Trains the teacher further before it judges."""

    rows: Annotated[FilePath, Field(examples=["rows.jsonl"])]
    """A JSON lines file: {"reference": gold answer, "answer": student's text, "correct": true or false} a line."""
    epochs: Annotated[int, Field(ge=1, le=100)] = 1
    """How often it reads the rows."""
    learning_rate: Annotated[float, Field(ge=1e-9, le=1)] = 1e-3
    """Of AdamW at the first step; it falls linearly to zero."""
    batch_size: Annotated[int, Field(ge=1, le=10_000)] = 8
    """Rows a step."""
    seed: Seed = 0
    """Orders the rows."""
    keep: FilePath | None = None
    """A folder that keeps trained teachers by the hash of all they depend on; none trains again in each process."""


@judge("classifier")
class Classifier:
    """Reads the gold answer and the student's, and says Correct or Wrong by the likelier word."""

    model: folder.ModelName = "embedded"
    """"embedded" is the shipped teacher; else a model folder or a hub name such as google/flan-t5-large."""
    correction: Literal["answer_key", "own", "none"] = "answer_key"
    """What a student is told instead: the reference; the choice this teacher finds likeliest, if any; nothing."""
    batch_size: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Answers that are read at once."""
    device: folder.Device = "auto"
    """"auto" is the GPU where there is one."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """The numbers it computes in; training is in float32."""
    train: Train | None = None
    """Trains it further before it judges."""

    def elsewhere(self) -> list[str]:
        """Name the model where it is on the Hub."""
        return folder.elsewhere(self.model)

    def check(self) -> None:
        """Refuse a device, a model or rows that are not there; raises DataError or ModelError."""
        check_device(self.device)
        folder.validate(self.model, embedded="teacher", architectures=("ForConditionalGeneration",))
        if self.train is not None:
            read_rows(self.train.rows)

    def tried(self) -> str:
        """Load the model, and say that it loads, or "missing: …" with the reason."""
        try:
            self._verdicts.probabilities([("1", "1")])
        except SimulationError as error:
            return f"missing: {error}"
        return "loads and judges"

    def fingerprint(self) -> Mapping[str, str]:
        """Return the hash of the weights, and of the rows that they are trained further on."""
        self.check()
        digests = {"weights": folder.fingerprint(folder.resolve(self.model, embedded="teacher"))}
        if self.train is not None:
            digests["rows"] = hashlib.sha256(self.train.rows.read_bytes()).hexdigest()
        return digests

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Evaluate each answer; nothing is drawn, so the seeds are not used."""
        del seeds
        if not questions:
            return []
        chances = self._chances(
            [
                (gold(question), student_text(question, answer))
                for question, answer in zip(questions, answers, strict=True)
            ]
        )
        guesses = self._guesses(questions, chances) if self.correction == "own" else [None] * len(chances)
        return [
            self._feedback(question, answer, chance, guess)
            for question, answer, chance, guess in zip(questions, answers, chances, guesses, strict=True)
        ]

    @cached_property
    def _verdicts(self) -> "Verdicts":
        self.check()
        from agents.models import seq2seq

        source = folder.resolve(self.model, embedded="teacher")
        if self.train is None:
            return seq2seq.load(source, device=self.device, dtype=self.dtype, batch_size=self.batch_size)
        schooling = seq2seq.Schooling(
            epochs=self.train.epochs,
            learning_rate=self.train.learning_rate,
            batch_size=self.train.batch_size,
            seed=self.train.seed,
        )
        return seq2seq.load_schooled(
            source,
            read_rows(self.train.rows),
            schooling,
            self.train.keep,
            device=self.device,
            batch_size=self.batch_size,
        )

    def _chances(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return the probability that an answer is right for each (gold, answer)."""
        prompts = [(readable(reference), readable(text)) for reference, text in pairs]
        short = [prompt for prompt in prompts if length(*prompt) <= READ_ALONE]
        long = [prompt for prompt in dict.fromkeys(prompts) if length(*prompt) > READ_ALONE]
        chances: dict[tuple[str, str], float] = {}
        for batch in ([short] if short else []) + [[prompt] for prompt in long]:
            chances.update(zip(batch, self._verdicts.probabilities(batch), strict=True))
        return [chances[prompt] for prompt in prompts]

    def _guesses(self, questions: Sequence[Question], chances: Sequence[float]) -> list[int | None]:
        """Return, where an answer was found wrong, the choice that this teacher finds right and likeliest."""
        missed_questions = {
            question.id: question for question, chance in zip(questions, chances, strict=True) if chance <= 0.5
        }
        pairs = [
            (gold(question), choice) for question in missed_questions.values() for choice in question.form.alternatives
        ]
        pair_chances = iter(self._chances(pairs))
        guesses: dict[str, int | None] = {}
        for question in missed_questions.values():
            choice_chances = [next(pair_chances) for _ in question.form.alternatives]
            likeliest = max(range(len(choice_chances)), key=choice_chances.__getitem__, default=None)
            guesses[question.id] = likeliest if likeliest is not None and choice_chances[likeliest] > 0.5 else None
        return [guesses.get(question.id) for question in questions]

    def _feedback(self, question: Question, answer: Answer, chance: float, guess: int | None) -> Feedback:
        right = chance > 0.5
        return Feedback(
            score=float(right),
            judge="classifier",
            explanation=f"The teacher finds this {'right' if right else 'wrong'} ({chance:.0%} sure it is right).",
            correction=self._correction(question, answer, right, guess),
            metrics={"p_correct": chance},
            outcomes=(
                Outcome(
                    part="answer",
                    score=float(right),
                    reason="right" if right else "wrong",
                    evidence=student_text(question, answer),
                ),
            ),
        )

    def _correction(self, question: Question, answer: Answer, right: bool, guess: int | None) -> str | None:
        if self.correction == "none":
            return None
        if self.correction == "own":
            if right:
                return answer.text or None
            return None if guess is None else worded_like(answer.text, answer.choice, question, guess)
        from agents.reading.options import reference_index  # the rules take long to compile

        index = reference_index(question)
        return question.key.reference if index is None else worded_like(answer.text, answer.choice, question, index)


def gold(question: Question) -> str:
    """Return the gold answer that a teacher compares with."""
    reference = question.key.reference
    if reference is None:
        raise DataError(
            f"question {question.id!r} has no reference, so classifier has nothing to compare with; "
            "use another judge or add one"
        )
    from agents.reading.options import reference_index  # the rules take long to compile

    index = reference_index(question)
    return reference if index is None else question.form.alternatives[index]


def student_text(question: Question, answer: Answer) -> str:
    """Return what the student wrote; a letter stands for its option's text."""
    if answer.choice is not None and plain(answer.text) == letter(answer.choice):
        return question.form.alternatives[answer.choice]
    return answer.text


def readable(text: str) -> str:
    """Return as much of a text as is read, with a sign in place of half a surrogate pair, which no tokenizer takes."""
    beginning = text[:LONGEST_READ].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return beginning if length(beginning) <= LONGEST_READ else normalize("NFKC", beginning)[:LONGEST_READ]


def length(*texts: str) -> int:
    """Return the characters that a tokenizer makes of texts: it writes a ligature out, and one sign may be eighteen."""
    return sum(len(normalize("NFKC", text)) for text in texts)
