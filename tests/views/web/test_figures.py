"""Each figure on a page is the report's and what a count by hand has, of whatever study."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from simulation.core.types import Experience
from simulation.loop.world import HELD_OUT
from simulation.store import Study
from simulation.views.web.report_page import report_page
from simulation.views.web.wording import many, percents
from tests.support.random_classes import SLIPS, Class
from tests.views.web.crawling import PageReader, read
from tests.views.web.drawn import Played, played

CLASSES = st.builds(
    Class,
    seed=st.integers(0, 10_000),
    students=st.integers(1, 3),
    turns=st.integers(1, 4),
    held_out=st.integers(4, 40),
    asked=st.integers(2, 8),
    every=st.integers(1, 2),
    graded=st.booleans(),
    unsure=st.booleans(),
    failing=st.none() | st.integers(1, 3),
)


def pages_of(study: Played) -> Iterator[tuple[PageReader, list[str], int | None]]:
    """Yield the page of the study and of each student, with who is on it."""
    yield read(study.site, "drawn/index.html"), study.names, None
    for seat, name in enumerate(study.names):
        yield read(study.site, f"drawn/student-{seat}/index.html"), [name], seat


def mean(values: Sequence[float]) -> float:
    """Return the mean."""
    return sum(values) / len(values)


def counted(values: Sequence[float]) -> str:
    """Return the mean of counts as tables have it."""
    return f"{values[0]:.0f}" if len(values) == 1 else f"{mean(values):.1f}"


def curve_is_right(study: Played, page: PageReader, students: Sequence[str]) -> None:
    """Compare the learning curve's numbers with the turns and with the report."""
    exams = {name: study.exams(name) for name in students}
    rows = page.table("held-out evaluations")
    assert list(rows) == [str(turn) for turn in study.measured(students)]
    for label, (value, interval, trained, rose, fell) in rows.items():
        turn = int(label)
        assert value == study.bare(mean([mean(list(exams[name][turn].values())) for name in students]))
        steps = Counter[str]()
        trained_counts = []
        for name in students:
            before = max((other for other in exams[name] if other < turn), default=None)
            since = [own for own in study.turns[name] if (-1 if before is None else before) < own.turn <= turn]
            trained_counts.append(sum(own.update.experiences for own in since if own.update is not None))
            if before is not None:
                steps["rose"] += sum(now > exams[name][before][put] for put, now in exams[name][turn].items())
                steps["fell"] += sum(now < exams[name][before][put] for put, now in exams[name][turn].items())
        assert trained == counted(trained_counts)
        if turn:
            ways = [[steps[way] / len(students)] * len(students) for way in ("rose", "fell")]
            assert [rose, fell] == [*map(counted, ways)]
        if len(students) == 1 and len(study.names) <= 3:
            printed = " ".join(study.printed.split())
            assert f" {turn} {value} ({interval.replace(' to ', '–')})" in printed


def categories_are_right(study: Played, page: PageReader, students: Sequence[str]) -> None:
    """Compare mastery by category at each turn, and what misconceptions were seen."""
    turns = study.measured(students)
    categories = {question.category for question in study.questions.values()}
    if len(categories) < 2:
        return
    rows = page.table("held-out accuracy by category and turn")
    assert set(rows) == {name or "none" for name in categories}
    for category in categories:
        means = []
        for turn in turns:
            truths = [
                truth
                for name in students
                for put, truth in study.exams(name).get(turn, {}).items()
                if study.questions[put].category == category
            ]
            means.append(mean(truths))
        cells = rows[category or "none"]
        assert cells[1:] == [*map(study.bare, means), study.signed(means[-1] - means[0])]
    shown = Counter(
        (turn.turn, result.reason)
        for name in students
        for turn in study.turns[name]
        for result in (turn.evaluations[HELD_OUT].results if turn.evaluations else ())
    )
    reasons = page.table("commonest misconceptions")
    for slip in SLIPS:
        counts = [shown[turn, slip] for turn in turns]
        total = len(students) * len(study.questions)
        assert reasons.get(slip) == (
            [f"{count} ({percents(count / total)})" for count in counts] if any(counts) else None
        )
    assert list(reasons) == sorted(reasons, key=lambda name: (-sum(shown[turn, name] for turn in turns), name))


