"""Records in the published formats: all read to the same events, however the files are written down."""

import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from environments.logs.log import Log
from environments.logs.reading import read_log
from simulation.core.errors import DataError
from tests.support.logs import (
    EVENTS,
    FORMATS,
    amazon,
    dat,
    minionerec,
    movielens_csv,
    named_events,
    pack,
    recbole,
    window_row,
)

DUMPS = ("dat", "csv", "recbole", "amazon")


def same(log: Log, other: Log) -> bool:
    """Say whether two logs hold the same, wherever they were read from."""
    if log.events is not None:
        assert named_events(log) == named_events(other)
    assert {split: list(part) for split, part in log.windows.items()} == {
        split: list(part) for split, part in other.windows.items()
    }
    columns = ("items", "titles", "users", "tags", "descriptions", "codes", "counts")
    return all(getattr(log, column) == getattr(other, column) for column in columns)


@pytest.mark.parametrize("kind", DUMPS)
def test_events_of_every_dump_are_sorted_by_time_and_ties_stay_as_in_the_file(tmp_path: Path, kind: str) -> None:
    log = read_log(FORMATS[kind](tmp_path))
    assert named_events(log) == sorted(EVENTS, key=lambda event: event[2])
    assert log.items == tuple(f"i{item}" for item in range(10))
    assert log.tags == (("Comedy", "Drama"),) * 10
    assert log.counts == {}
    assert log.codes is None


def test_windows_of_minionerec_keep_their_splits_and_ids(tmp_path: Path) -> None:
    log = read_log(minionerec(tmp_path))
    assert {split: list(part) for split, part in log.windows.items()} == {
        "train": [((0,), 1)],
        "valid": [((0, 1), 2), ((3,), 4)],
        "test": [((0, 1, 2), 3), ((3, 4), 5)],
    }
    assert log.codes is not None and log.codes[4] == ("<a_1>", "<b_4>", "<c_0>")
    assert log.users == ("A1", "A2")
    assert log.tags == (("B",),) * 6
    assert log.descriptions[0] == "Of Pen"
    assert any("no training file: the 1 training windows" in notice for notice in log.notices)


def test_a_training_file_is_read_where_it_is_there(tmp_path: Path) -> None:
    folder = minionerec(tmp_path)
    header = (folder / "X.test.csv").read_text().split("\n")[0]
    (folder / "X.train.csv").write_text(f"{header}\n{window_row('A1', [0], 1)}\n{window_row('A0', [5, 5], 5)}\n")
    log = read_log(folder)
    assert list(log.windows["train"]) == [((0,), 1), ((5, 5), 5)]
    assert len(log.notices) == 1


def test_no_training_window_has_the_event_of_a_validation_row(tmp_path: Path) -> None:
    """Of two validation rows of one user, the later's history holds the earlier's target."""
    folder = minionerec(tmp_path)
    rows = [window_row("A1", [0, 1, 2], 3), window_row("A1", [1, 2, 3], 4), window_row("A1", [2, 3, 4], 5)]
    header = (folder / "X.test.csv").read_text().split("\n")[0]
    (folder / "X.valid.csv").write_text("\n".join([header, *rows]) + "\n")
    (folder / "X.test.csv").write_text("\n".join([header, window_row("A1", [3, 4, 5], 0)]) + "\n")
    log = read_log(folder)
    assert list(log.windows["train"]) == [((0,), 1), ((0, 1), 2), ((1,), 2)]
    assert log.counts == {"prefixes whose target is a validation row's": 3}


def test_the_folders_of_the_project_s_own_scripts_are_read(tmp_path: Path) -> None:
    folder = minionerec(tmp_path / "flat")
    laid_out = tmp_path / "Amazon"
    for name, place in (
        ("X.index.json", "index/X.index.json"),
        ("X.item.json", "index/X.item.json"),
        ("X.info.tsv", "info/X_5_2016-10-2018-11.txt"),
        ("X.valid.csv", "valid/X_5_2016-10-2018-11.csv"),
        ("X.test.csv", "test/X_5_2016-10-2018-11.csv"),
    ):
        (laid_out / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / name, laid_out / place)
    assert same(read_log(laid_out), read_log(folder))
    assert same(read_log(laid_out / "X"), read_log(folder))


@pytest.mark.parametrize("kind", FORMATS)
def test_packed_files_marks_line_ends_and_blank_lines_change_nothing(tmp_path: Path, kind: str) -> None:
    plain = read_log(FORMATS[kind](tmp_path / "plain"))
    for number, change in enumerate(
        (
            lambda content: b"\xef\xbb\xbf" + content,
            lambda content: content.replace(b"\n", b"\r\n"),
            lambda content: content + b"\n\n",
            lambda content: content.removesuffix(b"\n"),
        )
    ):
        folder = FORMATS[kind](tmp_path / str(number))
        for file in folder.iterdir():
            latin = file.name == "movies.dat"  # a mark says UTF-8, and this file is none
            file.write_bytes(file.read_bytes() if latin and number == 0 else change(file.read_bytes()))
        assert same(read_log(folder), plain)
    folder = FORMATS[kind](tmp_path / "packed")
    for file in list(folder.iterdir()):
        pack(file)
    assert same(read_log(folder), plain)


