"""The judge of conditions: hand-made answers with known verdicts at IFEval's four levels, and what it says of each."""

import itertools
import random

import pytest

from agents.conditions.levels import levels, variants
from agents.conditions.rules import RULES, complaint
from agents.conditions.wording import sentences, words
from agents.judges.conditions import ConditionsJudge, checked
from environments.lines.published import LANGUAGE, PUBLISHED
from simulation.contracts.scripted import answer, question
from simulation.core.errors import DataError
from simulation.core.kinds.conditions import Condition, Conditions, Parameter
from simulation.core.types import Question

Asked = tuple[str, dict[str, Parameter]]
COUNT_7: Asked = ("words", {"count": 7})
GULL: Asked = ("contains", {"word": "gull"})
NO_THE: Asked = ("avoids", {"word": "the"})
SEA: Asked = ("topic", {"topic": "the sea", "words": ("wave", "gull", "tide")})
TWO_PARTS: Asked = ("length_constraints:number_paragraphs", {"num_paragraphs": 2})
JSON: Asked = ("detectable_format:json_format", {})
QUOTED: Asked = ("startend:quotation", {})
LOWER: Asked = ("change_case:english_lowercase", {})
UPPER: Asked = ("change_case:english_capital", {})
NO_COMMA: Asked = ("punctuation:no_comma", {})
TITLE: Asked = ("detectable_format:title", {})
TWO: Asked = ("combination:two_responses", {})
BULLETS: Asked = ("detectable_format:number_bullet_lists", {"num_bullets": 2})
MARKED: Asked = ("detectable_format:number_highlighted_sections", {"num_highlights": 2})
SECTIONS: Asked = ("detectable_format:multiple_sections", {"section_spliter": "Part", "num_sections": 2})
PLACES: Asked = ("detectable_content:number_placeholders", {"num_placeholders": 2})
ECHO: Asked = ("combination:repeat_prompt", {"prompt_to_repeat": "Name a sea."})
END: Asked = ("startend:end_checker", {"end_phrase": "Any questions?"})
NTH: Asked = (
    "length_constraints:nth_paragraph_first_word",
    {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "then"},
)
REPLY: Asked = ("detectable_format:constrained_response", {})


def postscript(marker: str) -> Asked:
    return "detectable_content:postscript", {"postscript_marker": marker}


def keyword(count: int, relation: str) -> Asked:
    return "keywords:frequency", {"keyword": "sea", "frequency": count, "relation": relation}


def letter(count: int, relation: str) -> Asked:
    return "keywords:letter_frequency", {"letter": "e", "let_frequency": count, "let_relation": relation}


def length(count: int, relation: str) -> Asked:
    return "length_constraints:number_words", {"num_words": count, "relation": relation}


def spoken(count: int, relation: str) -> Asked:
    return "length_constraints:number_sentences", {"num_sentences": count, "relation": relation}


def capitals(count: int, relation: str) -> Asked:
    return "change_case:capital_word_frequency", {"capital_frequency": count, "capital_relation": relation}


def keywords(*texts: str) -> Asked:
    return "keywords:existence", {"keywords": texts}


def forbidden(*texts: str) -> Asked:
    return "keywords:forbidden_words", {"forbidden_words": texts}


