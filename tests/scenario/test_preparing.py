"""Assembly builds a scenario's world by name, the cheap part first, and refuses what cannot be played."""

from pathlib import Path

import pytest

from agents.models.folder import resolve
from simulation.commands.main import main
from simulation.core.errors import ContractError, ScenarioError
from simulation.loop.turn import first_look, play_turn
from simulation.scenario.entries import read_lineup
from simulation.scenario.prepare import Prepared, prepare, sample
from simulation.scenario.scenario import Scenario, load_scenario
from simulation.scenario.seating import build_world, load_world
from tests.support.scripted import exercise
from tests.support.scripted_scenario import GOOD

ROOT = Path(__file__).resolve().parents[2]


def scenario(folder: Path, *overrides: str) -> Scenario:
    path = folder / "x.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return load_scenario(path, overrides)


def prepared(folder: Path, *overrides: str) -> Prepared:
    return prepare(scenario(folder, *overrides))


def test_seats_carry_the_seed_and_their_number(tmp_path: Path) -> None:
    seats = prepared(tmp_path, "students.count=3").seats
    assert [(seat.name, seat.number, seat.seed) for seat in seats] == [
        ("student-0", 0, 3),
        ("student-1", 1, 3),
        ("student-2", 2, 3),
    ]


def test_a_world_is_what_the_scenario_says(tmp_path: Path) -> None:
    world = build_world(scenario(tmp_path, "learn.capacity=7", "learn.experiences=4"))
    assert len(world.students) == 2 and world.turns == 4 and len(world.held_out) == 20
    plan = world.students[0].settings
    assert (plan.questions, plan.candidates, plan.lessons, plan.evaluate_every) == (6, 30, 4, 2)
    first_look(world)
    for number in range(1, 3):
        play_turn(world, number)
    assert len(world.students[0].memory) == 7


def test_an_own_seating_is_kept(tmp_path: Path) -> None:
    wanted = scenario(tmp_path)
    seats = prepare(wanted).seats[1:]
    assert [student.seat for student in build_world(wanted, seats).students] == list(seats)


def test_the_evaluation_questions_do_not_depend_on_the_seed(tmp_path: Path) -> None:
    first, second = (
        prepared(tmp_path, "seed=1", "evaluate.questions=9"),
        prepared(tmp_path, "seed=2", "evaluate.questions=9"),
    )
    assert first.held_out == second.held_out and len({question.id for question in first.held_out}) == 9


def test_a_sample_is_spread_over_all_questions() -> None:
    questions = [exercise(number, "+", 1) for number in range(2, 102)]
    drawn = [questions.index(question) for question in sample(questions, 40)]
    assert drawn == sorted(set(drawn)) and drawn[-1] > 80 and len(drawn) == 40


def test_a_teacher_equal_to_the_exact_judge_is_the_exact_judge(tmp_path: Path) -> None:
    same = prepared(tmp_path, "teacher=tests.support.scripted:ExactJudge")
    assert same.teacher is same.exact_judge
    assert prepared(tmp_path).teacher is not prepared(tmp_path).exact_judge


