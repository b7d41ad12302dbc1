"""A character that only looks like a space is named with its line where YAML would take it for a letter."""

from pathlib import Path

import pytest

from simulation.core.errors import ScenarioError
from simulation.scenario.reading import read_file, read_text, written_out
from simulation.scenario.scenario import load_scenario
from tests.support.scripted_scenario import GOOD

NO_BREAK = "\u00a0"
PLACES = {
    "behind a colon": ("seed: 3", "seed:~3"),
    "behind a colon and a space": ("seed: 3", "seed: ~3"),
    "before a colon": ("seed: 3", "seed~: 3"),
    "behind a value": ("seed: 3", "seed: 3~"),
    "before a key": ("\n  name: tests.support.scripted:ScriptedStudents", "\n~~name: x"),
    "before a key among others": ("\n  policy: mistakes", "\n~~policy: mistakes"),
    "in an indentation": ("\n  policy: mistakes", "\n ~policy: mistakes"),
    "behind the colon of a key below": ("\n  policy: mistakes", "\n  policy:~mistakes"),
    "behind a brace": ("{policy: random", "{~policy: random"),
    "behind a colon in braces": ("{policy: random", "{policy:~random"),
    "behind a dash": ("seed: 3", "seed: 3\ntrack:\n  -~wandb"),
}


@pytest.mark.parametrize("character", [NO_BREAK, "\u202f", "\u3000", "\u200b"])
@pytest.mark.parametrize("place", PLACES)
def test_a_character_that_looks_like_a_space_is_named_with_its_line(place: str, character: str, tmp_path: Path) -> None:
    before, after = PLACES[place]
    assert GOOD.count(before) == 1
    text = GOOD.replace(before, after)
    line = text[: text.index("~")].count("\n") + 1
    path = tmp_path / "x.yaml"
    path.write_text(text.replace("~", character), encoding="utf-8")
    with pytest.raises(ScenarioError) as refusal:
        load_scenario(path)
    assert str(refusal.value).startswith(f"{path}:{line}: the character U+{ord(character):04X} (")
    assert ") stands where a space is meant; write a plain space, or put the text in quotes" in str(refusal.value)


def test_the_last_line_and_an_override_are_read_so_too(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(f"{GOOD}keep:{NO_BREAK}newest\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=rf":{GOOD.count(chr(10)) + 1}: the character U\+00A0 \(no-break space\)"):
        read_file(path)
    with pytest.raises(ScenarioError, match=r"turns=.xa05'.*the character U\+00A0 \(no-break space\) stands where"):
        path.write_text(GOOD, encoding="utf-8")
        load_scenario(path, [f"turns={NO_BREAK}5"])


@pytest.mark.parametrize("value", [f"Frage{NO_BREAK}:{NO_BREAK}ja", f"{NO_BREAK}x", f"x{NO_BREAK}", f"a:{NO_BREAK}b"])
def test_in_quotes_and_between_words_they_are_text(value: str) -> None:
    assert read_text(f"'{value}'", "x").value == value == read_text(written_out(value), "x").value
    assert read_text(f"a: |\n  {value}.\n", "x").value == {"a": f"{value}.\n"}
    assert read_text(f"Frage{NO_BREAK}x", "x").value == f"Frage{NO_BREAK}x"
