"""What changed after a turn: each lesson before and after the update, and held-out answers at the next evaluation."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from simulation.core.types import Experience, LessonEffect, Question, Turn
from simulation.measures.methods import HALF, MOVED
from simulation.scenario.entries import is_lineup
from simulation.store import Study
from simulation.views.forms import style
from simulation.views.web.exam_answers import right_before, shown_by
from simulation.views.web.page_request import PageRequest
from simulation.views.web.queries import Exam, exam_turns, exams, text_of
from simulation.views.web.sheets import Cell, Paging, Passage, Sheet, passage, sheet
from simulation.views.web.wording import before_after, many, prefers_taught, why_numbers, why_plain

MOST_CHANGES = 50
"""Held-out answers listed on a page in each direction; the others are on the pages after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonRow:
    """One lesson of a turn and what the update did to it."""

    place: int
    href: str
    """Where the answer stands that it is about."""
    source: str
    question: Passage
    answer: Passage
    taught: Passage
    """What the update made likelier; empty where it taught nothing, or the record names no such text."""
    why: str
    why_numbers: str
    taught_moved: str
    """How likely the student was to give what was taught, before and after; "" where that is not on record."""
    rejected_moved: str
    prefers: str
    """Whether it now prefers what was taught, in words; "" where nothing was rejected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutChanges:
    """What became of held-out answers between the evaluations around a turn."""

    sentence: str
    turned_right: Sheet | None = None
    turned_wrong: Sheet | None = None
    paging: Paging | None = None
    """Where in both tables the page is."""
    all_href: str = ""
    """Where those in all categories stand."""


def lesson_rows(request: PageRequest, seat: int, turn: Turn, start: int, stop: int) -> list[LessonRow]:
    """Return the lessons of a turn from `start` to before `stop`."""
    effects = effects_of(turn)
    return [lesson_row(request, seat, turn, place, effects.get(place)) for place in range(start, stop)]


def effects_of(turn: Turn) -> Mapping[int, LessonEffect]:
    """Return what the update did, by the place of the lesson."""
    return {effect.lesson: effect for effect in turn.update.effects} if turn.update is not None else {}


def lesson_row(request: PageRequest, seat: int, turn: Turn, place: int, effect: LessonEffect | None) -> LessonRow:
    """Return what a reader sees of one lesson."""
    lesson, length = turn.lessons[place], max(60, request.longest // 4)
    experience = lesson.item
    taught = "" if effect is None else taught_text(experience, effect, answers=imitates_answers(request.study, seat))
    rejected_moved = ""
    if effect is not None and effect.rejected_before is not None and effect.rejected_after is not None:
        rejected_moved = before_after(effect.rejected_before, effect.rejected_after)
    return LessonRow(
        place=place,
        href=request.answer_link(seat, experience.turn, experience.position),
        source="this turn" if experience.turn == turn.turn else f"turn {experience.turn}",
        question=passage(experience.question.prompt, length),
        answer=passage(experience.answer.text, length),
        taught=passage(taught, length),
        why=why_plain(lesson),
        why_numbers=why_numbers(lesson),
        taught_moved="" if effect is None else before_after(effect.taught_before, effect.taught_after),
        rejected_moved=rejected_moved,
        prefers="" if effect is None else preference(prefers_taught(effect)),
    )


def taught_text(experience: Experience, effect: LessonEffect, *, answers: bool) -> str:
    """Return the text that an update taught, "" where the record names none; `answers` are taught as they are.

    Of an answer that is a list one item was taught: the correction, where there is one.
    """
    correction, text = experience.feedback.correction, experience.answer.text
    own = "" if experience.question.form.several else text
    if effect.rejected_before is not None or (experience.feedback.score < 1 and not answers):
        return correction or ""
    return own or correction or ""


def imitates_answers(study: Study, seat: int) -> bool:
    """Tell whether a student's trainer imitates answers whatever was said of them."""
    scenario = study.scenario
    if is_lineup(scenario):
        label = study.seats[seat].label
        scenario = next(entry["scenario"] for entry in scenario["entries"] if entry["label"] == label)
    return (scenario["learn"]["trainer"] or {}).get("imitate") == "answers"


def preference(prefers: tuple[bool, bool] | None) -> str:
    """Say which of two texts a student preferred before and after an update."""
    if prefers is None:
        return ""
    return {
        (False, True): "now prefers what it was taught; before it did not",
        (True, True): "preferred what it was taught before and after",
        (False, False): "still prefers what it answered",
        (True, False): "no longer prefers what it was taught",
    }[prefers]


def lessons_sentence(turn: Turn) -> str:
    """Say of all lessons of a turn together what the update did to them."""
    preferences = [pair for effect in effects_of(turn).values() if (pair := prefers_taught(effect)) is not None]
    effects = effects_of(turn).values()
    likelier = sum(effect.taught_after > effect.taught_before for effect in effects)
    if not effects:
        return "The record does not say what the update did to each of them."
    if preferences:
        before, after = (sum(pair[side] for pair in preferences) for side in (0, 1))
        return (
            f"Of {len(preferences)} lessons with an answer to avoid, the student preferred what it was taught in "
            f"{before} before the update and in {after} after it."
        )
    return f"Of {len(effects)} lessons, what was taught became likelier in {likelier}."


