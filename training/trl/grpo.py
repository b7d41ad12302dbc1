"""TRL's GRPOTrainer behind our trainer role, one slot after the other; it samples with its own generation."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer

from simulation.core.calls import Completion
from simulation.core.roles import Lendable, SampleJudge
from simulation.core.seeding import draw_seed
from simulation.core.types import Experience, Update
from training.cohort.groups import Grouping
from training.cohort.loop import report
from training.lessons import failed
from training.recipe import Recipe
from training.trl.borrowed import Borrowed, borrowed, rows


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
        answered = [experience for experience in experiences if not failed(experience)]
        size = batch_size(len(answered), recipe.batch_size)
        steps, rewards = 0, list[float]()
        if answered:
            reward = reward_function(slot, answered, mark, generators[slot], rewards)
            asked = [experience.answer.prompt for experience in answered]
            prompts = {prompt: model.encode(prompt, ()).prompt for prompt in asked}
            with borrowed(model, slot, generators[slot]) as lent:
                trainer = grpo_trainer(recipe, lent, asked, prompts, reward, model.tokenizer, size, grouping, weights)
                steps = lent.train(trainer)
        metrics = {"samples": float(len(rewards)), "failed": float(len(experiences) - len(answered))}
        if answered:
            metrics |= {"reward": float(np.mean(rewards)), "questions_left_over": float(len(answered) % size)}
        updates[slot] = report(recipe.name, model, slot, experiences=len(answered), steps=steps, metrics=metrics)
    return updates


def batch_size(questions: int, most: int) -> int:
    """Return the batch size between half of `most` and `most` that leaves the fewest questions over."""
    most = min(questions, most)
    return min(range(most, most // 2, -1), key=lambda size: questions % size, default=1)


def reward_function(
    slot: str,
    experiences: Sequence[Experience],
    mark: SampleJudge,
    generator: np.random.Generator,
    rewards: list[float],
) -> Callable[..., list[float | None]]:
    """Return what TRL asks for rewards: the judge's scores, which are kept in `rewards` too."""

    def score(
        *, completions: Sequence[str], completion_ids: Sequence[Sequence[int]], number: Sequence[int], **_: Any
    ) -> list[float | None]:
        questions = [experiences[index].question for index in number]
        written = [
            Completion(text=text.removeprefix(" "), tokens=len(ids))
            for text, ids in zip(completions, completion_ids, strict=True)
        ]
        feedback = mark(slot, questions, written, seeds=[draw_seed(generator) for _ in written])
        scores = [verdict.score for verdict in feedback]
        rewards.extend(scores)
        return [*scores]

    return score


def grpo_trainer(
    recipe: Recipe,
    lent: Borrowed,
    prompts: Sequence[str],
    prompt_ids: Mapping[str, Sequence[int]],
    reward: Callable[..., list[float | None]],
    tokenizer: Any,
    questions: int,
    grouping: Grouping,
    weights: Mapping[str, Any],
) -> GRPOTrainer:
    """Return TRL's trainer with `questions` a step; it samples all groups of the update at once, as ours does."""
    arguments = {
        **lent.arguments(recipe),
        "per_device_train_batch_size": questions * grouping.samples,
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
