"""Published tables of recommenders as hits among tests, and which of them cannot be what they say.

MiniOneRec (Kong et al. 2025, arXiv 2510.24431): hit rates of the authors' evaluation logs, Qwen2.5-1.5B, one run each.
BIGRec's rows (the study of BIGRec with GRPO; Bao et al. 2023, arXiv 2308.08434, has the method) are read from a file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.rejudged_pairs import Row, fits
from simulation.core.errors import DataError

CUTOFFS = (1, 3, 5, 10, 20, 50)
BIGREC_TESTS = 5000


def logged(name: str, tests: int, *rates: float) -> Row[int]:
    """Return a row of MiniOneRec, whose logs tell of five cutoffs."""
    return Row(name=name, tests=tests, rates=dict(zip((1, 3, 5, 10, 50), rates, strict=True)))


MINIONEREC: Mapping[str, tuple[Row[int], ...]] = {
    "Industrial": (
        logged("SFT", 4533, 0.0620, 0.0900, 0.1059, 0.1379, 0.2285),
        logged("RL, ranking reward", 4533, 0.0704, 0.0966, 0.1116, 0.1396, 0.2303),
        logged("RL, rule reward", 4533, 0.0666, 0.0946, 0.1141, 0.1425, 0.2345),
        logged("RL, siblings", 4533, 0.0710, 0.0962, 0.1158, 0.1434, 0.2274),
    ),
    "Office": (
        logged("SFT", 4866, 0.0812, 0.1151, 0.1317, 0.1576, 0.2326),
        logged("RL, ranking reward", 4866, 0.0890, 0.1215, 0.1352, 0.1562, 0.2201),
        logged("RL, rule reward", 4866, 0.0884, 0.1206, 0.1338, 0.1556, 0.2259),
        logged("RL, siblings", 4866, 0.0910, 0.1208, 0.1326, 0.1533, 0.2224),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BigrecRow:
    """One row of the study of BIGRec, with what is wrong with it."""

    row: Row[int]
    games: bool
    """Whether it is of the games, which all but one are."""
    grpo: bool
    gains: Mapping[int, float]
    """NDCG at each cutoff."""

    @property
    def misfits(self) -> list[int]:
        """The cutoffs at which no whole number of hits among 5,000 makes the rate."""
        return [cutoff for cutoff, rate in self.row.rates.items() if not fits(rate, self.row.tests)]

    @property
    def possible_tests(self) -> list[int]:
        """The numbers of tests from 4,000 to 5,000 among which whole numbers of hits make all rates."""
        rates = self.row.rates.values()
        return [tests for tests in range(4000, BIGREC_TESTS + 1) if all(fits(rate, tests) for rate in rates)]

    @property
    def contradictions(self) -> list[str]:
        """What cannot be: figures that fall with the cutoff, or whose first two differ."""
        named = (("HR", self.row.rates), ("NDCG", self.gains))
        falling = [
            f"{name}@{later} {values[later]:.4f} is below {name}@{earlier} {values[earlier]:.4f}"
            for name, values in named
            for earlier, later in pairwise(values)
            if values[later] < values[earlier]
        ]
        first, gain = self.row.rates[1], self.gains[1]
        return falling + ([f"HR@1 {first:.4f} is not NDCG@1 {gain:.4f}"] if first != gain else [])


def read_bigrec(path: Path) -> list[BigrecRow]:
    """Read the rows of the study of BIGRec; raises DataError where they are others."""
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(records, list) or not records:
            raise TypeError("no list of rows")
        return [
            BigrecRow(
                row=Row(name=named(record), tests=BIGREC_TESTS, rates=numbers(record["HR"])),
                games=record["section"] != "movie",
                grpo=record["section"].startswith("beta="),
                gains=numbers(record["NDCG"]),
            )
            for record in records
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path} is not the published table: {error!r}; expected rows with section, model, sample, epoch, "
            "method, HR and NDCG"
        ) from error


def numbers(values: Mapping[str, float]) -> dict[int, float]:
    """Return figures by cutoff, in the order of the cutoffs."""
    return {cutoff: float(values[str(cutoff)]) for cutoff in CUTOFFS}


def named(record: Mapping[str, object]) -> str:
    """Return what a row is called."""
    section = "" if record["section"] == "main_game" else f"{record['section']}, "
    epoch = "" if record["epoch"] is None else f", epoch {record['epoch']}"
    method = "" if record["method"] is None else f", {record['method']}"
    return f"{section}{record['model']}, {record['sample']} rows{epoch}{method}"
