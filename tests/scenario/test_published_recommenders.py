"""The published recommenders are good offline, and every arm plays in small on rows and models of that kind."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from simulation.commands.main import main
from simulation.core.types import Turn
from simulation.play.session import begin
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from simulation.store import Study
from simulation.views.progress import Quiet
from tests.documents.pages import blocks
from tests.support import published_rows
from tests.support.published_rows import FEW, SMALL

ROOT = Path(__file__).resolve().parents[2]
MINIONEREC, GAME, MOVIE = FILES = ("minionerec_published", "bigrec_published_game", "bigrec_published_movie")
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scenario files, with rows where they look for them, and with tiny models."""
    folder = tmp_path_factory.mktemp("published")
    for name in FILES:
        shutil.copy(ROOT / "scenarios" / f"{name}.yaml", folder)
    published_rows.minionerec(folder / "data" / "minionerec", "Industrial_and_Scientific")
    published_rows.histories(folder / "data" / "minionerec" / "histories.jsonl")
    published_rows.amazon(folder / "data" / "amazon")
    published_rows.movielens(folder / "data" / "ml-10M100K")
    published_rows.model("llama", folder / "llama")
    published_rows.model("qwen2", folder / "qwen2", chat=True)
    published_rows.model("qwen2", folder / "noisy", chat=True, settings=published_rows.NOISY)
    return folder


class Stops(Quiet):
    """A user who stops a study after its first turn."""

    def turn(self, turns: Sequence[object], seconds: float) -> None:
        del seconds
        if any(getattr(turn, "turn", 0) == 1 for turn in turns):
            raise KeyboardInterrupt


ARMS = {
    MINIONEREC: ("sft", "sft_lora_and_rows", "rl_ranking", "rl_rule", "rl_sibling", "rl_semantic", "rl_collaborative"),
    GAME: (
        "enhanced", "basic", "untrained_enhanced", "grounding", "beams", "qwen_0_5b", "qwen_0_5b_basic",
        "grpo_similarity", "grpo_only_similarity", "grpo_reference_free",
    ),
    MOVIE: ("enhanced", "beams", "grpo_reference_free"),
}  # fmt: skip
"""The presets that are played: those left out differ in size, models or numbers alone, and are checked."""


def small(name: str, model: Path, preset: str = "") -> list[str]:
    """Return the overrides that play an arm in small."""
    own = ("turns=2", "evaluate.every=1", "learn.trainer.batch_size=6", "learn.trainer.epochs=1")
    samples = ("learn.trainer.samples=4",) if preset.startswith("rl_") else ()
    trained = () if preset.startswith("untrained") else own[2:]
    written = ("learn.trainer.max_tokens=8",) if preset.startswith("grpo_") else ()
    return [*SMALL[name], *own[:2], *trained, *samples, *written, f"students.model={model}"]


def lists_of(turn: Turn) -> list[tuple[str, ...]]:
    """Return what a turn's evaluation ranked."""
    return [one.ranking.alternatives if one.ranking else () for one in turn.evaluations["held_out"].results]


def played(name: str, place: Path, folder: Path, model: Path, *overrides: str, preset: str) -> Path:
    """Play an arm in small and return its study's folder."""
    words = [*small(name, model, preset), *overrides, "--preset", preset, "--quiet", "--out", str(folder)]
    assert main(["run", str(place / f"{name}.yaml"), *words]) == 0
    (study,) = folder.iterdir()
    return study


@pytest.mark.parametrize(
    ("name", "elsewhere"),
    [(MINIONEREC, "Qwen/Qwen2.5-1.5B"), (GAME, "huggyllama/llama-7b"), (MOVIE, "huggyllama/llama-7b")],
)
def test_the_file_and_all_its_arms_are_good_offline(
    name: str, elsewhere: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was asked of the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    settings = [word for override in FEW for word in ("--set", override)]
    assert main(["check", "--offline", str(place / f"{name}.yaml"), *settings]) == 0, capsys.readouterr().err
    assert f"not looked at: students (model {elsewhere} on the Hub)" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "preset"), [(name, preset) for name in ARMS for preset in ARMS[name]])
def test_an_arm_plays_stops_resumes_and_replays(
    name: str, preset: str, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = load_scenario(place / f"{name}.yaml", preset=preset)
    chat = "Qwen" in str(scenario.students.parameters["model"])
    overrides = small(name, place / ("qwen2" if chat else "llama"), preset)
    prepared = prepare(load_scenario(place / f"{name}.yaml", overrides, preset))
    with Stops() as watch:
        assert not begin(tmp_path / "study", prepared.scenario.resolved(), [prepared], watch, print, keep="newest")
    for command in ("resume", "replay"):
        assert main([command, str(tmp_path / "study"), *(["--quiet"] if command == "resume" else [])]) == 0, (
            capsys.readouterr().err
        )
    with Study.open(tmp_path / "study") as study:
        turns = list(study.turns())
    assert [turn.turn for turn in turns] == [0, 1, 2]
    assert len({turn.model_version for turn in turns}) == (1 if preset.startswith("untrained") else 3)
    for turn in turns:
        lists = lists_of(turn)
        assert len(lists) == 5 and {len(set(texts)) for texts in lists} in ({10}, {10, 0})  # none where none is written
        assert turn.evaluations["held_out"].metrics["no_item"] == 0


@pytest.mark.parametrize(
    ("name", "preset"), [(MINIONEREC, "sft"), (GAME, "qwen_0_5b"), (MOVIE, "beams"), (GAME, "grpo_similarity")]
)
def test_what_a_folder_asks_of_generation_changes_no_list(name: str, preset: str, place: Path, tmp_path: Path) -> None:
    """One folder's generation_config.json asks for top_k 20, top_p .8 and a repetition penalty."""
    assert "repetition_penalty" in (place / "noisy" / "generation_config.json").read_text(encoding="utf-8")
    studies = [played(name, place, tmp_path / kind, place / kind, preset=preset) for kind in ("qwen2", "noisy")]
    plain, noisy = map(turns_of, studies)
    for one, other in zip(plain, noisy, strict=True):
        assert one.evaluations == other.evaluations and one.model_version == other.model_version
        assert any(lists_of(one))


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.*:FutureWarning")
@pytest.mark.parametrize("preset", ["sft", "sft_lora_and_rows"])
def test_what_sft_gave_is_where_grpo_begins(preset: str, place: Path, tmp_path: Path) -> None:
    """A slot is written as a model folder, by which an arm of GRPO ranks at first as SFT did at last."""
    study = played(MINIONEREC, place, tmp_path / "sft", place / "qwen2", preset=preset)
    (program,) = (code for code in blocks(ROOT / "docs" / "recommendation.md", "python") if "merge_and_unload" in code)
    exec(compile(program.replace("runs/STUDY", str(study)), "document", "exec"), {})
    model = study / "models" / "student-0"
    begun = played(MINIONEREC, place, tmp_path / "rl", model, preset="rl_ranking")
    first, *_, last = turns_of(begun)
    assert lists_of(first) == lists_of(turns_of(study)[-1])
    assert last.model_version != first.model_version


def turns_of(folder: Path) -> list[Turn]:
    with Study.open(folder) as study:
        return list(study.turns())
