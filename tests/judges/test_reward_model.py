"""The judge that prefers: what it reads, that its score is the sigmoid of the model's logit, and what it refuses."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from agents.judges.reward_model import RewardModel, sigmoid
from simulation.core.errors import DataError, ModelError, SimulationError
from simulation.core.registry import build
from simulation.core.types import Answer, Feedback, Question
from tests.support import tiny_models

QUESTION = Question(id="q", prompt="not what it reads")
TEXTS = ("seven", "7", "", "the answer is 7 of course", "seven")


def answers(*texts: str, prompt: str = "3 + 4 = ?") -> list[Answer]:
    return [Answer(question_id="q", prompt=prompt, text=text, answerer="s", model_version="0") for text in texts]


def verdicts(judge: RewardModel, given: list[Answer]) -> list[Feedback]:
    return judge.judge([QUESTION] * len(given), given, seeds=[0] * len(given))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.save_reward(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def chatting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.save_reward(tmp_path_factory.mktemp("chatting"), chat=True)


def logit(folder: Path, *texts: str) -> float:
    """Return what transformers itself makes of a text, or of a pair of texts."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    inputs = tokenizer(*texts, return_tensors="pt", add_special_tokens=len(texts) > 1)
    inputs.pop("token_type_ids", None)
    with torch.no_grad():
        return float(model(**inputs).logits[0, 0])


def test_a_score_is_the_sigmoid_of_the_logit_of_prompt_and_answer(plain: Path) -> None:
    feedback = verdicts(RewardModel(model=str(plain)), answers(*TEXTS))
    for text, verdict in zip(TEXTS, feedback, strict=True):
        assert verdict.metrics["reward"] == pytest.approx(logit(plain, "3 + 4 = ?", text), abs=1e-5)
        assert verdict.score == pytest.approx(1 / (1 + torch.tensor(-verdict.metrics["reward"]).exp().item()), abs=1e-6)
        assert verdict.correction is None
    assert len({verdict.score for verdict in feedback}) == 4  # of five, of which two are equal


def test_a_chat_model_reads_its_own_template(chatting: Path) -> None:
    (verdict,) = verdicts(RewardModel(model=str(chatting)), answers("seven"))
    laid_out = "<bos><turn>user\n3 + 4 = ?<end>\n<turn>model\nseven<end>\n"
    assert verdict.metrics["reward"] == pytest.approx(logit(chatting, laid_out), abs=1e-5)


def test_a_template_that_prints_the_day_prints_the_one_that_is_set(tmp_path: Path) -> None:
    folder = tiny_models.save_reward(tmp_path, chat=True)
    file = folder / "chat_template.jinja"
    file.write_text("{{ strftime_now('%Y') }}" + file.read_text())
    with pytest.raises(ModelError, match=r"prints the day, and none is kept .*; set the reward model's date"):
        verdicts(RewardModel(model=str(folder)), answers("7"))
    rewards = [verdicts(RewardModel(model=str(folder), date=f"{year}-01-31"), answers("7")) for year in (1999, 3517)]
    assert rewards[0] != rewards[1]
    assert RewardModel(model=str(folder)).settled().date is not None


def test_no_reward_depends_on_its_neighbours(plain: Path) -> None:
    judge = RewardModel(model=str(plain))
    together = verdicts(judge, answers(*TEXTS))
    assert together == [verdicts(RewardModel(model=str(plain)), answers(text))[0] for text in TEXTS]
    assert verdicts(judge, answers(*TEXTS[::-1]))[::-1] == together


def test_middle_and_scale_place_the_score_and_leave_the_reward(plain: Path) -> None:
    (raw,) = verdicts(RewardModel(model=str(plain)), answers("seven"))
    reward = raw.metrics["reward"]
    (centred,) = verdicts(RewardModel(model=str(plain), middle=reward, scale=3.0), answers("seven"))
    (above,) = verdicts(RewardModel(model=str(plain), middle=reward - 3.0, scale=3.0), answers("seven"))
    assert (centred.score, centred.metrics["reward"]) == (0.5, reward)
    assert above.score == pytest.approx(0.7310586)