CASES: list[tuple[list[Asked], str, tuple[float, float, float, float]]] = [
    # conditions, answer; prompt strict, instruction strict, prompt loose, instruction loose
    ([COUNT_7], "The gull waits near the old shore", (1, 1, 1, 1)),
    ([COUNT_7], "The gull waits near the shore", (0, 0, 0, 0)),
    ([COUNT_7], "Sure:\nThe gull waits near the old shore", (0, 0, 1, 1)),
    ([COUNT_7, GULL], "The tide waits near the old shore", (0, 0.5, 0, 0.5)),
    ([COUNT_7, GULL, NO_THE], "A gull waits near some old shore.", (1, 1, 1, 1)),
    ([GULL, NO_THE], "Gull, over the sea!", (0, 0.5, 0, 0.5)),
    ([GULL], "seagull", (0, 0, 0, 0)),
    ([NO_THE], "there they are", (1, 1, 1, 1)),
    ([NO_THE], "Here is the line:\na quiet wave", (0, 0, 1, 1)),
    ([SEA], "A Wave!", (1, 1, 1, 1)),
    ([SEA, COUNT_7], "waves", (0, 0, 0, 0)),
    ([("begins", {"word": "now"})], "Now, the tide turns", (1, 1, 1, 1)),
    ([("begins", {"word": "now"})], "Here:\nnow the tide turns", (0, 0, 1, 1)),
    ([("ends", {"word": "shore"})], "... to the Shore.", (1, 1, 1, 1)),
    ([("ends", {"word": "shore"})], "to the shores", (0, 0, 0, 0)),
    ([("case", {"case": "upper"})], "THE OLD SEA, 1999", (1, 1, 1, 1)),
    ([("case", {"case": "upper"}), ("case", {"case": "lower"})], "the sea", (0, 0.5, 0, 0.5)),
    ([("order", {"first": "moon", "second": "sea"})], "the moon over the sea", (1, 1, 1, 1)),
    ([("order", {"first": "moon", "second": "sea"})], "the sea under the moon", (0, 0, 0, 0)),
    ([("order", {"first": "moon", "second": "sea"})], "moon sea moon", (0, 0, 0, 0)),
    ([("repeats", {"word": "rain", "count": 2})], "rain on rain", (1, 1, 1, 1)),
    ([("repeats", {"word": "rain", "count": 2})], "rain, rain and rain", (0, 0, 0, 0)),
    ([keywords("wave", "gull")], "Waves below a GULL", (1, 1, 1, 1)),
    ([keywords("wave", "gull"), NO_COMMA], "a wave", (0, 0.5, 0, 0.5)),
    ([keyword(2, "at least")], "The Sea, the seaside", (1, 1, 1, 1)),
    ([keyword(2, "less than")], "The Sea, the seaside", (0, 0, 0, 0)),
    ([forbidden("sea", "ship")], "a seaside of ships", (1, 1, 1, 1)),
    ([forbidden("sea", "ship"), COUNT_7], "Sea", (0, 0, 0, 0)),
    ([letter(3, "at least")], "Every eel", (1, 1, 1, 1)),
    ([letter(3, "less than")], "Every eel", (0, 0, 0, 0)),
    ([spoken(2, "at least")], "It costs 3.50 euros. Is it old? Yes!", (1, 1, 1, 1)),
    ([spoken(2, "less than")], "It costs 3.50 euros, doesn't it?", (1, 1, 1, 1)),
    ([spoken(3, "less than")], "One. Two. Three.", (0, 0, 0, 0)),
    ([TWO_PARTS], "one\n***\ntwo", (1, 1, 1, 1)),
    ([TWO_PARTS], "one\n***\n\n***\ntwo", (0, 0, 0, 0)),
    ([length(3, "at least")], "well-kept sea", (1, 1, 1, 1)),
    ([length(3, "less than")], "Intro line here\na sea", (0, 0, 1, 1)),
    ([NTH], "First this.\n\n\"Then\", that.", (1, 1, 1, 1)),
    ([NTH], "First this.\n\nNow that.", (0, 0, 0, 0)),
    ([NTH, LOWER], "only one", (0, 0.5, 0, 0.5)),
    ([PLACES], "Dear [name], at [time]", (1, 1, 1, 1)),
    ([PLACES], "Dear [name]", (0, 0, 0, 0)),
    ([postscript("P.S.")], "Bye\np.s. write soon", (1, 1, 1, 1)),
    ([postscript("P.P.S")], "Bye\nP.S. write soon", (0, 0, 0, 0)),
    ([BULLETS], "* one\n- two", (1, 1, 1, 1)),
    ([BULLETS], "List:\n* one\n* two\n* three", (0, 0, 1, 1)),
    ([BULLETS, TITLE], "<<Two>>\n* one\n** bold", (0, 0.5, 0, 0.5)),
    ([REPLY], "Well. My answer is maybe. So.", (1, 1, 1, 1)),
    ([REPLY], "My answer is perhaps.", (0, 0, 0, 0)),
    ([MARKED], "*a* and **b**", (1, 1, 1, 1)),
    ([MARKED], "*a* and * *", (0, 0, 0, 0)),
    ([SECTIONS], "Part 1 a sea\nPart 2 a ship", (1, 1, 1, 1)),
    ([SECTIONS], "Part one\nPart 2", (0, 0, 0, 0)),
    ([JSON], '```json\n{"sea": [1, 2]}\n```', (1, 1, 1, 1)),
    ([JSON], 'Here it is:\n{"sea": 1}', (0, 0, 1, 1)),
    ([JSON], "{sea: 1}", (0, 0, 0, 0)),
    ([TITLE], "<<The Sea>>\nwaves", (1, 1, 1, 1)),
    ([TITLE], "<< >>\nwaves", (0, 0, 0, 0)),
    ([TWO], "one ****** two", (1, 1, 1, 1)),
    ([TWO], "one ****** one", (0, 0, 0, 0)),
    ([ECHO], "name a sea. The Baltic.", (1, 1, 1, 1)),
    ([ECHO], "Sure!\nName a sea. The Baltic.", (0, 0, 1, 1)),
    ([END], 'That is all. Any questions?"', (1, 1, 1, 1)),
    ([END], "That is all. Any questions?\nI hope this helps.", (0, 0, 1, 1)),
    ([QUOTED], ' "a sea" ', (1, 1, 1, 1)),
    ([QUOTED], '**"a sea"**', (0, 0, 1, 1)),
    ([QUOTED], '"', (0, 0, 0, 0)),
    ([capitals(2, "at least")], "The SEA and THE sky", (1, 1, 1, 1)),
    ([capitals(2, "less than")], "The SEA and THE sky", (0, 0, 0, 0)),
    ([UPPER], "A SEA!", (1, 1, 1, 1)),
    ([LOWER], "a sea!", (1, 1, 1, 1)),
    ([LOWER, UPPER], "A sea", (0, 0, 0, 0)),
    ([LOWER, NO_COMMA], "Sure, here:\na sea", (0, 0, 1, 1)),
    ([NO_COMMA], "a sea, a ship", (0, 0, 0, 0)),
    ([COUNT_7, NO_COMMA], "", (0, 0, 0, 0)),
    ([LOWER], "  \n ", (0, 0, 0, 0)),
]  # fmt: skip


