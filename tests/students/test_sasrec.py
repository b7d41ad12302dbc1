"""Students of SASRec learn what follows what, see nothing of what comes later, and are each as they would be alone."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from agents.sasrec.network import Dropout, SasrecNetwork
from simulation.core.calls import Request
from simulation.core.errors import DataError, ModelError
from simulation.core.registry import build
from simulation.core.types import Question, Seat
from tests.support.next_items import logged, logs, next_question, random_windows, small_catalogue

ROOT = Path(__file__).resolve().parents[2]
SHELF = small_catalogue()
TEXTS = tuple(SHELF.sharing)
SMALL: Mapping[str, object] = {"width": 8, "batch_size": 16, "passes": 2}


def seats(count: int) -> list[Seat]:
    return [Seat(name=f"s{number}", number=number, seed=3) for number in range(count)]


def no_mark(*_: object, **__: object) -> list[Any]:
    raise AssertionError("nothing is sampled")


def streams(count: int) -> dict[str, np.random.Generator]:
    return {f"s{number}": np.random.default_rng(number) for number in range(count)}


def firsts(students: Any, model: Any, histories: list[list[int]]) -> list[str]:
    """What each history is followed by, as the first student answers."""
    asked = [next_question(SHELF, history) for history in histories]
    student = students.answerer(seats(1)[0])
    requests = student.requests(asked, generator=np.random.default_rng(0))
    answers = student.read(asked, model.generate(requests), model_version="7")
    return [answer.text.split("\n")[0] for answer in answers]


def row(model: Any, asked: Question, slot: str = "s0") -> list[float]:
    """The log-probability of every text."""
    (logprobs,) = model.score([Request(slot=slot, prompt="", continuations=TEXTS, question=asked)])
    return list(logprobs)


def test_a_sequence_that_goes_round_is_learned() -> None:
    """What follows hangs on the last item but one as well, so that counting the last alone could not do it."""
    circle = [0, 1, 2, 1, 3, 1, 4]
    starts = [start for start in range(7) for _ in (2, 4)]
    lengths = [length for _ in range(7) for length in (2, 4)]
    histories = [
        [circle[(start - length + step) % 7] for step in range(length)]
        for start, length in zip(starts, lengths, strict=True)
    ]
    lessons = [logged(SHELF, history, circle[start]) for history, start in zip(histories, starts, strict=True)]
    students: Any = build("students", "sasrec", {"width": 16, "dropout": 0.0, "passes": 120, "learning_rate": 0.02})
    model = students.learner(seats(1))
    before = firsts(students, model, histories)
    (update,) = students.trainer().update(model, {"s0": lessons}, no_mark, turn=1, generators=streams(1)).values()
    taught = [SHELF.texts[circle[start]] for start in starts]
    assert firsts(students, model, histories) == taught != before
    assert update.steps == 120
    assert update.metrics["loss_last"] < 0.1 < 1.0 < update.metrics["loss_first"]
    assert update.metrics["chosen_logprob_after"] > -0.1
    assert len(update.effects) == len(lessons)
    logprobs = row(model, lessons[0].question)
    assert update.effects[0].taught_after == pytest.approx(logprobs[TEXTS.index(taught[0])], abs=1e-5)
    assert np.exp(logprobs).sum() == pytest.approx(1.0)


def test_the_network_sees_no_filling_and_nothing_of_what_lies_beyond_its_history() -> None:
    network = SasrecNetwork(10, width=8, layers=2, heads=2, history=4)
    network.draw(torch.Generator().manual_seed(0))
    with torch.no_grad():
        for weight in network.parameters():  # far from zero, so that what may be seen would show
            weight.mul_(20.0 if weight.dim() > 1 else 1.0)
        together = network(network.laid_out([[], [1], [9, 8, 7, 1, 2, 3], [7, 1, 2, 3]]), Dropout(0.5, None))
        for place, history in enumerate([[], [1], [7, 1, 2, 3]]):
            alone = network(network.laid_out([history]), Dropout(0.5, None))[0]
            torch.testing.assert_close(together[place], alone, rtol=1e-5, atol=1e-5)
        assert (together[1] - together[2]).abs().max() > 0.1
        torch.testing.assert_close(together[2], together[3])


def test_attention_is_that_of_the_papers_equation() -> None:
    """A block beside one written with loops over positions and torch's own layers."""
    network = SasrecNetwork(10, width=6, layers=1, heads=1, history=5)
    network.draw(torch.Generator().manual_seed(1))
    (block,) = network.blocks
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(10.0 if weight.dim() > 1 else 1.0)
        history = [10, 4, 2, 7]
        states = torch.stack([
            network.embedding.weight[place] * 6**0.5 + network.position.weight[len(history) - 1 - at]
            for at, place in enumerate(history)
        ])  # fmt: skip
        normal = torch.nn.functional.layer_norm(states, (6,))
        queries, keys, values = (normal @ block.attended.weight.T).split(6, dim=-1)  # type: ignore[operator,union-attr]
        for at in range(len(history)):
            weights = torch.softmax(torch.stack([queries[at] @ keys[to] / 6**0.5 for to in range(at + 1)]), 0)
            mixed = sum(weight * value for weight, value in zip(weights, values[: at + 1], strict=True))
            states[at] += mixed @ block.joined.weight.T  # type: ignore[union-attr]
        inner = torch.relu(torch.nn.functional.layer_norm(states, (6,)) @ block.inner.weight.T)  # type: ignore[operator,union-attr]
        last = torch.nn.functional.layer_norm(states + inner @ block.outer.weight.T, (6,))[-1]  # type: ignore[operator,union-attr]
        expected = torch.stack([last @ network.embedding.weight[place] for place in range(10)])
        found = network(network.laid_out([history[1:]]), Dropout(0.0, None))[0]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_each_of_many_students_is_as_it_would_be_alone_and_survives_a_restart() -> None:
    students: Any = build("students", "sasrec", SMALL)
    lessons = {seat.name: logs(SHELF, seat.number, 20 + seat.number) for seat in seats(3)}
    asked = [next_question(SHELF, history) for history, _ in random_windows(5, len(SHELF.items), 9)]
    together = students.learner(seats(3))
    assert len({tuple(row(together, asked[0], seat.name)) for seat in seats(3)}) == 3, "drawn by seat"
    updates = students.trainer().update(together, lessons, no_mark, turn=1, generators=streams(3))
    for seat in seats(3):
        alone = students.learner([seat])
        own = {seat.name: lessons[seat.name]}
        assert students.trainer().update(alone, own, no_mark, turn=1, generators=streams(3)) == {
            seat.name: updates[seat.name]
        }
        assert alone.dump(seat.name) == together.dump(seat.name)
        restored = students.learner([seat])
        restored.restore(seat.name, alone.dump(seat.name))
        assert restored.version(seat.name) == updates[seat.name].model_version == together.version(seat.name)
        requests = students.answerer(seat).requests(asked, generator=np.random.default_rng(0))
        assert alone.generate(requests) == together.generate(requests) == restored.generate(requests)


