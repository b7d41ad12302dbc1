"""Components of another domain: lists, graded measures, a judge made for them alone; in one file outside."""

from pathlib import Path

import pytest

from simulation.commands.main import main

FILMS = '''
"""Ten films, of which the three likeliest to be taken are to be listed."""

from simulation.core.kinds.items import Items
from simulation.core.kinds.taken import Chances
from simulation.core.questions import Measure, Splits
from simulation.core.types import Feedback, Outcome, Question, Selection

FILMS = tuple(f"film {letter}" for letter in "abcdefghij")


class Films:
    """Lists of films."""

    measures = (Measure(name="taken@3", graded=True), Measure(name="hit@3"{GRADED}))
    exact_judge = "films:Taken"

    def questions(self, seed: int) -> Splits:
        form = Items(items=FILMS, count=3)
        made = [
            Question(
                id=f"user {number}",
                prompt=f"what will user {number} watch",
                form=form,
                key=Chances(chances=tuple(((number + place) % 10) / 10 for place in range(10))),
                tags=("film",),
            )
            for number in range(20{SEED})
        ]
        return Splits(pool=made[:10], held_out=made[10:])


class Taken:
    """How likely the listed films are to be taken."""

    def judge(self, questions, answers, *, seeds):
        return [self.verdict(question, answer) for question, answer in zip(questions, answers)]

    def verdict(self, question, answer):
        chances = dict(zip(question.form.items, question.key.chances))
        listed = [] if answer.ranking is None else answer.ranking.alternatives[: question.form.count]
        values = [chances[item] for item in listed]
        outcomes = tuple(
            Outcome(part=item, score=chances[item], reason="likely" if chances[item] > 0.5 else "unlikely")
            for item in listed
        )
        score = sum(values) / 3
        return Feedback(score=score, judge="taken", metrics={METRICS}, outcomes=outcomes)


class Unsure:
    """Asks where the best item is least likely."""

    needs = frozenset({"predictions"})

    def select(self, candidates, k, context):
        best = {question.id: max(context.predictions[question.id][:10][9:]) for question in candidates}
        ranked = sorted(candidates, key=lambda question: best[question.id])
        return [Selection(item=question, score=best[question.id], reason="unsure") for question in ranked[:k]]
'''
GOOD = {"GRADED": "", "SEED": "", "METRICS": '{"hit@3": float(any(value > 0.8 for value in values))}'}
SCENARIO = """\
name: films
turns: 2
seed: 0
environment: "films:Films"
students: {model: embedded}
teacher: "films:Taken"
ask: {policy: "films:Unsure", questions: 3, candidates: 10}
learn: {trainer: none}
evaluate: {questions: 10, every: 1}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "scenario.yaml").write_text(SCENARIO, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: Path, **changes: str) -> None:
    """Write the module, good or with a defect."""
    text = FILMS
    for name, value in {**GOOD, **changes}.items():
        text = text.replace("{" + name + "}", value)
    (folder / "films.py").write_text(text, encoding="utf-8")


@pytest.mark.usefixtures("one_thread")
def test_a_domain_of_lists_plays_replays_reports_and_compares(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(folder)
    assert main(["check", "scenario.yaml", "films:Films"]) == 0, capsys.readouterr().err
    assert main(["run", "scenario.yaml", "--quiet", "--out", "runs"]) == 0, capsys.readouterr().err
    (study,) = (folder / "runs").iterdir()
    for command in (["replay", study], ["report", study, "--measure", "hit@3"], ["resume", study]):
        assert main([*map(str, command)]) == 0, capsys.readouterr().err
    for form in ("jsonl", "parquet"):
        assert main(["export", str(study), "--to", f"to {form}", "--format", form]) == 0, capsys.readouterr().err
    compare = ["compare", "scenario.yaml", "--vary", "ask.policy=random,films:Unsure", "--seeds", "2", "--workers", "1"]
    assert main([*compare, "--measure", "taken@3,hit@3", "--quiet", "--out", "compared"]) == 0, capsys.readouterr().err
    told = capsys.readouterr().out
    assert "taken@3" in told and "hit@3" in told


@pytest.mark.parametrize("target", ["films:Taken", "films:Unsure"])
def test_what_is_made_for_lists_is_tried_on_lists(
    target: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(folder)
    kind = ["--kind", "question_policy"] if target == "films:Unsure" else []
    assert main(["check", target, *kind]) == 2
    assert "films.py" in capsys.readouterr().err
    assert main(["check", target, "--environment", "films:Films", *kind]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"METRICS": "{}"}, "measures no 'hit@3' of an answer to 'user 1"),
        ({"METRICS": '{"hit@3": 3.0}'}, "as 3; a measure lies between 0 and 1"),
        ({"METRICS": '{"hit@3": 0.37}'}, "as 0.37, where it is 0 or 1; let the environment name it graded"),
        ({"GRADED": ", graded=True", "METRICS": '{"hit@3": 3.0}'}, "as 3; a measure lies between 0 and 1"),
    ],
)
@pytest.mark.usefixtures("one_thread")
def test_every_measure_that_is_named_is_guarded(
    changes: dict[str, str], complaint: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(folder, **changes)
    assert main(["check", "films:Films"]) == 2
    assert complaint in capsys.readouterr().err
    assert main(["run", "scenario.yaml", "--quiet", "--out", "runs"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert complaint in line and "films:Taken" in line


@pytest.mark.parametrize(
    "command", ["check films:Films", "compare scenario.yaml --vary ask.policy=random,bald --seeds 2"]
)
def test_held_out_questions_that_depend_on_the_seed_are_refused(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(folder, SEED=" + seed")
    assert main([*command.split()]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "paired" in line and "films:Films" in line
