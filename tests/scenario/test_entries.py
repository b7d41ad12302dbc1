"""A comparison is read from files and what varies, divided into cohorts, and comes back as it was written."""

from pathlib import Path

import pytest

from simulation.core.errors import ScenarioError, StoreError
from simulation.play.folders import Cohort, Comparison, divide, shares
from simulation.scenario.entries import Lineup, is_lineup, read_lineup, read_seeds, restore
from simulation.scenario.varying import label_of, variants

GOOD = """
name: {name}
turns: 4
environment: math_word_problems
students: {{model: embedded, count: {count}}}
teacher: answer_key
ask: {{policy: {policy}, questions: 8}}
learn: {{trainer: dpo}}
evaluate: {{every: 2, questions: 60}}
"""


def scenario(folder: Path, name: str, policy: str = "random", count: int = 1) -> Path:
    """Write a small scenario."""
    path = folder / f"{name}.yaml"
    path.write_text(GOOD.format(name=name, policy=policy, count=count), encoding="utf-8")
    return path


def test_a_file_says_what_is_compared_over_which_seeds_and_under_which_preset(tmp_path: Path) -> None:
    path = scenario(tmp_path, "one")
    told = """
presets:
  quick: {turns: 2, ask.questions: 3}
compare:
  seeds: [7]
  vary:
    ask.policy: {at random: random, by category: {name: category, source: evaluation}}
    learn.every, ask.questions: [1, 2]
"""
    path.write_text(path.read_text() + told)
    lineup = read_lineup([path], [], [])
    assert lineup.labels == tuple(
        f"{policy}+learn.every,ask.questions={number}" for policy in ("at_random", "by_category") for number in (1, 2)
    )
    assert lineup.seeds == (7,)
    assert [entry.scenario.learn.every for entry in lineup.entries] == [1, 2, 1, 2]
    assert [entry.scenario.ask.questions for entry in lineup.entries] == [1, 2, 1, 2]
    assert lineup.entries[2].scenario.ask.policy.parameters == {"source": "evaluation"}
    quick = read_lineup([path], ["ask.policy=random,category"], ["turns=3"], (0, 1), "quick")
    assert (quick.labels, quick.seeds, quick.turns) == (("random", "category"), (0, 1), 3)
    assert quick.entries[0].scenario.ask.questions == 3
    assert "presets" not in quick.entries[0].scenario.resolved()
    with pytest.raises(ScenarioError, match=r"no preset 'quik'; did you mean 'quick'"):
        read_lineup([path], [], [], None, "quik")


def test_labels_are_the_scenarios_names_or_what_varies(tmp_path: Path) -> None:
    files = [scenario(tmp_path, "one"), scenario(tmp_path, "two", "category")]
    assert read_lineup(files, [], [], (0, 1)).labels == ("one", "two")
    varied = read_lineup(files[:1], ["ask.policy=random,{name: category, source: evaluation}"], [], (0, 1))
    assert varied.labels == ("random", "category(source=evaluation)")
    assert varied.entries[1].scenario.ask.policy.parameters == {"source": "evaluation"}
    both = read_lineup(files, ["ask.questions=4,6", "learn.every=1,2"], [], (0,))
    assert both.labels[:2] == ("one+ask.questions=4+learn.every=1", "one+ask.questions=4+learn.every=2")
    assert both.labels[4] == "two+ask.questions=4+learn.every=1"
    assert [entry.scenario.ask.questions for entry in both.entries[:4]] == [4, 4, 6, 6]


