"""The command that makes identifiers writes what the reader reads, reports on it, and refuses in one line."""

import json
from pathlib import Path

import pytest

from environments.identifiers.__main__ import METHODS, main
from environments.identifiers.index_files import read_index
from environments.identifiers.records import record
from simulation.core.errors import USER_ERROR

OFFICE = Path(__file__).resolve().parents[3] / "shared" / "data" / "minionerec_amazon18"
real = pytest.mark.skipif(not OFFICE.is_dir(), reason=f"Office_Products is not at {OFFICE}")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_the_embedded_shop_unique_identifiers(
    method: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "index.json"
    assert main(["--method", method, "--out", str(out), "--steps", "5", "--behaviour", "0"]) == 0
    index = read_index(out, depth=3)
    assert tuple(index) == record("embedded").items
    assert len(set(index.values())) == len(index) == 600
    printed = capsys.readouterr().out
    assert "0 still do" in printed and "600 of 600 items have one; 0 items share theirs" in printed
    assert "control: the first tag" in printed


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one.json", "two.json", "three.json")]
    for path, seed in zip(paths, ("0", "0", "1"), strict=True):
        assert main(["--method", "rq_kmeans", "--out", str(path), "--seed", seed]) == 0
    assert paths[0].read_bytes() == paths[1].read_bytes() != paths[2].read_bytes()


def test_an_index_is_reported_on_with_what_does_not_match(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items = record("embedded").items
    index = {item: [f"<a_{place // 30}>", f"<b_{place % 30}>"] for place, item in enumerate(items)}
    index[items[1]] = index[items[0]]
    index[items[2]] = index[items[2]][::-1]
    index["stray"] = index.pop(items[3])
    (tmp_path / "index.json").write_text(json.dumps(index), encoding="utf-8")
    assert main(["--index", str(tmp_path / "index.json")]) == 0
    printed = capsys.readouterr().out
    assert f"no identifier of item '{items[3]}'" in printed and "to item 'stray', which no catalogue holds" in printed
    assert f"<a_0><b_0> of items '{items[0]}', '{items[1]}'" in printed
    assert f"swapped levels 1 and 2: item '{items[2]}'" in printed
    assert "unused at level 1: <a_20>, <a_21>" in printed


@real
def test_identifiers_that_came_with_a_record_are_reported_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rows", str(OFFICE)]) == 0
    assert "30 items share theirs, in 15 groups" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "comes without identifiers; give --method and --out"),
        (["--rows", "/no/such/folder"], "correct the path"),
        (["--index", "/no/such/index.json"], "correct the path"),
        (["--method", "rq_kmeans", "--size", "0", "--out", "x.json"], "at least 1"),
        (["--method", "rq_vae", "--size", "8", "4", "32", "--out", "x.json"], "one size for all levels"),
        (
            ["--method", "rq_kmeans", "--size", "8", "4", "--out", "x.json"],
            "[8, 4] codes; give a number for each level",
        ),
        (["--seed", "-1"], "--seed -1 makes no identifiers; give a whole number from 0"),
        (
            ["--method", "rq_kmeans", "--levels", "0", "--out", "x.json"],
            "--levels 0 makes no identifiers; give 1 to 26",
        ),
        (["--method", "rq_kmeans", "--levels", "27", "--out", "x.json"], "--levels 27 makes"),
        (["--method", "rq_vae", "--steps", "0", "--out", "x.json"], "--steps 0 makes"),
        (["--method", "rq_kmeans", "--behaviour", "-1", "--out", "x.json"], "--behaviour -1.0 makes"),
        (["--method", "rq_kmeans", "--behaviour", "nan", "--out", "x.json"], "--behaviour nan makes"),
        (["--method", "rq_kmeans", "--dimensions", "0", "--out", "x.json"], "--dimensions 0 makes"),
        (["--method", "rq_kmeans", "--out", "/no/such/x.json"], "'/no/such/x.json' lies in no folder that is there"),
        (["--method", "rq_kmeans", "--out", "/"], "--out '/' is a folder; name a file"),
        (["--method", "balanced", "--size", "601", "--out", "x.json"], "600 items cannot fill 601 codes"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == USER_ERROR
    printed = capsys.readouterr()
    assert complaint in printed.err and printed.err.count("\n") == 1 and printed.out == ""


@pytest.mark.parametrize("arguments", [["--method", "rq_vae"], ["--out", "x.json"], ["--method", "kmeans"]])
def test_half_an_order_is_refused_by_the_parser(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