def test_an_untaught_slot_is_what_its_seed_draws_and_taught_ones_go_on_from_there() -> None:
    students: Any = build("students", "sasrec", SMALL)
    first, again = students.learner(seats(2)), students.learner(seats(2))
    asked = next_question(SHELF, [1, 2])
    assert row(first, asked) == row(again, asked) != row(first, asked, "s1")
    again.restore("s1", first.dump("s0"))
    assert row(again, asked, "s1") == row(first, asked, "s1"), "nothing was taught, so the seat's own draw stays"
    for learner in (first, again):
        for turn in (1, 2):
            students.trainer().update(learner, {"s0": logs(SHELF, turn)}, no_mark, turn=turn, generators=streams(1))
    assert first.dump("s0") == again.dump("s0")
    assert len(first.dump("s0")) > len(first.dump("s1"))


def test_where_nothing_is_taken_twice_the_history_stands_last() -> None:
    students: Any = build("students", "sasrec", {**SMALL, "repeats": False})
    model = students.learner(seats(1))
    logprobs = np.array(row(model, next_question(SHELF, [3, 1, 3])))
    assert {TEXTS[place] for place in np.argsort(logprobs)[:2]} == {SHELF.texts[3], SHELF.texts[1]}
    assert np.exp(logprobs).sum() == pytest.approx(1.0)


def test_what_it_cannot_do_is_refused_in_words() -> None:
    students: Any = build("students", "sasrec", SMALL)
    model = students.learner(seats(1))
    with pytest.raises(ModelError, match="sasrec lists the next items of a catalogue"):
        model.generate([Request(slot="s0", prompt="?", question=Question(id="q", prompt="?"))])
    with pytest.raises(ModelError, match="the rule of sasrec teaches its own students"):
        other: Any = build("students", "popularity", {})
        students.trainer().update(other.learner(seats(1)), {}, no_mark, turn=1, generators={})
    with pytest.raises(ValidationError, match="3 heads do not divide a width of 8"):
        build("students", "sasrec", {"width": 8, "heads": 3})
    wider: Any = build("students", "sasrec", {**SMALL, "width": 16})
    students.trainer().update(model, {"s0": logs(SHELF, 1, 5)}, no_mark, turn=1, generators=streams(1))
    for weights in (b"nothing", model.dump("s0")):
        with pytest.raises(DataError, match="hold no networks of these settings of sasrec"):
            wider.learner(seats(1)).restore("s0", weights)


def test_a_registry_import_loads_nothing_heavy() -> None:
    heavy = "('torch', 'scipy', 'safetensors')"
    code = f"import sys, agents.students.sasrec; print([name for name in {heavy} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
