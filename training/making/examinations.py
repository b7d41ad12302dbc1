"""What a freshly pretrained student can do, for its model card: what it prefers and what it writes."""

from collections.abc import Iterator, Sequence
from typing import Any

from simulation.core.packing import pack
from simulation.core.registry import build
from simulation.core.roles import Environment, Judge
from simulation.core.seeding import draw_seed, generator
from simulation.core.types import Answer, Question
from training.making.encoding import Encoder, branch_logprobs

SAMPLES = 5
LINES = 16
"""Samples of a line, of which the right ones may differ."""
LONGEST = 96
"""The most tokens of a program."""
ROWS = 64


def options(model: Any, encoder: Encoder, environment: Environment) -> dict[str, float]:
    """Return how often it answers right by itself, and told by a cue to."""
    questions = environment.questions(0).held_out
    cue = environment.cues[0]  # type: ignore[attr-defined]  # an environment that can teach offers its cues
    return {
        **measure(model, encoder, questions, ""),
        "cued": measure(model, encoder, questions, cue)["right"],
        "questions": len(questions),
    }


def measure(model: Any, encoder: Encoder, questions: Sequence[Question], cue: str) -> dict[str, float]:
    """Return the share of each diagnosis among the most probable options; "right" is the accuracy."""
    import torch

    counts = {"right": 0, "misconception": 0, "filler": 0}
    for start in range(0, len(questions), ROWS):
        asked = questions[start : start + ROWS]
        trees = [
            encoder.tree(question, [(cue, f" {choice}") for choice in question.form.alternatives]) for question in asked
        ]
        packed = pack(trees, pad=encoder.tokenizer.pad_token_id)
        with torch.no_grad():
            scores = (branch_logprobs(model, packed) * torch.from_numpy(packed.valid_RKT)).sum(-1)
        for question, choice in zip(asked, scores.argmax(-1).tolist(), strict=True):
            diagnosis = question.key.reveals[choice]
            counts[diagnosis if diagnosis in counts else "misconception"] += 1
    return {name: count / len(questions) for name, count in counts.items()}


def programs(model: Any, encoder: Encoder, environment: Environment) -> dict[str, float]:
    """Return how many of its programs pass all tests: decoded greedily, and sampled at temperature 1."""
    questions = environment.questions(0).held_out
    judge = exact_judge(environment)

    def passed(asked: Sequence[Question], *, sample: bool) -> float:
        answers = list(write(model, encoder, asked, sample=sample))
        scores = [feedback.score for feedback in judge.judge(asked, answers, seeds=[0] * len(asked))]
        return sum(scores) / len(scores)

    return {
        "greedy": passed(questions, sample=False),
        "sampled": passed([question for question in questions for _ in range(SAMPLES)], sample=True),
        "questions": len(questions),
    }


def lines(model: Any, encoder: Encoder, environment: Environment) -> dict[str, float]:
    """Return how many of its lines meet all conditions, and how many different right ones a prompt's samples hold."""
    questions = environment.questions(0).held_out
    judge = exact_judge(environment)

    def scored(asked: Sequence[Question], *, sample: bool) -> list[tuple[str, str, float]]:
        answers = list(write(model, encoder, asked, sample=sample))
        verdicts = judge.judge(asked, answers, seeds=[0] * len(asked))
        return [(answer.question_id, answer.text, one.score) for answer, one in zip(answers, verdicts, strict=True)]

    greedy = scored(questions, sample=False)
    sampled = scored([question for question in questions for _ in range(LINES)], sample=True)
    return {
        "greedy": sum(score for *_, score in greedy) / len(greedy),
        "sampled": sum(score for *_, score in sampled) / len(sampled),
        "distinct_right": len({(question, text) for question, text, score in sampled if score == 1}) / len(questions),
        "samples": LINES,
        "questions": len(questions),
    }


def exact_judge(environment: Environment) -> Judge:
    """Return the judge whose score is the truth in an environment."""
    written = environment.exact_judge
    entry = {"name": written} if isinstance(written, str) else dict(written)
    judge: Judge = build("judge", str(entry.pop("name")), entry)
    return judge


def write(
    model: Any, encoder: Encoder, questions: Sequence[Question], *, sample: bool, seed: int = 0, rows: int = ROWS
) -> Iterator[Answer]:
    """Yield what a model writes to each question, so many at a time; `seed` draws it where it samples."""
    import torch

    torch.manual_seed(draw_seed(generator(seed, 0, 0, "examination")))
    tokenizer = encoder.tokenizer
    for start in range(0, len(questions), rows):
        asked = questions[start : start + rows]
        prompts = [encoder.lay_out(question) for question in asked]
        batch = tokenizer(prompts, padding=True, padding_side="left", return_tensors="pt", add_special_tokens=False)
        written = model.generate(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            max_new_tokens=LONGEST,
            **({"do_sample": True, "top_k": 0} if sample else {"do_sample": False}),
        )[:, batch["input_ids"].shape[1] :]
        for question, prompt, tokens in zip(asked, prompts, written, strict=True):
            text = tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
            yield Answer(
                question_id=question.id, prompt=prompt, text=text.removeprefix(" "), answerer="student",
                model_version="",
            )  # fmt: skip
