"""What a reader sees of one answer: the question and why, what the student believed, the verdict beside the truth."""

from collections import Counter
from dataclasses import dataclass

from simulation.core.types import Experience, Feedback, Outcome, Question, Selection, Turn
from simulation.measures.reliability import errs
from simulation.views.forms import style
from simulation.views.text import GRADED
from simulation.views.web.page_request import PageRequest
from simulation.views.web.sheets import Cell, Passage, Sheet, passage, sheet
from simulation.views.web.wording import misconception, option_shares, percents, why_numbers, why_plain

MOST_OPTIONS = 12
MOST_OUTCOMES = 12
SHORTER = 4
"""Of what is shown of a text, options and reasons get a fourth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionRow:
    """One alternative of a question."""

    letter: str
    text: Passage
    share: float | None
    """How much of its belief the student gave it, in [0, 1]; None where that is not on record."""
    taken: bool
    right: bool
    misconception: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainRow:
    """A further answer to the question of a card."""

    number: int
    """2 for the second answer."""
    answer: Passage
    truth: str
    verdict: str
    right: bool
    explanation: Passage | None
    prompt: Passage
    """What the model read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCard:
    """One question of a turn and what came of it."""

    position: int
    heading: str
    """Which question of the turn it is, and where one was answered several times, which answer."""
    category: str
    """With the skills below it."""
    topic: str
    """The category alone, by which answers are chosen."""
    question_href: str
    prompt: Passage
    model_input: Passage | None
    why: str
    why_numbers: str
    options: tuple[OptionRow, ...]
    more_options: int
    options_href: str
    answer: Passage
    style: str
    reading: str
    stop: str
    misconception: str
    """That the answer taken shows."""
    truth: str
    """Whether it is truly right, in words."""
    verdict: str
    """What the teacher called it, in words."""
    right: bool
    erred: bool
    """Whether what the teacher said is not the truth."""
    erred_words: str
    explanation: Passage | None
    correction: Passage | None
    outcomes: Sheet | None
    again: tuple[AgainRow, ...]
    """The further answers to it."""
    judged_seconds: str
    """What judging it computed, "" where that is not on record."""
    learned: str
    """What was done with it: "it was trained on in this turn"."""


