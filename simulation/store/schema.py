"""The tables of a study, and how its database is opened.

Every column that belongs to the trace is needed to rebuild a `Turn`, so the chain over the rebuilt turns covers it;
`questions.reference`, `answers.reveals` and the sums follow from it and are checked against it; times and fingerprints
stand apart. Rows are only ever added. In keys, `t` is a turn's number, `s` a seat's position. The views `picked`,
`answered`, `attempted`, `evaluated` and `updated` spell the numbers out, for queries by hand. The results of an
evaluation are one row, packed field by field (`packed`), because as JSON they take twice the space and ten times the
work; one row a result is what `export --format parquet` writes. No column knows a kind of form or key: `questions.rest`
holds theirs as JSON.
"""

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from simulation.core.errors import StoreError, StudyDamaged

VERSION = 6
OLDEST = 5
"""The oldest format that this program reads."""
GROWN_SINCE = 6
"""The first format that keeps sums, indexes by question and by what an answer reveals, and further attempts, of which
one before is read with an empty table."""
DATABASE = "study.db"
LEAST_SPACE_BYTES = 2**16
"""Where less is left, an error of the disk means that it is full: SQLite says so only of its main files."""

TEXTS = "CREATE TABLE texts (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, text ANY NOT NULL) STRICT;"

ATTEMPTS = """
CREATE {temporary} TABLE attempts (
    t INTEGER NOT NULL, s INTEGER NOT NULL, n INTEGER NOT NULL, i INTEGER NOT NULL, question_name INTEGER NOT NULL,
    prompt INTEGER NOT NULL, input INTEGER NOT NULL, input_end INTEGER, text INTEGER NOT NULL,
    answerer INTEGER NOT NULL, version INTEGER NOT NULL, logprobs BLOB, taken INTEGER, alternatives INTEGER,
    reading INTEGER NOT NULL, logprob ANY, tokens INTEGER, stop INTEGER NOT NULL, truth ANY NOT NULL,
    score ANY NOT NULL, judge INTEGER NOT NULL, explanation INTEGER NOT NULL, correction INTEGER, metrics TEXT,
    outcomes INTEGER, PRIMARY KEY (t, s, n, i)
) STRICT, WITHOUT ROWID;
"""