def test_wanting_more_questions_than_there_are_is_refused_at_the_line(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        prepared(tmp_path, "evaluate.questions=21", "ask.candidates=9999")
    assert str(caught.value).splitlines() == [
        "override 'ask.candidates=9999': ask.candidates: 9999, but the pool of "
        "'tests.support.scripted:TinyEnvironment' holds 323; lower it",
        "override 'evaluate.questions=21': evaluate.questions: 21, but 'tests.support.scripted:TinyEnvironment' "
        "holds out 20; lower it",
    ]


def test_setting_the_stage_loads_no_learner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.support import scripted

    def refuse(*_: object) -> None:
        raise AssertionError("the learner was loaded")

    monkeypatch.setattr(scripted, "ScriptedLearner", refuse)
    ready = prepared(tmp_path)
    with pytest.raises(ContractError, match="the learner was loaded"):
        load_world([ready])


def test_an_environment_that_cannot_be_read_is_refused_at_its_line(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"': environment: no file or folder '/.*/nowhere'"):
        prepared(tmp_path, "environment={name: math_word_problems, rows: ./nowhere}")


def test_missing_models_are_refused_at_their_lines_before_anything_is_loaded(tmp_path: Path) -> None:
    ready = prepared(tmp_path, "students={model: ./nowhere}", "teacher={name: classifier, model: ./nobody}")
    with pytest.raises(ScenarioError) as caught:
        load_world([ready])
    first, second = str(caught.value).splitlines()
    assert first.startswith(
        f"override 'students={{model: ./nowhere}}': students: model '{Path.cwd()}/nowhere': no such folder"
    )
    assert second.startswith(
        f"override 'teacher={{name: classifier, model: ./nobody}}': teacher: model '{Path.cwd()}/nobody'"
    )


MBPP = "mbpp/mbpp.jsonl.gz"
OUTSIDE = {"mathqa_local": "mathqa", "btp_published": MBPP, "hub_deepseek_coder": MBPP, "smollm2_code": MBPP}
"""The scenarios whose rows are not part of the project, and where they may lie."""
OWN_ROWS = {
    "mathqa_local": "data/mathqa",
    "minionerec_published": "data/minionerec",
    "bigrec_published_game": "data/amazon",
    "bigrec_published_movie": "scenarios/data",
}
"""The scenarios whose rows are the user's own, and which folder is told to be missing."""
SCENARIOS = sorted((ROOT / "scenarios").glob("*.yaml"))
REAL = ("smollm2_instructions", "smollm2_grpo", "smollm2_classroom", "smollm2_code")
"""The scenarios of a model that has to be fetched."""
ON_HUB = ("gem_published_chat", "gem_published_math", "hub_gemma", "hub_llama", "hub_qwen")
STAGED = [path for path in SCENARIOS if path.stem not in (*OWN_ROWS, *ON_HUB) or path.stem in OUTSIDE]
"""All but those that test_published_recommenders.py stages with rows of the published kind, and rows on the Hub."""


@pytest.mark.parametrize("path", STAGED, ids=lambda path: path.stem)
def test_every_shipped_scenario_can_be_staged_and_is_named_as_its_file(path: Path) -> None:
    overrides = []
    if path.stem in OUTSIDE:
        rows = ROOT.parent / "shared" / "data" / OUTSIDE[path.stem]
        if not rows.exists():
            pytest.skip(f"no rows at {rows}")
        overrides = [f"environment.rows={rows}"]
    ready = prepare(load_scenario(path, overrides))
    assert ready.scenario.name == path.stem and ready.settings.questions >= 10
    code = ready.scenario.environment.name == "code_tasks"
    lists = ready.scenario.environment.name == "recommendation"  # a turn asks thousands of questions
    if ready.scenario.environment.name == "questions":  # a file as short as people's own are
        assert (len(ready.pool), len(ready.held_out)) == (30, 10)
        return
    # answers to a question, and a turn of many demonstrations; or a model of which little can be asked in minutes
    several = ready.scenario.evaluate.samples > 1 or path.stem in REAL
    assert len(ready.held_out) >= (50 if code or several else 300)
    assert code or lists or several or ready.scenario.turns >= 20
    for preset in ready.scenario.presets:
        assert prepare(load_scenario(path, overrides, preset)).settings.questions >= 10
    if ready.scenario.compare.vary:
        assert len(read_lineup([path], [], overrides, (0,)).entries) > 1


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_offline_every_shipped_scenario_is_good_as_far_as_it_lies_here(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was asked of the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    for name in ("OPENAI_API_KEY", "DEEPSEEK_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    placeholder = path.stem in OWN_ROWS
    assert main(["check", "--offline", str(path)]) == (2 if placeholder else 0)
    said = capsys.readouterr()
    if placeholder:
        assert OWN_ROWS[path.stem] in said.err and "correct the path" in said.err
    elsewhere = {
        "btp_published": "environment (rows google-research-datasets/mbpp on the Hub); students (model",
        "gem_published_chat": "environment (rows HuggingFaceH4/ultrafeedback_binarized on the Hub, rows",
        "gem_published_math": "environment (rows AI-MO/NuminaMath-CoT on the Hub); students (model Qwen/",
        "smollm2_code": "environment (rows google-research-datasets/mbpp on the Hub)",
        "hub_gemma": "environment (rows allenai/math_qa on the Hub); students (model google/gemma-2b-it on the Hub)",
        "hub_deepseek_coder": "students (model deepseek-ai/deepseek-coder-6.7b-instruct on the Hub)",
        "hub_llama": "students (model meta-llama/Meta-Llama-3-8B on the Hub)",
        "hub_qwen": "students (model Qwen/Qwen2.5-Math-7B on the Hub)",
        "btp_openai": "students (gpt-4o-mini at https://api.openai.com/v1)",
        "btp_hybrid": "ask.sampler (gpt-4o-mini at https://api.openai.com/v1)",
        "btp_deepseek": "students (deepseek-chat at https://api.deepseek.com)",
    }
    if not Path(resolve("smollm2", embedded="student")).is_dir():
        elsewhere |= dict.fromkeys(REAL, "students (model smollm2, `make setup-smollm2` downloads it once")
    assert ("not looked at" in said.out) == (path.stem in elsewhere)
    assert elsewhere.get(path.stem, "") in said.out


@pytest.mark.parametrize(
    "override",
    ["students={model: ./nowhere}", "ask.questions=999", "teacher={name: noisy, judged_by: {name: classifier, x: 1}}"],
)
def test_offline_what_lies_here_is_still_refused(override: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--offline", str(ROOT / "scenarios" / "btp_published.yaml"), "--set", override]) == 2
    assert override.partition("=")[0].split(".")[0] in capsys.readouterr().err


UPDATE = (
    "learn.trainer={name: sft, learning_rate: 0.0003, warmup: 20, decay: linear, batch_size: 1024, epochs: 1, "
    "tokens_at_once: 16384, checkpointing: true}"
)


def test_what_an_update_does_otherwise_than_by_default_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = str(ROOT / "scenarios" / "random_selection.yaml")
    assert prepare(load_scenario(Path(name))).ways == []
    expected = (
        "an update: learning rate 0.0003 after 20 steps of warm-up, falling linearly; batches of 1,024; one pass; "
        "gradients add up over parts of at most 16,384 tokens; blocks are computed again for their gradients"
    )
    assert prepare(load_scenario(Path(name), [UPDATE])).ways == [expected]
    assert main(["check", name, UPDATE]) == 0
    assert f"notice: {expected}" in " ".join(capsys.readouterr().out.split())


def test_checkpointing_stands_in_a_study_only_where_it_is_set() -> None:
    name = ROOT / "scenarios" / "random_selection.yaml"
    assert "checkpointing" not in load_scenario(name).resolved()["learn"]["trainer"]
    named = load_scenario(name, ["learn.trainer.checkpointing=true"]).resolved()
    assert named["learn"]["trainer"]["checkpointing"] is True
