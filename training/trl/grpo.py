"""TRL's GRPOTrainer behind our trainer role, one slot after the other; it samples with its own generation."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer

from simulation.core.calls import Completion
from simulation.core.errors import ModelError
from simulation.core.ranks import world_size
from simulation.core.roles import Lendable, SampleJudge
from simulation.core.seeding import draw_seed
from simulation.core.types import Experience, Update
from training.cohort.groups import Grouping
from training.cohort.loop import report
from training.lessons import failed
from training.recipe import Recipe
from training.trl.borrowed import Borrowed, borrowed, rows
from training.trl.processes import at_rank_0, processes


class TokenizedGRPOTrainer(GRPOTrainer):
    """A GRPOTrainer that samples behind the tokens the student is asked with, which begin once and not twice."""

    def __init__(self, *arguments: Any, prompt_ids: Mapping[str, Sequence[int]], **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._prompt_ids = prompt_ids

    def _tokenize_prompts(self, prompts: list[Any]) -> tuple[list[list[int]], None, dict[str, Any]]:
        return [[*self._prompt_ids[prompt]] for prompt in prompts], None, {}


def update(
    recipe: Recipe,
    model: Lendable,
    batches: Mapping[str, Sequence[Experience]],
    mark: SampleJudge,
    grouping: Grouping,
    weights: Mapping[str, Any],
    *,
    generators: Mapping[str, np.random.Generator],
) -> dict[str, Update]:
    """Sample, judge and train every slot; `weights` are the settings of GRPOConfig's loss (Any: numbers and texts).

    TRL takes whole batches only, so they may be smaller than `batch_size`; questions still left over are counted.
    """
    updates = {}
    for slot, experiences in batches.items():
        asked = [experience for experience in experiences if not failed(experience)]
        steps, rewards = 0, list[float]()
        metrics = {"failed": float(len(experiences) - len(asked))}
        if asked:
            size = batch_size(len(asked), recipe.batch_size, grouping.samples)
            prompts = [experience.answer.prompt for experience in asked]
            trainer = partial(
                grpo_trainer,
                recipe=recipe,
                prompts=prompts,
                prompt_ids={prompt: model.encode(prompt, ()).prompt for prompt in prompts},
                reward=Reward(judge_of(slot, asked, mark, generators[slot], rewards)),
                tokenizer=model.tokenizer,
                questions=size,
                grouping=grouping,
                weights=weights,
            )
            with borrowed(model, slot, generators[slot]) as lent:
                refuse_dropout(lent)
                steps = lent.train(trainer)
            metrics |= {"reward": float(np.mean(rewards)), "questions_left_over": float(len(asked) % size)}
        metrics |= {"samples": float(len(rewards)), **(processes() if asked else {})}
        updates[slot] = report(recipe.name, model, slot, experiences=len(asked), steps=steps, metrics=metrics)
    return updates


def refuse_dropout(lent: Borrowed) -> None:
    """Refuse an adapter that drops features: TRL samples with the model as it is trained."""
    if lent.dropout:
        raise ModelError(
            f"lora.dropout: {lent.dropout:g} would be applied by TRL's GRPO to what is sampled too; write backend: "
            "cohort, or set it to 0"
        )


def batch_size(questions: int, most: int, samples: int) -> int:
    """Return the batch size between half of `most` and `most` that leaves the fewest questions over.

    The processes of a run share a batch's samples evenly, which a size may not allow.
    """
    most = min(questions, most)
    sizes = [size for size in range(most, most // 2, -1) if size * samples % world_size() == 0]
    if not sizes:
        raise ModelError(
            f"TRL shares the samples of a batch evenly, and {most // 2 + 1} to {most} questions of {samples} samples "
            f"are no multiple of {world_size()} processes; write learn.trainer.samples as one"
        )
    return min(sizes, key=lambda size: questions % size)


Written = tuple[int, str, int]
"""A sample for TRL's reward: its question's number, its text, and how many tokens it has."""


class Reward:
    """What TRL asks for rewards: rank 0 has the judge, which the others send what they have sampled."""

    def __init__(self, judge: Callable[[Sequence[Written]], list[float]] | None) -> None:
        self.__name__ = "reward"  # TRL calls it by this
        self._judge = judge

    def __reduce__(self) -> tuple[type["Reward"], tuple[None]]:
        return Reward, (None,)

    def __call__(
        self, *, completions: Sequence[str], completion_ids: Sequence[Sequence[int]], number: Sequence[int], **_: Any
    ) -> list[float]:
        """Return a score for each."""
        lengths = [len(ids) for ids in completion_ids]
        written = [*zip(number, completions, lengths, strict=True)]
        return at_rank_0(written, self._judge_all)

    def _judge_all(self, all_written: Sequence[Sequence[Written]]) -> list[list[float]]:
        """Judge the samples of all processes, in the order of their ranks, at once."""
        assert self._judge is not None
        scores = iter(self._judge([sample for written in all_written for sample in written]))
        return [[next(scores) for _ in written] for written in all_written]


def judge_of(
    slot: str,
    experiences: Sequence[Experience],
    mark: SampleJudge,
    generator: np.random.Generator,
    rewards: list[float],
) -> Callable[[Sequence[Written]], list[float]]:
    """Return the judge's scores of what is sampled, which are kept in `rewards` too."""

    def score(written: Sequence[Written]) -> list[float]:
        questions = [experiences[number].question for number, _, _ in written]
        completions = [Completion(text=text.removeprefix(" "), tokens=tokens) for _, text, tokens in written]
        feedback = mark(slot, questions, completions, seeds=[draw_seed(generator) for _ in written])
        scores = [verdict.score for verdict in feedback]
        rewards.extend(scores)
        return [*scores]

    return score


def grpo_trainer(
    lent: Borrowed,
    *,
    recipe: Recipe,
    prompts: Sequence[str],
    prompt_ids: Mapping[str, Sequence[int]],
    reward: Callable[..., list[float]],
    tokenizer: Any,
    questions: int,
    grouping: Grouping,
    weights: Mapping[str, Any],
) -> GRPOTrainer:
    """Return TRL's trainer with `questions` a step; it samples all groups of the update at once, as ours does."""
    arguments = {
        **lent.arguments(recipe),
        "per_device_train_batch_size": questions * grouping.samples // world_size(),
        "num_train_epochs": 1,
    }
    return TokenizedGRPOTrainer(
        prompt_ids=prompt_ids,
        model=lent.peft_model,
        reward_funcs=reward,
        args=GRPOConfig(
            **arguments,
            num_generations=grouping.samples,
            steps_per_generation=len(prompts) // questions,
            num_iterations=recipe.epochs,
            max_completion_length=grouping.max_tokens,
            temperature=1.0,
            scale_rewards="group" if grouping.scale_rewards else "none",
            **weights,
        ),
        train_dataset=rows([{"prompt": prompt, "number": index} for index, prompt in enumerate(prompts)]),
        processing_class=tokenizer,
    )
