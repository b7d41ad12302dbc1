"""The teacher compares two words' log-probabilities, in any batch alike, and can be taught inside a scenario."""

import json
import math
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize

import pytest
import torch

from agents.judges.classifier import Classifier, Train
from agents.judges.teacher_rows import TeacherRow, read_rows
from agents.models.seq2seq import Schooling, Verdicts, load, school
from simulation.core.errors import DataError
from simulation.core.kinds.kind import Form
from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.teacher_prompt import teacher_prompt
from simulation.core.types import Answer, Feedback, Question, Ranking
from tests.support import tiny_models as tiny

QUESTIONS = [
    Question(id=f"q{n}", prompt="?", form=Options(choices=(str(n), "77", "8")), key=Reference(answer=str(n)))
    for n in (4, 12)
]


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.save("t5", tmp_path_factory.mktemp("teacher"))


def answer(question: Question, text: str, choice: int | None = None) -> Answer:
    ranking = None if choice is None else Ranking(taken=choice)
    return Answer(question_id=question.id, prompt="?", text=text, answerer="s", model_version="v", ranking=ranking)


def judged(judge: Classifier, texts: list[str]) -> list[Feedback]:
    questions = [QUESTIONS[index % 2] for index in range(len(texts))]
    answers = [answer(question, text) for question, text in zip(questions, texts, strict=True)]
    return judge.judge(questions, answers, seeds=[0] * len(texts))


def verdicts(batch_size: int = 64) -> Verdicts:
    return Verdicts(tiny.build_t5(), tiny.tokenizer(closes=True), batch_size)


def test_probabilities_are_those_of_the_whole_words() -> None:
    made = verdicts()
    pairs = [("4", "12"), ("12 km", "12"), ("4", "a longer answer, 4")]
    for pair, found in zip(pairs, made.probabilities(pairs), strict=True):
        ids = torch.tensor([made.tokenizer(teacher_prompt(*pair))["input_ids"]])
        scores = []
        for word in ("Correct", "Wrong"):
            labels = torch.tensor([made.tokenizer(word)["input_ids"]])
            with torch.no_grad():
                mean = made.module(input_ids=ids, labels=labels).loss
            scores.append(-float(mean) * labels.shape[1])
        assert found == pytest.approx(1 / (1 + math.exp(scores[1] - scores[0])), abs=1e-5)


def test_a_verdict_does_not_depend_on_its_neighbours() -> None:
    pairs = [("4", "12"), ("12", "12"), ("7", "seven and a half"), ("4", "12")]
    together = verdicts().probabilities(pairs)
    assert together[0] == together[3]
    assert together == pytest.approx([verdicts(1).probabilities([pair])[0] for pair in pairs], abs=1e-6)


def test_feedback_scores_the_verdict_and_keeps_the_probability(teacher: Path) -> None:
    for said in judged(Classifier(model=str(teacher)), ["4", "12", "3", "x"]):
        assert said.score == float(said.metrics["p_correct"] > 0.5)
        assert said.judge == "classifier" and 0 < said.metrics["p_correct"] < 1
        (outcome,) = said.outcomes
        assert (outcome.part, outcome.score) == ("answer", said.score)
        assert said.reason == ("right" if said.score else "wrong")


def test_corrections_come_from_where_the_scenario_says(teacher: Path) -> None:
    assert [said.correction for said in judged(Classifier(model=str(teacher)), ["1", "2"])] == ["4", "12"]
    silent = Classifier(model=str(teacher), correction="none")
    assert [said.correction for said in judged(silent, ["1", "2"])] == [None, None]
    own = Classifier(model=str(teacher), correction="own")
    finds = own._verdicts.probabilities
    for question, said in zip(QUESTIONS, judged(own, ["1", "2"]), strict=True):
        choices = question.form.alternatives
        assert question.key.reference is not None
        chances = finds([(question.key.reference, choice) for choice in choices])
        guess = choices[chances.index(max(chances))] if max(chances) > 0.5 else None
        assert said.correction == ({"q4": "1", "q12": "2"}[question.id] if said.score else guess)


def test_letters_are_read_as_their_option(teacher: Path) -> None:
    judge = Classifier(model=str(teacher))
    (question, _) = QUESTIONS
    (by_letter,) = judge.judge([question], [answer(question, "b", 1)], seeds=[0])
    (by_text,) = judge.judge([question], [answer(question, "77", 1)], seeds=[0])
    assert by_letter.metrics == by_text.metrics
    assert (by_letter.correction, by_text.correction) == ("a", "4")
    assert by_letter.outcomes == by_text.outcomes and by_letter.outcomes[0].evidence == "77"


