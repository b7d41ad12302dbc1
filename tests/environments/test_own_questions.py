"""Questions of one's own are read as they were written, set apart by what they ask, and told row by row."""

import sys
import types
from dataclasses import replace
from pathlib import Path

import pytest

from environments.own.text import text_of
from environments.questions import OwnQuestions
from simulation.core.errors import DataError
from simulation.core.types import Question
from simulation.views.web.question_page import remarks
from tests.support.own_questions import (
    Planned,
    as_aiken,
    as_gift,
    as_planned,
    as_table,
    as_workbook,
    every_question,
    planned,
    read,
    table,
    titled,
)


def same(questions: dict[str, Question], plan: list[Planned]) -> None:
    assert len(questions) == len(plan)
    for question in plan:
        assert as_planned(questions[question.prompt]) == question.read_as()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("correct", ["letter", "number", "text"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_hundred_questions_of_a_table_are_read_back(
    separator: str, correct: str, encoding: str, tmp_path: Path
) -> None:
    plan = planned(100, seed=1)
    path = tmp_path / "own.csv"
    path.write_bytes(as_table(plan, separator, correct=correct).encode(encoding))
    same(read(path), plan)


@pytest.mark.parametrize("name", ["own.gift", "own.txt", "OWN.GIFT"])
def test_a_hundred_questions_of_gift_are_read_back(name: str, tmp_path: Path) -> None:
    plan = planned(100, seed=2)
    (tmp_path / name).write_text(as_gift(plan), encoding="utf-8")
    same(read(tmp_path / name), plan)


def test_titles_and_what_is_told_who_is_right_are_kept_of_gift(tmp_path: Path) -> None:
    plan = [
        replace(question, praise=f"well done {number}" if number % 2 and question.options else "")
        for number, question in enumerate(planned(100, seed=3))
    ]
    (tmp_path / "own.gift").write_text(as_gift(plan), encoding="utf-8")
    questions = read(tmp_path / "own.gift")
    same(questions, plan)
    remarked = 0
    for number, question in enumerate(plan):
        title = " ".join(titled(question).split()) if number % 3 else ""
        assert remarks(questions[question.prompt]) == (title, question.praise)
        remarked += bool(title and question.praise)
    assert remarked > 20
    truths = "::sky:: The sky is blue. {T#look up#right, it is}\n\nTwo? {=2#yes =two}\n\n::pi::Pi?{#3.14:0.01}\n"
    (tmp_path / "more.gift").write_text(truths, encoding="utf-8")
    more = read(tmp_path / "more.gift")
    assert remarks(more["The sky is blue."]) == ("sky", "right, it is")
    assert remarks(more["Two?"]) == ("", "yes") and remarks(more["Pi?"]) == ("pi", "")
    assert more["Two?"].key.references == ("2", "two")


@pytest.mark.parametrize("name", ["own.aiken", "own.txt"])
@pytest.mark.parametrize("mark", [")", "."])
def test_a_hundred_questions_of_aiken_are_read_back(name: str, mark: str, tmp_path: Path) -> None:
    plan = [replace(question, category="") for question in planned(100, seed=4, lines=False, remarks=False, free=False)]
    (tmp_path / name).write_text(as_aiken(plan, mark), encoding="utf-8")
    same(read(tmp_path / name), plan)


def test_a_hundred_questions_of_a_workbook_are_read_back(tmp_path: Path) -> None:
    plan = planned(100, seed=5)
    as_workbook(plan, tmp_path / "own.xlsx")
    same(read(tmp_path / "own.xlsx"), plan)
    assert "not read: sheet 'Notes'" in OwnQuestions(rows=str(tmp_path / "own.xlsx")).described()[0]


THREE = ("1+1?,2,3,a", "2+2?,5,4,b", "3+3?,6,7,a")


def test_columns_are_mapped_by_name(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "Nr;Frage;A;B;Loesung;Thema;Fehler B",
        "1;eins?;x;y;x;t;verwechselt",
        "2;zwei?;x;y;y;t;",
        "3;drei?;x;y;x;u;",
    )
    columns: dict[str, str | list[str]] = {
        "question": "Frage", "correct": "Loesung", "category": "Thema", "options": ["A", "B"],
        "misconception_b": "Fehler B",
    }  # fmt: skip
    questions = read(path, columns=columns)
    assert questions["eins?"].key.reveals == ("right", "verwechselt") and questions["drei?"].tags == ("u",)
    assert "not read: Nr" in OwnQuestions(rows=str(path), columns=columns).described()[1]


def test_single_letters_and_numbers_name_columns_of_options(tmp_path: Path) -> None:
    lettered = table(tmp_path, "Question,A,B,Correct", *THREE)
    assert read(lettered)["2+2?"].key.reference == "4"
    numbered = table(tmp_path, "question,option 1,option 2,correct", "1+1?,2,3,1", "2+2?,5,4,2", "3+3?,6,7,1")
    assert read(numbered)["2+2?"].key.reference == "4"


def test_headings_in_the_words_of_teachers_are_recognised(tmp_path: Path) -> None:
    header = "Question text,Answer A,Answer B,Right answer,Wrong idea A,Mistake B"
    path = table(tmp_path, header, "1+1?,2,3,A,,counts on", "2+2?,5,4,B,counts on,", "3+3?,6,7,A,,")
    questions = read(path)
    assert questions["2+2?"].key.reference == "4" and questions["2+2?"].key.reveals == ("counts on", "right")
    assert "not read" not in OwnQuestions(rows=str(path)).described()[1]


def test_a_number_that_is_both_text_and_place_is_read_as_the_rest_of_the_file_is(tmp_path: Path) -> None:
    path = table(tmp_path, "question,a,b,correct", "x,2,1,2", "y,9,7,7", "z,2,9,9")
    questions = read(path)  # by text in all rows; row x by number too, as another option
    assert [questions[name].key.reference for name in "xyz"] == ["2", "7", "9"]
    assert read(path, correct_is="text")["x"].key.reference == "2"


def test_where_nothing_decides_between_text_and_number_the_row_is_named(tmp_path: Path) -> None:
    path = table(tmp_path, "question,a,b,correct", "x,2,1,2", "y,2,1,1", "z,1,2,1", "w,1,2,2")
    with pytest.raises(
        DataError, match=r"names by text option a and by number option b; set correct_is: text or number"
    ):
        OwnQuestions(rows=str(path)).questions(0)


@pytest.mark.parametrize("count", [3, 40, 400, 40_000])
def test_sets_scale_with_the_file_and_nothing_is_asked_and_measured(count: int, tmp_path: Path) -> None:
    path = table(tmp_path, "question,a,b,correct", *(f"{number}+1?,{number + 1},{number},a" for number in range(count)))
    splits = OwnQuestions(rows=str(path)).questions(0)
    sets = [{question.id for question in part} for part in (splits.pool, splits.probe, splits.held_out)]
    assert sum(map(len, sets)) == len(set.union(*sets)) == count and all(sets)
    assert len(splits.held_out) == max(1, count // 4) and splits.spare_probe


def test_which_questions_are_held_out_depends_on_what_they_ask(tmp_path: Path) -> None:
    lines = [f"{number}+1?,{number + 1},{number},a" for number in range(40)]
    turned = [f"{number}+1 ?,{number},{number + 1},b" for number in reversed(range(40))]
    sets = []
    for name, rows in (("a.csv", lines), ("b.csv", [line.replace(" ?", "?") for line in turned])):
        splits = OwnQuestions(rows=str(table(tmp_path, "question,a,b,correct", *rows, name=name))).questions(0)
        sets.append({question.prompt for question in splits.held_out})
    assert sets[0] == sets[1]


def test_the_same_question_in_other_words_of_case_and_order_is_one(tmp_path: Path) -> None:
    path = table(tmp_path, "question,a,b,correct", *THREE, "1+1?  ,3,2,b")
    (first, second) = OwnQuestions(rows=str(path)).questions(0).notices
    assert "read 3 questions, refused 1 rows" in first and second == "own.csv:5: repeats the question of own.csv:2"


def test_what_was_understood_is_told_row_by_row(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "question,a,b,correct,misconception_b,note",
        *(f"{row},{note},n" for row, note in zip(THREE, ("counts on", "", "adds"), strict=True)),
    )
    told = OwnQuestions(rows=str(path)).described()
    assert "commas" in told[0] and "not read: note" in told[1] and told[2] == "correct is read by letter"
    assert "  own.csv:2: 1+1? a) 2 (right)  b) 3 (counts on)" in told
    many = table(tmp_path, "question,a,b,correct", *(f"{number}?,1,2,a" for number in range(50)), name="many.csv")
    assert OwnQuestions(rows=str(many)).described()[-1] == "  … and 40 more"


@pytest.mark.parametrize(
    ("header", "slips"),
    [
        ("question,option_a,option_b,optoin_c,correct", {"optoin_c": "option_c"}),
        ("question,option_1,option_2,opton_3,correct", {"opton_3": "option_3"}),
        ("question,option_a,option_b,misconcepton_b,correct", {"misconcepton_b": "misconception_b"}),
        ("question,option_a,option_b,correct,categroy", {"categroy": "category"}),
        ("question,option_a,option_b,correct,question_id", {}),
        ("question,option_a,option_b,correct,explanation", {}),
        ("question,options,correct,notes", {}),
    ],
)
def test_a_column_that_is_not_read_for_a_slip_in_its_name_is_told(
    header: str, slips: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "own.csv"
    cells = {"option_a": "p", "option_1": "p", "option_b": "q", "option_2": "q", "options": "p|q", "correct": "p"}
    names = header.split(",")
    rows = [
        ",".join(f"q{number}" if name == "question" else cells.get(name, "x") for name in names) for number in "123"
    ]
    path.write_text("\n".join((header, *rows)), encoding="utf-8")
    told_of = [notice for notice in OwnQuestions(rows=str(path)).questions(0).notices if "is not read" in notice]
    assert told_of == [
        f"own.csv: the column {name!r} is not read; if it is meant as {meant}, call it so"
        for name, meant in slips.items()
    ]


def test_the_hint_that_excel_writes_before_a_table_is_heeded(tmp_path: Path) -> None:
    path = table(tmp_path, "sep=;", "question;a;b;correct", *(row.replace(",", ";") for row in THREE))
    assert len(read(path)) == 3
    assert OwnQuestions(rows=str(path)).described()[-3].startswith("  own.csv:3: ")


def test_lines_are_counted_over_cells_of_several_lines(tmp_path: Path) -> None:
    path = table(tmp_path, "question,a,b,correct", '"two\nlines",1,2,a', *THREE, "bad,1,2,x")
    assert OwnQuestions(rows=str(path)).questions(0).notices[1].startswith("own.csv:7: correct 'x' names none")


def test_a_text_in_latin_1_says_its_line_and_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes("question,a,b,correct\n1?,2,3,a\nGröße?,2,3,a\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"own.csv:3: is not UTF-8 but most likely Latin-1.*'Größe\?,2,3,a'.*CSV UTF-8"):
        text_of(path)


def test_a_letter_of_aiken_is_a_letter_whatever_the_options_are(tmp_path: Path) -> None:
    path = table(tmp_path, *(f"{name}\nA. B\nB. A\nANSWER: A\n" for name in "pqr"), name="own.aiken")
    assert {question.key.reference for question in read(path).values()} == {"B"}


def test_a_number_of_a_sheet_is_read_as_it_is_shown(tmp_path: Path) -> None:
    import openpyxl  # type: ignore[import-untyped]

    book = openpyxl.Workbook()
    for row in (("question", "correct"), ("p", 12.0), ("q", 0.1 + 0.2), ("r", 0.25), ("s", True)):
        book.active.append(row)
    book.active["B4"].number_format = "0%"
    book.save(tmp_path / "own.xlsx")
    answers = {prompt: question.key.reference for prompt, question in read(tmp_path / "own.xlsx").items()}
    assert answers == {"p": "12", "q": "0.3", "r": "25%", "s": "True"}


def test_a_dataset_of_the_hub_is_read_by_the_same_names(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"question": name, "subject": "logic", "choices": ["0", "1", "2"], "answer": 2} for name in "xyz"]
    calls: list[object] = []

    def load_dataset(name: str, *configuration: str, revision: str | None, split: str | None) -> object:
        calls.append((name, *configuration, revision, split))
        return rows

    monkeypatch.setitem(sys.modules, "datasets", types.SimpleNamespace(load_dataset=load_dataset))
    environment = OwnQuestions(rows="cais/mmlu:logic", split="test", correct_is="index")
    assert environment.elsewhere() == ["rows cais/mmlu:logic on the Hub"] and not calls
    questions = every_question(environment)
    assert {(question.key.reference, question.tags) for question in questions} == {("2", ("logic",))}
    assert calls == [("cais/mmlu", "logic", None, "test")]