def test_sigmoid_holds_for_logits_of_any_size() -> None:
    assert [sigmoid(logit) for logit in (-1e6, 0, 1e6)] == [0, 0.5, 1]
    assert sigmoid(-3) == pytest.approx(1 - sigmoid(3))


@pytest.mark.parametrize("positions", [4096, 64])
def test_a_long_answer_is_read_as_far_as_the_model_can_and_it_is_said(tmp_path: Path, positions: int) -> None:
    folder = tiny_models.save_reward(tmp_path, positions=positions)
    judge = RewardModel(model=str(folder), tokens=64)
    short, longer, other_end = verdicts(judge, answers("ab", "ab" * 5000, "ab" * 4000 + "xyz" * 500))
    assert "first" not in short.explanation
    assert "characters of 10,000" in longer.explanation
    assert longer.metrics == other_end.metrics != short.metrics
    assert longer.reason == "cut" and short.reason == "scored"


def test_a_prompt_that_is_too_long_by_itself_is_refused(plain: Path) -> None:
    with pytest.raises(DataError, match=r"has \d+ tokens without an answer, and the reward model reads 64"):
        verdicts(RewardModel(model=str(plain), tokens=64), answers("7", prompt="x" * 100))


@pytest.mark.parametrize("text", ["\ud800", "12 \ud83d\ude00", "\0\x01", "\ufeff\u202e", "ﷺ" * 100])
def test_odd_texts_are_read(plain: Path, text: str) -> None:
    (verdict,) = verdicts(RewardModel(model=str(plain)), answers(text, prompt=text))
    assert 0 <= verdict.score <= 1


def test_more_than_one_label_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    folder = tiny_models.save_reward(tmp_path, labels=3)
    with pytest.raises(DataError, match=r"tells 3 classes apart \(LABEL_0, LABEL_1, LABEL_2\), but a reward is one"):
        RewardModel(model=str(folder)).check()


def test_a_configuration_without_labels_is_refused_once_it_is_loaded(tmp_path: Path) -> None:
    folder = tiny_models.save_reward(tmp_path, labels=2)
    assert "id2label" not in json.loads((folder / "config.json").read_text())  # two is what is meant then
    judge = RewardModel(model=str(folder))
    judge.check()
    assert judge.tried().startswith("missing: ") and "tells 2 classes apart" in judge.tried()


def test_a_language_model_is_refused(tmp_path: Path) -> None:
    tiny_models.save("llama", tmp_path)
    with pytest.raises(DataError, match="but a model for ForSequenceClassification is needed"):
        RewardModel(model=str(tmp_path)).check()


def test_a_language_model_that_names_no_class_is_refused_for_the_head_it_lacks(tmp_path: Path) -> None:
    tiny_models.save("llama", tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config.pop("architectures")
    (tmp_path / "config.json").write_text(
        json.dumps({**config, "id2label": {"0": "reward"}, "label2id": {"reward": 0}})
    )
    with pytest.raises(DataError, match=r"lack score\.weight"):
        verdicts(RewardModel(model=str(tmp_path)), answers("7"))


def test_a_reward_that_is_no_number_is_refused(plain: Path) -> None:
    judge = RewardModel(model=str(plain))
    verdicts(judge, answers("7"))
    with torch.no_grad():
        judge._rewards.module.score.weight.fill_(float("nan"))  # type: ignore[union-attr, operator]
    with pytest.raises(ModelError, match="gives nan to '8'; compute it in float32"):
        verdicts(judge, answers("8"))


def test_the_fingerprint_is_that_of_the_weights(plain: Path, tmp_path: Path) -> None:
    other = tiny_models.save_reward(tmp_path, positions=128)
    assert RewardModel(model=str(plain)).fingerprint() != RewardModel(model=str(other)).fingerprint()
    assert RewardModel(model=str(plain)).tried() == "loads and judges"


def test_it_is_built_by_name_and_a_folder_that_is_not_there_is_named() -> None:
    judge = build("judge", "reward_model", {"model": "./nowhere"})
    with pytest.raises(SimulationError, match=r"\./nowhere"):
        judge.check()
    assert replace(judge, scale=2.0).scale == 2.0