TABLES = f"""
CREATE TABLE study (
    id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, scenario TEXT NOT NULL, keep TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'finished')), base TEXT NOT NULL,
    measures TEXT NOT NULL
) STRICT;
CREATE TABLE seats (
    s INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, number INTEGER NOT NULL, seed INTEGER NOT NULL,
    label TEXT NOT NULL
) STRICT;
CREATE TABLE chain (t INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
CREATE TABLE timings (
    t INTEGER NOT NULL, stage TEXT NOT NULL, seconds REAL NOT NULL, PRIMARY KEY (t, stage)
) STRICT, WITHOUT ROWID;
CREATE TABLE committed (t INTEGER PRIMARY KEY, unix_seconds REAL NOT NULL) STRICT;
CREATE TABLE fingerprints (t INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, hash BLOB NOT NULL) STRICT;
{TEXTS}
CREATE TABLE questions (
    id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, name INTEGER NOT NULL, prompt INTEGER NOT NULL,
    reference INTEGER, rest TEXT NOT NULL
) STRICT;
CREATE TABLE question_sets (
    name TEXT NOT NULL, i INTEGER NOT NULL, question INTEGER NOT NULL, PRIMARY KEY (name, i)
) STRICT, WITHOUT ROWID;
CREATE TABLE turns (
    t INTEGER NOT NULL, s INTEGER NOT NULL, version INTEGER NOT NULL, candidates BLOB, predictions BLOB,
    failure INTEGER NOT NULL, PRIMARY KEY (t, s)
) STRICT;
CREATE TABLE committees (
    t INTEGER NOT NULL, s INTEGER NOT NULL, name INTEGER NOT NULL, predictions BLOB NOT NULL, PRIMARY KEY (t, s, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE adapters (
    t INTEGER NOT NULL, s INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (s, t)
) STRICT, WITHOUT ROWID;
CREATE INDEX adapters_by_turn ON adapters (t);
CREATE TABLE picks (
    t INTEGER NOT NULL, s INTEGER NOT NULL, i INTEGER NOT NULL, question INTEGER NOT NULL, score ANY, propensity ANY,
    reason INTEGER NOT NULL, PRIMARY KEY (t, s, i)
) STRICT, WITHOUT ROWID;
CREATE TABLE answers (
    t INTEGER NOT NULL, s INTEGER NOT NULL, i INTEGER NOT NULL, question INTEGER NOT NULL,
    question_name INTEGER NOT NULL, prompt INTEGER NOT NULL, input INTEGER NOT NULL, input_end INTEGER,
    text INTEGER NOT NULL, answerer INTEGER NOT NULL, version INTEGER NOT NULL, logprobs BLOB, taken INTEGER,
    alternatives INTEGER, reveals INTEGER, reading INTEGER NOT NULL, logprob ANY, tokens INTEGER,
    stop INTEGER NOT NULL, truth ANY NOT NULL, PRIMARY KEY (t, s, i)
) STRICT, WITHOUT ROWID;
CREATE TABLE feedback (
    t INTEGER NOT NULL, s INTEGER NOT NULL, i INTEGER NOT NULL, score ANY NOT NULL, judge INTEGER NOT NULL,
    explanation INTEGER NOT NULL, correction INTEGER, metrics TEXT, outcomes INTEGER, PRIMARY KEY (t, s, i)
) STRICT, WITHOUT ROWID;
CREATE TABLE transitions (
    t INTEGER NOT NULL, s INTEGER NOT NULL, i INTEGER NOT NULL, observation INTEGER NOT NULL, action INTEGER NOT NULL,
    reward ANY NOT NULL, next_observation INTEGER NOT NULL, terminated INTEGER NOT NULL, truncated INTEGER NOT NULL,
    PRIMARY KEY (t, s, i)
) STRICT, WITHOUT ROWID;
CREATE TABLE lessons (
    t INTEGER NOT NULL, s INTEGER NOT NULL, i INTEGER NOT NULL, from_t INTEGER NOT NULL, from_i INTEGER NOT NULL,
    score ANY, propensity ANY, reason INTEGER NOT NULL, PRIMARY KEY (t, s, i),
    FOREIGN KEY (from_t, s, from_i) REFERENCES answers (t, s, i)
) STRICT, WITHOUT ROWID;
CREATE TABLE updates (
    t INTEGER NOT NULL, s INTEGER NOT NULL, trainer INTEGER NOT NULL, experiences INTEGER NOT NULL,
    steps INTEGER NOT NULL, version INTEGER NOT NULL, metrics TEXT, effects BLOB, PRIMARY KEY (t, s)
) STRICT, WITHOUT ROWID;
CREATE TABLE evaluations (
    t INTEGER NOT NULL, s INTEGER NOT NULL, name INTEGER NOT NULL, questions INTEGER NOT NULL, metrics TEXT,
    PRIMARY KEY (t, s, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE results (
    t INTEGER NOT NULL, s INTEGER NOT NULL, name INTEGER NOT NULL, questions INTEGER NOT NULL, texts BLOB NOT NULL,
    scores BLOB NOT NULL, rankings BLOB NOT NULL, readings BLOB NOT NULL, stops BLOB NOT NULL, reasons BLOB NOT NULL,
    PRIMARY KEY (t, s, name)
) STRICT;
""" + ATTEMPTS.format(temporary="")

INDEXES = """
CREATE INDEX answers_by_question ON answers (question, t, s, i);
CREATE INDEX answers_by_reveals ON answers (reveals, t, s, i) WHERE reveals IS NOT NULL;
"""