def teacher_is_right(study: Played, page: PageReader, students: Sequence[str]) -> None:
    """Compare the teacher's table with the answers, and with the report of all."""
    answers = study.answers(students)
    if not answers:
        return
    rows = page.table("the teacher beside the truth")
    if study.own.graded:
        ((count, cells),) = rows.items()
        distances = [abs(one.feedback.score - one.truth) for one in answers]
        means = [mean([one.feedback.score for one in answers]), mean([one.truth for one in answers]), mean(distances)]
        assert count == str(len(answers)) and cells[:3] == [f"{value:.3f}" for value in means]
        return
    for category in {one.question.category for one in answers}:
        own = [one for one in answers if one.question.category == category]
        sides = Counter((one.truth >= 1, one.feedback.score >= 1) for one in own)
        counts = [sides[truth, said] for truth in (False, True) for said in (False, True)]
        assert rows[category or "none"] == [*map(str, (len(own), *counts, counts[1] + counts[2]))]
    erred = sum((one.truth >= 1) != (one.feedback.score >= 1) for one in answers)
    whole = rows.get("all") or next(iter(rows.values()))
    assert whole[-1] == str(erred)
    if students == study.names:
        assert f"of {len(answers)} verdicts are the truth" in study.printed.replace("\n", " ")
        errors_are_listed(study, answers)


def errors_are_listed(study: Played, answers: Sequence[Experience]) -> None:
    """Compare the lists of what the teacher erred about with the answers."""
    for truth in ("right", "wrong"):
        erred = [one for one in answers if (one.truth >= 1) != (one.feedback.score >= 1)]
        number = sum((one.truth >= 1) == (truth == "right") for one in erred)
        text = read(study.site, "drawn/answers.html", teacher="wrong", truth=truth).text
        assert f" {many(number, 'answer')} that are truly {truth} about which the teacher was wrong" in text


def class_is_right(study: Played, page: PageReader) -> None:
    """Compare each student's row."""
    if len(study.names) < 2:
        return
    for name, cells in page.table("students by held-out").items():
        exams = study.exams(name)
        first, last = (mean(list(exams[turn].values())) for turn in (min(exams), max(exams)))
        assert cells[2:5] == [study.bare(first), study.bare(last), study.signed(last - first)]
        means: dict[str, list[float]] = {}
        for put, truth in exams[max(exams)].items():
            means.setdefault(study.questions[put].category, []).append(truth)
        if len(means) > 1:
            for category, truths in means.items():
                assert page_column(page, f"{category or 'none'} ({len(truths)})") > 2
            weakest = min(means, key=lambda category: (mean(means[category]), category))
            needed = "" if mean(means[weakest]) == 1 else weakest or "what has no category"
            assert cells[page_column(page, "needs help with") - 1] == needed
        reasons = [f"since turn {turn.turn}: {turn.failure}" for turn in study.turns[name] if turn.failure]
        if any(turn.failure for turns in study.turns.values() for turn in turns):
            assert cells[-1] == "".join(reasons[:1])


def page_column(page: PageReader, name: str) -> int:
    """Return the place of a column by its name."""
    return next(row.index(name) for row in page.rows if name in row)


def forgetting_is_right(study: Played, page: PageReader, student: str) -> None:
    """Compare what was right at an earlier evaluation and is wrong at the last."""
    exams = study.exams(student)
    *earlier, last = exams.values()
    lost = [put for put, truth in last.items() if truth < 0.5 and any(own[put] >= 0.5 for own in earlier)]
    own = [place for place, caption in enumerate(page.captions) if caption.startswith("what it forgot")]
    assert len(own) == bool(lost)
    if lost:
        assert page.captions[own[0]].startswith(f"what it forgot: {len(lost)} of {len(last)} held-out answers")
        prompts = {row[1] for row in page.rows if len(row) == 5 and row[1].startswith("held")}
        assert prompts == {study.questions[put].prompt for put in lost}


