"""Lessons and questions as trees of token ids, and what a model makes of their branches."""

from collections.abc import Sequence
from typing import Any

from simulation.core.corpus import Lesson
from simulation.core.packing import Packed, Tree
from simulation.core.templates import lay_out
from simulation.core.types import Question


class Encoder:
    """Turns lessons and questions into trees of token ids."""

    def __init__(self, tokenizer: Any, template: str) -> None:
        self.tokenizer = tokenizer
        self._template = template

    def lay_out(self, question: Question) -> str:
        """Return the text of a question."""
        return lay_out(question, self._template)

    def tree(self, question: Question, continuations: Sequence[tuple[str, str]]) -> Tree:
        """Encode a question with its (cue, text) continuations."""
        texts = [self.lay_out(question), *(text for _, text in continuations)]
        prompt, *branches = self.tokenizer(texts, add_special_tokens=False)["input_ids"]
        end = self.tokenizer.eos_token_id
        cued = [
            (*([self.tokenizer.convert_tokens_to_ids(cue)] if cue else []), *branch, end)
            for (cue, _), branch in zip(continuations, branches, strict=True)
        ]
        return Tree(prompt=tuple(prompt), branches=tuple(cued))

    def lesson(self, lesson: Lesson) -> tuple[Tree, list[list[float]]]:
        """Encode a lesson with the weight of every branch token; a cue weighs nothing."""
        tree = self.tree(lesson.question, [(branch.cue, branch.text) for branch in lesson.branches])
        weights = [
            [0.0 if branch.cue and place == 0 else branch.weight for place in range(len(tokens))]
            for branch, tokens in zip(lesson.branches, tree.branches, strict=True)
        ]
        return tree, weights


def branch_logprobs(model: Any, packed: Packed) -> Any:
    """Return the log-probability of every branch token, RKT."""
    import torch

    mask = torch.from_numpy(packed.mask_RLL)[:, None]
    bias = torch.zeros(mask.shape).masked_fill(~mask, torch.finfo(torch.float32).min)
    hidden = model.model(
        input_ids=torch.from_numpy(packed.tokens_RL),
        attention_mask=bias,
        position_ids=torch.from_numpy(packed.positions_RL),
        use_cache=False,
    ).last_hidden_state
    rows = torch.arange(hidden.shape[0])[:, None, None]
    logits = model.lm_head(hidden[rows, torch.from_numpy(packed.predictors_RKT)])
    targets = torch.from_numpy(packed.targets_RKT)[..., None]
    return logits.float().log_softmax(-1).gather(-1, targets).squeeze(-1)
