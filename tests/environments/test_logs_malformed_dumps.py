"""Broken dumps: a file that is broken is refused with file and row, a few odd rows are counted by name."""

import time
from pathlib import Path

import pytest

from environments.logs.reading import read_log
from simulation.core.errors import DataError
from tests.support.broken_files import Edit, add, both, copy, cut, put, remove, sub
from tests.support.logs import EVENTS, FORMATS

RATINGS, MOVIES, INTER, ITEM, REVIEWS, META = (
    "ratings.dat", "movies.dat", "m.inter", "m.item", "X_5.json", "meta_X.json",
)  # fmt: skip
BROKEN: list[tuple[str, str, Edit, str]] = [
    ("dat", "ratings by tabs", put(RATINGS, "1\t2\t3\t4\n" * 9),
     r"ratings.dat:1: a wrong number of fields \(1, not 4\); mend or remove the row \(and 8 more of 9 rows"),
    ("dat", "ratings of three fields", sub(RATINGS, "::4::", "::", 2),
     "ratings.dat:1: a wrong number of fields .3, not 4"),
    ("dat", "times no numbers", sub(RATINGS, "::4::10", "::4::x", 2), "ratings.dat:1: a time that is no number .'x00'"),
    ("dat", "times NaN", sub(RATINGS, "::4::10", "::4::nan\n", 2), "ratings.dat:1: a time that is no time .'nan'"),
    ("dat", "times infinite", sub(RATINGS, "::4::10", "::4::1e999\n", 2), "ratings.dat:1: a time that is no time"),
    ("dat", "times before 1970", sub(RATINGS, "::4::10", "::4::-10", 2),
     "ratings.dat:1: a time that is no time .'-1000'"),
    ("dat", "users lost", sub(RATINGS, "u0::", "::", 2), "ratings.dat:1: a row without a user or an item"),
    ("dat", "items lost", sub(RATINGS, "::i0::", "::::", 2), "ratings.dat:1: a row without a user or an item"),
    ("dat", "ratings Latin-1", sub(RATINGS, "u0", "\udce9"), "ratings.dat is not UTF-8 text"),
    ("dat", "ratings empty", put(RATINGS, "\n"), "ratings.dat is empty"),
    ("dat", "ratings packed and cut", cut(RATINGS), "ratings.dat.gz is not a whole gzip file"),
    ("dat", "no ratings", remove(RATINGS), "lacks ratings.dat; put it beside"),
    ("dat", "no movies", remove(MOVIES), "lacks movies.dat; put it beside"),
    ("dat", "movies by tabs", put(MOVIES, "1\tT\tComedy\n"),
     r"movies.dat:1: a wrong number of fields \(1, not 3\).*of 1 rows"),
    ("dat", "a movie of four fields", sub(MOVIES, "Film i0", "Film::i0"), "movies.dat:1: a wrong number of fields"),
    ("dat", "a movie without name", sub(MOVIES, "i0::", "::"), "movies.dat:1: an item without a name"),
    ("dat", "movies of another set", put(MOVIES, "j1::A::B\n"),
     "nothing of .* can be used .160 events of items that the item"),
    ("dat", "movies without titles", put(MOVIES, "".join(f"i{i}::::Comedy\n" for i in range(10))),
     "nothing of .* can be used .*10 items without a title"),
    ("dat", "both kinds", put("ratings.csv", ""), "both as .dat and as .csv; keep one"),
    ("csv", "header lost", sub("ratings.csv", "userId,movieId,rating,timestamp\n", ""),
     "ratings.csv:1: the header lacks the"),
    ("csv", "time missing", sub("ratings.csv", "timestamp", "when"),
     "ratings.csv:1: the header lacks the column 'timestamp'"),
    ("csv", "column twice", sub("ratings.csv", "rating", "userId"),
     "ratings.csv:1: the header names twice the column 'userI"),
    ("csv", "rows of three fields", sub("ratings.csv", ",4.0,", ",", 2),
     "ratings.csv:2: a wrong number of fields .3, not 4"),
    ("csv", "header alone", put("ratings.csv", "userId,movieId,rating,timestamp\n"),
     "ratings.csv holds no rows; fetch it"),
    ("csv", "quote not closed", sub("movies.csv", 'The (1995)"', "The (1995)"),
     "movies.csv:5: the quotes of a cell do not"),
    ("csv", "title not quoted", sub("movies.csv", '"American President, The (1995)"', "a, b"),
     r"movies.csv:5: a wrong number of fields \(4, not 3\)"),
    ("csv", "ratings empty", put("ratings.csv", b""), "ratings.csv is empty"),
    ("csv", "movies alone have a header", put("movies.csv", "movieId,title,genres\n"), "movies.csv holds no items"),
    ("recbole", "time missing", sub(INTER, "timestamp:float", "when:float"),
     "m.inter:1: the header lacks the column 'timest"),
    ("recbole", "no title", sub(ITEM, "movie_title:", "said:"),
     "m.item:1: the header has no column that may be the title; n"),
    ("recbole", "two titles", sub(ITEM, "release_year:", "title:"),
     "m.item:1: the header has several columns that may be"),
    ("recbole", "by commas", put(INTER, "user_id:token,item_id:token,timestamp:float\na,b,1\n"),
     "m.inter:1: the header lacks"),
    ("recbole", "rows of three fields", sub(INTER, "\t4\t", "\t", 2), "m.inter:2: a wrong number of fields .3, not 4"),
    ("recbole", "times NaN", sub(INTER, "\t4\t10", "\t4\tnan\n", 2), "m.inter:2: a time that is no time"),
    ("recbole", "an item of two fields", sub(ITEM, "\t1990\t", "\t"), "m.item:2: a wrong number of fields .3, not 4"),
    ("recbole", "items lost", remove(ITEM), "lacks X.item; put it beside"),
    ("recbole", "events lost", remove(INTER), "lacks X.inter; put it beside"),
    ("recbole", "two sets", copy(INTER, "n.inter"), "several .inter files .m.inter, n.inter.; name one, such as"),
    ("recbole", "packed and cut", cut(INTER), "m.inter.gz is not a whole gzip file"),
    ("recbole", "items Latin-1", sub(ITEM, "Film", "\udce9"), "m.item is not UTF-8 text"),
    ("recbole", "empty", put(INTER, ""), "m.inter is empty"),
    ("amazon", "reviews no JSON", put(REVIEWS, "a review\n"),
     "X_5.json:1: a line that is neither JSON nor a Python literal"),
    ("amazon", "a call", put(META, "__import__('os').abort()\n"),
     "meta_X.json:1: a line that is neither JSON nor a Python"),
    ("amazon", "nested deep", put(META, "{'a': " * 50_000 + "\n"), "meta_X.json:1: a line that is neither JSON nor"),
    ("amazon", "a cut line", put(META, '{"asin": "i0", "title": "Fi\n'),
     "meta_X.json:1: a line that is neither JSON nor"),
    ("amazon", "users missing", sub(REVIEWS, "reviewerID", "user", 2),
     "X_5.json:1: an object that lacks what it should hold"),
    ("amazon", "items numbers", sub(REVIEWS, '"i0"', "0", 2),
     "X_5.json:1: an object that lacks .*Expected `str`, got `int`"),
    ("amazon", "times texts", sub(REVIEWS, '"unixReviewTime": 10', '"unixReviewTime": "x", "y": 10', 2),
     "X_5.json:1: an object that lacks .*unixReviewTime"),
    ("amazon", "times NaN", sub(REVIEWS, '"unixReviewTime": 10', '"unixReviewTime": NaN, "y": 10', 2),
     "X_5.json:1: a line that"),
    ("amazon", "a list of reviews", put(REVIEWS, "[1, 2]\n"), "X_5.json:1: an object that lacks"),
    ("amazon", "no metadata", remove(META), "no record that can be read; give the files of one of MiniOneRec"),
    ("amazon", "no reviews", remove(REVIEWS), "should hold one file of reviews .none there.; name one"),
    ("amazon", "two categories", copy(META, "meta_Y.json"),
     "should hold one file of metadata .meta_X.json, meta_Y.json there"),
    ("amazon", "packed and cut", cut(REVIEWS), "X_5.json.gz is not a whole gzip file"),
    ("amazon", "reviews empty", put(REVIEWS, " \n"), "X_5.json is empty"),
    ("amazon", "titles all lost", sub(META, "title", "name", 10),
     "can be used .10 items without a title; 160 events of items wi"),
    ("amazon", "two formats", put("ratings.dat", "u::i::1::1\n"),
     "records of several formats; give the files of one of"),
]  # fmt: skip
COUNTED: list[tuple[str, str, Edit, dict[str, int], int]] = [
    ("dat", "a time NaN", sub(RATINGS, "::4::1000", "::4::nan"), {"a time that is no time": 1}, 1),
    ("dat", "a row cut", sub(RATINGS, "::4::1000", ""), {"a wrong number of fields": 1}, 1),
    ("dat", "a row twice", add(RATINGS, "u0::i0::4::1000\nu0::i0::4::1000\n"),
     {"events that repeat another of the same user, item and time": 2}, 0),
    ("dat", "a film twice", add(MOVIES, "i0::Again::Drama\n"),
     {"items named a second time, whose first row holds": 1}, 0),
    ("dat", "a film nobody saw", add(MOVIES, "i77::New (2001)::Drama\n"), {"items that nobody took": 1}, 0),
    ("csv", "a film lost", sub("movies.csv", "i9,", "j9,"), {"events of items that the item file lacks": 14,
     "items that nobody took": 1}, 14),
    ("recbole", "a film without title", sub(ITEM, "Film i9", " "), {"items without a title": 1,
     "events of items without a title": 14}, 14),
    ("recbole", "a time no number", sub(INTER, "\t4\t1000", "\t4\tnoon"), {"a time that is no number": 1}, 1),
    ("recbole", "a user lost", sub(INTER, "u0\t", "\t"), {"a row without a user or an item": 1}, 1),
    ("amazon", "a title null", sub(META, "'Film i9'", "None"), {"items without a title": 1,
     "events of items without a title": 14}, 14),
    ("amazon", "a line cut", sub(REVIEWS, '"overall": 5.0}', ""),
     {"a line that is neither JSON nor a Python literal": 1}, 1),
    ("amazon", "no categories, an odd row",
     both(sub(REVIEWS, '"asin": "i0", ', ""), sub(META, "[['Comedy', 'Drama']]", "None")),
     {"an object that lacks what it should hold": 1}, 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "edit", "words"),
    [(case[0], *case[2:]) for case in BROKEN],
    ids=[f"{case[0]} {case[1]}" for case in BROKEN],
)
def test_a_broken_dump_is_refused_in_one_line(tmp_path: Path, kind: str, edit: Edit, words: str) -> None:
    edit(FORMATS[kind](tmp_path))
    began = time.process_time()
    with pytest.raises(DataError, match=words) as refusal:
        read_log(tmp_path)
    assert time.process_time() - began < 2
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 600
    assert ";" in str(refusal.value), "a remedy follows"


@pytest.mark.parametrize(
    ("kind", "edit", "counts", "lost"),
    [(case[0], *case[2:]) for case in COUNTED],
    ids=[f"{case[0]} {case[1]}" for case in COUNTED],
)
def test_a_few_odd_rows_are_counted_by_name(
    tmp_path: Path, kind: str, edit: Edit, counts: dict[str, int], lost: int
) -> None:
    edit(FORMATS[kind](tmp_path))
    log = read_log(tmp_path)
    assert log.counts == counts
    assert log.events is not None
    assert len(log.events) == len(EVENTS) - lost


@pytest.mark.parametrize(("path", "words"), [("nowhere/at/all", "no folder"), (".", "no record that can be read")])
def test_a_path_without_a_record_is_refused(tmp_path: Path, path: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read_log(tmp_path / path)
