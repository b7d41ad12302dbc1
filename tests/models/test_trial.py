"""What a model can do is decided by trying it: a lost fast path stops a shipped model, and is told of any other."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import tests.support.tiny_models as tiny
from agents.models import causal
from agents.models.causal import CausalLearner
from agents.models.learner_settings import LearnerSettings
from agents.models.loading import load_causal
from agents.models.trial import CACHE_KEYWORDS, trial_tokens
from agents.students.language_model import Codes, LanguageModelStudents
from simulation.core.errors import ModelError
from simulation.play.session import fingerprint, remarks
from simulation.scenario.prepare import Prepared, prepare
from simulation.scenario.scenario import load_scenario
from simulation.scenario.seating import load_world
from tests.support.learners import seats

Forward = Callable[..., Any]


def refusing(forward: Forward) -> Forward:
    """Return a forward pass that takes no cache."""

    def refuse(**inputs: Any) -> Any:
        if set(inputs) & set(CACHE_KEYWORDS):
            raise TypeError("forward() got an unexpected keyword argument")
        return forward(**inputs)

    return refuse


def forgetting(forward: Forward) -> Forward:
    """Return a forward pass that takes every keyword and heeds no cache."""
    return lambda **inputs: forward(**{name: value for name, value in inputs.items() if name not in CACHE_KEYWORDS})


def named(keyword: str) -> Callable[[Forward], Forward]:
    """Return what makes a forward pass take and return its cache under one keyword, ignoring others."""

    def wrap(forward: Forward) -> Forward:
        own = next(
            name for name in CACHE_KEYWORDS if name in forward(input_ids=torch.tensor([[5, 6, 7]]), use_cache=True)
        )

        def renamed(**inputs: Any) -> Any:
            heeded = {name: value for name, value in inputs.items() if name not in CACHE_KEYWORDS}
            if keyword in inputs:
                heeded[own] = inputs[keyword]
            out = forward(**heeded)
            return Renamed({keyword: out[own]} if own in out else {}, out.logits)

        return renamed

    return wrap


class Renamed(dict[str, Any]):
    """A model's output whose cache has another name."""

    def __init__(self, caches: dict[str, Any], logits: Any) -> None:
        super().__init__(caches)
        self.logits = logits


def stage_of(folder: Path) -> Prepared:
    """Return the main job's prepared with a tiny model from a folder of its own."""
    tiny.save("llama", folder)
    main_job = Path(__file__).resolve().parents[2] / "scenarios" / "random_selection.yaml"
    return prepare(load_scenario(main_job, [f"students.model={folder}"]))


@pytest.mark.parametrize("hide", [refusing, forgetting])
def test_a_cache_that_is_refused_or_not_heeded_is_seen_to_be_lost(hide: Callable[[Forward], Forward]) -> None:
    module = tiny.build("llama")
    module.forward = hide(module.forward)
    model = CausalLearner(module, tiny.tokenizer(), seats(1), LearnerSettings(rank=4), source="llama")
    assert model.abilities.cache is None and not model.abilities.reserve
    assert model.fast_paths == {
        "tree scoring": True,
        "key-value cache": False,
        "reserved cache": False,
        "constrained search": False,
        "chunked head": True,
    }


@pytest.mark.parametrize("keyword", CACHE_KEYWORDS)
def test_the_keyword_that_the_model_heeds_is_the_one_that_is_passed(keyword: str) -> None:
    module = tiny.build("llama")
    module.forward = named(keyword)(module.forward)
    model = CausalLearner(module, tiny.tokenizer(), seats(1), LearnerSettings(rank=4), source="llama")
    assert model.abilities.cache == keyword and model.abilities.reserve


@pytest.fixture
def hidden_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every model that is loaded refuse a cache."""

    def load(source: str, precision: Any) -> tuple[Any, Any]:
        module, tokenizer = load_causal(source, precision)
        module.forward = refusing(module.forward)
        return module, tokenizer

    monkeypatch.setattr(causal, "load_causal", load)


@pytest.mark.usefixtures("hidden_cache")
def test_a_shipped_model_that_loses_a_fast_path_refuses_to_start() -> None:
    with pytest.raises(
        ModelError, match=r"does not take key-value cache, reserved cache, constrained search .* `make setup`"
    ):
        LanguageModelStudents().learner(seats(1))
    assert LanguageModelStudents.diagnosis()["fast paths"]["embedded/student"].startswith("missing: the shipped model")


@pytest.mark.usefixtures("hidden_cache")
def test_a_foreign_model_that_loses_a_fast_path_says_so_at_start_and_in_the_fingerprint(tmp_path: Path) -> None:
    prepared = stage_of(tmp_path)
    world = load_world([prepared])
    (line,) = remarks(world)
    assert str(tmp_path) in line and "key-value cache, reserved cache, constrained search" in line
    assert fingerprint([prepared], world)["fast_paths"] == "tree scoring, chunked head"


def test_a_model_that_takes_every_fast_path_is_told_as_such(tmp_path: Path) -> None:
    prepared = stage_of(tmp_path)
    world = load_world([prepared])
    assert remarks(world) == []
    assert (
        fingerprint([prepared], world)["fast_paths"]
        == "tree scoring, key-value cache, reserved cache, constrained search, chunked head"
    )
    assert set(LanguageModelStudents.diagnosis()["fast paths"].values()) == {
        "tree scoring, key-value cache, reserved cache, constrained search, chunked head"
    }


def test_tokens_that_were_just_added_and_are_all_alike_do_not_blind_the_trial() -> None:
    codes = Codes(levels=3, size=256)  # three in four tokens have one row
    students = LanguageModelStudents(model="embedded/recommender", slot="lora_and_rows", codes=codes)
    assert all(students.learner(seats(1)).fast_paths.values())
    module, _ = load_causal(str(Path(causal.__file__).parents[1] / "embedded" / "student"), LearnerSettings().precision)
    vocabulary = len(module.get_input_embeddings().weight)  # type: ignore[operator]  # a transformers model
    assert trial_tokens(module, 23) == tuple(1 + (index * (vocabulary - 2)) // 23 for index in range(23))
