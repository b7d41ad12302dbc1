"""The prerequisites among the bank's skills: a graph without circles over skills that exist."""

import networkx as nx  # type: ignore[import-untyped]

from environments.bank.graph import PREREQUISITES
from environments.bank.items import CATEGORIES
from environments.math_word_problems import MathWordProblems
from simulation.core.optional_roles import SkillGraph

SKILLS = {skill.name for skills in CATEGORIES.values() for skill in skills}


def graph() -> nx.DiGraph:
    made = nx.DiGraph()
    made.add_nodes_from(SKILLS)
    made.add_edges_from((before, skill) for skill, needed in PREREQUISITES.items() for before in needed)
    return made


def test_prerequisites_are_skills_of_the_bank() -> None:
    assert set(PREREQUISITES) | {before for needed in PREREQUISITES.values() for before in needed} <= SKILLS
    assert all(needed and len(set(needed)) == len(needed) for needed in PREREQUISITES.values())


def test_no_skill_needs_itself() -> None:
    assert nx.is_directed_acyclic_graph(graph())


def test_only_direct_prerequisites_are_named() -> None:
    made = graph()
    assert set(nx.transitive_reduction(made).edges) == set(made.edges)


def test_every_skill_can_be_reached_and_the_first_ones_are_those_the_table_names() -> None:
    first = {skill for skill in SKILLS if skill not in PREREQUISITES}
    assert first == {"equal groups", "what remains", "sum of ages", "rectangle perimeter"}
    assert nx.dag_longest_path_length(graph()) == 4


def test_the_environment_offers_them_for_the_bank_only() -> None:
    bank = MathWordProblems()
    assert isinstance(bank, SkillGraph) and bank.prerequisites() == PREREQUISITES
    assert {question.tags[1] for question in bank.questions(0).held_out} == SKILLS
    assert MathWordProblems(rows="rows.jsonl").prerequisites() == {}