def turns_are_right(study: Played, page: PageReader, seat: int, student: str) -> None:
    """Compare the list of turns and the page of each turn, its cards and its lessons."""
    rows = page.table("turn by turn")
    for turn in study.turns[student][1:]:
        truths = [one.truth for one in turn.experiences]
        scores = [one.feedback.score for one in turn.experiences]
        pairs_of = list(zip(scores, truths, strict=True))
        erred = sum((score >= 1) != (truth >= 1) for score, truth in pairs_of)
        if study.own.graded:
            erred = sum(abs(score - truth) > 1e-9 for score, truth in pairs_of)
        page = read(study.site, f"drawn/student-{seat}/turn-{turn.turn}.html")
        text = page.text
        sums = [
            f"{sum(own):.2f}" if study.own.graded else str(sum(value >= 1 for value in own)) for own in (truths, scores)
        ]
        trained = turn.update.experiences if turn.update is not None else 0
        assert rows[f"turn {turn.turn}"] == [str(len(truths)), *sums, str(erred), str(trained), turn.failure]
        if turn.failure:
            assert turn.failure in text and "the teacher was wrong" not in text
            continue
        if study.own.graded:
            assert f"its score was not the truth of {erred}." in text
        else:
            assert f"the teacher was wrong about {erred}." in text
        assert sum("is-erred" in str(own.get("class")) for _, own in page.tags) == erred
        if not study.own.graded:
            assert f"{sums[0]} of {len(truths)} answers right, {sums[1]} called right by the teacher" in text
        for one in turn.experiences:
            ranking = one.answer.ranking
            assert ranking is not None and one.question.prompt in text
        effects = turn.update.effects if turn.update is not None else ()
        pairs = [
            (effect.taught_before > (effect.rejected_before or 0), effect.taught_after > (effect.rejected_after or 0))
            for effect in effects
        ]
        if pairs:
            before, after = (sum(pair[side] for pair in pairs) for side in (0, 1))
            assert f"Of {len(pairs)} lessons with an answer to avoid" in text
            assert f"preferred what it was taught in {before} before the update and in {after} after it" in text


def questions_are_right(study: Played, seat: int, student: str) -> None:
    """Compare the page of a question that was asked and of one that was held out."""
    links = [
        str(own["href"])
        for tag, own in read(study.site, f"drawn/student-{seat}/turn-1.html").tags
        if tag == "a" and str(own.get("href")).startswith("question-")
    ]
    for link in dict.fromkeys(links[:1] + links[-1:]):
        page = read(study.site, f"drawn/student-{seat}/{link}")
        prompt = next(word for word in page.words if word.strip().startswith(("asked ", "held "))).strip()
        met = [
            (f"turn {one.turn}", one.answer.text) for one in study.answers([student]) if one.question.prompt == prompt
        ]
        if met:
            assert [(turn, row[1]) for turn, row in page.table(f"asked of {student}").items()] == met
        exams = [
            (f"turn {turn.turn}", result.text)
            for turn in study.turns[student]
            for result in (turn.evaluations[HELD_OUT].results if turn.evaluations else ())
            if study.questions[result.question_id].prompt == prompt
        ]
        if exams:
            assert [(turn, row[0]) for turn, row in page.table(f"put to {student}").items()] == exams


@settings(max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(own=CLASSES)
def test_every_figure_is_what_a_count_by_hand_has(own: Class, disks: Callable[[], Path]) -> None:
    study = played(own, disks())
    for page, students, seat in pages_of(study):
        curve_is_right(study, page, students)
        categories_are_right(study, page, students)
        teacher_is_right(study, page, students)
        if seat is None:
            class_is_right(study, page)
        else:
            forgetting_is_right(study, page, students[0])
            turns_are_right(study, page, seat, students[0])
            questions_are_right(study, seat, students[0])


@settings(max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(own=CLASSES)
def test_every_figure_of_the_report_is_that_of_the_pages(own: Class, disks: Callable[[], Path]) -> None:
    study = played(own, disks())
    with Study.open(study.site.catalog.folder / "drawn") as stored:
        page = PageReader(report_page(stored))
    curve_is_right(study, page, study.names)
    categories_are_right(study, page, study.names)
    teacher_is_right(study, page, study.names)
    class_is_right(study, page)
    for seat, student in enumerate(study.names):
        for turn in study.turns[student][1:]:
            own_page = read(study.site, f"drawn/student-{seat}/turn-{turn.turn}.html")
            sentence = own_page.text.split("k turn before ")[1].split(" What changed ")[0].split(" What was asked ")[0]
            assert sentence.split(" Words: ")[0] in page.text
