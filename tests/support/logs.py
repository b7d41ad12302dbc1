"""Small records in each published format, written to a folder, and where the real ones lie."""

import gzip
import json
import os
from pathlib import Path

import pytest

from environments.logs.log import Log

OFFICE = Path(__file__).parents[3] / "shared/data/minionerec_amazon18"
MOVIELENS = Path(__file__).parents[2] / "build/ml-100k"

_CODES = {str(item): [f"<a_{item % 3}>", f"<b_{item}>", f"<c_{item % 2}>"] for item in range(6)}
_TITLES = ["Pen", 'Ruler, 12"', "Tape", "Glue's best", "Paper", "Clip"]
_HEADER = "user_id,history_item_title,item_title,history_item_id,item_id,history_item_sid,item_sid"


def _id(item: int) -> str:
    return "".join(_CODES[str(item)])


def window_row(user: str, history: list[int], target: int) -> str:
    """A row as pandas writes it: cells with commas or quotes are quoted, quotes doubled."""
    lists = [[_TITLES[i] for i in history], history, [_id(i) for i in history]]
    titles, items, ids = ('"' + str(part).replace('"', '""') + '"' for part in lists)
    title = '"' + _TITLES[target].replace('"', '""') + '"'
    return f"{user},{titles},{title},{items},{target},{ids},{_id(target)}"


def minionerec(folder: Path) -> Path:
    """Six items; the validation and test rows of two users."""
    rows = {
        "valid": [window_row("A1", [0, 1], 2), window_row("A2", [3], 4)],
        "test": [window_row("A1", [0, 1, 2], 3), window_row("A2", [3, 4], 5)],
    }
    files = {
        "X.index.json": "{\n" + ",\n".join(f"{json.dumps(i)}: {json.dumps(c)}" for i, c in _CODES.items()) + "\n}\n",
        "X.info.tsv": "".join(f"{_id(i)}\t{title}\t{i}\n" for i, title in enumerate(_TITLES)),
        "X.item.json": json.dumps(
            {str(i): {"title": t, "brand": "B", "categories": "", "description": f"Of {t}"}
             for i, t in enumerate(_TITLES)}, indent=2),
        **{f"X.{split}.csv": "\n".join([_HEADER, *part]) + "\n" for split, part in rows.items()},
    }  # fmt: skip
    return _written(folder, files)


EVENTS = [(f"u{user}", f"i{item}", 1000 + 10 * place + user) for user in range(40) for place, item in
          enumerate([user % 7, (user + 3) % 9, (2 * user) % 5, 9 - user % 3])]  # fmt: skip
"""Of forty users four events each, with items i0 to i9."""
_ITEMS = [f"i{item}" for item in range(10)]


def dat(folder: Path) -> Path:
    """MovieLens with `::`; a title of film i3 is Latin-1."""
    titles = {item: "Amélie (2001)" if item == "i3" else f"Film {item} (1990)" for item in _ITEMS}
    _written(folder, {"ratings.dat": "".join(f"{user}::{item}::4::{time}\n" for user, item, time in EVENTS)})
    movies = "".join(f"{item}::{title}::Comedy|Drama\n" for item, title in titles.items())
    (folder / "movies.dat").write_bytes(movies.encode("latin-1"))
    return folder


def movielens_csv(folder: Path) -> Path:
    """MovieLens with commas; a title of film i3 holds one."""
    titles = {item: '"American President, The (1995)"' if item == "i3" else f"Film {item}" for item in _ITEMS}
    ratings = "".join(f"{user},{item},4.0,{time}\n" for user, item, time in EVENTS)
    movies = "".join(f"{item},{title},Comedy|Drama\n" for item, title in titles.items())
    return _written(
        folder,
        {"ratings.csv": "userId,movieId,rating,timestamp\n" + ratings, "movies.csv": "movieId,title,genres\n" + movies},
    )


def recbole(folder: Path) -> Path:
    """RecBole's two files."""
    inter = "".join(f"{user}\t{item}\t4\t{time}\n" for user, item, time in EVENTS)
    items = "".join(f"{item}\tFilm {item}\t1990\tComedy Drama\n" for item in _ITEMS)
    return _written(
        folder,
        {
            "m.inter": "user_id:token\titem_id:token\trating:float\ttimestamp:float\n" + inter,
            "m.item": "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n" + items,
        },
    )


def amazon(folder: Path) -> Path:
    """Reviews as JSON, metadata as the Python literals of 2014."""
    reviews = [
        {"reviewerID": user, "asin": item, "unixReviewTime": time, "overall": 5.0} for user, item, time in EVENTS
    ]
    metadata = [{"asin": item, "title": f"Film {item}", "categories": [["Comedy", "Drama"]]} for item in _ITEMS]
    return _written(
        folder,
        {
            "X_5.json": "".join(json.dumps(review) + "\n" for review in reviews),
            "meta_X.json": "".join(repr(item) + "\n" for item in metadata),
        },
    )


FORMATS = {"minionerec": minionerec, "dat": dat, "csv": movielens_csv, "recbole": recbole, "amazon": amazon}


def named_events(log: Log) -> list[tuple[str, str, float]]:
    """The events of a log in its order, by the names of user and item."""
    assert log.events is not None
    columns = (log.events.users_E.tolist(), log.events.items_E.tolist(), log.events.times_E.tolist())
    return [(log.users[user], log.items[item], time) for user, item, time in zip(*columns, strict=True)]


def pack(file: Path) -> Path:
    """Replace a file by its packed form."""
    packed = file.with_name(file.name + ".gz")
    packed.write_bytes(gzip.compress(file.read_bytes()))
    file.unlink()
    return packed


def real(folder: Path) -> Path:
    """A folder of real data; where it is absent, its test is skipped, but for MovieLens's where CI is set."""
    if not folder.is_dir():
        if folder == MOVIELENS and os.environ.get("CI"):
            pytest.fail(f"{folder} is absent; make build/ml-100k/ml-100k.inter")
        pytest.skip(f"{folder} is absent")
    return folder


def _written(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8", newline="")
    return folder
