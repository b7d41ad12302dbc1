"""Claim: pages of a study of a million answers are quick: a turn 100 ms, a question .5 s, the study 1 s, 300 MB.

250 students, 100 turns of 40 questions, 51 evaluations of 600: made by `pages_study`, which says which rows the store's
writer wrote. The pages come over HTTP from `python -m simulation view` as users start it, one after another, the first
of each kind not counted. Beside the time on the clock stands the server's processor time (from /proc), which a busy
machine lengthens less. The first page of the study after a start stands apart: it takes up the sums that the study
keeps. A study of format 5, which keeps none, has them made. About 4 minutes on two quiet cores.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import numpy as np
from rich.console import Console

from benchmarks import pages_study, process, record
from simulation.core.errors import SimulationError
from simulation.store import DATABASE, Study
from simulation.views.web.sheets import PAGE_SIZE

GOALS = {"turn": 0.1, "question": 0.5, "student": 0.5, "study": 1.0}
"""Seconds, of 95 in 100 pages."""
TICKS = os.sysconf("SC_CLK_TCK")


class Reader:
    """One who reads pages of a server that was just started."""

    def __init__(self, server: "subprocess.Popen[str]", port: int, token: str) -> None:
        self.process = server.pid
        self._connection = HTTPConnection("127.0.0.1", port, timeout=600)
        self._connection.request("GET", f"/?token={token}")
        reply = self._connection.getresponse()
        reply.read()
        self._cookie = str(reply.getheader("set-cookie")).split(";")[0]

    def read(self, path: str, **query: object) -> tuple[int, float, float]:
        """Return the status of a page, and the seconds that it took by the clock and of the server's processor time."""
        address = f"/large/{path}{f'?{urlencode(query)}' if query else ''}"
        before, began = processor_seconds(self.process), time.perf_counter()
        self._connection.request("GET", address, headers={"Cookie": self._cookie})
        reply = self._connection.getresponse()
        reply.read()
        return reply.status, time.perf_counter() - began, processor_seconds(self.process) - before


