"""index.json is read whole or refused by file, item and remedy; nothing of it is dropped in silence."""

import gzip
import json
from pathlib import Path

import pytest

from environments.identifiers.index_files import matched, read_index, unmatched, write_index
from simulation.core.errors import DataError

ITEMS = ("pen", "ink", "cup")
CODES = (("<a_0>", "<b_0>"), ("<a_0>", "<b_1>"), ("<a_1>", "<b_0>"))


def test_what_is_written_is_read_plain_and_packed(tmp_path: Path) -> None:
    write_index(tmp_path / "index.json", ITEMS, CODES)
    read = read_index(tmp_path / "index.json", depth=2)
    assert read == dict(zip(ITEMS, CODES, strict=True)) and tuple(read) == ITEMS
    (tmp_path / "index.json.gz").write_bytes(gzip.compress((tmp_path / "index.json").read_bytes()))
    assert read_index(tmp_path / "index.json.gz") == read
    assert matched(read, ITEMS[::-1], "index.json") == CODES[::-1]


MALFORMED = [
    ("empty file", "", "is not JSON"),
    ("half a file", '{"pen": ["<a_0>"', "is not JSON"),
    ("python literal", "{'pen': ['<a_0>']}", "is not JSON"),
    ("list of rows", '[["pen", ["<a_0>"]]]', "one object"),
    ("no item", "{}", "one object"),
    ("a number", "7", "one object"),
    ("identifier as text", '{"pen": "<a_0><b_0>"}', "item 'pen' has the identifier '<a_0><b_0>'"),
    ("identifier as object", '{"pen": {"a": 0}}', "item 'pen' has the identifier"),
    ("identifier missing", '{"pen": null}', "item 'pen' has the identifier None"),
    ("identifier empty", '{"pen": []}', r"item 'pen' has the identifier \[\]"),
    ("code as number", '{"pen": [0, 1]}', "item 'pen' has the code 0"),
    ("code empty", '{"pen": ["<a_0>", ""]}', "item 'pen' has the code ''"),
    ("code with a blank", '{"pen": ["<a_0> ", "<b_0>"]}', "item 'pen' has the code '<a_0> '"),
    ("code nested", '{"pen": [["<a_0>"]]}', "item 'pen' has the code"),
    ("two lengths", '{"pen": ["<a_0>", "<b_0>"], "ink": ["<a_0>"], "cup": ["<a_1>", "<b_0>"]}', "'ink' has.*1 codes"),
    ("wrong depth", '{"pen": ["<a_0>", "<b_0>", "<c_0>"]}', "3 codes.*2 levels are asked for"),
    ("item twice", '{"pen": ["<a_0>", "<b_0>"], "pen": ["<a_1>", "<b_0>"]}', "'pen' more than one identifier"),
    ("written alike", '{"pen": ["a", "bc"], "ink": ["ab", "c"]}', "items 'pen' and 'ink' .*written alike; mark where"),
    ("endless nesting", '{"pen": ' + "[" * 100_000, "is not JSON"),
]


@pytest.mark.parametrize(
    ("content", "complaint"), [case[1:] for case in MALFORMED], ids=[case[0] for case in MALFORMED]
)
def test_a_malformed_index_is_refused_with_file_and_remedy(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "index.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=complaint) as refusal:
        read_index(path, depth=2)
    assert str(path) in str(refusal.value) and ";" in str(refusal.value) and "\n" not in str(refusal.value)


def test_what_is_no_text_no_gzip_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.json").write_bytes('{"é": ["<a_0>"]}'.encode("latin-1"))
    (tmp_path / "plain.json.gz").write_text("{}", encoding="utf-8")
    (tmp_path / "torn.json.gz").write_bytes(gzip.compress(json.dumps({"pen": ["<a_0>"]}).encode())[:-12])
    for name, complaint in (
        ("latin.json", "not UTF-8"),
        ("plain.json.gz", "not a whole gzip"),
        ("torn.json.gz", "not a whole gzip"),
        ("none.json", "no file"),
        (".", "cannot be read"),
    ):
        with pytest.raises(DataError, match=complaint):
            read_index(tmp_path / name)


def test_an_item_without_identifier_and_an_identifier_without_item_are_named() -> None:
    identifiers = dict(zip(ITEMS, CODES, strict=True))
    (without,) = unmatched(identifiers, (*ITEMS, "tea"), "index.json")
    assert without.startswith("index.json has no identifier of item 'tea';")
    (stray,) = unmatched(identifiers, ITEMS[:2], "index.json")
    assert "identifiers to item 'cup', which no catalogue holds" in stray
    assert unmatched(identifiers, ITEMS, "index.json") == ()
    many = unmatched({}, [str(item) for item in range(9)], "index.json")
    assert "items '0', '1', '2', '3', '4' and 4 more" in many[0]
    with pytest.raises(DataError, match="'tea'"):
        matched(identifiers, (*ITEMS, "tea"), "index.json")


def test_what_cannot_be_written_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be written: Is a directory; name another file"):
        write_index(tmp_path, ITEMS, CODES)
