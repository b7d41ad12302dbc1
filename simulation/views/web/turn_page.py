"""The page of a turn: what was asked and why, what was answered, what it was trained on, what changed after it."""

from collections.abc import Mapping
from dataclasses import dataclass

from simulation.core.types import Question, Turn
from simulation.measures.reliability import errs
from simulation.views.mending_tables import mending_of, mending_sentence
from simulation.views.text import Scale
from simulation.views.web.cards import AnswerCard, card, headings
from simulation.views.web.changes import HeldOutChanges, LessonRow, held_out_changes, lesson_rows, lessons_sentence
from simulation.views.web.page_request import PageRequest
from simulation.views.web.queries import Filter, asked, turn_of
from simulation.views.web.sheets import Paging, Row, Sheet, passage, sheet
from simulation.views.web.wording import listed, many


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnView:
    """All that the page of a turn shows."""

    number: int
    student: str
    sentences: tuple[str, ...]
    cards: tuple[AnswerCard, ...]
    paging: Paging
    lessons: tuple[LessonRow, ...]
    lessons_sentence: str
    lessons_paging: Paging
    changes: HeldOutChanges | None
    evaluations: Sheet | None
    update: Sheet | None
    previous: str
    following: str


def turn_view(request: PageRequest, seat: int, number: int) -> TurnView:
    """Return what the page of a turn shows."""
    turn = turn_of(request.study, seat, number)
    path = request.turn_path(seat, number)
    paging = request.paging(len(turn.experiences), path)
    lessons_paging = request.paging(len(turn.lessons), path, "lessons")
    return whole_view(request, seat, turn, paging, lessons_paging, request.held_out)


def whole_view(
    request: PageRequest,
    seat: int,
    turn: Turn,
    paging: Paging,
    lessons_paging: Paging,
    questions: Mapping[str, tuple[int, Question]],
) -> TurnView:
    """Return what is shown of a turn, of its answers and lessons those of these pages."""
    study, links, number = request.study, request.links, turn.turn
    graded = study.measures[0].graded
    return TurnView(
        number=number,
        student=study.seats[seat].name,
        sentences=tuple(sentences(turn, graded=graded)),
        cards=cards(request, seat, turn, paging),
        paging=paging,
        lessons=tuple(lesson_rows(request, seat, turn, lessons_paging.start, lessons_paging.stop)),
        lessons_sentence=lessons_sentence(turn) if turn.lessons else "",
        lessons_paging=lessons_paging,
        changes=held_out_changes(request, seat, turn, questions),
        evaluations=evaluations_sheet(request, turn),
        update=update_sheet(turn),
        previous=links.to(request.turn_path(seat, number - 1)) if number > 0 else "",
        following=links.to(request.turn_path(seat, number + 1)) if number < study.last_turn else "",
    )


def cards(request: PageRequest, seat: int, turn: Turn, paging: Paging) -> tuple[AnswerCard, ...]:
    """Return the answers of a turn that are on a page."""
    own = Filter(seat=seat, turn=turn.turn)
    rows = asked(request.study, own, start=paging.start, most=paging.stop - paging.start, longest=1)
    numbers = {row.position: row.question for row in rows}
    names, graded = headings(turn), request.study.measures[0].graded
    seconds = request.study.timings.answers(turn.turn)
    return tuple(
        card(
            request,
            seat,
            turn,
            experience,
            graded=graded,
            question_number=numbers[experience.position],
            heading=names[experience.position],
            judged_seconds=seconds.get((experience.question.id, experience.answer.text)),
        )
        for experience in turn.experiences[paging.start : paging.stop]
    )


def sentences(turn: Turn, *, graded: bool) -> list[str]:
    """Say in plain words what happened in a turn."""
    if turn.failure:
        return [f"The student plays no more: {passage(turn.failure, 500).text}"]
    if not turn.experiences:
        return ["Before learning: nothing was asked yet."] if not turn.turn else ["Nothing was asked."]
    truths = [experience.truth for experience in turn.experiences]
    scores = [experience.feedback.score for experience in turn.experiences]
    erred = sum(errs(score, truth, graded=graded) for score, truth in zip(scores, truths, strict=True))
    categories = sorted({experience.question.category for experience in turn.experiences} - {""})
    about = f" about {listed(categories)}" if 0 < len(categories) <= 6 else ""
    first = f"{many(len(turn.picks), 'question')}{about} asked, of {many(len(turn.candidates), 'candidate')}"
    if graded:
        means = [Scale(graded=True).number(sum(values) / len(values)) for values in (truths, scores)]
        outcome = f"mean truth {means[0]}, mean score of the teacher {means[1]}"
    else:
        right, called = (sum(value >= 1.0 for value in values) for values in (truths, scores))
        outcome = f"{right} of {many(len(truths), 'answer')} right, {called} called right by the teacher"
    wrong = f"its score was not the truth of {erred}" if graded else f"the teacher was wrong about {erred}"
    return [f"{first}; {outcome}; {wrong}.", *again(turn), trained(turn)]


def again(turn: Turn) -> list[str]:
    """Say what came of the questions that were answered again."""
    sentence = mending_sentence(mending_of(turn))
    return [f"{sentence}."] if sentence else []


def trained(turn: Turn) -> str:
    """Say what a turn was learned from."""
    if turn.update is None:
        return "Nothing was trained on in this turn."
    earlier = sum(lesson.item.turn < turn.turn for lesson in turn.lessons)
    from_before = f", {earlier} of them from earlier turns" if earlier else ""
    return f"Then the student was trained on {many(turn.update.experiences, 'answer')}{from_before}."


def evaluations_sheet(request: PageRequest, turn: Turn) -> Sheet | None:
    """Return what the evaluations at a turn's end measured."""
    if not turn.evaluations:
        return None
    sets = turn.evaluations
    rows: list[Row] = [("questions", *(evaluation.questions for evaluation in sets.values()))]
    for measure in request.study.measures:
        values = [
            Scale.of(measure).number(evaluation.metrics[measure.name]) if measure.name in evaluation.metrics else ""
            for evaluation in sets.values()
        ]
        rows += [(measure.name, *values)] if any(values) else []
    return sheet("evaluated at the end of this turn", ("", *sets), rows)


def update_sheet(turn: Turn) -> Sheet | None:
    """Return the trainer's numbers."""
    if turn.update is None:
        return None
    rows: list[Row] = [("trainer", turn.update.trainer), ("steps", turn.update.steps)]
    rows += [(name, f"{value:.6g}") for name, value in sorted(turn.update.metrics.items())]
    return sheet("the trainer's numbers", ("name", "value"), rows)
