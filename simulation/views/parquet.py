"""A study's turns as Parquet tables: picks, answers, results, evaluations, updates."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # pyarrow has no types
from pyarrow.parquet import ParquetWriter  # type: ignore[import-untyped]

from simulation.core.types import Turn

ROWS = 20_000
"""How many rows are held before they are written."""
Rows = Iterator[dict[str, Any]]
"""Rows of one table (Any: what its columns hold)."""
HEAD = {"turn": pa.int64(), "student": pa.string()}


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
        diagnosed = answer.choice is not None and answer.choice < len(question.diagnoses)
        yield {
            "position": experience.position,
            "question": question.id,
            "category": question.category,
            "tags": question.tags,
            "prompt": answer.prompt,
            "choices": question.choices,
            "reference": question.reference,
            "answer": answer.text,
            "choice": answer.choice,
            "diagnosis": question.diagnoses[answer.choice] if diagnosed and answer.choice is not None else None,
            "choice_logprobs": answer.choice_logprobs,
            "logprob": answer.logprob,
            "tokens": answer.tokens,
            "stop": answer.stop,
            "score": feedback.score,
            "truth": experience.truth,
            "verdict": feedback.verdict,
            "passed": sum(outcome.verdict == "passed" for outcome in feedback.outcomes) if feedback.outcomes else None,
            "tests": len(feedback.outcomes) or None,
            "judge": feedback.judge,
            "explanation": feedback.explanation,
            "correction": feedback.correction,
            "model_version": answer.model_version,
        }


def results(turn: Turn) -> Rows:
    """Yield each question of each evaluation."""
    for name, evaluation in turn.evaluations.items():
        for position, result in enumerate(evaluation.results):
            yield {
                "question_set": name,
                "position": position,
                "question": result.question_id,
                "answer": result.text,
                "truth": result.truth,
                "choice": result.choice,
                "confidence": result.confidence,
                "stop": result.stop,
                "verdict": result.verdict,
                "metrics": json.dumps(dict(result.metrics), sort_keys=True) if result.metrics else None,
            }


def evaluations(turn: Turn) -> Rows:
    """Yield each evaluation."""
    for name, evaluation in turn.evaluations.items():
        yield {
            "question_set": name,
            "questions": evaluation.questions,
            "accuracy": evaluation.metrics.get("accuracy"),
            "metrics": json.dumps(dict(evaluation.metrics), sort_keys=True),
        }


def updates(turn: Turn) -> Rows:
    """Yield the turn's update, where it had one."""
    if turn.update is not None:
        yield {
            "trainer": turn.update.trainer,
            "experiences": turn.update.experiences,
            "steps": turn.update.steps,
            "model_version": turn.update.model_version,
            "metrics": json.dumps(dict(turn.update.metrics), sort_keys=True),
        }


INTEGER, REAL, TEXT = pa.int64(), pa.float64(), pa.string()
TABLES: Mapping[Any, Mapping[str, Any]] = {
    picks: {
        "position": INTEGER,
        "question": TEXT,
        "category": TEXT,
        "score": REAL,
        "propensity": REAL,
        "reason": TEXT,
    },
    answers: {
        "position": INTEGER,
        "question": TEXT,
        "category": TEXT,
        "tags": pa.list_(TEXT),
        "prompt": TEXT,
        "choices": pa.list_(TEXT),
        "reference": TEXT,
        "answer": TEXT,
        "choice": INTEGER,
        "diagnosis": TEXT,
        "choice_logprobs": pa.list_(REAL),
        "logprob": REAL,
        "tokens": INTEGER,
        "stop": TEXT,
        "score": REAL,
        "truth": REAL,
        "verdict": TEXT,
        "passed": INTEGER,
        "tests": INTEGER,
        "judge": TEXT,
        "explanation": TEXT,
        "correction": TEXT,
        "model_version": TEXT,
    },
    results: {
        "question_set": TEXT,
        "position": INTEGER,
        "question": TEXT,
        "answer": TEXT,
        "truth": REAL,
        "choice": INTEGER,
        "confidence": REAL,
        "stop": TEXT,
        "verdict": TEXT,
        "metrics": TEXT,
    },
    evaluations: {"question_set": TEXT, "questions": INTEGER, "accuracy": REAL, "metrics": TEXT},
    updates: {"trainer": TEXT, "experiences": INTEGER, "steps": INTEGER, "model_version": TEXT, "metrics": TEXT},
}
"""Each table's rows and columns (Any: pyarrow has no types)."""


def write_tables(turns: Iterable[Turn], folder: Path) -> Iterator[Path]:
    """Write every table, holding few rows at a time, and yield the files' paths."""
    schemas = {rows: pa.schema({**HEAD, **columns}) for rows, columns in TABLES.items()}
    paths = {rows: folder / f"{rows.__name__}.parquet" for rows in TABLES}
    held: dict[Any, list[dict[str, Any]]] = {rows: [] for rows in TABLES}
    with ExitStack() as stack:
        writers = {rows: stack.enter_context(ParquetWriter(paths[rows], schemas[rows])) for rows in TABLES}
        for turn in turns:
            head = {"turn": turn.turn, "student": turn.student}
            for rows in TABLES:
                held[rows] += [{**head, **{name: whole(value) for name, value in row.items()}} for row in rows(turn)]
                if len(held[rows]) >= ROWS:
                    writers[rows].write_table(pa.Table.from_pylist(held[rows], schema=schemas[rows]))
                    held[rows] = []
        for rows, left in held.items():
            writers[rows].write_table(pa.Table.from_pylist(left, schema=schemas[rows]))
    yield from paths.values()


def whole(value: Any) -> Any:
    """Replace halves of surrogate pairs, which UTF-8 cannot hold, by question marks (Any: any column's value)."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    return [whole(element) for element in value] if isinstance(value, tuple) else value
