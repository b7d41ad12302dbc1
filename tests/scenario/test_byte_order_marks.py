"""A byte order mark, which editors of Windows put before a text, costs no file its first row."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.judges.reward_files import read_histories, read_json
from agents.judges.teacher_rows import read_rows
from agents.models.chat import Chat, template_text
from agents.models.nearness import numbers_by_item
from agents.students.prompting import Prompt
from environments.identifiers.index_files import read_index
from environments.lines.published import load_prompts
from environments.mathqa import load_rows
from environments.program_rows import load_programs
from environments.questions import OwnQuestions
from simulation.scenario.reading import read_file
from simulation.store.edited import edit
from tests.support.catalogues import coded
from tests.support.own_questions import as_aiken, as_gift, as_table, planned

PLAN = planned(12, seed=7, lines=False, remarks=False, free=False)
PROBLEM = {"Problem": "what ?", "options": "a ) 1 , b ) 2 , c ) 3 , d ) 4 , e ) 5", "correct": "c", "category": "gain"}
TASK = {
    "task_id": 1,
    "text": "Add.",
    "code": "def f(x): return x",
    "test_list": ["assert f(1) == 1", "assert f(2) == 2"],
}
ITEMS = coded([("<a>",), ("<b>",)])


def own(path: Path) -> Any:
    splits = OwnQuestions(rows=str(path)).questions(0)
    assert splits.notices == ()
    return {question.id for part in (splits.pool, splits.probe, splits.held_out) for question in part}


def lines(*rows: object) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


FILES: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "own.csv": (as_table(PLAN, ","), own),
    "own.tsv": (as_table(PLAN, "\t"), own),
    "own.gift": (as_gift(PLAN), own),
    "own.aiken": (as_aiken(PLAN, "."), own),
    "own.jsonl": (lines(*({"question": q.prompt, "options": q.options, "correct": "a"} for q in PLAN)), own),
    "problems.jsonl": (lines(PROBLEM, {**PROBLEM, "Problem": "and ?"}), load_rows),
    "problems.json": (json.dumps([PROBLEM, {**PROBLEM, "Problem": "and ?"}]), load_rows),
    "problems.jsonl.gz": (lines(PROBLEM), load_rows),
    "tasks.jsonl": (lines(TASK, {**TASK, "task_id": 2}), load_programs),
    "prompts.jsonl": (lines({"prompt": "Write."}, {"prompt": "Tell."}), lambda path: load_prompts(str(path))),
    "prompts.txt": ("Write a poem.\nTell a story.\n", lambda path: load_prompts(str(path))),
    "verdicts.jsonl": (lines({"reference": "4", "answer": "4", "correct": True}), read_rows),
    "log.jsonl": (lines(["tea", "milk"], ["milk"]), read_histories),
    "vectors.json": ('{"x": [1, 2]}', read_json),
    "popularity.json": ('{"item-0": 3}', lambda path: numbers_by_item(path, ITEMS)),
    "index.json": ('{"item-0": ["<a_1>", "<b_2>"]}', read_index),
    "layout.jinja": ("Task: {{ question }}\n", lambda path: Prompt(layout=str(path)).layout_text),
    "chat.jinja": ("{{ messages }}", lambda path: template_text(Chat(template=str(path)), "nowhere")),
    "scenario.yaml": ("name: tiny\nturns: 2\n", lambda path: read_file(path).value),
    "kept.yaml": ("name: tiny\n", lambda path: edit(path, {"name": "tiny"})),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_with_a_mark_is_read_as_one_without(name: str, tmp_path: Path) -> None:
    text, reading = FILES[name]
    pack = gzip.compress if name.endswith(".gz") else bytes
    path = tmp_path / name
    path.write_bytes(pack(text.encode("utf-8")))
    plain = reading(path)
    path.write_bytes(pack(text.encode("utf-8-sig")))
    assert reading(path) == plain
    assert "\ufeff" not in repr(plain)
