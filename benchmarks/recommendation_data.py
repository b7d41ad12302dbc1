"""Claim: on real data counting recommends as well as what was trained; by item and by identifier, with intervals.

Window co-occurrence, which counts in a second what was taken within three places, stands first; every other recommender
is compared with it on the same tests, paired, with Holm over a record's comparisons. Where items share a text (an
identifier, a title), a hit is divided among them: that is the item level; at ID level it is not. Of one seed the
intervals speak of other tests, not of other seeds. The student from scratch writes identifiers, so it does not play
where a text is a title. Office_Products is expected at ../shared/data, MovieLens-100k where
`make build/ml-100k/ml-100k.inter` puts it; a folder that is not there is left out and said so.
"""

import time
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from agents.judges.next_item import NextItemJudge
from benchmarks import record
from benchmarks.recommendation_records import MOVIELENS, OFFICE, Record, movielens, office
from benchmarks.recommendation_student import from_scratch
from simulation.core.registry import build
from simulation.core.seeding import generator
from simulation.core.types import Answer, Seat
from simulation.measures.statistics import Tested, bounded_mean, holm, one_run_difference
from simulation.views.verdict_text import p_text

Recommend = Callable[[Record, int], list[Answer]]
"""Learns a record's lessons from a seed, and answers its tests."""
CUTOFFS = (1, 10, 50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A recommender of the table."""

    name: str
    recommend: Recommend
    of_codes: bool = False
    """Whether it plays only records whose texts are identifiers of several codes."""


def self_taught(name: str, **parameters: object) -> Recommend:
    """Return how students recommend who learn by a rule of their own: all lessons in one update, then all tests."""

    def recommend(played: Record, seed: int) -> list[Answer]:
        offered = {key: value for key, value in played.parameters.items() if name != "last_item"}
        # Any: students with a rule have more than the role demands
        students: Any = build("students", name, {**offered, **parameters})
        seat = Seat(name=name, number=0, seed=seed)
        model, student = students.learner([seat]), students.answerer(seat)
        streams = {name: generator(seed, 1, 0, "train")}
        students.trainer().update(model, {name: played.lessons}, None, turn=1, generators=streams)
        shown = [question.shown() for question in played.tests]
        requests = student.requests(shown, generator=generator(seed, 1, 0, "exam"))
        answers: list[Answer] = student.read(shown, model.generate(requests), model_version=model.version(name))
        return answers

    return recommend


CONTENDERS = (
    Contender(name="window co-occurrence", recommend=self_taught("co_occurrence")),
    Contender(name="symmetric", recommend=self_taught("co_occurrence", backward=1.0)),
    Contender(name="directed", recommend=self_taught("co_occurrence", backward=0.0)),
    Contender(name="popularity", recommend=self_taught("popularity")),
    Contender(name="last item", recommend=self_taught("last_item")),
    Contender(name="transition graph", recommend=self_taught("transition_graph")),
    Contender(name="SASRec", recommend=self_taught("sasrec")),
    Contender(name="student from scratch", recommend=from_scratch, of_codes=True),
)
"""The first is what all others are compared with; a further recommender is one line more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How one recommender did, a number a test."""

    name: str
    rank_Q: NDArray[np.float64]
    """Of the wanted text, from 1; 0 where it is not listed."""
    sharers_Q: NDArray[np.float64]
    """How many items have the wanted text."""
    prefixes_LQ: NDArray[np.float64]
    """The first rank at which the codes agree up to a level, all levels but the last."""
    no_item: int
    """Texts of all lists that name no item."""
    seconds: float

    def hits(self, cutoff: int, *, divided: bool) -> NDArray[np.float64]:
        """Return 1 where the wanted text is among the first, divided among the items that share it."""
        hits_Q = (self.rank_Q > 0) & (self.rank_Q <= cutoff)
        return hits_Q / (self.sharers_Q if divided else 1.0)

    def gains(self, cutoff: int, *, divided: bool) -> NDArray[np.float64]:
        """Return the discounted gain of each test; one item is relevant, so the ideal gain is 1."""
        return self.hits(cutoff, divided=divided) / np.log2(np.maximum(self.rank_Q, 1.0) + 1.0)

    def top_one_by_level(self) -> list[float]:
        """Return how often the first text agrees with the wanted one up to each level."""
        return [float(np.mean(row == 1)) for row in (*self.prefixes_LQ, self.rank_Q)]


def play(contender: Contender, played: Record, seed: int) -> Played:
    """Let one recommender learn and answer, and have the judge who knows the log look it up."""
    began = time.process_time()
    answers = contender.recommend(played, seed)
    seconds = time.process_time() - began
    verdicts = NextItemJudge().judge(played.tests, answers, seeds=[0] * len(answers))
    numbers = [verdict.metrics for verdict in verdicts]
    depth = played.items.depth
    listed = [answer.text.splitlines() for answer in answers]
    return Played(
        name=contender.name,
        rank_Q=np.array([row["rank"] for row in numbers]),
        sharers_Q=np.array([row["sharers"] for row in numbers]),
        prefixes_LQ=np.array([[row[f"prefix_{level}"] for row in numbers] for level in range(1, depth)]),
        no_item=sum(text not in played.items.sharing for texts in listed for text in texts),
        seconds=seconds,
    )


def summary(played: Played, first: Played, adjusted: float, test: Tested) -> record.Result:
    """Return a recommender's figures with their intervals."""
    levels: dict[str, record.Result] = {}
    for level, divided in (("item", True), ("id", False)):
        values = {f"hr@{k}": played.hits(k, divided=divided) for k in CUTOFFS}
        values["ndcg@10"] = played.gains(10, divided=divided)
        levels[level] = {
            name: bounded_mean(row, graded=divided or name == "ndcg@10")._asdict() for name, row in values.items()
        }
    codes = played.top_one_by_level()
    drop_off = [later / earlier if earlier else None for earlier, later in pairwise(codes)]
    against = {} if played is first else {"hr@10_minus_first": {**test._asdict(), "p_adjusted": adjusted}}
    return {
        **levels,
        **against,
        "top_1_up_to_level": codes,
        "drop_off": drop_off,
        "texts_that_are_no_item": played.no_item,
        "cpu_seconds": round(played.seconds, 2),
    }


def compared(rows: Sequence[Played]) -> dict[str, record.Result]:
    """Return the figures of all, each beside the first on the same tests."""
    first = rows[0].hits(10, divided=True)
    tests = [one_run_difference(row.hits(10, divided=True) - first, graded=True) for row in rows]
    adjusted = [1.0, *holm([test.p for test in tests[1:]])]
    return {row.name: summary(row, rows[0], p, test) for row, p, test in zip(rows, adjusted, tests, strict=True)}


def show(console: Console, played: Record, figures: Mapping[str, record.Result]) -> None:
    """Print the tables of one record: the figures by item and by ID, then what is known level by level."""
    rows, by_level = [], []
    for name, row in figures.items():
        item, identifier, against = row["item"], row["id"], row.get("hr@10_minus_first")
        rows.append([
            name,
            short(item["hr@1"]["value"]),
            interval(item["hr@10"]),
            *(short(item[measured]["value"]) for measured in ("hr@50", "ndcg@10")),
            *(short(identifier[measured]["value"]) for measured in ("hr@10", "hr@50", "ndcg@10")),
            "" if against is None else interval(against, sign="+"),
            "" if against is None else p_text(against["p_adjusted"]).removeprefix("p ").removeprefix("= "),
        ])  # fmt: skip
        drop_off = ["-" if share is None else f"{share:.2f}" for share in row["drop_off"]]
        codes = " / ".join(map(short, row["top_1_up_to_level"]))
        by_level.append([name, codes, " / ".join(drop_off), str(row["texts_that_are_no_item"]), row["cpu_seconds"]])
    columns = ("", "HR@1", "HR@10 by item", "@50", "NG@10", "by ID @10", "@50", "NG@10", "HR@10 less first's", "Holm")
    sizes = ", ".join(f"{count:,} {noun}" for noun, count in played.about.items())
    console.print(record.table(f"{played.name}: {sizes}", columns, rows))
    level_columns = ("the first text agrees", "up to each level", "drop-off", "texts that are no item", "CPU s")
    console.print(record.table("", level_columns, [[*row[:-1], f"{row[-1]:.1f}"] for row in by_level]))


def short(value: float, sign: str = "") -> str:
    """Return a share without the zero before its point."""
    return f"{value:{sign}.4f}".replace("0.", ".", 1)


def interval(estimate: Mapping[str, float], sign: str = "") -> str:
    """Return a share with its interval of 95 %."""
    low, high = (f"{estimate[end]:{sign}.3f}".replace("0.", ".", 1) for end in ("low", "high"))
    return f"{short(estimate['value'], sign)} [{low}, {high}]"


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Play every recommender on every record that is there."""
    result: record.Result = {}
    records = ((arguments.office, office, "Office_Products"), (arguments.movielens, movielens, "MovieLens-100k"))
    wanted = [one for one in CONTENDERS if not arguments.only or one.name in (CONTENDERS[0].name, *arguments.only)]
    for path, read, name in records:
        if not path.exists():
            console.print(f"{name} is not at {path}, so it is left out")
            continue
        played = read(path)
        fitting = [contender for contender in wanted if played.items.depth > 1 or not contender.of_codes]
        figures = compared([play(contender, played, arguments.seed) for contender in fitting])
        show(console, played, figures)
        result[name] = {"about": {**played.about}, "recommenders": figures}
    if not result:
        raise SystemExit("nothing was measured; give the folder of Office_Products or of MovieLens-100k")
    return result


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--office", type=Path, default=OFFICE, help="the folder of Office_Products")
    parser.add_argument("--movielens", type=Path, default=MOVIELENS, help="the folder of MovieLens-100k")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn")
    parser.add_argument("--only", nargs="*", help="names of recommenders, beside the first")
    record.run("recommendation_data", parser, measure)
