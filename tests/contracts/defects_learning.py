"""Students and trainers that break their role."""

from tests.contracts.defects import Defect


def said(expression: str, complaint: str, *, in_run: bool = True) -> Defect:
    """Students whose answers are this expression."""
    return Defect("students", "", complaint, after=f"Bold.say = lambda self, answers: {expression}", in_run=in_run)


def wished(expression: str, complaint: str, *, in_run: bool = True) -> Defect:
    """Students whose requests are this expression."""
    return Defect("students", "", complaint, after=f"Bold.ask = lambda self, requests: {expression}", in_run=in_run)


def written(expression: str, complaint: str) -> Defect:
    """Students whose model's completions are this expression."""
    after = f"Model.write = lambda self, completions: {expression}"
    return Defect("students", "", complaint, after=after, in_check=False)


def trained(expression: str, complaint: str, *, in_run: bool = True) -> Defect:
    """A trainer whose update is this expression of a good one."""
    return Defect("trainer", f"def report(self, update, batch):\n    return {expression}", complaint, in_run=in_run)


STUDENTS = [
    Defect(
        "students",
        "",
        "has no count|count",
        after="class Bad:\n    answerer, learner, fingerprint = Good.answerer, Good.learner, Good.fingerprint",
    ),
    wished("requests[1:]", "gave \\d+ requests? for \\d+ questions?"),
    wished("None", "returned None; return a list of Request"),
    wished("[replace(one, slot='nobody') for one in requests]", "asks for the slot 'nobody' in the place of"),
    wished("[replace(one, prompt=None) for one in requests]", "whose prompt is None"),
    wished("[replace(one, temperature='hot') for one in requests]", "whose temperature is 'hot'"),
    wished("[one.prompt for one in requests]", "give a Request"),
    said("answers[1:]", "gave \\d+ answers? for \\d+ completions?"),
    said("None", "returned None; return a list of Answer"),
    said(
        "answers[::-1] if len(answers) > 1 else [replace(one, question_id='?') for one in answers]",
        "answers question '.*' where '.*' was asked",
    ),
    said("[replace(one, ranking=Ranking(taken=9)) for one in answers]", "takes alternative 9 of \\d as its answer"),
    said(
        "[replace(one, ranking=Ranking(taken=0, logprobs=(-1.0,))) for one in answers]",
        "1 log-probabilities for \\d alternatives",
    ),
    said(
        "[replace(one, ranking=Ranking(taken=0, logprobs=(0.5,) * 5, alternatives=tuple('abcde'))) for one in answers]",
        "log-probability 0.5",
    ),
    said(
        "[replace(one, ranking=Ranking(logprobs=(math.nan,) * 5, alternatives=tuple('abcde'))) for one in answers]",
        r"ranking.logprobs\[0\] is nan",
    ),
    said("[replace(one, ranking=(0, ())) for one in answers]", "whose ranking is"),
    said("[replace(one, text=None) for one in answers]", "whose text is None"),
    said("[replace(one, stop=None) for one in answers]", "whose stop is None"),
    said("[replace(one, logprob=math.inf) for one in answers]", "whose logprob is inf"),
    said("[replace(one, tokens='three') for one in answers]", "whose tokens is 'three'"),
    said("[one.text for one in answers]", "give an Answer"),
    said("[{}['a'] for one in answers]", "raised KeyError: 'a'"),
    Defect("students", "def answerer(self, seat):\n    return Bold(name='nobody')", "'nobody'"),
    written("completions[1:]", "gave \\d+ completions? for \\d+ requests?"),
    written("[replace(one, logprob=math.nan) for one in completions]", "whose logprob is nan"),
    written("[one.text for one in completions]", "give a Completion"),
    Defect("students", "def learner(self, seats):\n    return 1 / 0", "raised ZeroDivisionError", in_check=False),
]
TRAINERS = [
    Defect(
        "trainer",
        "def update(self, model, batches, mark, *, turn, generators):\n    return None",
        "returned None; return a dict of an Update by slot",
    ),
    Defect(
        "trainer",
        "def update(self, model, batches, mark, *, turn, generators):\n    return []",
        "return a dict of an Update by slot",
    ),
    Defect(
        "trainer",
        "def update(self, model, batches, mark, *, turn, generators):\n    return {'nobody': 3}",
        "updated the slot 'nobody', which had no lessons",
    ),
    Defect(
        "trainer",
        "def update(self, model, batches, mark, *, generators):\n    return {}",
        "unexpected keyword argument 'turn'",
    ),
    trained("None", "gave None of type NoneType"),
    trained("1 / 0", r"raised ZeroDivisionError: division by zero \(bad.py:\d+, in report\)"),
    trained("replace(update, steps=-1)", "and -1 steps"),
    trained("replace(update, experiences='all')", "whose experiences is 'all'"),
    trained("replace(update, model_version='')", "names no model version"),
    trained("replace(update, model_version=None)", "whose model_version is None"),
    trained("replace(update, metrics={'gain': math.nan})", "the metric 'gain' .* as nan"),
    trained("replace(update, metrics={'gain': 'much'})", r"metrics\['gain'\] is 'much'"),
    trained("replace(update, metrics=[0.5])", "whose metrics is"),
    trained(
        "replace(update, effects=(LessonEffect(lesson=99, taught_before=-1.0, taught_after=-1.0),))",
        "the effect of lesson 99 .* which had \\d+",
    ),
    trained(
        "replace(update, effects=(LessonEffect(lesson=0, taught_before=-1.0, taught_after=-1.0),) * 2)",
        "tells the effects of lessons \\[0, 0\\]",
    ),
    trained(
        "replace(update, effects=(LessonEffect(lesson=0, taught_before=-1.0, taught_after=3.0),))",
        "as the log-probability 3.0",
    ),
    trained(
        "replace(update, effects=(LessonEffect(lesson=0, taught_before=-1, taught_after=-1, rejected_before=-1),))",
        "only one of rejected_before",
    ),
    trained("replace(update, steps=random.randrange(9))", "random numbers of the whole process", in_run=False),
    trained("replace(update, model_version='1')", "names '1' as the version of", in_run=False),
]