def test_students_of_one_seed_have_its_random_numbers_whatever_their_scenario(tmp_path: Path) -> None:
    lineup = read_lineup([scenario(tmp_path, "one"), scenario(tmp_path, "two")], [], [], (3, 5))
    assert [(seat.name, seat.number, seat.seed, seat.label) for seat in lineup.seats] == [
        ("one-3", 0, 3, "one"),
        ("one-5", 0, 5, "one"),
        ("two-3", 0, 3, "two"),
        ("two-5", 0, 5, "two"),
    ]
    classes = read_lineup([scenario(tmp_path, "a", count=2), scenario(tmp_path, "b", count=2)], [], [], (3,))
    assert [(seat.name, seat.number) for seat in classes.seats][:2] == [("a-3-0", 0), ("a-3-1", 1)]


def test_a_lineup_comes_back_from_what_a_study_keeps(tmp_path: Path) -> None:
    lineup = read_lineup([scenario(tmp_path, "one")], ["ask.policy=random,category"], [], (0, 7))
    resolved = lineup.resolved()
    assert is_lineup(resolved) and not is_lineup(lineup.entries[0].scenario.resolved())
    assert restore(resolved, tmp_path).resolved() == resolved
    part = lineup.only(["category"], [7])
    assert part.labels == ("category",) and [seat.name for seat in part.seats] == ["category-7"]