def held_out_changes(
    request: PageRequest, seat: int, turn: Turn, questions: Mapping[str, tuple[int, Question]]
) -> HeldOutChanges | None:
    """Compare the last evaluation before a turn with the first after it; None before the first turn."""
    study, turns = request.study, exam_turns(request.study, seat)
    before = max((number for number in turns if number < turn.turn), default=None)
    after = min((number for number in turns if number >= turn.turn), default=None)
    if before is None or not turn.turn:
        return None
    if after is None:
        return HeldOutChanges(sentence="No evaluation came after this turn yet.")
    around = {exam.turn: exam for exam in exams(study, seat, before, after)}
    topics = sorted({experience.question.category for experience in turn.experiences})
    graded = study.measures[0].graded
    moves = moved_answers(around[before], around[after], graded=graded)
    own = {name: direction for name, direction in moves.items() if category(questions, name) in topics}
    up, down = ([name for name, direction in own.items() if direction == side] for side in (1, -1))
    words = ("rose", "fell") if graded else ("turned right", "turned wrong")
    others = [
        sum(direction == side for direction in moves.values()) - len(side_names)
        for side, side_names in ((1, up), (-1, down))
    ]
    between = after - before
    sentence = (
        f"Between the evaluations after turn {before} and after turn {after}"
        f"{f' ({between} turns lie between, this among them)' if between > 1 else ''}, of held-out answers in the "
        f"categories asked here {len(up)} {words[0]} and {len(down)} {words[1]}; in all others {others[0]} {words[0]} "
        f"and {others[1]} {words[1]}. This says what came after, not what caused it."
    )
    pair = ((study, around[before]), (study, around[after]))
    paging = request.paging(max(len(up), len(down)), request.turn_path(seat, turn.turn), "changes", MOST_CHANGES)
    captions = [f"{many(len(ids), 'held-out answer')} that {word}" for ids, word in zip((up, down), words, strict=True)]
    again = None if graded or not up else right_before(study, seat, before)
    return HeldOutChanges(
        sentence=sentence,
        turned_right=changes_sheet(request, seat, captions[0], up, pair, questions, paging, again),
        turned_wrong=changes_sheet(request, seat, captions[1], down, pair, questions, paging),
        paging=paging,
        all_href=all_changes(request, seat, before, after) if len(moves) > len(own) else "",
    )


def all_changes(request: PageRequest, seat: int, before: int, after: int) -> str:
    """Return the address of the changes in all categories between two turns, "" in files."""
    query = {"a_student": seat, "a_turn": before, "b_student": seat, "b_turn": after}
    return "" if request.links.bundled else request.links.to(f"{request.base}/compare.html", query)


def moved_answers(before: Exam, after: Exam, *, graded: bool) -> dict[str, int]:
    """Return which answers rose (1) and fell (-1) between two evaluations, by the id of the question."""
    directions = {}
    for name in before.answers.keys() & after.answers.keys():
        was, now = before.answers[name].truth, after.answers[name].truth
        difference = now - was if graded else float((now >= HALF) - (was >= HALF))
        if abs(difference) > MOVED:
            directions[name] = 1 if difference > 0 else -1
    return dict(sorted(directions.items()))


def category(questions: Mapping[str, tuple[int, Question]], name: str) -> str:
    """Return the category of a held-out question, "" where it is not known."""
    return questions[name][1].category if name in questions else ""


def changes_sheet(
    request: PageRequest,
    seat: int,
    caption: str,
    names: Sequence[str],
    pair: tuple[tuple[Study, Exam], tuple[Study, Exam]],
    questions: Mapping[str, tuple[int, Question]],
    paging: Paging,
    again: Set[str] | None = None,
) -> Sheet | None:
    """Return a part of the answers to these questions before and after; None where there are none.

    Those `again` were right at an evaluation before both: they came back.
    """
    own = sorted(names, key=lambda name: (category(questions, name), name))[paging.start : paging.start + paging.size]
    length = max(40, request.longest // 8)
    rows = []
    for name in own:
        number, question = questions[name]
        look = style(question.form)
        texts = [answer_text(study, exam, name, length, look) for study, exam in pair]
        study, worse = min(pair, key=lambda side: side[1].answers[name].truth)
        shows = Cell(passage(shown_by(study, worse.answers[name], question), length).text, look="word")
        href = request.links.to(request.student_path(seat, f"question-{number}.html"))
        prompt = Cell(passage(question.prompt, length).text, href, "word")
        once = () if again is None else (Cell("came back" if name in again else "the first time", look="word"),)
        rows.append((Cell(question.category or "none"), prompt, *texts, shows, *once))
    head = ("category", "question", *(f"after turn {exam.turn}" for _, exam in pair), "the worse one shows")
    if again is not None:
        head, caption = (*head, "right"), f"{caption}, {sum(name in again for name in names)} of them came back"
    return sheet(caption, head, rows, words=len(head)) if rows else None


def answer_text(study: Study, exam: Exam, name: str, length: int, look: str = "") -> Cell:
    """Return what was answered in an evaluation."""
    return Cell(passage(text_of(study, exam.answers[name].text), length).text or "nothing", look=look)
