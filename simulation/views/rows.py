"""A turn as rows of tables: what was picked, answered, answered again, measured, updated and learned."""

from collections.abc import Iterator
from typing import Any

from simulation.core.types import Answer, Feedback, Question, Turn
from simulation.store.columns import json_text, revealed

Rows = Iterator[dict[str, Any]]
"""Rows of one table (Any: what its columns hold)."""
EFFECTS = ("taught_before", "taught_after", "rejected_before", "rejected_after")
"""What an update did to a lesson."""


def kind(record: Any) -> str:
    """Return the kind of a form or key (Any: both have one)."""
    return str(record.__struct_config__.tag)


def described(question: Question) -> dict[str, Any]:
    """Return what all kinds of question have (Any: what columns hold)."""
    return {
        "question": question.id,
        "category": question.category,
        "tags": question.tags,
        "form": kind(question.form),
        "alternatives": question.form.alternatives,
        "reference": question.key.reference,
    }


def picks(turn: Turn) -> Rows:
    """Yield what was picked and why."""
    for position, pick in enumerate(turn.picks):
        yield {
            "position": position,
            "question": pick.item.id,
            "category": pick.item.category,
            "score": pick.score,
            "propensity": pick.propensity,
            "reason": pick.reason,
        }


def answers(turn: Turn) -> Rows:
    """Yield what was answered and what was said of it."""
    for experience in turn.experiences:
        question, answer, feedback = experience.question, experience.answer, experience.feedback
        own_alternatives = answer.ranking.alternatives if answer.ranking is not None else ()
        yield described(question) | {
            "position": experience.position,
            "alternatives": own_alternatives or question.form.alternatives,
            **judged(question, answer, feedback),
            "truth": experience.truth,
        }


def judged(question: Question, answer: Answer, feedback: Feedback) -> dict[str, Any]:
    """Return the columns of an answer and of what was said of it (Any: what columns hold)."""
    return {
        "prompt": answer.prompt,
        "model_input": answer.model_input,
        "answer": answer.text,
        "reading": answer.reading,
        "taken": answer.choice,
        "reveals": revealed(question, answer.choice),
        "logprobs": answer.ranking.logprobs if answer.ranking is not None else (),
        "logprob": answer.logprob,
        "tokens": answer.tokens,
        "stop": answer.stop,
        "score": feedback.score,
        "reason": feedback.reason,
        "outcomes": json_text(feedback.outcomes),
        "metrics": json_text(dict(feedback.metrics)),
        "judge": feedback.judge,
        "explanation": feedback.explanation,
        "correction": feedback.correction,
        "model_version": answer.model_version,
    }


def attempts(turn: Turn) -> Rows:
    """Yield what was answered again; `position` is that of the first answer, `first_truth` its truth."""
    for attempt in turn.attempts:
        experience = turn.experiences[attempt.position]
        yield {
            "position": attempt.position,
            "attempt": attempt.number,
            "question": experience.question.id,
            "category": experience.question.category,
            **judged(experience.question, attempt.answer, attempt.feedback),
            "truth": attempt.truth,
            "first_truth": experience.truth,
        }


def results(turn: Turn) -> Rows:
    """Yield each answer of each evaluation."""
    for name, evaluation in turn.evaluations.items():
        for position, result in enumerate(evaluation.results):
            yield {
                "question_set": name,
                "position": position,
                "question": result.question_id,
                "answer": result.text,
                "truth": result.truth,
                "taken": result.choice,
                "logprobs": result.ranking.logprobs if result.ranking is not None else (),
                "alternatives": result.ranking.alternatives if result.ranking is not None else (),
                "reading": result.reading,
                "stop": result.stop,
                "reason": result.reason,
                "metrics": json_text(dict(result.metrics)),
            }


def evaluations(turn: Turn) -> Rows:
    """Yield each number of each evaluation."""
    for name, evaluation in turn.evaluations.items():
        for measure, value in sorted(evaluation.metrics.items()):
            yield {"question_set": name, "questions": evaluation.questions, "measure": measure, "value": value}


def updates(turn: Turn) -> Rows:
    """Yield the turn's update, where it had one."""
    if turn.update is not None:
        yield {
            "trainer": turn.update.trainer,
            "experiences": turn.update.experiences,
            "steps": turn.update.steps,
            "model_version": turn.update.model_version,
            "metrics": json_text(dict(turn.update.metrics)),
        }


def lessons(turn: Turn) -> Rows:
    """Yield each lesson, why it was one, and what the update did to it as far as it tells."""
    effects = {effect.lesson: effect for effect in turn.update.effects} if turn.update is not None else {}
    for position, lesson in enumerate(turn.lessons):
        effect = effects.get(position)
        yield {
            "position": position,
            "from_turn": lesson.item.turn,
            "from_position": lesson.item.position,
            "question": lesson.item.question.id,
            "score": lesson.score,
            "propensity": lesson.propensity,
            "reason": lesson.reason,
            **{name: None if effect is None else getattr(effect, name) for name in EFFECTS},
        }