@pytest.mark.parametrize(
    ("vary", "seeds", "overrides", "says"),
    [
        (["ask.policy=random"], "2", [], "needs two entries or more, got random"),
        (["ask.policy=random,random"], "2", [], "twice; write each value once"),
        (["ask.policy"], "2", [], "write KEY=VALUE,VALUE"),
        (["seed=1,2"], "2", [], "use --seeds"),
        (["turns=2,3"], "2", [], "turns cannot vary, because all that is compared is measured at the same turns"),
        (["evaluate.every=1,2"], "2", [], "evaluate.every cannot vary, because all that is compared"),
        (["evaluate={every: 1},{every: 2}"], "2", [], "evaluate.every is 1 in evaluate=(every=1), but 2 in"),
        (["ask.policy=random,category"], "2", ["ask.policy=x"], "ask.policy is set twice, by 'ask.policy=x' and by"),
        (["ask.policy=a,b", "ask.policy.x=1,2"], "2", [], "as a whole by '--vary ask.policy=a,b' and in part by '--v"),
        (["ask.policy=random,category"], "2", ["seed=3"], "name them by --seeds"),
        (["ask.policy=random,category"], "2", ["compare.seeds=3"], "compare.seeds is set twice"),
        (["ask.policy=random,category"], "2", ["compare.vary={}"], "compare.vary is set twice"),
        (["evaluate.questions=50,60"], "2", [], "not measured on the same held-out questions"),
        (["ask.polcy=random,category"], "2", [], "did you mean 'policy'"),
        (["ask.policy=random,catgory"], "2", [], "did you mean 'category'"),
        (["students.model=embedded,/nowhere"], "2", [], "/nowhere"),
        (["ask.policy=random,category"], "0", [], "write 1 to"),
        (["ask.policy=random,category"], "3,3", [], "different seeds"),
        (["ask.policy=random,category"], "many", [], "different seeds"),
        (["ask.policy=random,category"], "2", ["ask.questions=0"], "ask.questions"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    tmp_path: Path, vary: list[str], seeds: str, overrides: list[str], says: str
) -> None:
    with pytest.raises(ScenarioError) as raised:
        read_lineup([scenario(tmp_path, "one")], vary, overrides, read_seeds(seeds))
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("vary", "overrides", "says"),
    [
        (
            "{ask.policy: [random, category]}",
            ["ask.policy=random"],
            "set twice, by 'ask.policy=random' and by 'compare",
        ),
        ("{seed: [1, 2]}", [], ": compare.vary: seed: seeds are not varied but repeated"),
        ("{turns: [1, 2]}", [], ": compare.vary: turns: turns cannot vary"),
    ],
)
def test_what_a_file_varies_takes_the_place_of_nothing(
    tmp_path: Path, vary: str, overrides: list[str], says: str
) -> None:
    path = scenario(tmp_path, "one")
    path.write_text(f"{path.read_text()}compare:\n  seeds: 2\n  vary: {vary}\n")
    with pytest.raises(ScenarioError) as raised:
        read_lineup([path], [], overrides)
    assert says in str(raised.value)


def test_seeds_are_a_number_or_a_list() -> None:
    assert read_seeds("3") == (0, 1, 2)
    assert read_seeds("3,5,9") == (3, 5, 9)


def test_labels_are_short_and_can_name_a_folder() -> None:
    assert [label for _, label in variants("students.lora.rank=1,0.5,true,null,x/y")] == [
        "lora.rank=1",
        "lora.rank=0.5",
        "lora.rank=true",
        "lora.rank=null",
        "lora.rank=x_y",
    ]
    policies = variants("ask.policy=random,{name: p, k: [1, 2]}")
    assert [label for _, label in policies] == ["random", "p(k=1,_2)"]
    assert [label for _, label in variants("learn.trainer=sft,null")] == ["sft", "learn.trainer=null"]
    assert [label for _, label in variants("preset=small,large")] == ["small", "large"]
    assert label_of("..//") == ".."


def test_seeds_are_divided_evenly_over_the_workers_and_large_cohorts_are_split(tmp_path: Path) -> None:
    lineup = read_lineup([scenario(tmp_path, "one")], ["ask.policy=random,category"], [], tuple(range(5)))
    labels = ("random", "category")
    assert divide(lineup, 1) == [Cohort(labels=labels, seeds=(0, 1, 2, 3, 4))]
    assert [each.seeds for each in divide(lineup, 2)] == [(0, 1, 2), (3, 4)]
    assert [each.seeds for each in divide(lineup, 1, most=4)] == [(0, 1), (2, 3), (4,)]
    assert len(divide(lineup, 99)) == 5
    assert shares(range(7), 3) == [(0, 1, 2), (3, 4), (5, 6)]


def test_scenarios_of_different_students_play_in_different_cohorts(tmp_path: Path) -> None:
    lineup = read_lineup(
        [scenario(tmp_path, "one")], ["students.lora.rank=4,8", "ask.policy=random,category"], [], (0,)
    )
    assert [each.labels for each in divide(lineup, 1)] == [
        (f"lora.rank={rank}+random", f"lora.rank={rank}+category") for rank in (4, 8)
    ]


def test_a_comparison_is_written_before_it_plays_and_read_back(tmp_path: Path) -> None:
    lineup = read_lineup([scenario(tmp_path, "one")], ["ask.policy=random,category"], [], (0, 1))
    made = Comparison.create(tmp_path / "runs" / "c", lineup, divide(lineup, 2), threads=1)
    again = Comparison.open(made.folder)
    assert again.lineup.resolved() == lineup.resolved()
    assert (again.cohorts, again.threads) == (made.cohorts, 1)
    assert again.part(1).seats == Lineup(entries=lineup.entries, seeds=(1,)).seats
    assert not again.begun(0) and not again.finished(0)


@pytest.mark.parametrize("text", ["", "[]", "entries: {}\nseeds: [0]\n", "a: [", "cohorts: 3\nthreads: 1\n"])
def test_a_damaged_comparison_is_one_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "comparison.yaml").write_text(text, encoding="utf-8")
    with pytest.raises((StoreError, ScenarioError), match=r"comparison\.yaml"):
        Comparison.open(tmp_path)


def test_what_an_interrupted_beginning_left_is_cleared_away(tmp_path: Path) -> None:
    lineup = read_lineup([scenario(tmp_path, "one")], ["ask.policy=random,category"], [], (0,))
    made = Comparison.create(tmp_path / "c", lineup, divide(lineup, 1), threads=None)
    for database in (None, b""):
        folder = made.study_folder(0)
        (folder / "blobs").mkdir(parents=True)
        if database is not None:
            (folder / "study.db").write_bytes(database)
        assert not made.begun(0)
        assert not folder.exists()
