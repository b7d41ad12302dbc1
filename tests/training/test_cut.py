"""What was written is what is taught: answers that were cut have no end, and samples are the tokens that were drawn."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agents.models.causal import CausalLearner
from agents.models.learner_settings import LearnerSettings
from simulation.core.calls import Request
from simulation.core.types import Experience
from tests.support.bigram import WORDS, BigramLearner, experience
from tests.support.families.families import FAMILIES
from tests.support.learners import move, seats
from training.cohort.groups import Group, Grouping, group_trees
from training.lessons import demonstration_examples, pair_examples

END = 0
SAMPLES = 2_000


def spelled(*texts: str) -> list[tuple[int, ...]]:
    return [tuple(map(WORDS.index, text)) for text in texts]


@pytest.mark.parametrize("stop", ["length", "unparsed at length"])
def test_an_answer_that_was_cut_is_taught_and_rejected_without_an_end(stop: str) -> None:
    model = BigramLearner(["one"])
    cut = experience("ab", "cd", score=0.0, correction="ef", stop=stop)
    whole = replace(cut, answer=replace(cut.answer, stop="stop"))
    right = experience("ab", "gh", score=1.0, correction=None, stop=stop)
    [chosen, rejected], [_, rejected_whole] = (
        example.tree.branches for example in pair_examples(model, [cut, whole]).examples
    )
    assert [chosen, rejected] == [(*spelled("ef")[0], END), spelled("cd")[0]]
    assert rejected_whole == (*spelled("cd")[0], END)

    def taught(imitate: str, *experiences: Experience) -> list[tuple[int, ...]]:
        examples = demonstration_examples(model, experiences, imitate=imitate).examples  # type: ignore[arg-type]
        return [example.tree.branches[0] for example in examples]

    assert taught("answers", cut, whole) == [spelled("cd")[0], (*spelled("cd")[0], END)]
    assert taught("corrections", cut) == [(*spelled("ef")[0], END)]
    assert taught("both", cut, right) == [(*spelled("ef")[0], END), spelled("gh")[0]]


def test_a_correction_that_is_worded_as_the_cut_answer_ends() -> None:
    told = experience("ab", "cd", score=0.0, correction="cd", stop="length")
    tree = demonstration_examples(BigramLearner(["one"]), [told], imitate="corrections").examples[0].tree
    assert tree.branches == ((*spelled("cd")[0], END),)


def groups_of(model: CausalLearner, prompts: Sequence[str], each: int) -> list[Group]:
    requests = [
        Request(slot="student-0", prompt=prompt, max_tokens=8, temperature=1.5, seed=number)
        for prompt in prompts
        for number in range(each)
    ]
    written = iter(model.generate(requests))
    return [
        Group(
            experience=experience(prompt, "", score=0.0, correction=None),
            completions=[next(written) for _ in range(each)],
            rewards=(0.0,) * each,
        )
        for prompt in prompts
    ]


@pytest.mark.parametrize("name", ["qwen2", "gemma"])
def test_a_sample_is_trained_on_as_the_tokens_that_were_drawn(name: str, tmp_path: Path) -> None:
    model = CausalLearner.from_source(str(FAMILIES[name].save(tmp_path)), seats(1), LearnerSettings(rank=2))
    move(model)
    groups = groups_of(model, ("3/4 of 12", "why?"), SAMPLES // 2)
    trees = [
        example.tree for example in group_trees(model, groups, Grouping(samples=2, max_tokens=8, scale_rewards=True))
    ]
    differing = otherwise = 0
    for tree, group in zip(trees, groups, strict=True):
        prompt = group.experience.answer.prompt
        assert tree.prompt == model.encode(prompt, ()).prompt
        texts = [completion.text for completion in group.completions]
        read = model.encode(prompt, texts).branches
        for branch, again, sample in zip(tree.branches, read, group.completions, strict=True):
            assert len(branch) == sample.tokens
            differing += branch != sample.ids
            otherwise += again != branch
    assert differing == 0
    assert otherwise > SAMPLES // 20, "texts that were read again would not have been these tokens"
    logprobs, _ = model.branch_logprobs(["student-0"], [[replace(trees[0], branches=trees[0].branches[:64])]])
    expected = [completion.logprob for completion in groups[0].completions[:64]]
    assert logprobs.sum(-1)[0, 0].tolist() == pytest.approx(expected, abs=1e-3)
