"""Broken folders of MiniOneRec: each refused in one line with file, row and remedy, and no cell is ever run."""

import time
from pathlib import Path

import pytest

from environments.logs.reading import read_log
from simulation.core.errors import DataError
from tests.support.broken_files import Edit, add, both, copy, cut, put, remove, rename, sub
from tests.support.logs import minionerec, window_row

INDEX, INFO, ITEM, VALID, TEST = "X.index.json", "X.info.tsv", "X.item.json", "X.valid.csv", "X.test.csv"
MINIONEREC: list[tuple[str, Edit, str]] = [
    ("index empty", put(INDEX, ""), "X.index.json is empty"),
    ("index cut", sub(INDEX, "\n}", ""), "X.index.json is not JSON: .*line 8"),
    ("index a list", put(INDEX, "[1, 2]"), r"X.index.json holds \[1, 2\]; give a JSON object"),
    ("index without items", put(INDEX, "{}"), "X.index.json names no item"),
    ("index nested deep", put(INDEX, "[" * 100_000), "X.index.json is not JSON"),
    ("ID of two lengths", sub(INDEX, '["<a_1>", "<b_4>", "<c_0>"]', '["<a_1>", "<b_4>"]'),
     "X.index.json:6: IDs of two lengths, item '4' has 2 codes, the first item 3"),
    ("ID a text", sub(INDEX, '["<a_1>", "<b_4>", "<c_0>"]', '"<a_1>"'),
     "X.index.json:6: the ID of item '4' is no list"),
    ("ID of no codes", sub(INDEX, '["<a_0>", "<b_0>", "<c_0>"]', "[]"),
     "X.index.json:2: the ID of item '0' is no list"),
    ("code a number", sub(INDEX, '"<b_0>"', "7"), "X.index.json:2: the ID of item '0' is no list"),
    ("code empty", sub(INDEX, '"<b_0>"', '""'), "X.index.json:2: the ID of item '0' is no list"),
    ("code with a blank", sub(INDEX, "<a_0>", "<a 0>"),
     "X.index.json:2: the ID of item '0' has a code with a blank .<a 0>.; .*write <a_1>"),
    ("IDs written alike", both(put(INDEX, '{"0": ["a", "bc"],\n"1": ["ab", "c"]}'),
     put(INFO, "abc\tA\t0\nabc\tB\t1\n")),
     r"X.index.json:2: the ID of item '1' is written as one of other codes \(\['ab', 'c'\] and \['a', 'bc'\]\); mark"),
    ("index names twice", sub(INDEX, '"5":', '"4":'), r"X.index.json:7: an item that is named twice \(4\)"),
    ("index Latin-1", sub(INDEX, "<a_0>", "<\udce9>"), "X.index.json is not UTF-8 text"),
    ("index packed and cut", cut(INDEX), "X.index.json.gz is not a whole gzip file"),
    ("index only named packed", rename(INDEX, INDEX + ".gz"), "X.index.json.gz is not a whole gzip file"),
    ("ID without item", sub(INFO, "<a_2><b_5><c_1>\tClip\t5\n", ""),
     r"X.index.json:7: an ID without an item \(5\); add"),
    ("item without ID", add(INFO, "<a_9><b_9><c_9>\tInk\t9\n"), r"X.info.tsv:7: an item without an ID \(9\); add"),
    ("info of two fields", sub(INFO, "\tTape", ""), r"X.info.tsv:3: a wrong number of fields \(2, not 3\)"),
    ("info of four fields", sub(INFO, "Tape", "Ta\tpe"), r"X.info.tsv:3: a wrong number of fields \(4, not 3\)"),
    ("item without title", sub(INFO, "Tape", ""), r"X.info.tsv:3: an item without a title \(2\); give it a title"),
    ("title of blanks", sub(INFO, "Tape", "  "), "X.info.tsv:3: an item without a title"),
    ("another ID", sub(INFO, "<a_2><b_2>", "<b_2><a_2>"), "X.info.tsv:3: another ID than in X.index.json .<b_2><a_2>"),
    ("ID of wrong depth", sub(INFO, "<a_2><b_2><c_0>", "<a_2><b_2>"), "X.info.tsv:3: another ID than in X.index.json"),
    ("info names twice", add(INFO, "<a_2><b_5><c_1>\tClip\t5\n"), "X.info.tsv:7: an item that an earlier row names"),
    ("info Latin-1", sub(INFO, "Tape", "T\udce9"), "X.info.tsv is not UTF-8 text"),
    ("info empty", put(INFO, "\n\n"), "X.info.tsv is empty"),
    ("item not described", sub(ITEM, '"3": {', '"2a": {'), "X.item.json:20: an item without an ID .2a"),
    ("item description lost", put(ITEM, "{}"), "X.item.json describes no item '0' of X.index.json"),
    ("item described by text", put(ITEM, '{"0": "Pen"}'), "X.item.json describes no item '0'"),
    ("item described twice", sub(ITEM, '"3": {', '"2": {'), "X.item.json:20: an item that is named twice .2"),
    ("items no JSON", put(ITEM, "{'0': 1}"), "X.item.json is not JSON"),
    ("column missing", sub(TEST, ",item_sid", ",sid"),
     "X.test.csv:1: the header lacks the column 'item_sid'; did you mean"),
    ("column twice", sub(TEST, "user_id,", "item_id,user_id,"),
     "X.test.csv:1: the header names twice the column 'item_id'"),
    ("header lost", put(TEST, window_row("u", [0], 1)), "X.test.csv:1: the header lacks the column 'user_id'"),
    ("rows empty", put(TEST, b"\xef\xbb\xbf"), "X.test.csv is empty"),
    ("no rows", put(TEST, "user_id,history_item_title,item_title,history_item_id,item_id,history_item_sid,item_sid\n"),
     "X.test.csv has a header and no rows"),
    ("cell cut", sub(TEST, '"[0, 1, 2]"', '"[0, 1, 2"'),
     r"X.test.csv:2: history_item_id is no list .*'\[0, 1, 2'\); write"),
    ("cell a call", sub(TEST, '"[0, 1, 2]"', '"[__import__(\'os\').abort()]"'),
     "X.test.csv:2: history_item_id is no list"),
    ("cell a tuple", sub(TEST, '"[0, 1, 2]"', '"(0, 1, 2)"'), "X.test.csv:2: history_item_id is no list"),
    ("cell a list of lists", sub(TEST, '"[0, 1, 2]"', '"[[0], 1, 2]"'), "X.test.csv:2: history_item_id is no list"),
    ("cell of fractions", sub(TEST, '"[0, 1, 2]"', '"[0.0, 1, 2]"'), "X.test.csv:2: history_item_id is no list"),
    ("cell of truths", sub(TEST, '"[0, 1, 2]"', '"[True, 1, 2]"'), "X.test.csv:2: history_item_id is no list"),
    ("cell nested deep", sub(TEST, '"[0, 1, 2]"', "[" * 50_000), "X.test.csv:2: history_item_id is no list"),
    ("cell of a huge number", sub(TEST, '"[0, 1, 2]"', f"[{'9' * 5000}]"), "X.test.csv:2: history_item_id is no list"),
    ("cell beyond the limit", sub(TEST, '"[0, 1, 2]"', f'"{"9" * 200_000}"'), "X.test.csv:2: .*field larger than"),
    ("history item unknown", sub(TEST, '"[0, 1, 2]"', '"[0, 77, 2]"'),
     "X.test.csv:2: an item that no catalogue holds .'77'"),
    ("target unknown", sub(TEST, ",5,", ",55,"), "X.test.csv:3: an item that no catalogue holds .'55'"),
    ("user without history", add(VALID, 'A3,[],Pen,[],0,[],<a_0><b_0><c_0>\n'),
     "X.valid.csv:4: a user without history; rem"),
    ("lists of two lengths", sub(TEST, '"[0, 1, 2]"', '"[0, 1]"'),
     "X.test.csv:2: lists of different lengths .2 items, 3"),
    ("ID of a history item", sub(TEST, "'<a_0><b_0><c_0>'", "'<a_0><b_3><c_0>'"),
     "X.test.csv:2: another ID of item '0' than in the index"),
    ("ID of the target", sub(TEST, ",<a_0><b_3><c_1>", ",<a_0><b_3>"), "X.test.csv:2: another ID of item '3'"),
    ("times backwards", add(TEST, window_row("A1", [0], 1) + "\n"),
     "X.test.csv:4: times that run backwards: user 'A1' .*1 items after 3.; sort"),
    ("row of few fields", add(TEST, "A9,1\n"), r"X.test.csv:4: a wrong number of fields \(2, not 7\)"),
    ("row of many fields", sub(TEST, ",<a_0><b_3><c_1>", ",<a_0><b_3><c_1>,x"),
     "X.test.csv:2: a wrong number of fields"),
    ("quote not closed", add(TEST, 'A9,"x'), "X.test.csv:4: the quotes of a cell do not match"),
    ("text after a quote", sub(TEST, '"[0, 1, 2]"', '"[0, 1, 2]"x'), "X.test.csv:2: the quotes of a cell do not match"),
    ("no user", sub(TEST, "A1,", " ,"), "X.test.csv:2: a row without a user"),
    ("rows Latin-1", sub(TEST, "A1,", "\udce9,"), "X.test.csv is not UTF-8 text"),
    ("rows packed and cut", cut(TEST), "X.test.csv.gz is not a whole gzip file"),
    ("rows UTF-16", put(TEST, "user_id".encode("utf-16")), "X.test.csv is not UTF-8 text"),
    ("no index", remove(INDEX), r"lacks \*.index.json"),
    ("no info", remove(INFO), r"lacks \*.info.tsv or \*.info.txt"),
    ("no windows", remove(VALID, TEST), "holds no windows"),
    ("two categories", copy(INDEX, "Y.index.json"),
     "several index files .X.index.json, Y.index.json.; name one category"),
    ("index a folder", both(remove(INDEX), lambda folder: (folder / INDEX).mkdir()), r"lacks \*.index.json"),
    ("packed beside plain", copy(INDEX, "X.index.json.gz"), "several index files"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "words"), [case[1:] for case in MINIONEREC], ids=[case[0] for case in MINIONEREC])
def test_a_broken_folder_is_refused_in_one_line_with_file_row_and_remedy(
    tmp_path: Path, edit: Edit, words: str
) -> None:
    edit(minionerec(tmp_path))
    began = time.process_time()
    with pytest.raises(DataError, match=words) as refusal:
        read_log(tmp_path)
    assert time.process_time() - began < 2
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 600
    assert ";" in str(refusal.value), "a remedy follows"


def test_lists_longer_than_the_catalogue_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match="has 6 items that are written differently, fewer than the 10 of a list; ask for"
    ):
        read_log(minionerec(tmp_path), list_size=10)