def test_half_a_surrogate_pair_is_read_as_a_sign_and_a_whole_one_as_its_character(teacher: Path) -> None:
    judge = Classifier(model=str(teacher))
    question = replace(QUESTIONS[0], form=Form(), key=Reference(answer="4 \udfff"))
    texts = ["4 \ud800", "4 \ufffd", "4 \ud83d\ude00", "4 \U0001f600"]
    half, sign, pair, character = judge.judge([question] * 4, [answer(question, text) for text in texts], seeds=[0] * 4)
    assert (half.metrics, pair.metrics) == (sign.metrics, character.metrics)
    assert half.correction == "4 \udfff"


def test_of_a_long_answer_the_beginning_is_read_apart_from_the_others(
    teacher: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.judges.classifier.LONGEST_READ", 80)
    monkeypatch.setattr("agents.judges.classifier.READ_ALONE", 60)
    judge = Classifier(model=str(teacher))
    texts = ["4", "12", "1" * 80, "1" * 80 + "2" * 50_000, "ﷺ" * 50_000]
    feedback = judged(judge, texts)
    assert feedback[:2] == judged(judge, texts[:2])
    pairs = [("4", "1" * 80), ("12", "1" * 80), ("4", normalize("NFKC", texts[4])[:80])]
    chances = [judge._verdicts.probabilities([pair])[0] for pair in pairs]
    assert [said.metrics["p_correct"] for said in feedback[2:]] == chances


def rows() -> list[TeacherRow]:
    return [
        TeacherRow(reference=str(number), answer=text, correct=text == "yes")
        for number in range(16)
        for text in ("yes", "no")
    ]


def test_a_teacher_learns_from_rows_the_same_way_each_time() -> None:
    schooling = Schooling(epochs=8, learning_rate=0.01, batch_size=8, seed=0)
    taught = []
    for _ in range(2):
        made = verdicts()
        school(made, rows(), schooling)
        taught.append(made.probabilities([("33", "yes"), ("33", "no")]))
    assert taught[0] == taught[1]
    assert taught[0][0] > 0.9 and taught[0][1] < 0.1


def test_a_trained_teacher_is_kept_by_what_it_depends_on(teacher: Path, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    lines = [{"question": row.reference, "answer": row.answer, "correct": row.correct} for row in rows()]
    file.write_text("\n".join(map(json.dumps, lines)) + "\n")
    assert list(read_rows(file)) == rows()
    kept = tmp_path / "kept"
    train = Train(rows=file, epochs=8, learning_rate=0.01, keep=kept)
    first = judged(Classifier(model=str(teacher), train=train), ["yes", "no"])
    assert [said.score for said in first] == [1, 0]
    (folder,) = kept.iterdir()
    again = load(str(folder), device="cpu", dtype="float32", batch_size=64)
    assert again.probabilities([("4", "yes"), ("12", "no")]) == [said.metrics["p_correct"] for said in first]
    assert judged(Classifier(model=str(teacher), train=train), ["yes", "no"]) == first
    judged(Classifier(model=str(teacher), train=Train(rows=file, epochs=1, keep=kept)), ["yes"])
    assert len(list(kept.iterdir())) == 2


def test_the_fingerprint_follows_the_weights_and_the_rows(teacher: Path, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    row = '{"reference": "1", "answer": "1", "correct": true}\n'
    file.write_text(row)
    plain = Classifier(model=str(teacher)).fingerprint()
    trained = Classifier(model=str(teacher), train=Train(rows=file))
    before = trained.fingerprint()
    assert set(plain) == {"weights"} and before["weights"] == plain["weights"]
    assert Classifier().fingerprint() != plain
    file.write_text(row * 2)
    assert trained.fingerprint() == {**before, "rows": trained.fingerprint()["rows"]} != before


@pytest.mark.parametrize(
    ("line", "says"),
    [("{", "rows.jsonl:2: not JSON"), ("[]", "rows.jsonl:2"), ('{"reference": "1", "answer": 2}', "rows.jsonl:2")],
)
def test_a_row_that_is_none_is_refused_with_its_line(tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"reference": "1", "answer": "1", "correct": true}\n' + line)
    with pytest.raises(DataError, match=says):
        read_rows(file)


def test_missing_models_rows_and_references_are_refused(teacher: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        Classifier(model="./nowhere").check()
    with pytest.raises(DataError, match="cannot be read"):
        Classifier(model=str(teacher), train=Train(rows=tmp_path / "none.jsonl")).check()
    with pytest.raises(DataError, match="'x' has no reference"):
        Classifier(model=str(teacher)).judge(
            [Question(id="x", prompt="?")], [answer(Question(id="x", prompt="?"), "1")], seeds=[0]
        )
    assert Classifier(model=str(teacher)).judge([], [], seeds=[]) == []