SUMS = """
CREATE TABLE turn_sums (
    t INTEGER NOT NULL, s INTEGER NOT NULL, answers INTEGER NOT NULL, truth ANY, tokens ANY NOT NULL,
    lessons INTEGER NOT NULL, passing INTEGER NOT NULL, scored INTEGER NOT NULL, score ANY, PRIMARY KEY (t, s)
) STRICT, WITHOUT ROWID;
CREATE TABLE answer_sums (
    t INTEGER NOT NULL, s INTEGER NOT NULL, category INTEGER NOT NULL, answers INTEGER NOT NULL,
    right INTEGER NOT NULL, called_right INTEGER NOT NULL, both_right INTEGER NOT NULL, same INTEGER NOT NULL,
    same_right INTEGER NOT NULL, truth ANY, score ANY, distance ANY, PRIMARY KEY (t, s, category)
) STRICT, WITHOUT ROWID;
CREATE TABLE evaluation_sums (
    t INTEGER NOT NULL, s INTEGER NOT NULL, list BLOB NOT NULL, truths BLOB NOT NULL, categories TEXT NOT NULL,
    reasons TEXT NOT NULL, PRIMARY KEY (t, s)
) STRICT;
"""

VIEWS = """
CREATE VIEW picked AS SELECT p.t AS turn, e.name AS student, p.i AS position, n.text AS question, d.text AS prompt,
    p.score, p.propensity, r.text AS reason
    FROM picks p JOIN seats e USING (s) JOIN questions q ON q.id = p.question JOIN texts n ON n.id = q.name
    JOIN texts d ON d.id = q.prompt JOIN texts r ON r.id = p.reason;
CREATE VIEW answered AS SELECT a.t AS turn, e.name AS student, a.i AS position, n.text AS question, p.text AS prompt,
    CASE WHEN z.id IS NULL THEN y.text ELSE y.text || p.text || z.text END AS model_input,
    q.rest ->> '$.tags[0]' AS category, q.rest ->> '$.form.kind' AS form, g.text AS reference, x.text AS answer,
    d.text AS reading, a.taken, k.text AS reveals, a.logprob, a.tokens, o.text AS stop, f.score,
    coalesce((SELECT value ->> '$.reason' FROM json_each(u.text) WHERE value ->> '$.score' < 1 LIMIT 1),
        u.text ->> '$[0].reason', '') AS reason,
    j.text AS judge, w.text AS explanation, c.text AS correction, u.text AS outcomes, a.truth, v.text AS model_version
    FROM answers a JOIN feedback f USING (t, s, i) JOIN seats e USING (s) JOIN questions q ON q.id = a.question
    JOIN texts n ON n.id = a.question_name JOIN texts p ON p.id = a.prompt JOIN texts y ON y.id = a.input
    JOIN texts x ON x.id = a.text JOIN texts d ON d.id = a.reading JOIN texts o ON o.id = a.stop
    JOIN texts j ON j.id = f.judge JOIN texts w ON w.id = f.explanation JOIN texts v ON v.id = a.version
    LEFT JOIN texts z ON z.id = a.input_end LEFT JOIN texts g ON g.id = q.reference
    LEFT JOIN texts k ON k.id = a.reveals LEFT JOIN texts c ON c.id = f.correction
    LEFT JOIN texts u ON u.id = f.outcomes;
CREATE VIEW attempted AS SELECT a.t AS turn, e.name AS student, a.i AS position, a.n AS attempt,
    n.text AS question, q.rest ->> '$.tags[0]' AS category, p.text AS prompt,
    CASE WHEN z.id IS NULL THEN y.text ELSE y.text || p.text || z.text END AS model_input,
    x.text AS answer, d.text AS reading, a.taken, a.logprob, a.tokens, o.text AS stop, a.score, j.text AS judge,
    w.text AS explanation, c.text AS correction, u.text AS outcomes, a.truth, v.text AS model_version,
    f.truth AS first_truth
    FROM attempts a JOIN answers f USING (t, s, i) JOIN seats e USING (s) JOIN questions q ON q.id = f.question
    JOIN texts n ON n.id = a.question_name JOIN texts p ON p.id = a.prompt JOIN texts y ON y.id = a.input
    JOIN texts x ON x.id = a.text JOIN texts d ON d.id = a.reading JOIN texts o ON o.id = a.stop
    JOIN texts j ON j.id = a.judge JOIN texts w ON w.id = a.explanation JOIN texts v ON v.id = a.version
    LEFT JOIN texts z ON z.id = a.input_end LEFT JOIN texts c ON c.id = a.correction
    LEFT JOIN texts u ON u.id = a.outcomes;
CREATE VIEW evaluated AS SELECT a.t AS turn, e.name AS student, n.text AS question_set, a.questions,
    m.measures ->> '$[0].name' AS measure,
    (SELECT value FROM json_each(a.metrics) WHERE key = m.measures ->> '$[0].name') AS value, a.metrics
    FROM evaluations a JOIN seats e USING (s) JOIN texts n ON n.id = a.name JOIN study m;
CREATE VIEW updated AS SELECT u.t AS turn, e.name AS student, n.text AS trainer, u.experiences, u.steps, u.metrics,
    v.text AS model_version
    FROM updates u JOIN seats e USING (s) JOIN texts n ON n.id = u.trainer JOIN texts v ON v.id = u.version;
"""

