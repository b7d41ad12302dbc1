"""A turn as the published student simulation plays it: one question at a time, trainer and model anew every turn.

Load the checkpoint from disk, answer one question at a time, have the teacher judge one answer at a time, build a TRL
DPOTrainer on the pairs, train, save the checkpoint. Its evaluation inside the trainer (40 pairs) is left out.
"""

import gc
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from datasets import Dataset, disable_progress_bars  # type: ignore[import-untyped]
from peft import AutoPeftModelForCausalLM
from transformers import AutoTokenizer, PrinterCallback
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from simulation.core.roles import Judge
from simulation.core.types import Answer, Question, Ranking
from training.lessons import Pair
from training.trl.borrowed import own_randomness, quiet

MAX_TOKENS = 32


@dataclass(slots=True, kw_only=True)
class PublishedTurn:
    """One student played in the published way, from a PEFT checkpoint."""

    base: str
    checkpoint: Path
    answering: Literal["generate", "score"]
    """As published, or option by option in one batch a question, which is cheaper than five batches."""
    batch_size: int
    learning_rate: float
    beta: float
    epochs: int
    seconds: dict[str, list[float]] = field(default_factory=dict)
    """Of every stage, a number a turn."""

    def play(self, prompts: Sequence[str], questions: Sequence[Question], pairs: Sequence[Pair], judge: Judge) -> None:
        """Play one turn on given questions; the pairs are given too, so that all ways train on the same."""
        disable_progress_bars()
        with quiet(), own_randomness():
            with self._stage("load"):
                tokenizer = AutoTokenizer.from_pretrained(self.base)
                model = AutoPeftModelForCausalLM.from_pretrained(str(self.checkpoint), is_trainable=True)
            with self._stage("answer"), torch.no_grad():
                answers = [
                    self._answer(model.eval(), tokenizer, prompt, question)
                    for prompt, question in zip(prompts, questions, strict=True)
                ]
            with self._stage("judge"):
                for question, answer in zip(questions, answers, strict=True):
                    judge.judge([question], [answer], seeds=[0])
            with self._stage("train"):
                self._train(model.train(), tokenizer, pairs)
            with self._stage("save"):
                model.save_pretrained(str(self.checkpoint), selected_adapters=["default"])
            del model
            gc.collect()  # not timed: it only keeps one round's garbage out of the next

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds.setdefault(name, []).append(time.perf_counter() - began)

    def _answer(self, model: Any, tokenizer: Any, prompt: str, question: Question) -> Answer:
        read = self._generated if self.answering == "generate" else self._scored
        text, choice = read(model, tokenizer, prompt, question)
        return Answer(
            question_id=question.id,
            prompt=prompt,
            text=text,
            answerer="published",
            model_version="",
            ranking=None if choice is None else Ranking(taken=choice),
        )

    def _generated(self, model: Any, tokenizer: Any, prompt: str, question: Question) -> tuple[str, int | None]:
        inputs = tokenizer(prompt, return_tensors="pt", add_special_tokens=False, return_token_type_ids=False)
        written = model.generate(
            **inputs, max_new_tokens=MAX_TOKENS, do_sample=False, pad_token_id=tokenizer.eos_token_id
        )
        text = tokenizer.decode(written[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True).strip()
        choices = question.form.alternatives
        return text, choices.index(text) if text in choices else None

    def _scored(self, model: Any, tokenizer: Any, prompt: str, question: Question) -> tuple[str, int | None]:
        opening = tokenizer(prompt, add_special_tokens=False)["input_ids"]
        rows = [
            [*opening, *tokenizer(f" {text}", add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
            for text in question.form.alternatives
        ]
        longest = max(map(len, rows))
        tokens_KL = torch.tensor([row + [tokenizer.eos_token_id] * (longest - len(row)) for row in rows])
        logprobs_KLV = model(input_ids=tokens_KL).logits[:, :-1].float().log_softmax(-1)
        picked_KL = logprobs_KLV.gather(-1, tokens_KL[:, 1:, None])[..., 0]
        sums = [float(picked_KL[k, len(opening) - 1 : len(row) - 1].sum()) for k, row in enumerate(rows)]
        choice = max(range(len(sums)), key=sums.__getitem__)
        return question.form.alternatives[choice], choice

    def _train(self, model: Any, tokenizer: Any, pairs: Sequence[Pair]) -> None:
        rows = [{"prompt": pair.prompt, "chosen": f" {pair.chosen}", "rejected": f" {pair.rejected}"} for pair in pairs]
        settings = DPOConfig(
            output_dir=str(self.checkpoint / "trainer"),
            per_device_train_batch_size=self.batch_size,
            num_train_epochs=self.epochs,
            learning_rate=self.learning_rate,
            beta=self.beta,
            max_length=256,
            gradient_checkpointing=False,
            bf16=False,
            use_cpu=not torch.cuda.is_available(),
            logging_strategy="no",
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=False,
        )
        trainer = DPOTrainer(
            model=model, args=settings, train_dataset=Dataset.from_list(rows), processing_class=tokenizer
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
