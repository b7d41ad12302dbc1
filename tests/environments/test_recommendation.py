"""The environment recommendation: windows as questions, six tasks, sets apart in time, identifiers made or read."""

import json
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from agents.students.log import taken
from environments.lists.tasks import TASKS
from environments.lists.writing import titled
from environments.recommendation import Recommendation
from environments.shop.log import shop_log
from simulation.contracts.judge import refuse_measured
from simulation.core.catalogue import catalogue
from simulation.core.errors import DataError
from simulation.core.kinds.next_items import NextItems
from simulation.core.kinds.taken import Foreseen, Taken
from simulation.core.questions import Splits
from simulation.core.registry import build
from simulation.core.types import Question
from tests.support.catalogues import list_of
from tests.support.logs import movielens_csv

OFFICE = Path("../shared/data/minionerec_amazon18")


def splits(**fields: Any) -> Splits:
    return Recommendation(**fields).questions(0)


def form(question: Question) -> NextItems:
    assert isinstance(question.form, NextItems)
    return question.form


def test_a_question_is_a_history_of_identifiers_and_its_key_what_was_taken_next() -> None:
    pool = splits(world_seed=1).pool
    assert len(pool) > 28_000
    for place in (0, 5_000, len(pool) - 1):
        question = pool[place]
        items = catalogue(form(question).catalogue)
        assert question.prompt == " ".join(items.text(item) for item in form(question).history)
        assert 1 <= len(form(question).history) <= 10 and form(question).count == 10
        assert type(question.key) is Taken and question.key.item in items.places
        assert question.tags == ("history-ids->id", items.tags[items.places[form(question).history[-1]]][0])


def test_the_pool_is_lazy_and_stands_in_the_order_of_time() -> None:
    environment = Recommendation()
    pool = environment.questions(0).pool
    assert not isinstance(pool, tuple | list)
    train = environment._windows.train
    assert train.times_W is not None and (np.diff(train.times_W) >= 0).all()
    names = shop_log(0).log.items
    for place in (3, 999, 20_000):
        assert pool[place].key.reference == names[train.targets_W[place]]
    assert pool[3] == Recommendation().questions(9).pool[3]


def test_what_is_held_out_is_the_newest_and_shares_no_prompt_with_the_pool() -> None:
    given = splits()
    asked = {question.prompt for question in given.pool}
    for part in (given.probe, given.held_out):
        assert not asked & {question.prompt for question in part}
    assert (len(given.probe), len(given.held_out)) == (300, 1000)
    ids = [question.id for part in (given.pool, given.probe, given.held_out) for question in part]
    assert len(set(ids)) == len(ids) and max(map(len, ids)) < 20
    assert given.notices == ()


def test_only_what_is_held_out_is_foreseen_and_foresight_hits_as_often_as_the_oracle() -> None:
    given = splits()
    keys = [question.key for question in given.held_out]
    assert not any(isinstance(question.key, Foreseen) for question in (*given.probe, *given.pool[:50]))
    foreseen = [key for key in keys if isinstance(key, Foreseen)]
    assert len(foreseen) == 1000 and {len(set(key.likeliest)) for key in foreseen} == {50}
    hits = np.mean([key.item in key.likeliest[:10] for key in foreseen])
    assert hits == pytest.approx(0.576, abs=0.05)


def test_the_six_tasks_are_categories_and_each_asks_in_its_own_writing() -> None:
    environment = Recommendation(tasks=tuple(TASKS), count=20)
    pool = environment.questions(0).pool
    ids, titles = environment._catalogues["ids"], environment._catalogues["titles"]
    first = {name: next(question for question in pool[::200] if question.category == name) for name in TASKS}
    assert len(pool) == 4 * len(environment._windows.train) + 2 * 600
    for name, question in first.items():
        assert catalogue(form(question).catalogue) is {"ids": ids, "titles": titles}[TASKS[name].wants]
        assert form(question).count == (20 if TASKS[name].is_next else 1)
    named = first["id->title"]
    assert isinstance(named.key, Taken) and named.prompt == f"{ids.text(named.key.item)} is called"
    written = first["title->id"]
    assert isinstance(written.key, Taken) and written.prompt == f'"{titles.text(written.key.item)}" is written'
    history = form(first["history-titles->id"]).history
    quoted = ", ".join(f'"{titles.text(item)}"' for item in history)
    assert first["history-titles->id"].prompt == f"{quoted} next id"
    assert first["history-ids->title"].prompt.endswith("> next title")
    assert len({question.id for question in pool[::7]}) == len(pool[::7])


def test_titles_are_asked_for_without_making_identifiers() -> None:
    environment = Recommendation(wants="titles")
    question = environment.questions(0).held_out[0]
    assert question.category == "history-titles->title" and set(environment._catalogues) == {"titles"}
    items = catalogue(form(question).catalogue)
    assert items.name == titled(shop_log(0).log).name and items.depth == 1
    assert items.codes[0] == (items.titles[0],)
    assert [measure.name for measure in environment.measures][:2] == ["hit@10", "ndcg@10"]


@pytest.mark.parametrize("made_of", ["text and behaviour", "text", "structure"])
def test_identifiers_of_the_shop_name_every_item_apart(made_of: Any) -> None:
    items = Recommendation(made_of=made_of).catalogue
    assert len(items.sharing) == 600 and items.depth == 3
    assert not any(measure.name.startswith("id ") for measure in Recommendation(made_of=made_of).measures)
    codes = {code for row in items.codes for code in row}
    assert len(codes) == (27 if made_of == "structure" else 192)


