"""Judges and policies that break their role."""

from tests.contracts.defects import Defect


def judged(expression: str, complaint: str, *, in_run: bool = True) -> Defect:
    """A judge whose verdict on one answer is this expression."""
    return Defect(
        "judge", f"def mark(self, question, answer, score):\n    return {expression}", complaint, in_run=in_run
    )


def verdicts(expression: str, complaint: str, *, in_run: bool = True) -> Defect:
    """A judge whose verdicts are this expression of good ones."""
    head = "def judge(self, questions, answers, *, seeds):"
    good = "    verdicts = Good.judge(self, questions, answers, seeds=seeds)"
    return Defect("judge", f"{head}\n{good}\n    return {expression}", complaint, in_run=in_run)


def picked(kind: str, expression: str, complaint: str, *, in_run: bool = True) -> Defect:
    """A policy whose picks are this expression of good ones."""
    item = {"question_policy": "Question", "experience_policy": "Experience"}[kind]
    head = f"def select(self, candidates: Sequence[{item}], k: int, context):"
    good = "    picks = Good.select(self, candidates, k, context)"
    return Defect(kind, f"{head}\n{good}\n    return {expression}", complaint, in_run=in_run)


JUDGES = [
    judged("Feedback(score=2.0, judge='bad')", "gave the score 2.0 for question '.*'; a score lies between 0 and 1"),
    judged("Feedback(score=-0.1, judge='bad')", "gave the score -0.1"),
    judged("Feedback(score=math.nan, judge='bad')", "whose score is nan"),
    judged("Feedback(score='high', judge='bad')", "whose score is 'high' of type str; make it a float"),
    judged("Feedback(score=None, judge='bad')", "whose score is None"),
    judged("Feedback(score=score, judge='bad', correction=3)", "whose correction is 3 of type int"),
    judged("Feedback(score=score, judge='bad', explanation=None)", "whose explanation is None"),
    judged("Feedback(score=score, judge='bad', metrics={'sure': math.inf})", r"metrics\['sure'\] is inf"),
    judged("Feedback(score=score, judge='bad', metrics={'sure': 'very'})", r"metrics\['sure'\] is 'very'"),
    judged("Feedback(score=score, judge='bad', metrics=[0.5])", "whose metrics is .* make it a dict"),
    judged("Feedback(score=score, judge='bad', outcomes=('right',))", r"outcomes\[0\] is 'right'"),
    judged(
        "Feedback(score=score, judge='bad', outcomes=(Outcome(part='answer', score=7.0, reason='right'),))",
        "the part 'answer' the score 7.0",
    ),
    judged("score", "of type float for question '.*'; give a Feedback"),
    judged("{}['a']", r"raised KeyError: 'a' \(bad.py:\d+, in mark\)"),
    verdicts("verdicts[1:]", "gave \\d+ verdicts? for \\d+ answers?; give one an answer"),
    verdicts("[*verdicts, *verdicts[:1]]", "gave \\d+ verdicts for \\d+ answers?"),
    verdicts("None", "returned None; return a list of Feedback"),
    verdicts("{question.id: verdict for question, verdict in zip(questions, verdicts)}", "return a list of Feedback"),
    verdicts("next(iter(()))", "raised StopIteration"),
    verdicts("[replace(one, score=1 / len(answers)) for one in verdicts]", "where it is judged alone", in_run=False),
    judged("Feedback(score=random.random(), judge='bad')", "the random numbers of the whole process", in_run=False),
]
POLICIES = [
    Defect(
        "question_policy", 'needs = frozenset({"prediction"})', "unknown need 'prediction'; did you mean 'predictions'"
    ),
    Defect("question_policy", 'needs = "predictions"', "of type str; write a frozenset"),
    picked("question_policy", "picks[:1] * k", "picked '.*' \\d+ times; pick distinct candidates"),
    picked("question_policy", "Good.select(self, candidates, k + 1, context)", "where at most \\d+ were wanted"),
    picked(
        "question_policy",
        "[replace(pick, item=replace(pick.item, id='mine')) for pick in picks]",
        "'mine', which is no candidate",
    ),
    picked("question_policy", "[replace(pick, item=pick.item.id) for pick in picks]", "which is no candidate"),
    picked("question_policy", "[*candidates[:k]]", "give a Selection"),
    picked("question_policy", "None", "returned None; return a list of Selection"),
    picked("question_policy", "[replace(pick, score=math.nan) for pick in picks]", "whose score is nan"),
    picked("question_policy", "[replace(pick, score=math.inf) for pick in picks]", "whose score is inf"),
    picked("question_policy", "[replace(pick, score='high') for pick in picks]", "whose score is 'high'"),
    picked("question_policy", "[replace(pick, propensity=1.5) for pick in picks]", "propensity 1.5"),
    picked("question_policy", "[replace(pick, propensity=math.nan) for pick in picks]", "propensity is nan"),
    picked("question_policy", "[replace(pick, reason='') for pick in picks]", "gave no reason for its pick of"),
    picked("question_policy", "[replace(pick, reason=' ') for pick in picks]", "gave no reason"),
    picked("question_policy", "[replace(pick, reason=None) for pick in picks]", "whose reason is None"),
    picked("question_policy", "candidates[10 ** 6]", "raised IndexError"),
    picked(
        "question_policy",
        "[random.choice(picks)] if picks else []",
        "random numbers of the whole process",
        in_run=False,
    ),
    picked(
        "question_policy",
        "[replace(pick, score=float(id(pick.item))) for pick in picks]",
        "tells otherwise (after other calls|of equal candidates|where it is built anew)",
        in_run=False,
    ),
    picked(
        "question_policy",
        "[replace(pick, propensity=0.25) for pick in picks]",
        "picks it 1.000 of the times",
        in_run=False,
    ),
    picked(
        "question_policy",
        "sorted(picks, key=lambda pick: context.predictions[pick.item.id])",
        "raised KeyError",
        in_run=True,
    ),
    picked("experience_policy", "picks + picks", "where at most|picked '.*' 2 times"),
    picked(
        "experience_policy",
        "[replace(pick, item=replace(pick.item, turn=77)) for pick in picks]",
        "'77/0', which is no candidate",
    ),
    picked("experience_policy", "[replace(pick, score=math.nan) for pick in picks]", "whose score is nan"),
    picked("experience_policy", "[replace(pick, reason='') for pick in picks]", "gave no reason"),
    picked("experience_policy", "None", "returned None"),
    picked("experience_policy", "[pick.item for pick in picks]", "give a Selection"),
    picked("experience_policy", "1 / 0", r"raised ZeroDivisionError: division by zero \(bad.py:\d+, in select\)"),
    Defect("experience_policy", 'needs = ["probe"]', "of type list; write a frozenset"),
]
