"""A sequence-to-sequence model that judges with one of two words, whatever its size; and its training from rows."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor, nn
from transformers.modeling_outputs import BaseModelOutput

from agents.judges.teacher_rows import TeacherRow
from agents.models import folder
from agents.models.loading import Precision, load_seq2seq
from simulation.core.errors import ModelError
from simulation.core.seeding import generator
from simulation.core.teacher_prompt import CORRECT, WRONG, teacher_prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Schooling:
    """How a teacher is trained; with its rows and base this is all that its weights depend on."""

    epochs: int
    learning_rate: float
    batch_size: int
    seed: int


class Verdicts:
    """Compares the log-probabilities of the two words that a teacher may say."""

    def __init__(self, module: nn.Module, tokenizer: Any, batch_size: int) -> None:
        self.module = module
        self.tokenizer = tokenizer
        self._batch_size = batch_size
        words = tokenizer([CORRECT, WRONG])["input_ids"]
        if words[0] == words[1]:
            raise ModelError(f"the teacher's tokenizer cannot tell {CORRECT!r} from {WRONG!r}; use another model")
        self._words = [torch.tensor(ids) for ids in words]

    @torch.no_grad()
    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return the probability of Correct against Wrong for each (gold, answer); equal pairs are read once."""
        different = list(dict.fromkeys(pairs))
        prompts = self.tokenizer([teacher_prompt(*pair) for pair in different])["input_ids"]
        order = sorted(range(len(different)), key=lambda index: (len(prompts[index]), index))
        chances: dict[tuple[str, str], float] = {}
        for first in range(0, len(order), self._batch_size):
            batch_indices = order[first : first + self._batch_size]
            correct_B, wrong_B = self._logprobs([prompts[index] for index in batch_indices])
            chance_B = torch.sigmoid(correct_B.double() - wrong_B.double())
            chances.update(zip((different[index] for index in batch_indices), chance_B.tolist(), strict=True))
        return [chances[pair] for pair in pairs]

    def _logprobs(self, prompts: Sequence[Sequence[int]]) -> list[Tensor]:
        """Return each word's log-probability `logprob_B`, nats, after reading the prompts once."""
        inputs = self.batch(prompts)
        encoder = self.module.get_encoder()  # type: ignore[operator]  # a transformers model
        read = BaseModelOutput(last_hidden_state=encoder(**inputs).last_hidden_state)
        scores = []
        for word in self._words:
            labels_BT = word.to(inputs["input_ids"].device).repeat(len(prompts), 1)
            out = self.module(encoder_outputs=read, attention_mask=inputs["attention_mask"], labels=labels_BT)
            logprobs_BTV = out.logits.float().log_softmax(-1)
            scores.append(logprobs_BTV.gather(-1, labels_BT.unsqueeze(-1)).sum((1, 2)))
        return scores

    def loss(self, rows: Sequence[TeacherRow]) -> Tensor:
        """Return the mean cross-entropy, nats a token, of the words that the rows call for."""
        prompts = self.tokenizer([teacher_prompt(row.reference, row.answer) for row in rows])["input_ids"]
        inputs = self.batch(prompts)
        width = max(map(len, self._words))
        labels_BT = torch.full((len(rows), width), -100)
        for place, row in enumerate(rows):
            word = self._words[0 if row.correct else 1]
            labels_BT[place, : len(word)] = word
        mean: Tensor = self.module(**inputs, labels=labels_BT.to(inputs["input_ids"].device)).loss
        return mean

    def batch(self, prompts: Sequence[Sequence[int]]) -> dict[str, Tensor]:
        """Return token ids padded on the right, with their mask."""
        device = next(self.module.parameters()).device
        longest = max(map(len, prompts))
        pad = self.tokenizer.pad_token_id
        ids = [[*prompt, *[pad] * (longest - len(prompt))] for prompt in prompts]
        seen = [[1] * len(prompt) + [0] * (longest - len(prompt)) for prompt in prompts]
        return {
            "input_ids": torch.tensor(ids, device=device),
            "attention_mask": torch.tensor(seen, device=device),
        }


def load(source: str, *, device: str, dtype: str, batch_size: int) -> Verdicts:
    """Return the teacher in a folder or on the hub."""
    module, tokenizer = load_seq2seq(source, Precision(dtype=dtype, device=device))
    return Verdicts(module, tokenizer, batch_size)


def school(teacher: Verdicts, rows: Sequence[TeacherRow], schooling: Schooling) -> None:
    """Train all weights on the rows: AdamW, the rate falling linearly to zero, no dropout, a seeded order."""
    parameters = [parameter.requires_grad_() for parameter in teacher.module.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=schooling.learning_rate)
    stream = generator(schooling.seed, 0, 0, "teacher rows")
    per_epoch = -(-len(rows) // schooling.batch_size)
    steps = per_epoch * schooling.epochs
    for step in range(steps):
        if step % per_epoch == 0:
            order = stream.permutation(len(rows)).tolist()
        first = step % per_epoch * schooling.batch_size
        optimizer.param_groups[0]["lr"] = schooling.learning_rate * (1 - step / steps)
        optimizer.zero_grad()
        loss = teacher.loss([rows[index] for index in order[first : first + schooling.batch_size]])
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves backward untyped
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
    teacher.module.requires_grad_(False)


def load_schooled(
    source: str,
    rows: Sequence[TeacherRow],
    schooling: Schooling,
    teachers_folder: Path | None,
    *,
    device: str,
    batch_size: int,
) -> Verdicts:
    """Return a teacher trained on the rows, from `teachers_folder` where an equal one was trained before."""
    recipe = {"base": folder.fingerprint(source), "rows": [asdict(row) for row in rows], "schooling": asdict(schooling)}
    name = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]
    if teachers_folder is not None and (teachers_folder / name).is_dir():
        return load(str(teachers_folder / name), device=device, dtype="float32", batch_size=batch_size)
    teacher = load(source, device=device, dtype="float32", batch_size=batch_size)
    school(teacher, rows, schooling)
    if teachers_folder is not None:
        keep(teacher, teachers_folder / name)
    return teacher


def keep(teacher: Verdicts, place: Path) -> None:
    """Write a teacher's folder whole or not at all; one that another process wrote meanwhile is as good."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=place.parent) as half_done:
        written = Path(half_done) / place.name
        teacher.module.save_pretrained(written)  # type: ignore[operator]  # a transformers model
        teacher.tokenizer.save_pretrained(written)
        if not place.is_dir():
            written.replace(place)
