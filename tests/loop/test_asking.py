"""What a policy had predicted is not computed again when its picks are answered."""

from collections.abc import Sequence

import pytest

from simulation.core.calls import Request
from simulation.loop.turn import first_look, play_turn
from tests.support.scripted import AnyQuestion, LeastSure, ScriptedLearner, scripted_world, seats


@pytest.mark.parametrize(("policy", "scored"), [(LeastSure(), 20), (AnyQuestion(), 5)])
def test_picked_candidates_are_scored_once(monkeypatch: pytest.MonkeyPatch, policy: object, scored: int) -> None:
    world = scripted_world(seats(2), ask=policy, questions=5, evaluate_every=10)  # type: ignore[arg-type]
    alone = scripted_world(seats(2), ask=policy, questions=5, evaluate_every=10)  # type: ignore[arg-type]
    first_look(world), first_look(alone)
    asked: list[Request] = []
    score = ScriptedLearner.score

    def counted(self: ScriptedLearner, requests: Sequence[Request]) -> list[tuple[float, ...]]:
        asked.extend(requests)
        return score(self, requests)

    monkeypatch.setattr(ScriptedLearner, "score", counted)
    turns = play_turn(world, 1)
    assert len(asked) == len(set(asked)) == 2 * scored
    monkeypatch.undo()
    assert turns == play_turn(alone, 1)
    for turn in turns:
        for experience in turn.experiences:
            answer = experience.answer
            if turn.predictions:
                place = turn.candidates.index(answer.question_id)
                assert answer.ranking is not None and answer.ranking.logprobs == turn.predictions[place]
            assert answer.choice is not None