def key(asked: list[Asked]) -> Conditions:
    return Conditions(conditions=tuple(Condition(name=name, parameters=values) for name, values in asked))


def prompted(asked: list[Asked]) -> Question:
    return Question(id="q", prompt="write", key=key(asked), tags=("lines",))


@pytest.mark.parametrize(("asked", "text", "verdict"), CASES, ids=range(len(CASES)))
def test_a_hand_made_answer_has_its_four_levels(
    asked: list[Asked], text: str, verdict: tuple[float, float, float, float]
) -> None:
    feedback = checked(prompted(asked), text)
    metrics = feedback.metrics
    told = (feedback.score, metrics["instruction_strict"], metrics["prompt_loose"], metrics["instruction_loose"])
    assert told == verdict
    assert len(feedback.outcomes) == len(asked)
    assert all(outcome.detail != "" for outcome in feedback.outcomes if outcome.score < 1)


def test_hand_made_answers_pass_and_fail_every_rule() -> None:
    assert len(CASES) > 50
    verdicts: dict[str, set[bool]] = {name: set() for name in RULES}
    for asked, text, _ in CASES:
        for condition in key(asked).conditions:
            verdicts[condition.name].add(not complaint(condition, text))
    assert {name for name, both in verdicts.items() if both != {True, False}} == set()


def test_rules_and_the_rows_of_ifeval_know_the_same_conditions() -> None:
    assert {name for name in RULES if ":" in name} == set(PUBLISHED)
    assert len(PUBLISHED) == 24 and LANGUAGE not in RULES  # the 25th needs a model


PIECES = (
    "sea",
    "Gull",
    "the",
    "*",
    "**",
    ",",
    ".",
    "\n",
    "\n\n",
    "***",
    "******",
    '"',
    "[x]",
    "{",
    "RAIN",
    "rain",
    " ",
    "- ",
)


