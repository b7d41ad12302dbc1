"""Texts and questions that a study stores once each and names by number, however often they return."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from simulation.core.errors import StoreError
from simulation.core.types import Question, Test
from simulation.store.canonical import dump, written

K = TypeVar("K")
V = TypeVar("V")

REMEMBERED = 50_000
"""How many texts, and how many questions, stay in memory."""
LISTS = 100
"""How many lists of texts do."""


class Interned:
    """The texts and questions of one study, both ways."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._text_ids: dict[str, int] = {}
        self._texts: dict[int, str] = {}
        self._list_ids: dict[tuple[str, ...], int] = {}
        self._lists: dict[int, tuple[str, ...]] = {}
        self._question_ids: dict[Question, int] = {}
        self._questions: dict[int, Question] = {}

    def forget(self) -> None:
        """Forget every number, as a rolled back transaction demands."""
        self._text_ids.clear()
        self._texts.clear()
        self._list_ids.clear()
        self._lists.clear()
        self._question_ids.clear()
        self._questions.clear()

    def text_id(self, text: str) -> int:
        """Return the number of a text, giving it one if it is new."""
        number = self._text_ids.get(text)
        if number is None:
            row = {"hash": text_hash(text), "text": encoded(text)}
            number = self._find_or_add("texts", row)
            remember(self._text_ids, text, number)
        return number

    def text_ids(self, texts: Iterable[str]) -> list[int]:
        """Return the numbers of texts, which count from 1."""
        remembered_number, stored_number = self._text_ids.get, self.text_id
        return [remembered_number(text) or stored_number(text) for text in texts]

    def texts(self, numbers: Iterable[int]) -> list[str]:
        """Return the texts of numbers."""
        remembered_text, stored_text = self._texts.get, self.text
        return [remembered_text(number) or stored_text(number) for number in numbers]

    def list_id(self, texts: tuple[str, ...]) -> int:
        """Return the number of a list of texts that returns as a whole: of the text that is its JSON."""
        number = self._list_ids.get(texts)
        if number is None:
            number = self.text_id(dump(texts).decode("ascii"))
            remember(self._list_ids, texts, number, LISTS)
        return number

    def listed(self, number: int) -> tuple[str, ...]:
        """Return the list of a number."""
        texts = self._lists.get(number)
        if texts is None:
            texts = tuple(json.loads(self.text(number)))
            remember(self._lists, number, texts, LISTS)
        return texts

    def optional_text_id(self, text: str | None) -> int | None:
        """Return the number of a text, or None for None."""
        return None if text is None else self.text_id(text)

    def text(self, number: int) -> str:
        """Return the text of a number."""
        text = self._texts.get(number)
        if text is None:
            text = decoded(self._row("SELECT text FROM texts WHERE id = ?", number)[0])
            remember(self._texts, number, text)
        return text

    def optional_text(self, number: int | None) -> str | None:
        """Return the text of a number, or None for None."""
        return None if number is None else self.text(number)

    def question_id(self, question: Question) -> int:
        """Return the number of a question, giving it one if it is new."""
        number = self._question_ids.get(question)
        if number is None:
            row = {
                "hash": question_hash(question),
                "name": self.text_id(question.id),
                "prompt": self.text_id(question.prompt),
                "rest": dump(
                    {
                        "choices": question.choices,
                        "reference": question.reference,
                        "tags": question.tags,
                        "diagnoses": question.diagnoses,
                        "tests": [(test.code, test.hidden) for test in question.tests],
                        "setup": question.setup,
                        "opening": question.opening,
                    }
                ).decode("ascii"),
            }
            number = self._find_or_add("questions", row)
            remember(self._question_ids, question, number)
        return number

    def question(self, number: int) -> Question:
        """Return the question of a number."""
        question = self._questions.get(number)
        if question is None:
            name, prompt, rest_json = self._row("SELECT name, prompt, rest FROM questions WHERE id = ?", number)
            rest = json.loads(rest_json)
            question = Question(
                id=self.text(name),
                prompt=self.text(prompt),
                choices=tuple(rest["choices"]),
                reference=rest["reference"],
                tags=tuple(rest["tags"]),
                diagnoses=tuple(rest["diagnoses"]),
                tests=tuple(Test(code=code, hidden=hidden) for code, hidden in rest["tests"]),
                setup=rest["setup"],
                opening=rest["opening"],
            )
            remember(self._questions, number, question)
        return question

    def damaged(self) -> Iterator[str]:
        """Yield every stored text and question that is not what its hash says."""
        for number, digest, text in self._connection.execute("SELECT id, hash, text FROM texts"):
            if text_hash(decoded(text)) != digest:
                yield f"row {number} of table texts"
        for number, digest in self._connection.execute("SELECT id, hash FROM questions").fetchall():
            try:
                actual_digest = question_hash(self.question(number))
            except (LookupError, ValueError, TypeError, StoreError):
                actual_digest = None
            if actual_digest != digest:
                yield f"row {number} of table questions"

    def _find_or_add(self, table: str, row: Mapping[str, object]) -> int:
        """Return the number of the row with this hash, which is added if it is new."""
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT (hash) DO NOTHING RETURNING id"
        id_row = self._connection.execute(statement, tuple(row.values())).fetchone()
        if id_row is None:
            id_row = self._connection.execute(f"SELECT id FROM {table} WHERE hash = ?", (row["hash"],)).fetchone()
        return int(id_row[0])

    def _row(self, query: str, number: int) -> tuple[Any, ...]:
        """Return one row (Any: what its columns hold); raises LookupError where damage took it."""
        row = self._connection.execute(query, (number,)).fetchone()
        if row is None:
            raise LookupError(f"no row {number} for {query}")
        return tuple(row)


def remember(held: dict[K, V], key: K, value: V, most: int = REMEMBERED) -> None:
    """Keep a pair, forgetting all others when there are too many."""
    if len(held) >= most:
        held.clear()
    held[key] = value


def encoded(text: str) -> str | bytes:
    """Return a text as SQLite can hold it: bytes where it holds half of a surrogate pair."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def decoded(stored: object) -> str:
    """Return the text that `encoded` made ready."""
    return stored.decode("utf-8", "surrogatepass") if isinstance(stored, bytes) else str(stored)


def text_hash(text: str) -> bytes:
    """Return the key under which a text is found."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def question_hash(question: Question) -> bytes:
    """Return the key under which a question is found."""
    return hashlib.sha256(written(question, f"question {question.id!r}")).digest()[:16]
