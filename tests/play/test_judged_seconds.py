"""What a judge says that its answers computed stands beside the trace: it changes no hash and survives a stop."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from simulation.core.optional_roles import Metering
from simulation.core.types import Answer, Feedback, Question
from simulation.loop.world import World
from simulation.play.runner import play
from simulation.store import Study
from simulation.store.timings import judged
from simulation.views.parquet import frame
from simulation.views.web.catalog import Catalog
from simulation.views.web.site import Site
from tests.play.test_runner import Ears, begun, stopping_at
from tests.support.scripted import ExactJudge, scripted_world, seats, stepper
from tests.views.web.crawling import read


class MeteredJudge(ExactJudge):
    """Says of each answer how long its question's id and its text are."""

    def __init__(self) -> None:
        self.answers = {("never asked", "never answered"): 9.0}

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        for question, answer in zip(questions, answers, strict=True):
            self.answers[question.id, answer.text] = float(len(question.id + answer.text))
        return super().judge(questions, answers, seeds=seeds)

    def metered(self) -> Metering:
        answers, self.answers = self.answers, {}
        return Metering({"programs": sum(answers.values())}, answers)


def world(judge: ExactJudge) -> World:
    return replace(scripted_world(seats(2), turns=3), exact_judge=judge)


def test_what_answers_computed_is_read_by_question_and_text_and_no_hash_knows(tmp_path: Path) -> None:
    with begun(tmp_path / "plain") as plain, begun(tmp_path / "metered") as metered:
        stage = world(ExactJudge())
        play(plain, stage, stepper(stage), Ears())
        stage = world(MeteredJudge())
        with pytest.raises(InterruptedError):
            play(metered, stage, stopping_at(2, stage), Ears())
        stage = world(MeteredJudge())
        play(metered, stage, stepper(stage), Ears())
        assert metered.trace_hash == plain.trace_hash
        metered.verify()
        for turns in metered.rounds():
            pairs = {pair for turn in turns for pair in judged(turn)}
            seconds = metered.timings.answers(turns[0].turn)
            assert seconds == {(question, text): len(question + text) for question, text in pairs} and pairs
            assert metered.timings.stages()[turns[0].turn]["programs"] >= sum(seconds.values())
        assert plain.timings.answers(1) == {}
        assert not plain.query("SELECT 1 FROM sqlite_schema WHERE name = 'judged_seconds'")
    with Study.open(tmp_path / "metered") as reopened:
        joined = "SELECT count(*) FROM answers JOIN judged_seconds USING (t, question_name, text)"
        assert reopened.query(joined) == reopened.query("SELECT count(*) FROM answers")


def test_what_answers_computed_stands_in_exports_and_on_the_page_of_their_turn(tmp_path: Path) -> None:
    with begun(tmp_path / "runs" / "metered") as metered, begun(tmp_path / "runs" / "plain") as plain:
        for study, judge in ((metered, MeteredJudge()), (plain, ExactJudge())):
            stage = world(judge)
            play(study, stage, stepper(stage), Ears())
        for name in ("answers", "results"):
            rows = frame(metered, name)
            assert len(rows) and rows["judged_seconds"].tolist() == [
                len(question + text) for question, text in zip(rows["question"], rows["answer"], strict=True)
            ]
            assert frame(plain, name)["judged_seconds"].isna().all()
    site = Site(Catalog(tmp_path / "runs"))
    for name, is_told in (("metered", True), ("plain", False)):
        page = read(site, f"{name}/student-0/turn-1.html")
        assert ("its program took" in page.text and "s of processor time" in page.text) == is_told
