"""What students must hold: one request a question, one answer a completion, log-probabilities of what was weighed."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import cycle
from math import inf

import numpy as np

from simulation.contracts.boundary import breach, calling, counted, listed, shortened
from simulation.contracts.models import CERTAIN, are_sound_logprobs, refuse_logprobs
from simulation.contracts.records import fitted
from simulation.contracts.rules import Build, broken, own_randomness
from simulation.contracts.scripted import STUDENT, of_every_form
from simulation.core.calls import Completion, Request
from simulation.core.errors import ContractError, SimulationError
from simulation.core.roles import Answerer, Learner, Students
from simulation.core.types import Answer, Question, Ranking, Seat

KIND = "students"


def guarded_count(name: str, students: Students) -> int:
    """Return how many students one run seats."""
    with calling(KIND, name):
        count = students.count
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise breach(KIND, name, f"seats {shortened(count)} students", "let count be an int, 1 at least")
    return count


def guarded_answerer(name: str, students: Students, seat: Seat) -> Answerer:
    """Return the student of a seat, which bears the seat's name."""
    with calling(KIND, name):
        answerer = students.answerer(seat)
        own_name, simulated = answerer.name, answerer.simulated
    if own_name != seat.name:
        what = f"calls the student of seat {seat.name!r} {shortened(own_name)}"
        raise breach(KIND, name, what, "let answerer(seat).name be the seat's name, which is its slot")
    if not isinstance(simulated, bool):
        what = f"has students that are simulated: {shortened(simulated)}"
        raise breach(KIND, name, what, "say True, for those told the reference, or False")
    return answerer


def guarded_learner(name: str, students: Students, seats: Sequence[Seat]) -> Learner:
    """Load the model of some seats, with a slot for each."""
    with calling(KIND, name):
        model = students.learner(seats)
        slots = tuple(model.slots)
    if lacking := [seat.name for seat in seats if seat.name not in slots]:
        what = f"loaded a model with the slots {shortened(slots)}, none for {lacking[0]!r}"
        raise breach(KIND, name, what, "give each seat a slot of its name")
    return model


def guarded_requests(
    name: str, answerer: Answerer, questions: Sequence[Question], *, generator: np.random.Generator
) -> list[Request]:
    """Return one good request a question, each for the student's own slot."""
    with calling(KIND, name):
        requests = answerer.requests(questions, generator=generator)
    return good_requests(name, answerer, requests, questions)


def guarded_options(name: str, answerer: Answerer, questions: Sequence[Question]) -> list[Request]:
    """Return one good request a question that scores its alternatives."""
    with calling(KIND, name):
        returned = answerer.options(questions)
    requests = good_requests(name, answerer, returned, questions)
    for request, question in zip(requests, questions, strict=True):
        if len(request.continuations) != len(question.form.alternatives):
            what = f"asks for {len(request.continuations)} continuations of question {question.id!r}, which has "
            what += f"{len(question.form.alternatives)} alternatives"
            raise breach(KIND, name, what, "let options score each of them, in their order")
    return requests


def good_requests(name: str, answerer: Answerer, returned: object, questions: Sequence[Question]) -> list[Request]:
    """Return requests as their types demand; raises ContractError."""
    requests = listed(KIND, name, returned, "Request")
    counted(KIND, name, requests, len(questions), ("request", "question"))
    if not all(map(is_sound_request, requests)):
        requests = [good_request(name, *pair) for pair in zip(requests, questions, strict=True)]
    strangers = {request.slot for request in requests} - {answerer.name}
    if strangers:
        what = f"asks for the slot {min(strangers)!r} in the place of {answerer.name!r}"
        raise breach(KIND, name, what, "name the student's own: its seat's name")
    return requests


def good_request(name: str, returned: object, question: Question) -> Request:
    """Return a request as its types demand; raises ContractError."""
    of = f"for question {question.id!r}"
    request = fitted(KIND, name, returned, Request, of)
    if min(request.temperature, request.max_tokens, request.beams, request.texts) < 0:
        what = f"gave {shortened(request)} {of}"
        raise breach(KIND, name, what, "let temperature, max_tokens, beams and texts be 0 or more")
    return request