def test_another_world_has_the_same_titles_and_other_identifiers_and_windows() -> None:
    one, other = Recommendation(), Recommendation(world_seed=1)
    assert one.catalogue.titles == other.catalogue.titles and one.catalogue.codes != other.catalogue.codes
    assert one.questions(0).held_out[0].id.startswith("w0-") and other.questions(0).held_out[0].id.startswith("w1-")


def test_behaviour_is_of_training_windows_alone() -> None:
    environment = Recommendation(made_of="text and behaviour", split="leave_one_out")
    assert environment.catalogue.codes != Recommendation(made_of="text and behaviour").catalogue.codes
    assert any("leaks the future" in notice for notice in environment.questions(0).notices)


def test_identifiers_are_read_from_an_index_and_those_that_share_divide_a_hit(tmp_path: Path) -> None:
    made = Recommendation(made_of="structure").catalogue
    rows = {item: list(codes) for item, codes in zip(made.items, made.codes, strict=True)}
    rows[made.items[1]] = rows[made.items[0]]
    index = tmp_path / "index.json"
    index.write_text(json.dumps(rows))
    environment = Recommendation(index=index)
    assert environment.catalogue.codes[2:] == made.codes[2:]
    (notice,) = environment.questions(0).notices
    assert notice.startswith("2 of 600 items share") and environment.measures[0].graded
    with pytest.raises(DataError, match="name one"):
        Recommendation(index=index, made_of="text").questions(0)
    del rows[made.items[5]]
    index.write_text(json.dumps(rows))
    with pytest.raises(DataError, match="no identifier of item 'kettle-modern-3'"):
        Recommendation(index=index).questions(0)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"count": 601}, "fewer than the 601 of a list"),
        ({"wants": "titles", "index": Path("x.json")}, "only titles are asked for, so 'x.json' would not be read"),
        ({"levels": 1}, "1 levels of 64 codes write 64 items apart"),
        ({"shortest_history": 11}, "give 1 <= shortest <= history"),
        ({"rows": Path("nowhere/at/all")}, "correct the path"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        splits(**fields)


def test_a_title_that_items_share_divides_a_hit_where_identifiers_measure(tmp_path: Path) -> None:
    folder = movielens_csv(tmp_path)
    movies = (folder / "movies.csv").read_text(encoding="utf-8")
    (folder / "movies.csv").write_text(movies.replace("Film i4", "Film i5"), encoding="utf-8")
    environment = Recommendation(rows=folder, codes=10, count=5, ranked=5, tasks=("history-ids->id", "id->title"))
    given, (truth, *_) = environment.questions(0), environment.measures
    assert any("2 of 10 items share what is written" in notice for notice in given.notices)
    questions = [given.pool[len(given.pool) - 1 - back] for back in range(10)]  # what each item is called
    answers = [list_of(question, [taken(question)]) for question in questions]
    verdicts = build("judge", "next_item", {}).judge(questions, answers, seeds=[0] * 10)
    assert sorted(verdict.score for verdict in verdicts) == [0.5] * 2 + [1.0] * 8
    refuse_measured("next_item", (truth,), verdicts, questions)
    unmixed = Recommendation(rows=folder, codes=10, count=5, ranked=5)
    assert truth.graded and not unmixed.measures[0].graded


def test_the_pool_asks_for_lists_no_longer_than_its_writing_tells_apart(tmp_path: Path) -> None:
    folder = movielens_csv(tmp_path)
    movies = (folder / "movies.csv").read_text(encoding="utf-8")
    (folder / "movies.csv").write_text(re.sub("Film i[5-9]", "Film i4", movies), encoding="utf-8")
    assert Recommendation(rows=folder, codes=10, count=6, ranked=6).questions(0).pool
    with pytest.raises(DataError, match="has 5 items that are written differently by titles, fewer than the 6 of"):
        Recommendation(rows=folder, codes=10, count=6, ranked=6, tasks=("history-ids->title",)).questions(0)


@pytest.mark.parametrize("name", ["recommendation", "recommender_users"])
def test_a_world_has_no_seed_below_0(name: str) -> None:
    with pytest.raises(ValidationError, match="world_seed"):
        build("environment", name, {"world_seed": -1})


def test_fewer_windows_may_be_asked_and_they_are_the_same_again() -> None:
    few, again = (splits(pool_size=1024, probe_size=20, held_out_size=30) for _ in range(2))
    assert (len(few.pool), len(few.probe), len(few.held_out)) == (1024, 20, 30)
    assert list(few.pool[:9]) == list(again.pool[:9]) and few.held_out == again.held_out
    everything = {question.id: question for question in splits().pool[:2000]}
    assert all(everything[question.id] == question for question in few.pool if question.id in everything)


def test_the_environment_is_made_within_three_seconds() -> None:
    shop_log.cache_clear()
    begun = time.process_time()
    environment = Recommendation(world_seed=77)
    assert environment.questions(0).held_out and environment.measures
    assert time.process_time() - begun < 3


@pytest.mark.skipif(not OFFICE.is_dir(), reason="the MiniOneRec sample is not beside the project")
def test_published_records_keep_their_identifiers_and_all_their_tests() -> None:
    environment = Recommendation(rows=OFFICE / "Office_Products", held_out_size=5000)
    given = environment.questions(0)
    assert len(given.held_out) == 4866 and given.held_out[0].id.startswith("Office_Products-test-")
    assert any("30 of 3459 items share" in notice for notice in given.notices)
    assert environment.measures[0].graded
    made = Recommendation(rows=OFFICE / "Office_Products", made_of="text", codes=64)
    assert made.catalogue.codes != environment.catalogue.codes
    with pytest.raises(DataError, match="is really built is unknown"):
        Recommendation(rows=OFFICE / "Office_Products", made_of="structure").questions(0)
