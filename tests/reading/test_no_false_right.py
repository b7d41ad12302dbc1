"""No text whose final claim is another number is right, whatever else it says."""

from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agents.reading.marking import marked
from agents.reading.options import read_option

NUMBERS = st.integers(-99_999, 99_999)
PROSE = st.sampled_from([
    "I think ", "First I add {gold} and 3. ", "It might be {gold}. ", "Is it {gold}? ", "{gold} apples are red.\n",
    "So ", "{gold} + 1 = {next}. ", "The number {gold} is in the question.\n", "<think>The answer is {gold}.</think>",
    "**{gold}**\n", "Not {gold}. ", "Step 1: {gold} boxes.\n", "(b) ", "$x = {gold}$\n", "\\[ {gold} \\]\n",
    "1. {gold}\n2. ", "= {gold}\n", "The total is therefore {gold}. ", "{gold}: ", "(I get {gold}) ",
])  # fmt: skip
FINALS = st.sampled_from([
    "The answer is {claim}.", "Answer: {claim}", "#### {claim}", "\\boxed{{{claim}}}", "**Answer:** {claim}",
    "The final answer is ${claim}$.", "the answer is {claim} because {gold} is too small.", "Die Antwort ist {claim}.",
    "La respuesta es {claim}.", "答案是{claim}。", "The answer is {claim}, not {gold}.", "The answer is {claim} km.",
    "<answer>{claim}</answer>", "Therefore the answer is {claim}!", "\n{claim}", "{claim} is the answer.",
    "The answer is {gold} - {less} = {claim}.", "Answer: {gold} + {more} = {claim}",
    "The answer is {gold} * 1 ({gold}) = {claim}.", "So {gold} divided by 2 is {claim}.",
])  # fmt: skip
FORMS = st.sampled_from(["{}", "{:,}", "{}.0", "{}.00", "+{}", "${}", "{} apples", "{}/1", "\\frac{{{}}}{{1}}", "{}e0"])


def written(form: str, number: int) -> str:
    """A number in a form, with a minus in front of all of it."""
    return ("-" if number < 0 else "") + (form.lstrip("+") if number < 0 else form).format(abs(number))


@settings(max_examples=600, deadline=None)
@given(NUMBERS, NUMBERS, st.lists(PROSE, max_size=5), FINALS, FORMS, FORMS)
def test_another_final_number_is_never_right(
    gold: int, claim: int, prose: list[str], final: str, gold_form: str, claim_form: str
) -> None:
    assume(gold != claim)
    before = "".join(prose).replace("{gold}", written(gold_form, gold)).replace("{next}", str(gold + 1))
    text = before + final.format(claim=written(claim_form, claim), gold=gold, less=7, more=8)
    right, reading = marked(text, str(gold))
    assert not right, reading
    choices = (str(gold), str(gold + 7) if gold + 7 != claim else str(gold + 8))
    assert read_option(text, choices).choice != 0


@settings(max_examples=300, deadline=None)
@given(NUMBERS, FORMS, FINALS)
def test_the_reference_itself_is_right_in_every_form(gold: int, form: str, final: str) -> None:
    assume(not (final.endswith(" km.") and "apples" in form) and "{gold}" not in final)
    text = final.format(claim=written(form, gold), gold=5, less=7, more=8)
    right, reading = marked(text, str(gold))
    assert right, (text, reading)


@settings(max_examples=300, deadline=None)
@given(st.fractions(-1000, 1000, max_denominator=60), st.fractions(-1000, 1000, max_denominator=60))
def test_fractions_are_equal_by_value_only(gold: Fraction, claim: Fraction) -> None:
    reference = f"{gold.numerator}/{gold.denominator}"
    assert marked(f"\\boxed{{{claim.numerator}/{claim.denominator}}}", reference)[0] is (gold == claim)