def is_sound_request(request: object) -> bool:
    """Tell by a quick look whether a request is good."""
    return (
        type(request) is Request
        and type(request.slot) is type(request.prompt) is str
        and type(request.continuations) is tuple
        and (not request.continuations or {*map(type, request.continuations)} == {str})
        and type(request.temperature) is float
        and 0.0 <= request.temperature < inf
        and type(request.seed) is type(request.max_tokens) is type(request.beams) is type(request.texts) is int
        and request.max_tokens >= 0
    )


def guarded_answers(
    name: str,
    answerer: Answerer,
    questions: Sequence[Question],
    completions: Sequence[Completion],
    *,
    model_version: str,
) -> list[Answer]:
    """Read completions; return one good answer for each, to its own question."""
    with calling(KIND, name):
        returned = answerer.read(questions, completions, model_version=model_version)
    answers = listed(KIND, name, returned, "Answer")
    counted(KIND, name, answers, len(completions), ("answer", "completion"))
    return [
        answer if is_sound_answer(answer, question, completion) else good_answer(name, answer, question)
        for answer, question, completion in zip(answers, questions, completions, strict=True)
    ]


def is_sound_answer(answer: object, question: Question, completion: Completion) -> bool:
    """Tell by a quick look whether an answer is good; the completion's own log-probabilities were looked at before."""
    if (
        type(answer) is not Answer
        or answer.question_id != question.id
        or not (type(answer.text) is type(answer.prompt) is type(answer.stop) is type(answer.reading) is str)
        or not (type(answer.answerer) is type(answer.model_version) is type(answer.model_input) is str)
        or not (answer.logprob is None or (type(answer.logprob) is float and -inf < answer.logprob <= CERTAIN))
        or not (answer.tokens is None or (type(answer.tokens) is int and answer.tokens >= 0))
    ):
        return False
    ranking = answer.ranking
    if ranking is None:
        return answer.stop != ""
    if type(ranking) is not Ranking or type(ranking.alternatives) is not tuple:
        return False
    alternatives, logprobs, place = ranking.alternatives, ranking.logprobs, ranking.taken
    size = len(alternatives or question.form.alternatives)
    return (
        (place is None or (type(place) is int and 0 <= place < size))
        and (not alternatives or {*map(type, alternatives)} == {str})
        and type(logprobs) is tuple
        and (not logprobs or len(logprobs) == size)
        and (not logprobs or logprobs is completion.continuation_logprobs or are_sound_logprobs(logprobs))
    )


def good_answer(name: str, returned: object, question: Question) -> Answer:
    """Return an answer with its numbers made float and its lists tuples; raises ContractError."""
    of = f"to question {question.id!r}"
    answer = fitted(KIND, name, returned, Answer, of)
    if answer.question_id != question.id:
        what = f"answers question {answer.question_id!r} where {question.id!r} was asked"
        raise breach(KIND, name, what, "answer in the order of the questions, and name each")
    if not answer.stop:
        raise breach(
            KIND, name, f"gave an answer {of} whose stop is ''", 'say "stop", "length", "unparsed" or "error: …"'
        )
    if answer.tokens is not None and answer.tokens < 0:
        raise breach(KIND, name, f"gave an answer {of} of {answer.tokens} tokens", "count them, or say None")
    refuse_logprobs(KIND, name, () if answer.logprob is None else (answer.logprob,), of)
    if answer.ranking is not None:
        refuse_ranking(name, answer.ranking, question, of)
    return answer


