"""What a student once answered right at an evaluation and now answers wrong."""

from collections import Counter

from simulation.measures.methods import HALF
from simulation.views.forms import style
from simulation.views.web.changes import answer_text
from simulation.views.web.exam_answers import shown_by
from simulation.views.web.page_request import PageRequest
from simulation.views.web.queries import exams
from simulation.views.web.sheets import Cell, Row, Sheet, passage, sheet

MOST_FORGOTTEN = 50
MOST_CATEGORIES = 3


def forgotten_sheet(request: PageRequest, seat: int) -> Sheet | None:
    """Return the held-out questions that were right at an earlier evaluation and are wrong at the last."""
    evaluations = exams(request.study, seat, 0, request.study.last_turn)
    if len(evaluations) < 2:
        return None
    *earlier, last = evaluations
    last_right = {
        name: evaluation for evaluation in earlier for name, row in evaluation.answers.items() if row.truth >= HALF
    }
    lost = [name for name, row in last.answers.items() if row.truth < HALF and name in last_right]
    questions, rows = request.held_out, list[Row]()
    for name in sorted(lost, key=lambda name: (questions[name][1].category, name))[:MOST_FORGOTTEN]:
        number, question = questions[name]
        look = style(question.form)
        href = request.links.to(request.student_path(seat, f"question-{number}.html"))
        rows.append(
            (
                Cell(passage(question.category, 80).text or "none"),
                Cell(passage(question.prompt, max(40, request.longest // 8)).text, href, "word"),
                Cell(f"turn {last_right[name].turn}", look="word"),
                answer_text(request.study, last, name, max(40, request.longest // 8), look),
                Cell(passage(shown_by(request.study, last.answers[name], question), 200).text, look="word"),
            )
        )
    hidden = len(lost) - len(rows)
    caption = f"what it forgot: {len(lost)} of {len(last.answers)} held-out answers were right before and are wrong now"
    counts = Counter(questions[name][1].category or "none" for name in lost)
    ranked = sorted(counts, key=lambda name: (-counts[name], name))[:MOST_CATEGORIES]
    if len(counts) > 1:
        caption += f", most of them in: {', '.join(f'{passage(name, 80).text} ({counts[name]})' for name in ranked)}"
    head = ("category", "question", "last right after", f"answer after turn {last.turn}", "which shows")
    return sheet(caption, head, rows, words=5, note=f"and {hidden} more" if hidden > 0 else "") if rows else None