def _reordered(file: Path, separator: str, order: list[int]) -> None:
    rows = [line.split(separator) for line in file.read_text().splitlines()]
    file.write_text("".join(separator.join(row[place] for place in order) + "\n" for row in rows))


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    plain, folder = read_log(recbole(tmp_path / "a")), recbole(tmp_path / "b")
    _reordered(folder / "m.inter", "\t", [3, 1, 0, 2])
    _reordered(folder / "m.item", "\t", [3, 2, 1, 0])
    assert same(read_log(folder), plain)
    plain, folder = read_log(movielens_csv(tmp_path / "c")), movielens_csv(tmp_path / "d")
    _reordered(folder / "ratings.csv", ",", [3, 1, 0])
    assert same(read_log(folder), plain)


def test_columns_of_windows_may_stand_in_any_order_with_others_between(tmp_path: Path) -> None:
    import csv

    plain, folder = read_log(minionerec(tmp_path / "a")), minionerec(tmp_path / "b")
    with (folder / "X.test.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    with (folder / "X.test.csv").open("w", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([[*reversed(row), "more\nof it"] for row in rows])
    assert same(read_log(folder), plain)


def test_old_titles_are_read_as_latin_1_and_new_ones_as_utf_8(tmp_path: Path) -> None:
    folder = dat(tmp_path)
    old = read_log(folder)
    (folder / "movies.dat").write_bytes((folder / "movies.dat").read_bytes().decode("latin-1").encode())
    new = read_log(folder)
    assert old.titles[3] == new.titles[3] == "Amélie (2001)"
    assert [len(old.notices), len(new.notices)] == [1, 0]


def test_metadata_may_be_json_or_python_literals_line_by_line(tmp_path: Path) -> None:
    folder = amazon(tmp_path)
    plain = read_log(folder)
    lines = (folder / "meta_X.json").read_text().splitlines()
    lines[0] = json.dumps({"asin": "i0", "title": "Film\n i0", "category": ["Comedy", "Drama"]})
    lines[1] = repr({"asin": "i1", "title": "Film i1", "categories": [["Comedy"], ["Comedy", "Drama"]]})
    with gzip.open(folder / "meta_X.json.gz", "wt") as file:
        file.write("\n".join(lines))
    (folder / "meta_X.json").unlink()
    assert same(read_log(folder), plain)
    assert same(read_log(folder / "X"), plain)


@pytest.mark.parametrize("kind", FORMATS)
def test_any_file_of_a_record_names_the_record(tmp_path: Path, kind: str) -> None:
    folder = FORMATS[kind](tmp_path)
    log = read_log(folder)
    assert all(same(read_log(file), log) for file in folder.iterdir())


def test_of_several_categories_in_a_folder_the_one_that_is_named_is_read(tmp_path: Path) -> None:
    for folder in (minionerec(tmp_path / "ids"), amazon(tmp_path / "dumps")):
        log = read_log(folder)
        for file in list(folder.iterdir()):
            file.with_name(file.name.replace("X", "Other")).write_bytes(file.read_bytes().replace(b"Film", b"Game"))
        with pytest.raises(DataError, match="name one category"):
            read_log(folder)
        assert same(read_log(folder / "X"), log)


def test_a_dump_s_rows_may_stand_in_any_order_of_time(tmp_path: Path) -> None:
    folder = recbole(tmp_path)
    log = read_log(folder)
    header, *rows = (folder / "m.inter").read_text().splitlines()
    shuffled = [rows[place] for place in np.random.default_rng(1).permutation(len(rows))]
    (folder / "m.inter").write_text("\n".join([header, *shuffled]) + "\n")
    assert sorted(named_events(read_log(folder))) == sorted(named_events(log))
    times = [time for _, _, time in named_events(read_log(folder))]
    assert times == sorted(times)


def test_titles_of_minionerec_are_one_line_whatever_is_called_a_line_end(tmp_path: Path) -> None:
    folder = minionerec(tmp_path)
    for name in ("X.info.tsv", "X.valid.csv", "X.test.csv"):
        path = folder / name
        path.write_text(path.read_text(encoding="utf-8").replace("Tape", "Ta\u2028pe \x85 \x0b2"), encoding="utf-8")
    record = read_log(folder)
    assert record.titles[2] == "Ta pe 2"
    assert not any("titles differ" in reason for reason in record.counts)


def test_titles_that_items_share_are_told(tmp_path: Path) -> None:
    folder = recbole(tmp_path)
    (folder / "m.item").write_text((folder / "m.item").read_text().replace("Film i1\t", "Film i0\t"))
    assert any("2 items share their title" in notice for notice in read_log(folder).notices)


@pytest.mark.parametrize("kind", FORMATS)
def test_bytes_changed_at_random_are_read_or_refused_in_words(tmp_path: Path, kind: str) -> None:
    folder, generator = FORMATS[kind](tmp_path), np.random.default_rng(7)
    files = sorted(folder.iterdir())
    whole = [file.read_bytes() for file in files]
    refused = 0
    for _ in range(60):
        place = int(generator.integers(len(files)))
        content = bytearray(whole[place])
        for position in generator.integers(len(content), size=3):
            content[position] = generator.integers(256)
        files[place].write_bytes(bytes(content))
        try:
            read_log(folder)
        except DataError as error:
            assert "\n" not in str(error)
            refused += 1
        files[place].write_bytes(whole[place])
    assert refused