def refuse_ranking(name: str, ranking: Ranking, question: Question, of: str) -> None:
    """Refuse a ranking of other alternatives than there are."""
    size = len(ranking.alternatives or question.form.alternatives)
    if ranking.taken is not None and not 0 <= ranking.taken < size:
        what = f"takes alternative {ranking.taken} of {size} as its answer {of}"
        raise breach(KIND, name, what, f"a place lies between 0 and {size - 1}" if size else "say ranking=None")
    if ranking.logprobs and len(ranking.logprobs) != size:
        what = f"ranks with {len(ranking.logprobs)} log-probabilities for {size} alternatives in its answer {of}"
        raise breach(KIND, name, what, "give one for each, or none at all")
    refuse_logprobs(KIND, name, ranking.logprobs, of)


Groups = Mapping[str, Sequence[Question]]
"""Questions to try students on, by what they are."""


def check_students(name: str, build: Build, asked: Sequence[Question] | None = None) -> list[str]:
    """Return what students break of their contract without their model, on `asked` or on scripted questions."""
    groups = of_every_form() if asked is None else {"these questions": asked}
    return broken([partial(rule, groups) for rule in RULES], name, build)


def seated(name: str, build: Build) -> Answerer:
    """Return the first student of a class."""
    students: Students = build()
    guarded_count(name, students)
    return guarded_answerer(name, students, Seat(name=STUDENT, number=0, seed=0))


def as_seen(answerer: Answerer, asked: Sequence[Question]) -> list[Question]:
    """Return questions as a student may see them."""
    return [*asked] if answerer.simulated else [question.shown() for question in asked]


def they_ask_a_request_a_question(groups: Groups, name: str, build: Build) -> None:
    """Each question becomes one request of the student's own slot, the same one with the same stream."""
    refusals = []
    for noun, asked in groups.items():
        answerer = seated(name, build)
        shown = as_seen(answerer, asked)
        try:
            with own_randomness(KIND, name):
                first, again = (
                    guarded_requests(name, one, shown, generator=np.random.default_rng(3))
                    for one in (answerer, seated(name, build))
                )
                guarded_options(name, answerer, shown)
                guarded_requests(name, answerer, [], generator=np.random.default_rng(3))
        except ContractError:
            raise
        except SimulationError as error:
            refusals.append(f"{noun}: {error}")
            continue
        if first != again:
            what = "ask otherwise with the same stream"
            raise breach(KIND, name, what, "let the question and the generator alone decide")
    if len(refusals) == len(groups):
        raise breach(KIND, name, f"can be asked none of the questions tried ({refusals[0]})", "see what they need")


def they_read_every_completion(groups: Groups, name: str, build: Build) -> None:
    """Each completion becomes an answer, whatever its text and neighbours; what cannot be read is one too."""
    answerer = seated(name, build)
    for asked in groups.values():
        shown = as_seen(answerer, asked)
        for completions in (
            [scored(question) for question in shown],
            [Completion(text=(question.form.alternatives or ("1",))[0], tokens=1, logprob=-1.0) for question in shown],
            [Completion(stop="error: out of memory") for _ in shown],
            [Completion(text=text, tokens=len(text)) for text, _ in zip(cycle(("", "???", "\x00" * 9)), shown)],
        ):
            answers = guarded_answers(name, answerer, shown, completions, model_version="7")
            backwards = guarded_answers(name, answerer, shown[::-1], completions[::-1], model_version="7")[::-1]
            for question, answer, other in zip(shown, answers, backwards, strict=True):
                if answer != other:
                    what = f"read the answer to {question.id!r} otherwise where it stands in another order"
                    raise breach(KIND, name, what, "let an answer depend on its question and completion alone")
                if (answer.answerer, answer.model_version) != (answerer.name, "7"):
                    what = (
                        f"sign the answer to {question.id!r} as {answer.answerer!r}, version {answer.model_version!r}"
                    )
                    raise breach(KIND, name, what, "sign by the student's name and the version that is handed over")


def scored(question: Question) -> Completion:
    """Return what a model says that was asked to score a question's alternatives."""
    size = len(question.form.alternatives)
    return Completion(continuation_logprobs=tuple(-1.0 - abs(place - 1) for place in range(size)))


RULES = (they_ask_a_request_a_question, they_read_every_completion)
