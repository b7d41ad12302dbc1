"""The report on identifiers: every figure by hand on six items, faults by name, Office_Products as published."""

import csv
import gzip
import itertools
import json
from ast import literal_eval
from pathlib import Path

import numpy as np
import pytest

from environments.identifiers.agreement import Agreement
from environments.identifiers.features import windowed_pairs
from environments.identifiers.index_files import matched, read_index
from environments.identifiers.report import IdentifierReport, catalogue_report, identifier_report
from simulation.core.catalogue import Catalogue
from simulation.core.errors import DataError

OFFICE = Path(__file__).resolve().parents[3] / "shared" / "data" / "minionerec_amazon18"
real = pytest.mark.skipif(not OFFICE.is_dir(), reason=f"Office_Products is not at {OFFICE}")
ITEMS = ("pen", "ink", "pad", "cup", "pot", "tea")
CODES = (
    ("<a_0>", "<b_0>"),
    ("<a_0>", "<b_1>"),
    ("<a_0>", "<b_1>"),  # shares with ink
    ("<a_1>", "<b_0>"),
    ("<a_1>", "<b_2>"),
    ("<a_3>", "<b_0>"),
)
TAGS = (("write",), ("write",), ("write",), ("drink",), ("drink",), ("drink",))
TAKEN = (40, 30, 10, 10, 6, 4)
PAIRS = ((0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (5, 5))


def six(**changes: object) -> IdentifierReport:
    given = {"taken_N": TAKEN, "pairs_P2": PAIRS, "tags": TAGS, "size": 4} | changes
    return identifier_report(ITEMS, CODES, **given)  # type: ignore[arg-type]


def changed(place: int, *tokens: str) -> tuple[tuple[str, ...], ...]:
    return (*CODES[:place], tokens, *CODES[place + 1 :])


def faults(codes: object, **more: object) -> str:
    return "\n".join(identifier_report(ITEMS, codes, **more).faults)  # type: ignore[arg-type]


def test_coverage_and_sharing_of_six_items() -> None:
    report = six()
    assert (report.items, report.identified, report.sharing_items) == (6, 6, 2)
    assert report.doubled == {("<a_0>", "<b_1>"): ("ink", "pad")}


def test_codes_entropy_and_branching_of_six_items() -> None:
    first, second = six().levels
    assert (first.used, first.unused, second.used, second.unused) == (3, ("<a_2>",), 3, ("<b_3>",))
    shares = np.array([3, 2, 1]) / 6
    assert first.entropy_bits == pytest.approx(-(shares * np.log2(shares)).sum())
    assert first.effective == pytest.approx(np.prod(shares**-shares))
    assert first.branching == 3.0  # of the empty prefix
    assert second.branching == pytest.approx((2 + 2 + 1) / 3)  # a_0: b_0, b_1; a_1: b_0, b_2; a_3: b_0


def test_without_a_size_the_greatest_number_says_how_many_codes_there_are() -> None:
    assert six(size=None).levels[1].unused == ("<b_3>",)
    one_based = [[f"<a_{number}>"] for number in (1, 2, 4)]
    assert identifier_report("xyz", one_based).levels[0].unused == ("<a_3>",)


def test_what_popular_and_rare_items_get() -> None:
    quarters = six().quarters  # of six items by how often they are taken: 2, 2, 1, 1
    assert [quarter.taken for quarter in quarters] == pytest.approx([0.7, 0.2, 0.06, 0.04])
    assert [quarter.sharing for quarter in quarters] == [0.5, 0.5, 0.0, 0.0]
    assert [quarter.neighbours for quarter in quarters] == [(2.0,), (1.5,), (1.0,), (0.0,)]


def test_agreement_with_what_is_taken_together_by_hand() -> None:
    report = six()
    first, control = report.prefixes[0], report.controls[0]
    # five pairs of different items: pen-ink, ink-pad, cup-pot share <a_>; pot-tea and pen-cup do not
    assert first.groups == 3 and first.together == pytest.approx(3 / 5)
    # first members pen 2, ink, cup, pot; second ink, pad, cup, pot, tea: a_0 3/5 x 2/5, a_1 2/5 x 2/5, a_3 0 x 1/5;
    # the same item twice: ink, cup, pot, 1/5 x 1/5 each
    assert first.chance == pytest.approx((6 / 25 + 4 / 25 - 3 / 25) / (1 - 3 / 25))
    assert first.lift == pytest.approx(first.together / first.chance)
    assert first.excess == pytest.approx((first.together - first.chance) / (1 - first.chance))
    # write: pen-ink, ink-pad; drink: cup-pot, pot-tea
    assert control.groups == 2 and control.together == pytest.approx(4 / 5)
    assert control.chance == pytest.approx((6 / 25 + 2 / 5 * 3 / 5 - 3 / 25) / (1 - 3 / 25))


def test_a_level_of_one_code_is_no_better_than_chance_whatever_the_weights() -> None:
    numbers = np.random.default_rng(0)
    pairs, weights = numbers.integers(10, size=(500, 2)), numbers.random(500)
    codes = [(f"<a_{place}>", "<b_0>") for place in range(10)]
    report = identifier_report("abcdefghij", codes, pairs_P2=pairs, weights_P=weights, tags=[("all",)] * 10)
    assert report.controls[0].excess == report.alone[1].excess == 0.0
    assert not report.notes, "nothing says that its levels are swapped"


def test_identifiers_of_one_code_have_a_report_without_prefixes() -> None:
    lines = identifier_report("ab", [("<a_0>",), ("<a_1>",)], taken_N=[3, 1]).lines()
    assert lines[2] == "most popular quarter of the items (75% of what is taken): 0.0% share an identifier"


def test_weights_count_pairs_as_often() -> None:
    weighted = six(weights_P=[3, 1, 1, 1, 1, 1]).prefixes
    assert weighted == six(pairs_P2=((0, 1), (0, 1), *PAIRS)).prefixes != six().prefixes


@pytest.mark.parametrize("seed", range(3))
def test_chance_is_what_pairs_drawn_apart_give(seed: int) -> None:
    numbers = np.random.default_rng(seed)
    pairs, weights, groups = numbers.integers(12, size=(80, 2)), numbers.random(80), numbers.integers(4, size=12)
    apart = pairs[:, 0] != pairs[:, 1]
    agreement = Agreement.of("groups", groups.tolist(), pairs, weights)
    assert agreement is not None
    pairs, weights = pairs[apart], weights[apart]
    same = total = 0.0
    for one, other in itertools.product(range(len(pairs)), repeat=2):
        first, second, weight = pairs[one, 0], pairs[other, 1], weights[one] * weights[other]
        if first != second:
            total += weight
            same += weight * (groups[first] == groups[second])
    assert agreement.chance == pytest.approx(same / total)


def test_random_identifiers_agree_no_better_than_chance_and_those_of_the_truth_perfectly() -> None:
    numbers = np.random.default_rng(0)
    truth = numbers.integers(10, size=400)
    pairs = np.array(
        [(one, other) for one, other in numbers.integers(400, size=(20_000, 2)) if truth[one] == truth[other]]
    )
    random_codes = [(f"<a_{numbers.integers(10)}>", f"<b_{place}>") for place in range(400)]
    true_codes = [(f"<a_{truth[place]}>", f"<b_{place}>") for place in range(400)]
    names = [str(place) for place in range(400)]
    by_chance, perfect = (
        identifier_report(names, codes, pairs_P2=pairs).prefixes[0] for codes in (random_codes, true_codes)
    )
    assert abs(by_chance.excess) < 0.03 and 0.8 < by_chance.lift < 1.2
    assert perfect.together == perfect.excess == 1.0


def test_a_doubled_identifier_is_named_with_its_items() -> None:
    assert "1 doubled identifiers of 2 items: <a_0><b_1> of items 'ink', 'pad'" in faults(CODES)
    assert "doubled" not in faults(changed(2, "<a_0>", "<b_3>"))


def test_an_unused_code_is_named() -> None:
    assert "unused at level 1: <a_2>; 1 of 4 codes" in faults(CODES, size=4)
    assert "unused at level 2: <b_3>; 1 of 4 codes" in faults(CODES, size=4)
    assert "unused at level 2" not in faults(CODES, size=3)


def test_an_item_whose_levels_are_swapped_is_named() -> None:
    assert "swapped levels 1 and 2: item 'cup' (<b_0><a_1>)" in faults(changed(3, "<b_0>", "<a_1>"))
    assert "swapped" not in faults(CODES)


def test_levels_swapped_in_every_item_are_told_by_their_letters() -> None:
    swapped = [tokens[::-1] for tokens in CODES]
    assert "swapped levels 1 and 2 in most items: they hold <b_…>, <a_…>" in faults(swapped)


def test_levels_without_letters_are_told_by_where_their_codes_stand() -> None:
    codes = [("A", "x"), ("A", "y"), ("B", "x"), ("B", "z"), ("C", "z"), ("z", "C")]
    assert "swapped levels 1 and 2: item 'tea' (zC)" in faults(codes)
    assert faults([*codes[:5], ("C", "x")]) == ""


def test_a_code_that_stands_at_two_levels_is_named() -> None:
    assert "code <a_1> of level 1 stands at level 2 of item 'cup'" in faults(changed(3, "<a_1>", "<a_1>"))


def test_a_swap_that_letters_hide_shows_in_what_is_taken_together() -> None:
    coarse, fine = np.arange(60) // 6, np.arange(60) % 6
    pairs = [(one, other) for one in range(60) for other in range(60) if one != other and coarse[one] == coarse[other]]
    names = [str(place) for place in range(60)]
    right = [(f"<a_{c}>", f"<b_{f}>") for c, f in zip(coarse, fine, strict=True)]
    swapped = [(f"<a_{f}>", f"<b_{c}>") for c, f in zip(coarse, fine, strict=True)]
    assert identifier_report(names, right, pairs_P2=pairs).notes == ()
    (note,) = identifier_report(names, swapped, pairs_P2=pairs).notes
    assert "levels 1 and 2 may be swapped" in note


def test_an_item_without_an_identifier_and_one_of_another_length_are_named() -> None:
    report = identifier_report(ITEMS, changed(0))
    assert report.identified == 5 and "no identifier: item 'pen'" in report.faults
    assert "another number of codes than the usual 2: item 'pen'" in faults(changed(0, "<a_0>", "<b_0>", "<c_0>"))


def test_a_catalogue_is_reported_on_with_its_tags() -> None:
    catalogue = Catalogue(items=ITEMS, codes=CODES, titles=ITEMS, tags=TAGS)
    assert catalogue_report(catalogue, taken_N=TAKEN, pairs_P2=PAIRS, size=4) == six()


def test_a_report_is_written_in_lines_without_what_was_not_measured() -> None:
    whole, bare = six().lines(), identifier_report(ITEMS, CODES).lines()
    assert sum(line.startswith(("agreement", "control")) for line in whole) == 2
    assert sum("quarter of the items" in line for line in whole) == 4
    assert bare[0] == "identifiers: 6 of 6 items have one; 2 items share theirs, in 1 groups"
    assert not any(line.startswith(("agreement", "control")) or "quarter" in line for line in bare)
    assert all("nan" not in line for line in whole)


@pytest.mark.parametrize(
    ("items", "codes", "more", "complaint"),
    [
        (("pen",), (), {}, "1 items have 0 identifiers"),
        (("pen",), ((),), {}, "no item has an identifier"),
        (ITEMS, CODES, {"tags": (("a",),)}, "1 lists of tags"),
        (ITEMS, CODES, {"taken_N": (1, 2)}, "2 counts"),
        (ITEMS, CODES, {"pairs_P2": ((0, 6),)}, "item 6 of 6"),
        (ITEMS, CODES, {"pairs_P2": ((0, 1),), "weights_P": (1, 2)}, "2 weights"),
    ],
)
def test_what_does_not_belong_together_is_refused(items, codes, more, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        identifier_report(items, codes, **more)


@real
def test_office_products_is_as_published() -> None:
    identifiers = read_index(OFFICE / "Office_Products.index.json.gz", depth=3)
    described = json.loads(gzip.decompress((OFFICE / "Office_Products.item.json.gz").read_bytes()))
    items = list(described)
    with gzip.open(OFFICE / "Office_Products.valid.csv.gz", "rt", encoding="utf-8") as rows:
        chains = [[*literal_eval(row["history_item_id"]), int(row["item_id"])] for row in csv.DictReader(rows)]
    places = {item: place for place, item in enumerate(items)}
    pairs, weights = windowed_pairs([[places[str(item)] for item in chain] for chain in chains])
    report = identifier_report(
        items, matched(identifiers, items, "index.json"), pairs_P2=pairs, weights_P=weights,
        tags=[(item["brand"],) if item["brand"] else () for item in described.values()],
    )  # fmt: skip
    assert (report.items, report.identified, report.sharing_items, len(report.doubled)) == (3459, 3459, 30, 15)
    assert report.levels[0].used == 88 and len(report.levels[0].unused) == 168
    assert report.levels[2].branching == pytest.approx(1.38, abs=0.01)
    assert report.prefixes[0].lift == pytest.approx(7.0, abs=0.1)
    assert report.controls[0].excess > report.prefixes[0].excess > 0.1  # a brand agrees as well as the coarsest code
    assert not any("swapped" in fault for fault in report.faults)