def processor_seconds(process_id: int) -> float:
    """Return the processor time that a running process has used."""
    fields = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def served(folder: Path) -> Iterator[Reader]:
    """Serve a folder of studies as users do."""
    command = process.simulation("view", str(folder), "--no-browser")
    with subprocess.Popen(command, cwd=record.ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            line = server.stdout.readline() if server.stdout else ""
            match = re.search(r":(\d+)/\?token=(\S+)", line)
            if match is None:
                raise SimulationError(f"{' '.join(command)} printed no address but {line!r}")
            yield Reader(server, int(match[1]), match[2])
        finally:
            server.terminate()


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Make the study, read its pages, and those of a copy without sums."""
    with TemporaryDirectory(prefix="pages-", dir=arguments.folder) as name:
        runs = Path(name) / "runs"
        folder = runs / "large"
        began = time.perf_counter()
        with console.status("the study"):
            pages_study.make(folder, arguments.students, arguments.turns)
        result: record.Result = {
            "made_seconds": time.perf_counter() - began,
            "goals": GOALS,
            **sizes(folder),
        }
        with console.status("its pages"), served(runs) as reader:
            result["pages"] = pages(reader, folder, arguments.pages)
            result["peak_bytes"] = process.resident(reader.process)["peak"]
        with console.status("a copy of format 5"):
            pages_study.without_sums(folder)
            result["without_sums"] = without_sums(runs)
    show(console, result)
    return result


def sizes(folder: Path) -> record.Result:
    """Return how much the study holds, and what sums and indexes take of its bytes."""
    with Study.open(folder) as study:
        counts = [study.query(f"SELECT count(*) FROM {table}")[0][0] for table in ("answers", "evaluations")]
        ((results,),) = study.query("SELECT sum(questions) FROM evaluations")
    bytes_by_name = {"all": (folder / DATABASE).stat().st_size}
    copy = folder.parent.parent / "copy.db"
    for statement, name in (
        ("DROP INDEX answers_by_reveals", "index by what an answer reveals"),
        ("DROP INDEX answers_by_question", "index by question"),
        ("DROP TABLE turn_sums; DROP TABLE answer_sums; DROP TABLE evaluation_sums", "sums"),
    ):
        bytes_by_name[name] = freed(folder / DATABASE, copy, statement)
    return {"answers": counts[0], "evaluations": counts[1], "results": results, "bytes": bytes_by_name}


def freed(database: Path, copy: Path, statement: str) -> int:
    """Return how many bytes of a database something takes that a statement drops."""
    shutil.copyfile(database, copy)
    connection = sqlite3.connect(copy, isolation_level=None)
    connection.executescript(f"PRAGMA synchronous = OFF; {statement}")
    ((pages_free,), (page_size,)) = (
        connection.execute("PRAGMA freelist_count").fetchone(),
        connection.execute("PRAGMA page_size").fetchone(),
    )
    connection.close()
    copy.unlink()
    return int(pages_free * page_size)


def pages(reader: Reader, folder: Path, count: int) -> record.Result:
    """Read pages of every kind so often, each of another turn, student or question."""
    with Study.open(folder) as study:
        seats, turns = len(study.seats), study.last_turn
        asked = [
            own for (own,) in study.query("SELECT question FROM answers GROUP BY 1 ORDER BY count(*) DESC LIMIT 9")
        ]
        held = [own for (own,) in study.query("SELECT question FROM question_sets ORDER BY question LIMIT 9")]
        of_gain = "SELECT sum(answers) FROM answer_sums JOIN texts ON id = category WHERE text = 'gain'"
        gains = study.query(of_gain)[0][0] // PAGE_SIZE
        of_errors = "SELECT sum(answers - right - same + same_right) FROM answer_sums"
        errors = study.query(of_errors)[0][0] // PAGE_SIZE
        reveals = [text for (text,) in study.query("SELECT reveals FROM answered WHERE reveals IS NOT NULL LIMIT 9")]
    numbers = asked + held
    first = {"study, first after a start": spread([reader.read("index.html")])}
    gain, error = {"category": "gain"}, {"teacher": "wrong", "truth": "wrong"}
    kinds: dict[str, Callable[[int], tuple[int, float, float]]] = {
        "turn": lambda n: reader.read(f"student-{(37 * n) % seats}/turn-{1 + (17 * n) % turns}.html"),
        "question": lambda n: reader.read(f"student-{(11 * n) % seats}/question-{numbers[n % len(numbers)]}.html"),
        "student": lambda n: reader.read(f"student-{(29 * n) % seats}/index.html"),
        "study": lambda n: reader.read("index.html", students=1 + n % -(-seats // PAGE_SIZE)),
        "answers of a category": lambda n: reader.read("answers.html", **gain, page=1 + gains * n // (count + 1)),
        "errors of the teacher": lambda n: reader.read("answers.html", **error, page=1 + errors * n // (count + 1)),
        "answers that reveal": lambda n: reader.read("answers.html", reveals=reveals[n % len(reveals)]),
        "answers with words": lambda n: reader.read("answers.html", text=f"how many {'abcdefghij'[n % 10]}"),
    }
    return first | {name: spread([read(n) for n in range(count + 1)][1:]) for name, read in kinds.items()}


def spread(measured: list[tuple[int, float, float]]) -> record.Result:
    """Return the median, the 95th percentile and the greatest of the seconds of pages; refuses one that failed."""
    statuses = {status for status, _, _ in measured}
    if statuses != {200}:
        raise SimulationError(f"pages came with the statuses {sorted(statuses)}, not 200 alone")
    seconds = np.array([row[1:] for row in measured])
    return {
        side: {
            "median": float(np.median(column)),
            "p95": float(np.quantile(column, 0.95)),
            "most": float(column.max()),
        }
        for side, column in zip(("clock", "processor"), seconds.T, strict=True)
    }


def without_sums(runs: Path) -> record.Result:
    """Return how long a study waits for its sums where it keeps none, and what its page then takes."""
    with served(runs) as reader:
        began, waits = time.perf_counter(), 0
        while reader.read("index.html")[0] == 503:
            waits += 1
        seconds, processor = time.perf_counter() - began, processor_seconds(reader.process)
        return {
            "seconds": seconds,
            "processor_seconds_since_start": processor,
            "pages_that_said_how_far": waits,
            "study": spread([reader.read("index.html") for _ in range(5)]),
            "peak_bytes": process.resident(reader.process)["peak"],
        }


def show(console: Console, result: record.Result) -> None:
    """Print what pages took, beside the goals."""
    rows = [
        [name, *(f"{1000 * own[side][part]:,.0f}" for side in ("clock", "processor") for part in ("median", "p95")),
         f"{1000 * GOALS[name]:,.0f}" if name in GOALS else ""]
        for name, own in result["pages"].items()
    ]  # fmt: skip
    title = f"Milliseconds a page, {result['answers']:,} answers, {result['results']:,} results of evaluations"
    console.print(record.table(title, ("page", "clock", "p95", "processor", "p95", "goal, clock"), rows))
    taken = ", ".join(f"{name} {own / 1e6:,.0f} MB" for name, own in result["bytes"].items())
    console.print(f"server's peak {result['peak_bytes'] / 1e6:.0f} MB; database: {taken}")
    old = result["without_sums"]
    clock, processor = old["seconds"], old["processor_seconds_since_start"]
    peak = f"peak {old['peak_bytes'] / 1e6:.0f} MB"
    console.print(f"format 5: sums made in {clock:.0f} s, {processor:.0f} s of processor time; {peak}")


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--students", type=int, default=250)
    parser.add_argument("--turns", type=int, default=100, help="a multiple of 4")
    parser.add_argument("--pages", type=int, default=12, help="of each kind")
    parser.add_argument("--folder", type=Path, help="where the study is made for the time being, about 1.5 GB")
    record.run("pages", parser, measure)