LATER_VIEWS = """
CREATE TEMPORARY VIEW examined AS SELECT z.name AS question_set, z.i AS position, n.text AS question, p.text AS prompt,
    q.rest ->> '$.tags[0]' AS category, q.rest ->> '$.form.kind' AS form, g.text AS reference
    FROM question_sets z JOIN questions q ON q.id = z.question JOIN texts n ON n.id = q.name
    JOIN texts p ON p.id = q.prompt LEFT JOIN texts g ON g.id = q.reference;
CREATE TEMPORARY VIEW taught AS SELECT l.t AS turn, e.name AS student, l.i AS position, l.from_t AS from_turn,
    l.from_i AS from_position, n.text AS question, l.score, l.propensity, r.text AS reason
    FROM lessons l JOIN seats e USING (s) JOIN answers a ON a.t = l.from_t AND a.s = l.s AND a.i = l.from_i
    JOIN texts n ON n.id = a.question_name JOIN texts r ON r.id = l.reason;
"""
"""Views that no format holds: they are made for each connection, so that a study of any format has them."""


def connect(folder: Path, mode: Literal["ro", "rw", "rwc"]) -> sqlite3.Connection:
    """Open a study's database; a reader ("ro") changes nothing and may read while a writer writes."""
    path = folder / DATABASE
    address = f"file:{quote(str(path.resolve()))}?mode={mode}"
    if mode == "ro" and not os.access(folder, os.W_OK):
        address += "&immutable=1"  # SQLite cannot make its shared memory file on a read-only disk
    connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=30)
    connection.execute("PRAGMA foreign_keys = ON")
    if mode != "ro":
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
    return connection


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Read one state of the database, whatever a writer commits meanwhile."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


@contextmanager
def reported(folder: Path) -> Iterator[None]:
    """Turn what SQLite and the disk report into one clear error of this study."""
    path = folder / DATABASE
    try:
        yield
    except sqlite3.Error as error:
        code = str(getattr(error, "sqlite_errorname", ""))
        full = code.startswith("SQLITE_IOERR") and shutil.disk_usage(folder).free < LEAST_SPACE_BYTES
        if code == "SQLITE_FULL" or full:
            raise StoreError(no_space(folder)) from error
        if code in ("SQLITE_CORRUPT", "SQLITE_NOTADB") or "no such table" in str(error):
            raise StudyDamaged(f"{path} is not a whole study database ({error}); {REMEDY}") from error
        raise StoreError(
            f"{path} could not be read or written ({code} {error}); the last committed turn is safe: "
            f"check the disk, then resume the study"
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreError(no_space(folder)) from error
        if error.errno == errno.ENOENT:
            raise StudyDamaged(f"{error.filename or folder} is not there any more; {REMEDY}") from error
        raise StoreError(
            f"{error.filename or folder} could not be read or written ({error.strerror}); the last committed turn is "
            f"safe: check the disk, then resume the study"
        ) from error


REMEDY = (
    "restore the study's folder from a copy, or run its scenario.yaml again: the same scenario gives the same trace"
)


def no_space(folder: Path) -> str:
    """Say that the disk is full and what to do."""
    return f"no space left for {folder}; the last committed turn is safe: free some space, then resume the study"
