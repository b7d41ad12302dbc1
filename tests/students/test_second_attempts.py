"""A chat model reads what it answered and was told as one message of the user, in its own template."""

from pathlib import Path

from simulation.loop.turn import first_look, play_turn
from simulation.scenario.scenario import load_scenario
from simulation.scenario.seating import build_world
from tests.support.second_tries import SCENARIO
from tests.support.tiny_models import save, tokenizer


def test_the_second_prompt_stands_in_the_template(tmp_path: Path) -> None:
    folder = save("llama", tmp_path / "model")
    tokenizer(chat=True).save_pretrained(folder)
    path = tmp_path / "told.yaml"
    path.write_text(SCENARIO)
    world = build_world(load_scenario(path, ("ask.attempts=2", "ask.questions=20", f"students={{model: {folder}}}")))
    first_look(world)
    (turn,) = play_turn(world, 1)
    assert turn.attempts, [one.answer.stop for one in turn.experiences]
    for attempt in turn.attempts:
        first = turn.experiences[attempt.position]
        words = f"Your answer was: {first.answer.text}\nYou were told: wrong. Wrong\nNow answer again.\n\n"
        assert attempt.answer.prompt == words + first.answer.prompt
        assert attempt.answer.model_input == f"<bos><turn>user\n{attempt.answer.prompt}<end>\n<turn>model\n"
        assert attempt.answer.stop == "stop" and attempt.answer.choice is not None
