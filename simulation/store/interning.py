"""Texts and questions that a study stores once each and names by number, however often they return."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from simulation.core.errors import DataError, StoreError
from simulation.core.kinds.kind import Form, Key, read
from simulation.core.types import Question
from simulation.store.canonical import dump, written
from simulation.store.columns import json_text
from simulation.store.outside import import_environments

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
        self._kinds: set[tuple[type[Form], type[Key]]] = set()
        """Those that were seen to be read back as they were."""

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

    def known_text_id(self, text: str) -> int | None:
        """Return the number of a text, None where it has none."""
        number = self._text_ids.get(text)
        if number is None:
            row = self._connection.execute("SELECT id FROM texts WHERE hash = ?", (text_hash(text),)).fetchone()
            if row is None:
                return None
            number = int(row[0])
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
            number = self.text_id(json_text(texts))
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
                "reference": self.optional_text_id(question.key.reference),
                "rest": self._rest(question),
            }
            number = self._find_or_add("questions", row)
            remember(self._question_ids, question, number)
        return number

    def question(self, number: int) -> Question:
        """Return the question of a number."""
        question = self._questions.get(number)
        if question is None:
            record = self._record(number)
            try:
                question = rebuilt(record)
            except DataError:
                (scenario_json,) = self._connection.execute("SELECT scenario FROM study").fetchone()
                _, _, file = self._connection.execute("PRAGMA database_list").fetchone()
                import_environments(json.loads(scenario_json), Path(file).parent)
                question = rebuilt(record)
            remember(self._questions, number, question)
        return question

    def _rest(self, question: Question) -> str:
        """Return a question's form, key and tags as JSON; refuses a kind that could not be read back."""
        rest = json_text({"form": question.form, "key": question.key, "tags": question.tags})
        kinds = (type(question.form), type(question.key))
        if kinds not in self._kinds:
            if rebuilt({**json.loads(rest), "id": question.id, "prompt": question.prompt}) != question:
                names = " or ".join(kind.__name__ for kind in kinds)
                raise StoreError(
                    f"{names} is read back as another value: give it a tag of its own, and tuples for lists"
                )
            self._kinds.add(kinds)
        return rest

    def _record(self, number: int) -> dict[str, Any]:
        """Return a question as it stands in its canonical form, whether or not its kinds are known (Any: JSON)."""
        name, prompt, rest = self._row("SELECT name, prompt, rest FROM questions WHERE id = ?", number)
        return {**json.loads(rest), "id": self.text(name), "prompt": self.text(prompt)}

    def damaged(self) -> Iterator[str]:
        """Yield every stored text and question that is not what its hash says."""
        for number, digest, text in self._connection.execute("SELECT id, hash, text FROM texts"):
            if text_hash(decoded(text)) != digest:
                yield f"row {number} of table texts"
        rows = self._connection.execute("SELECT id, hash, reference FROM questions").fetchall()
        for number, digest, reference in rows:
            try:
                whole = record_hash(dump(self._record(number))) == digest
                whole = whole and self.optional_text(reference) == self.question(number).key.reference
            except (LookupError, ValueError, TypeError, StoreError):
                whole = False
            except DataError:
                pass  # of a kind that this program does not have, but what its hash says
            if not whole:
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
    return record_hash(written(question, f"question {question.id!r}"))


def record_hash(data: bytes) -> bytes:
    """Return the key under which a question of these canonical bytes is found."""
    return hashlib.sha256(data).digest()[:16]


def rebuilt(record: Mapping[str, Any]) -> Question:
    """Return the question of a record (Any: JSON)."""
    return Question(
        id=record["id"],
        prompt=record["prompt"],
        form=read(Form, record["form"]),
        key=read(Key, record["key"]),
        tags=tuple(record["tags"]),
    )
