"""Grounding: the items nearest to a title that was written, by brute force over the model's own states."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import tests.support.tiny_models as tiny
from agents.models.causal import CausalLearner
from agents.models.grounding import Grounder
from agents.models.nearness import Grounding
from simulation.core.calls import Completion, Request
from simulation.core.catalogue import Catalogue
from tests.support.learners import PROMPTS, learner, move

TITLES = ("Steel hammer", "Wooden hammer", "Saw", "Nails", "Screws of steel", "Saw", "A rather long title (2nd ed.)")
SHELF = Catalogue(
    items=tuple(f"item-{number}" for number in range(len(TITLES))),
    codes=tuple((title,) for title in TITLES),
    titles=TITLES,
)
TEXTS = tuple(SHELF.sharing)
WRITTEN = ("Saw", "Hammer", '"Nails" and more', "A rather long title\nsecond line")
MEANT = ("Saw", "Hammer", "Nails", "A rather long title")
STATES = ("separator", "last", "mean")


def grounder(model: CausalLearner, settings: Grounding, written: Sequence[str] = ()) -> Grounder:
    """Return one before which the texts stand as if they were written, one a request."""

    def write(requests: Sequence[Request], slots: Sequence[int]) -> list[Completion]:
        assert len(requests) == len(slots)
        return [Completion(text=text, tokens=3, logprob=-1.0) for text in written]

    return Grounder(model._scorer, model._text, 64, settings, write=write)


def requests(count: int, slot: str = "student-0", texts: int = 4) -> list[Request]:
    return [Request(slot=slot, prompt="b", within=SHELF.name, texts=texts, max_tokens=4)] * count


def brute(model: CausalLearner, row: int, settings: Grounding, texts: Sequence[str]) -> NDArray[np.float64]:
    """Return the state of each text, read alone by transformers with padding on the left."""
    tokenizer: Any = model.tokenizer
    closed = settings.state == "separator"
    ids = [tokenizer(f'"{text}"' if closed else text, add_special_tokens=False)["input_ids"] for text in texts]
    columns = max(map(len, ids))
    tokens = torch.tensor([[0] * (columns - len(own)) + own for own in ids])
    mask = torch.tensor([[0] * (columns - len(own)) + [1] * len(own) for own in ids])
    inputs: dict[str, Any] = {"input_ids": tokens, "attention_mask": mask}
    inputs |= {"position_ids": (mask.cumsum(1) - 1).clamp(min=0), "output_hidden_states": True}
    with torch.no_grad():
        if settings.weights == "base":
            hidden = tiny.build("llama")(**inputs).hidden_states[-1]
        else:
            with model.adapters.seated([row], rows=len(ids), columns=columns):
                hidden = model.module(**inputs).hidden_states[-1]
    if settings.state == "mean":
        return np.stack([hidden[place, columns - len(own) :].mean(0).numpy() for place, own in enumerate(ids)])
    states: NDArray[np.float64] = hidden[:, -1].numpy()
    return states


@pytest.mark.parametrize("weights", ["student", "base"])
@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("state", STATES)
def test_items_are_ranked_by_distance_whichever_side_is_padded(state: Any, centred: bool, weights: Any) -> None:
    settings, model = Grounding(state=state, centred=centred, weights=weights), learner(count=2)
    for row, slot in enumerate(model.slots):
        items = brute(model, row, settings, TEXTS)
        states = brute(model, row, settings, MEANT)
        if centred:
            middle = items.mean(0)
            items, states = items - middle, states - middle
            items /= np.linalg.norm(items, axis=1, keepdims=True)
            states /= np.linalg.norm(states, axis=1, keepdims=True)
        completions = grounder(model, settings, WRITTEN).answer(requests(4, slot), [row] * 4)
        for completion, own in zip(completions, states, strict=True):
            distances = {text: float(np.linalg.norm(own - item)) for text, item in zip(TEXTS, items, strict=True)}
            assert [item.text for item in completion.beam] == sorted(TEXTS, key=distances.__getitem__)[:4]
            logprobs = [-distances[item.text] for item in completion.beam]
            assert [item.logprob for item in completion.beam] == pytest.approx(logprobs, abs=1e-5)
        assert [completion.beam[0].text for completion in completions][0::2] == ["Saw", "Nails"]


def test_a_completion_keeps_what_was_written_and_an_empty_text_stands_for_nothing() -> None:
    model = learner(count=1)
    one, other = grounder(model, Grounding(), ("Saw", "  ")).answer(requests(2), [0, 0])
    assert (one.text, one.tokens, one.logprob, len(one.beam)) == ("Saw", 3, -1.0, 4)
    assert other.beam == ()


def test_what_is_asked_for_within_a_catalogue_without_beams_is_grounded_and_nothing_else() -> None:
    model = learner(count=1)
    free = Request(slot="student-0", prompt=PROMPTS[0], max_tokens=6)
    inside = replace(free, within=SHELF.name, texts=3)
    search = replace(inside, beams=3)
    written, grounded, searched = model.generate([free, inside, search])
    assert written.beam == () and replace(grounded, beam=()) == written
    assert len(grounded.beam) == 3 and {item.text for item in grounded.beam} <= set(TEXTS)
    assert searched == model.generate([search])[0]


def test_states_are_read_again_when_a_slot_has_changed_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    model = learner(count=2)
    reader = grounder(model, Grounding())
    table = reader.table(SHELF.name, 0)
    assert reader.table(SHELF.name, 0) is table
    other = reader.table(SHELF.name, 1)
    with torch.no_grad():
        model.adapters_SP[0] *= 1.5
    again = reader.table(SHELF.name, 0)
    assert again is not table and not torch.equal(again.states_IE, table.states_IE)
    assert reader.table(SHELF.name, 1) is other
    fixed = grounder(model, Grounding(weights="base"))
    base = fixed.table(SHELF.name, 0)
    move(model)
    assert fixed.table(SHELF.name, 1) is base
    monkeypatch.setattr("agents.models.grounding.MOST_KEPT", 1)
    assert reader.table(SHELF.name, 1) is not None and len(reader._tables) == 1


@pytest.mark.parametrize("kind", ["gpt2", "mamba"])
def test_other_architectures_are_grounded_too(kind: str) -> None:
    model = learner(kind, count=1, dtype=torch.float32)
    distances_QI = grounder(model, Grounding()).distances(SHELF.name, 0, TEXTS)
    assert (
        np.diag(distances_QI) == pytest.approx(np.zeros(len(TEXTS))) and (distances_QI + np.eye(len(TEXTS)) > 0).all()
    )


def test_a_cohort_lists_what_single_students_list() -> None:
    together = learner(count=3)
    asked = [
        Request(slot=slot, prompt=text, within=SHELF.name, texts=5, max_tokens=4)
        for slot in together.slots
        for text in PROMPTS
    ]
    lists = together.generate(asked)
    for row, slot in enumerate(together.slots):
        alone = learner(count=1)
        with torch.no_grad():
            alone.adapters_SP[0] = together.adapters_SP[row]
        own = [replace(request, slot="student-0") for request in asked if request.slot == slot]
        expected = alone.generate(own)
        for one, other in zip(lists[row * len(own) : (row + 1) * len(own)], expected, strict=True):
            assert [item.text for item in one.beam] == [item.text for item in other.beam]


def test_popular_items_come_nearer(tmp_path: Path) -> None:
    file = tmp_path / "popularity.json"
    file.write_text(json.dumps({"item-3": 8, "item-2": 1, "item-5": 3}), encoding="utf-8")
    model = learner(count=1)
    plain = grounder(model, Grounding()).distances(SHELF.name, 0, ["Hammer"])[0]
    [completion] = grounder(model, Grounding(popularity=file, gamma=2.0), ["Hammer"]).answer(requests(1, texts=6), [0])
    scaled = (plain - plain.min()) / (plain.max() - plain.min())
    shares = np.array([0, 0, 4, 8, 0, 0]) / 8  # two items are called Saw
    scores = dict(zip(TEXTS, scaled * (1 + shares) ** -2.0, strict=True))
    assert [item.text for item in completion.beam] == sorted(TEXTS, key=scores.__getitem__)
    assert [item.logprob for item in completion.beam] == pytest.approx(
        sorted((-value for value in scores.values()), reverse=True)
    )