def random_texts(count: int) -> list[str]:
    stream = random.Random(0)
    return [
        stream.choice((" ", "")).join(stream.choices(PIECES, k=stream.randrange(0, 14))) for _ in range(count)
    ]  # fmt: skip


def test_loose_is_never_below_strict_and_prompt_never_above_instruction() -> None:
    stream = random.Random(1)
    every = [*{condition.name: condition for asked, _, _ in CASES for condition in key(asked).conditions}.values()]
    differ = 0
    for text in random_texts(1500):
        verdict = levels(stream.sample(every, k=stream.randrange(1, 5)), text)
        assert verdict.prompt_strict <= verdict.prompt_loose <= verdict.instruction_loose
        assert verdict.prompt_strict <= verdict.instruction_strict <= verdict.instruction_loose
        differ += verdict.instruction_strict < verdict.instruction_loose
    assert differ > 50


def test_a_text_has_eight_variants_as_published() -> None:
    assert variants("a\n*b*\nc") == (
        "a\n*b*\nc", "*b*\nc", "a\n*b*", "*b*", "a\nb\nc", "b\nc", "a\nb", "b",
    )  # fmt: skip
    assert variants("one") == ("one", "")


def test_the_judge_says_which_condition_failed_and_why() -> None:
    feedback = checked(prompted([COUNT_7, GULL, GULL]), "The tide waits near the shore under stars tonight")
    assert feedback.outcomes[0].detail == "asked 7 words, got 9"
    assert [outcome.part for outcome in feedback.outcomes] == ["words", "contains 1", "contains 2"]
    assert feedback.reason == "words not met"
    assert feedback.explanation.startswith("3 of 3 conditions not met (words: asked 7 words, got 9; contains 1: ")
    assert checked(prompted([GULL]), "a gull").explanation == "Right."
    assert checked(prompted([("keywords:frequency", {"keyword": "a", "frequency": 3, "relation": "at least"})]), "x a")\
        .outcomes[0].detail == "asked at least 3 of 'a', got 1"  # fmt: skip


def test_where_nothing_is_asked_any_text_but_an_empty_one_is_right() -> None:
    free = Question(id="q", prompt="write a poem", key=Conditions(), tags=("no conditions",))
    assert checked(free, "x").score == 1 and checked(free, "x").metrics["instruction_loose"] == 1
    assert checked(free, " \n").score == 0 and checked(free, " \n").reason == "text not met"


def test_the_correction_is_a_reference_where_there_is_one() -> None:
    with_reference = Question(
        id="q", prompt="p", key=Conditions(conditions=key([GULL]).conditions, references=("a gull", "the gull"))
    )
    assert checked(with_reference, "x").correction == "a gull"
    assert checked(prompted([GULL]), "x").correction is None


def test_what_cannot_be_checked_is_refused() -> None:
    with pytest.raises(DataError, match="'q1' has no conditions"):
        checked(question("q1"), "x")
    with pytest.raises(DataError, match="no rule checks the condition 'word'; did you mean 'words'"):
        checked(prompted([("word", {})]), "x")
    with pytest.raises(DataError, match=r"'words' cannot be checked by \{'size': 3\}"):
        checked(prompted([("words", {"size": 3})]), "x")


def test_judging_together_is_judging_alone() -> None:
    pairs = list(itertools.islice(((prompted(asked), text) for asked, text, _ in CASES), 40))
    questions, answers = [one for one, _ in pairs], [answer(one, text) for one, text in pairs]
    verdicts = ConditionsJudge().judge(questions, answers, seeds=[0] * len(pairs))
    assert verdicts == [checked(one, text) for one, text in pairs]


def test_words_and_sentences_are_cut_as_a_reader_would() -> None:
    assert words('  "Well-kept," he said -- it\'s 3.5!') == ["Well-kept", "he", "said", "it's", "3.5"]
    assert sentences("Dr. No? It is 3.5 m long... Yes") == ["Dr.", "No?", "It is 3.5 m long...", "Yes"]
    assert sentences(" ... !\n") == []
