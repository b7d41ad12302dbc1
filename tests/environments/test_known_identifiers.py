"""The identifiers of world 0 are the same on every machine, and the shipped recommender knows them."""

from environments.identifiers.index_files import matched, read_index
from environments.recommendation import KNOWN, KNOWN_INDEX, Recommendation
from environments.recommender_users import RecommenderUsers
from simulation.core.questions import Measure
from simulation.loop.evaluating import evaluate
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from simulation.scenario.seating import load_world, seat_world
from tests.documents.pages import ROOT


def test_the_defaults_are_those_of_the_file() -> None:
    shop = Recommendation()
    key = (shop.world_seed, "text and behaviour", shop.split, shop.history, shop.shortest_history, shop.or_last)
    assert (*key, shop.levels, shop.codes) == KNOWN
    listed = matched(read_index(KNOWN_INDEX), shop.catalogue.items, "the file")
    assert shop.catalogue.codes == listed == RecommenderUsers().catalogue.codes
    assert len(set(listed)) == len(listed) == 600


def test_other_worlds_and_makings_have_identifiers_of_their_own() -> None:
    known = Recommendation().catalogue.codes
    assert Recommendation(world_seed=1).catalogue.codes != known
    assert Recommendation(made_of="text").catalogue.codes != known
    assert Recommendation(codes=32).catalogue.codes != known


def test_the_shipped_recommender_knows_the_log_of_world_0() -> None:
    """With the identifiers of another processor it would find about three items in a hundred."""
    overrides = ["students.start=base", "evaluate.questions=200", "ask.questions=8", "ask.candidates=8"]
    prepared = prepare(load_scenario(ROOT / "scenarios" / "minionerec.yaml", overrides))
    world = seat_world([prepared], load_world([prepared]).model)
    (row,) = evaluate(world, 0, {})
    assert isinstance(world.measures[0], Measure) and world.measures[0].name == "hit@10"
    assert row["held_out"].metrics["hit@10"] > 0.4