def card(
    request: PageRequest, seat: int, turn: Turn, experience: Experience, *, graded: bool, question_number: int,
    heading: str, judged_seconds: float | None = None,
) -> AnswerCard:  # fmt: skip
    """Return what a reader sees of one answer; `question_number` is the row of its question."""
    question, answer, feedback = experience.question, experience.answer, experience.feedback
    place, short = experience.position, max(40, request.longest // SHORTER)
    cut = CutTexts(request, seat, f"answer-{turn.turn}-{place}")
    pick, options = pick_of(turn, question), option_rows(experience, short)
    more_options = len(question.form.alternatives) - len(options)
    return AnswerCard(
        position=place,
        heading=heading,
        category=", ".join(question.tags),
        topic=question.category,
        question_href=request.links.to(request.student_path(seat, f"question-{question_number}.html")),
        prompt=cut.text("prompt", question.prompt),
        model_input=None if answer.model_input in ("", answer.prompt) else cut.text("input", answer.model_input),
        why=why_plain(pick),
        why_numbers=why_numbers(pick),
        options=options,
        more_options=more_options,
        options_href=cut.href("options") if more_options else "",
        answer=cut.text("answer", answer.text),
        style=style(question.form),
        reading=passage(answer.reading, short).text,
        stop="" if answer.stop == "stop" else passage(answer.stop, short).text,
        misconception=passage(misconception(revealed(question, answer.choice)), short).text,
        truth=worth(experience.truth, graded=graded),
        verdict=worth(feedback.score, graded=graded),
        right=experience.truth >= 1.0,
        erred=errs(feedback.score, experience.truth, graded=graded),
        erred_words="not the truth" if graded else "the teacher erred",
        explanation=cut.text("explanation", feedback.explanation) if feedback.explanation else None,
        correction=correction_of(cut, feedback),
        outcomes=outcomes_sheet(feedback.outcomes, short),
        again=again_rows(cut, turn, place, graded=graded),
        judged_seconds="" if judged_seconds is None else f"{judged_seconds:.3g} s of processor time",
        learned=learned(turn, place),
    )


def correction_of(cut: "CutTexts", feedback: Feedback) -> Passage | None:
    """Return what should have been answered, where the teacher says so of an answer that is not right."""
    if feedback.correction is None or feedback.score >= 1.0:
        return None
    return cut.text("correction", feedback.correction)


def again_rows(cut: "CutTexts", turn: Turn, position: int, *, graded: bool) -> tuple[AgainRow, ...]:
    """Return what was answered again to the question of a position, and what was said of it."""
    return tuple(
        AgainRow(
            number=attempt.number,
            answer=cut.text(f"answer-{attempt.number}", attempt.answer.text),
            truth=worth(attempt.truth, graded=graded),
            verdict=worth(attempt.feedback.score, graded=graded),
            right=attempt.truth >= 1.0,
            explanation=cut.text(f"explanation-{attempt.number}", attempt.feedback.explanation)
            if attempt.feedback.explanation
            else None,
            prompt=cut.text(f"input-{attempt.number}", attempt.answer.model_input),
        )
        for attempt in turn.attempts
        if attempt.position == position
    )


@dataclass(frozen=True, slots=True)
class CutTexts:
    """Cuts the texts of one answer; what is cut leads to the whole."""

    request: PageRequest
    seat: int
    answer: str
    """How addresses name the answer."""

    def text(self, part: str, whole: str) -> Passage:
        """Return the beginning of a text."""
        beginning = passage(whole, self.request.longest)
        return passage(whole, self.request.longest, self.href(part)) if beginning.hidden else beginning

    def href(self, part: str) -> str:
        """Return the address of a whole text."""
        return self.request.links.to(self.request.student_path(self.seat, f"{self.answer}-{part}.txt"))


def headings(turn: Turn) -> list[str]:
    """Return for each answer "Question 3", or "Question 3, answer 2 of 5" where a question was answered so often."""
    times = Counter(experience.question.id for experience in turn.experiences)
    numbers = {name: number for number, name in enumerate(times, 1)}
    so_far = Counter[str]()
    names = []
    for experience in turn.experiences:
        own = experience.question.id
        so_far[own] += 1
        answer = f", answer {so_far[own]} of {times[own]}" if times[own] > 1 else ""
        names.append(f"Question {numbers[own]}{answer}")
    return names


def pick_of(turn: Turn, question: Question) -> Selection[Question] | None:
    """Return why a question was asked."""
    return next((pick for pick in turn.picks if pick.item.id == question.id), None)


def option_rows(experience: Experience, longest: int) -> tuple[OptionRow, ...]:
    """Return a question's alternatives; of many those that are right or were taken, and the first of the others."""
    question, answer = experience.question, experience.answer
    alternatives = question.form.alternatives
    shares = option_shares(answer.ranking)
    if answer.ranking is not None and answer.ranking.alternatives:
        shares = []  # it weighed others than those laid out
    matters = {place for place, text in enumerate(alternatives) if text == question.key.reference}
    matters |= {answer.choice} if answer.choice is not None and not shares_apart(experience) else set()
    ranked = sorted(range(len(alternatives)), key=lambda place: place not in matters)[:MOST_OPTIONS]
    return tuple(
        OptionRow(
            letter=chr(ord("A") + place) if place < 26 else str(place + 1),
            text=passage(alternatives[place], longest),
            share=shares[place] if place < len(shares) else None,
            taken=place == answer.choice and not shares_apart(experience),
            right=alternatives[place] == question.key.reference,
            misconception=passage(misconception(revealed(question, place)), longest).text,
        )
        for place in sorted(ranked)
    )


def shares_apart(experience: Experience) -> bool:
    """Tell whether the answer's ranking is of other alternatives than those of the question."""
    ranking = experience.answer.ranking
    return ranking is not None and bool(ranking.alternatives)


def revealed(question: Question, place: int | None) -> str:
    """Return what an alternative reveals of who takes it, "" where nobody wrote that down."""
    reveals = question.key.reveals
    return reveals[place] if place is not None and 0 <= place < len(reveals) else ""


def worth(value: float, *, graded: bool) -> str:
    """Say how right an answer is."""
    if graded and 0.0 < value < 1.0:
        return f"{GRADED.number(value)} of 1"
    return "right" if value >= 1.0 else "wrong" if value <= 0.0 else f"{percents(value)} right"


def outcomes_sheet(outcomes: tuple[Outcome, ...], longest: int) -> Sheet | None:
    """Return what came of the parts of an answer, such as tests and items, where there are several or one says why."""
    if not outcomes or (len(outcomes) == 1 and not outcomes[0].detail):
        return None
    rows = [
        (
            Cell(passage(outcome.part, longest).text),
            Cell(GRADED.bare(outcome.score), look="good" if outcome.score >= 1 else "bad"),
            Cell(passage(outcome.reason, longest).text, look="word"),
            Cell(passage(" ".join(filter(None, (outcome.detail, outcome.evidence))), longest).text, look="word"),
        )
        for outcome in outcomes[:MOST_OUTCOMES]
    ]
    hidden = len(outcomes) - len(rows)
    return sheet(
        "part by part", ("part", "score", "why", "more"), rows, note=f"and {hidden} more parts" if hidden > 0 else ""
    )


def learned(turn: Turn, position: int) -> str:
    """Say whether an answer of a turn was among the turn's lessons."""
    own = [lesson for lesson in turn.lessons if (lesson.item.turn, lesson.item.position) == (turn.turn, position)]
    if not own:
        return "not trained on in this turn"
    return f"trained on in this turn, because: {why_plain(own[0])}"
